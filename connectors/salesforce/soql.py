"""Query text: names are checked, values are quoted by simple-salesforce, times are absolute and in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from connectors.salesforce.client import quote

IDS_PER_QUERY: Final = 200  # about 27 bytes each in a URL, of which 16 kB are allowed with the headers
LONGEST: Final = 12_000  # bytes of query text that surely fit into a URL
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")


def select(fields: Iterable[str], source: str, *, where: str = "", order: str = "") -> str:
    """SELECT ... FROM ...; every name must look like a name."""
    names = list(dict.fromkeys(fields))
    for name in (*names, source):
        _checked(name)
    parts = ["SELECT", ", ".join(names), "FROM", source]
    parts += ["WHERE", where] if where else []
    parts += ["ORDER BY", order] if order else []
    return " ".join(parts)


def is_one_of(field: str, values: Sequence[str]) -> str:
    """A condition that the field holds one of the values; there must be some."""
    if not values:
        raise ValueError("a condition over no values matches nothing and is refused by Salesforce")
    return f"{_checked(field)} IN {quote(list(values))}"


def equals(field: str, value: str | bool) -> str:
    """A condition that the field holds the value."""
    return f"{_checked(field)} = {quote(value)}"


def within(field: str, since: datetime, until: datetime) -> str:
    """A condition that the time lies in [since, until]: stamps are whole seconds, and that of ``until`` has begun."""
    return f"{_checked(field)} >= {moment(since)} AND {_checked(field)} <= {moment(until)}"


def moment(value: datetime) -> str:
    """An aware moment as SOQL writes it, whole seconds."""
    if value.tzinfo is None:
        raise ValueError("a time without zone cannot be queried for")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def chunks(values: Iterable[str], size: int = IDS_PER_QUERY) -> Iterator[list[str]]:
    """Sorted, distinct values in lists of at most ``size``."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a field or object")
    return name
