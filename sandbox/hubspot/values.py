"""What a property takes: checks a written value and gives it its stored form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.hubspot.definitions import Definition, Definitions
from sandbox.hubspot.errors import Problem
from sandbox.hubspot.moments import DAY_MS, day, iso, ms_of

MAX_TEXT = 65_536
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
Clean = dict[str, str | None]
OwnerKnown = Callable[[str], bool]


def clean_values(
    definitions: Definitions,
    given: Mapping[str, Any],
    owner_known: OwnerKnown,
    before: Callable[[str], str | None],
) -> tuple[Clean, list[Problem]]:
    """Stored forms of all values and the problems of those that cannot be taken; None clears."""
    clean: Clean = {}
    problems: list[Problem] = []
    for name, value in given.items():
        item = definitions.get(name)
        if item is None:
            problems.append(definitions.missing(name))
            continue
        if item.read_only:
            message = f'"{name}" is a read only property; its value cannot be set.'
            problems.append(Problem(name, "READ_ONLY_VALUE", message))
            continue
        text = as_text(value)
        if text == "":
            clean[name] = None
            continue
        got = _one(item, text, owner_known, before)
        if isinstance(got, Problem):
            problems.append(got)
        else:
            clean[name] = got
    return clean, problems


def as_text(value: Any) -> str:
    """A JSON value as the store keeps it: text; null is as good as empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _one(item: Definition, text: str, owner_known: OwnerKnown, before: Callable[[str], str | None]) -> str | Problem:
    if item.owner:
        if owner_known(text):
            return text
        return Problem(item.name, "INVALID_OPTION", f"{text} was not one of the allowed options: []")
    if item.email:
        if EMAIL.fullmatch(text):
            return text.strip().lower()
        return Problem(item.name, "INVALID_EMAIL", f"Email address {text} is invalid")
    if item.type == "enumeration" and item.field_type == "checkbox":
        return _checked(item, text, before(item.name))
    return _TAKERS[item.type](item, text)


def _text(item: Definition, text: str) -> str | Problem:
    if len(text) > MAX_TEXT:
        return Problem(item.name, "INVALID_STRING", f"{item.name} is longer than {MAX_TEXT} characters.")
    return text


def _number(item: Definition, text: str) -> str | Problem:
    try:
        value = float(text)
    except ValueError:
        return Problem(item.name, "INVALID_INTEGER", f"{text} was not a valid number.")
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - the test for not-a-number
        return Problem(item.name, "INVALID_INTEGER", f"{text} was not a valid number.")
    return text.strip()


def _flag(item: Definition, text: str) -> str | Problem:
    lower = text.lower()
    return lower if lower in {"true", "false"} else _not_allowed(item, text)


def _chosen(item: Definition, text: str) -> str | Problem:
    allowed = {option["value"] for option in item.options}
    return text if item.free or text in allowed else _not_allowed(item, text)


def _checked(item: Definition, text: str, before: str | None) -> str | Problem:
    """A leading semicolon adds to the set, else it is replaced."""
    allowed = {option["value"] for option in item.options}
    chosen = [part for part in text.split(";") if part]
    for part in chosen:
        if not item.free and part not in allowed:
            return _not_allowed(item, part)
    if text.startswith(";"):
        chosen = [*(before or "").split(";"), *chosen] if before else chosen
    return ";".join(dict.fromkeys(chosen))


def _day(item: Definition, text: str) -> str | Problem:
    ms = ms_of(text)
    if ms is None or ms % DAY_MS:
        return Problem(item.name, "INVALID_DATE", f"{text} is not a valid date (midnight UTC).")
    return day(ms // 1000)


def _moment(item: Definition, text: str) -> str | Problem:
    ms = ms_of(text)
    if ms is None or abs(ms) > 253_402_300_799_999:
        return Problem(item.name, "INVALID_LONG", f"{text} was not a valid long.")
    return iso(ms)


def _not_allowed(item: Definition, text: str) -> Problem:
    listed = ", ".join(str(option["value"]) for option in item.options)
    return Problem(item.name, "INVALID_OPTION", f"{text} was not one of the allowed options: [{listed}]")


_TAKERS: Final[Mapping[str, Callable[[Definition, str], str | Problem]]] = {
    "string": _text,
    "phone_number": _text,
    "number": _number,
    "bool": _flag,
    "enumeration": _chosen,
    "date": _day,
    "datetime": _moment,
}
