"""The parts of a parsed query."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A field path as written: ``("Account", "Owner", "Name")``."""

    path: tuple[str, ...]
    at: int
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function over a field path: ``COUNT(Id) total``; ``arg`` is None in ``COUNT()``."""

    function: str  # upper case
    arg: Name | None
    at: int
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class FieldSet:
    """``FIELDS(ALL | STANDARD | CUSTOM)``."""

    which: str  # upper case
    at: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """``TYPEOF What WHEN Account THEN Name, Phone ELSE Name END``."""

    relation: str
    cases: tuple[tuple[str, tuple[Name, ...]], ...]
    otherwise: tuple[Name, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Children:
    """A query in the field list, over the children of each row."""

    query: Query


Selected = Name | Call | FieldSet | TypeOf | Children


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written. ``kind``: string, number, currency, date, datetime, boolean, null, range (LAST_N_DAYS:3)."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right``; op is one of = != < <= > >= like includes excludes in, not in."""

    left: Name | Call
    op: str
    right: tuple[Literal, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Joined:
    """``field IN (SELECT ...)`` and ``field NOT IN (SELECT ...)``."""

    left: Name
    query: Query
    negated: bool


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by AND."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Conditions joined by OR."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Never:
    """NOT of a condition."""

    part: Condition


Condition = Compare | Joined | All | Some | Never


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY; ``nulls_first`` is None where it was not written."""

    key: Name | Call
    descending: bool
    nulls_first: bool | None


@dataclass(frozen=True, slots=True)
class Query:
    """A whole SELECT."""

    text: str
    select: tuple[Selected, ...]
    entity: str
    entity_at: int
    alias: str | None = None
    where: Condition | None = None
    group: tuple[Name | Call, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    offset_at: int = 0
