"""HubSpot's answers as columns: msgspec straight from the bytes, no dict per record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

_PLAIN = len("2026-01-31T08:17:00.000Z")  # as HubSpot writes nearly all of them
_NOON = time(12)


class Link(msgspec.Struct, gc=False):
    """One associated record; a pair may come once for each association type."""

    id: str
    type: str = ""


class Links(msgspec.Struct, gc=False):
    """Associated records of one type, first page."""

    results: list[Link] = []


class Associations(msgspec.Struct, gc=False):
    """What a list page carries inline."""

    companies: Links | None = None
    contacts: Links | None = None


class Next(msgspec.Struct, gc=False):
    """The cursor of the next page."""

    after: str


class Paging(msgspec.Struct, gc=False):
    """Absent on the last page."""

    next: Next | None = None


class BatchError(msgspec.Struct):
    """One group of errors in a partial answer; kept loose, for ``errors.problem_of``."""

    status: Any = None
    category: Any = None
    subCategory: Any = None  # noqa: N815 - HubSpot's name
    message: Any = None
    context: Any = None
    errors: Any = None

    def tree(self) -> dict[str, Any]:
        """As a parsed error body."""
        named = {"category": self.category, "subCategory": self.subCategory, "message": self.message}
        return {**named, "context": self.context, "errors": self.errors}


class Target(msgspec.Struct, gc=False):
    """One end of an association in a v4 answer; ids are numbers there."""

    toObjectId: int | str  # noqa: N815 - HubSpot's name
    associationTypes: list[dict[str, Any]] = []  # noqa: N815 - HubSpot's name

    @property
    def primary(self) -> bool:
        """Whether it is marked as the record's primary company."""
        return any(str(kind.get("label") or "").casefold().startswith("primary") for kind in self.associationTypes)


class From(msgspec.Struct, gc=False):
    """The record that the targets belong to."""

    id: int | str


class Associated(msgspec.Struct, rename={"source": "from"}):
    """All targets of one record."""

    source: From
    to: list[Target] = []


class AssociationAnswer(msgspec.Struct):
    """A batch read of associations; a record without any is absent."""

    results: list[Associated] = []


class Hit(msgspec.Struct, gc=False):
    """A search hit: only its id is believed."""

    id: str


class SearchAnswer(msgspec.Struct):
    """One page of hits."""

    total: int
    results: list[Hit]
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class Decoders:
    """Decoders of one object type that keep only the properties asked for."""

    places: Mapping[str, str]  # property name to attribute
    listed: msgspec.json.Decoder[Any]  # .results, .paging
    batch: msgspec.json.Decoder[Any]  # .results, .errors
    one: msgspec.json.Decoder[Any]


def decoders(properties: Iterable[str]) -> Decoders:
    """Decoders for records with these properties."""
    places = {name: f"p{place}" for place, name in enumerate(dict.fromkeys(properties))}
    rename = {attribute: name for name, attribute in places.items()}
    values = msgspec.defstruct(
        "Values", [(attribute, str | None, None) for attribute in rename], rename=rename, gc=False
    )
    record = msgspec.defstruct(
        "Record",
        [("id", str), ("properties", values), ("archived", bool, False), ("associations", Associations | None, None)],
        gc=False,
    )
    listed = msgspec.defstruct("Listed", [("results", list[record]), ("paging", Paging | None, None)])  # type: ignore[valid-type]  # made at run time
    batch = msgspec.defstruct("Batch", [("results", list[record]), ("errors", list[BatchError] | None, None)])  # type: ignore[valid-type]  # made at run time
    return Decoders(
        places,
        msgspec.json.Decoder(listed),
        msgspec.json.Decoder(batch),
        msgspec.json.Decoder(record),
    )


class Sheet:
    """Records of one page, read by column. A property that was not asked for is unknown everywhere."""

    def __init__(self, records: Sequence[Any], places: Mapping[str, str]) -> None:
        self.records, self._places = records, places
        self._values = [record.properties for record in records]

    def __len__(self) -> int:
        return len(self.records)

    def ids(self) -> list[str]:
        """Record ids."""
        return [record.id for record in self.records]

    def raw(self, name: str | None) -> list[str | None]:
        """A property as it came; empty text is None."""
        place = self._places.get(name) if name is not None else None
        if place is None:
            return [None] * len(self.records)
        return [value or None for value in map(attrgetter(place), self._values)]

    def keep(self, flags: Sequence[bool]) -> Sheet:
        """The records whose flag is set."""
        return Sheet([record for record, flag in zip(self.records, flags, strict=True) if flag], self._places)

    def linked(self, to: str) -> list[str | None]:
        """The one associated company or contact of each record: the primary one, else the lowest id."""
        sets = [getattr(record.associations, to, None) for record in self.records]
        return [_one_link(links.results) if links is not None and links.results else None for links in sets]


def _one_link(links: Sequence[Link]) -> str:
    if len(links) == 1:
        return links[0].id
    return min(links, key=lambda link: (_rank(link.type), int(link.id))).id


def _rank(kind: str) -> int:
    # HubSpot's list pages call the primary company "deal_to_company" and the plain link "deal_to_company_unlabeled".
    if "primary" in kind:
        return 0
    return 1 if kind.endswith("_to_company") else 2


def one_target(targets: Sequence[Target]) -> str:
    """The one company or contact that counts: the primary one, else the lowest id."""
    return str(min(targets, key=lambda target: (not target.primary, int(target.toObjectId))).toObjectId)


# ---- values: text at the edge ---------------------------------------------------------------------------------------
def micros(text: str, zone: ZoneInfo) -> int | None:
    """Microseconds since 1970 of ISO text, of a date (12:00 in ``zone``) or of epoch milliseconds; else None."""
    try:
        if len(text) == _PLAIN:
            return instant(datetime.fromisoformat(text))
        if len(text) == 10 and text[4] == "-":
            return instant(datetime.combine(datetime.fromisoformat(text), _NOON, tzinfo=zone))
        if text.lstrip("-").isdigit():
            return int(text) * 1000
        return instant(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def instant(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment; exact, as a float holds them until the year 2255."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return round(moment.timestamp() * 1e6)


def times(values: Sequence[str | None], zone: ZoneInfo) -> list[int | None]:
    """A column of times."""
    known = [value for value in values if value is not None]
    found = _plain_times(known) if known else []
    if found is None:
        return [None if value is None else micros(value, zone) for value in values]
    if len(found) == len(values):
        return [*found]
    rest = iter(found)
    return [None if value is None else next(rest) for value in values]


def _plain_times(texts: Sequence[str]) -> list[int] | None:
    """Times that are all written as ``2026-01-31T08:17:00.000Z``, at once; None where they are not."""
    joined = "".join(texts)
    if len(joined) != _PLAIN * len(texts) or joined.count("Z") != len(texts) or not joined.isascii():
        return None
    try:
        stamps = np.frombuffer(joined.encode(), f"S{_PLAIN}").astype(f"S{_PLAIN - 1}").astype("datetime64[us]")
    except ValueError:
        return None  # of one length on the whole, not each
    found: list[int] = stamps.view(np.int64).tolist()
    return found


def first_known(first: Sequence[int | None], second: Sequence[int | None]) -> list[int | None]:
    """Row by row the first value, where it is unknown the second."""
    if None not in first:
        return [*first]
    return [other if value is None else value for value, other in zip(first, second, strict=True)]


def numbers(values: Iterable[str | None]) -> list[float | None]:
    """A column of numbers."""
    return [None if value is None else _float(value) for value in values]


def wholes(values: Iterable[str | None]) -> list[int | None]:
    """A column of whole numbers; fractions are cut off."""
    return [None if value is None else _int(value) for value in values]


def flags(values: Iterable[str | None]) -> list[bool | None]:
    """A column of yes and no."""
    return [None if value is None else value.casefold() in ("true", "yes", "1") for value in values]


def lists(values: Iterable[str | None]) -> list[list[str]]:
    """A column of lists, joined by semicolons in HubSpot."""
    return [[] if value is None else [part for item in value.split(";") if (part := item.strip())] for value in values]


def translated(values: list[str | None], words: Mapping[str, str]) -> list[str | None]:
    """The CRM's words put into ours; other words stay."""
    return [None if value is None else words.get(value, value) for value in values] if words else values


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None  # neither infinite nor not a number


def _int(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        number = _float(text)
        return None if number is None else int(number)
