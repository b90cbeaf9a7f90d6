"""Accounts, people and opportunities: from Salesforce's columns to ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import lru_cache
from typing import Any, Final

import msgspec

from connectors.salesforce.org import NUMBERS, zone_of
from connectors.salesforce.owned import Names
from connectors.salesforce.sheet import NOON, Sheet, end_of_day_micros, from_micros, iso
from connectors.salesforce.sources import Source, Sources

Columns = dict[str, list[Any]]

_WORD: Final = re.compile(r"[^a-z0-9]+")
_LIFECYCLES: Final = (
    ("former", "former"),
    ("competitor", "competitor"),
    ("partner", "partner"),
    ("reseller", "partner"),
    ("customer", "customer"),
)
_ROLES: Final[Mapping[str, str]] = {
    "business_user": "user",
    "end_user": "user",
    "economic_buyer": "budget_holder",
    "economic_decision_maker": "budget_holder",
    "budget_owner": "budget_holder",
    "executive_sponsor": "champion",
    "evaluator": "influencer",
    "technical_buyer": "influencer",
    "other": "",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What reading a sheet needs beside it: the connection's zone, our field names, the admin's attributes."""

    zone: tzinfo
    names: Names
    owned: Mapping[str, str] = field(default_factory=dict)  # canonical -> API name, those that are there
    overrides: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)  # own name -> API name


# ---- tables ---------------------------------------------------------------------------------------------------------
def accounts(sheet: Sheet, sources: Sources, frame: Frame) -> Columns:
    """The canonical columns of Account rows."""
    plain = ("name", "parent_id", "owner_id", "industry", "naics", "sic", "region")
    numbers = ("annual_revenue", "arr", "health", "adoption", "potential")
    over = {name: sheet.raw(frame.overrides.get(name)) for name in ("override_tier", "override_by", "override_reason")}
    return {
        "account_id": sheet.raw("Id"),
        **{name: texts(sheet, sources[name]) for name in plain},
        **{name: sheet.raw(sources[name].field) for name in numbers},
        **over,
        "domains": lists(sheet, sources["domains"]),
        "tech": lists(sheet, sources["tech"]),
        "employees": [None if value is None else int(value) for value in sheet.raw(sources["employees"].field)],
        "country": worded(sheet, sources["country"], _country),
        "lifecycle": [value or "prospect" for value in worded(sheet, sources["lifecycle"], _lifecycle)],
        "renewal_at": sheet.micros(sources["renewal_at"].field, frame.zone, NOON),
        "strategic": sheet.raw(sources["strategic"].field),
        "override_until": _until(sheet, frame.overrides.get("override_until"), frame.zone),
        "owned": _owned(sheet, frame),
        "attributes": _attributes(sheet, frame),
        **_stamps(sheet, frame.zone),
    }


def people(sheet: Sheet, sources: Sources, frame: Frame, record: str, roles: Mapping[str, str]) -> Columns:
    """The canonical columns of Contact or Lead rows; ``roles`` fills in where the record itself names none."""
    own_roles = worded(sheet, sources["role"], role_word)
    bounced = sheet.raw(sources["bounced"].field)
    plain = ("account_id", "name", "email", "title")
    return {
        "contact_id": sheet.raw("Id"),
        "record": [record] * len(sheet),
        **{name: texts(sheet, sources[name]) for name in plain},
        "role": [own or roles.get(contact) for own, contact in zip(own_roles, sheet.raw("Id"), strict=True)],
        "seniority": worded(sheet, sources["seniority"], _word),
        "call_opt_out": _flags(sheet, sources["call_opt_out"]),
        "mail_opt_out": [
            out or bounce is not None
            for out, bounce in zip(_flags(sheet, sources["mail_opt_out"]), bounced, strict=True)
        ],
        **_stamps(sheet, frame.zone),
    }


def opportunities(sheet: Sheet, sources: Sources, frame: Frame) -> Columns:
    """The canonical columns of Opportunity rows.

    CloseDate has no time of day: the last change of stage tells it where it falls on that day, else it is noon.
    """
    closed = _flags(sheet, sources["is_closed"])
    stage_moved = sheet.micros(sources["stage_changed_at"].field, frame.zone)
    noon = sheet.micros(sources["closed_at"].field, frame.zone, NOON)
    return {
        "opportunity_id": sheet.raw("Id"),
        **{name: texts(sheet, sources[name]) for name in ("account_id", "name", "stage", "owner_id")},
        "amount": sheet.raw(sources["amount"].field),
        "is_closed": closed,
        "is_won": _flags(sheet, sources["is_won"]),
        "closed_at": [
            _closed_at(day, moved, frame.zone) if shut else None
            for shut, day, moved in zip(closed, noon, stage_moved, strict=True)
        ],
        "stage_changed_at": stage_moved,
        **_stamps(sheet, frame.zone),
    }


def owners(sheet: Sheet, sources: Sources, frame: Frame) -> Columns:
    """The canonical columns of User rows; dates of absence hold whole days of the person's own zone."""
    zones = texts(sheet, sources["time_zone"])
    since, until = (texts(sheet, sources[name]) for name in ("away_from", "away_until"))
    return {
        "owner_id": sheet.raw("Id"),
        "name": texts(sheet, sources["name"]),
        "email": [value.lower() if value else None for value in texts(sheet, sources["email"])],
        "active": _flags(sheet, sources["active"]),
        "team": texts(sheet, sources["team"]),
        "manager_id": texts(sheet, sources["manager_id"]),
        "time_zone": zones,
        "working_hours": [None] * len(sheet),
        "away": [
            _absence(one, other, zone_of(zone) or frame.zone)
            for one, other, zone in zip(since, until, zones, strict=True)
        ],
        "modified_at": sheet.micros("SystemModstamp", frame.zone),
    }


# ---- columns --------------------------------------------------------------------------------------------------------
def texts(sheet: Sheet, source: Source) -> list[str | None]:
    """A text column, put through the mapping's values; a value that the mapping does not know stays."""
    values = sheet.raw(source.field)
    if not source.values:
        return values
    return [source.translated(value) or value for value in values]


def worded(sheet: Sheet, source: Source, default: Callable[[str], str | None]) -> list[str | None]:
    """A text column in our words: the mapping's where it knows the value, else by ``default``."""
    values = sheet.raw(source.field)
    known = {value: source.translated(value) or default(value) for value in set(values) if value}
    return [known.get(value) for value in values]


def lists(sheet: Sheet, source: Source) -> list[list[str]]:
    """A list column: values parted by ``;``, of all its fields, in order, each once."""
    columns = [sheet.raw(name) for name in source.fields]
    if not columns:
        return [[] for _ in range(len(sheet))]
    return [_items(row, source) for row in zip(*columns, strict=True)]


def role_word(label: str) -> str | None:
    """A buying role in our words: ``Decision Maker`` is decision_maker."""
    word = _word(label)
    return _ROLES.get(word, word) or None


def _word(label: str) -> str:
    return _WORD.sub("_", label.casefold()).strip("_")


def _items(row: Sequence[str | None], source: Source) -> list[str]:
    items = [item.strip() for value in row if value for item in value.split(";")]
    return list(dict.fromkeys(source.translated(item) or item for item in items if item))


def _flags(sheet: Sheet, source: Source) -> list[bool]:
    if source.field is None:
        return [False] * len(sheet)
    return sheet.flags(source.field)


def _stamps(sheet: Sheet, zone: tzinfo) -> Columns:
    return {
        "created_at": sheet.micros("CreatedDate", zone),
        "modified_at": sheet.micros("SystemModstamp", zone),
    }


def _lifecycle(label: str) -> str:
    folded = label.casefold()
    return next((word for sign, word in _LIFECYCLES if sign in folded), "prospect")


@lru_cache(maxsize=1024)
def _country(label: str) -> str | None:
    """ISO 3166 alpha-2 of a code or an English name."""
    text = label.strip()
    if len(text) == 2 and text.isalpha():
        return text.upper()
    import pycountry  # noqa: PLC0415 - slow to load, and not needed where the org uses country codes

    try:
        return str(pycountry.countries.lookup(text).alpha_2)
    except LookupError:
        return None


def _closed_at(day: int | None, moved: int | None, zone: tzinfo) -> int | None:
    if day is None or moved is None:
        return day
    same_day = from_micros(day).astimezone(zone).date() == from_micros(moved).astimezone(zone).date()
    return moved if same_day else day


def _until(sheet: Sheet, name: str | None, zone: tzinfo) -> list[int | None]:
    if name is None or sheet.types.get(name) != "date":
        return sheet.micros(name, zone)
    return [end_of_day_micros(text, zone) if text else None for text in sheet.raw(name)]


def _absence(since: str | None, until: str | None, zone: tzinfo) -> str:
    if not since or not until:
        return "[]"
    sheet = Sheet(2, {"t": [since, until]}, {"t": "date" if len(since) == 10 else "datetime"})
    start, end = sheet.micros("t", zone)
    if len(until) == 10:
        end = end_of_day_micros(until, zone) + 1
    return msgspec.json.encode([[start, end]]).decode()


def _owned(sheet: Sheet, frame: Frame) -> list[str]:
    columns = {name: owned_values(sheet, api_name, frame.zone) for name, api_name in frame.owned.items()}
    return _documents(columns, len(sheet))


def owned_values(sheet: Sheet, api_name: str, zone: tzinfo) -> list[Any]:
    """A field of ours: times as ISO text in Z, whole numbers as such."""
    vendor_type = sheet.types.get(api_name, "string")
    if vendor_type in {"datetime", "date"}:
        return [None if value is None else iso(value) for value in sheet.micros(api_name, zone)]
    values = sheet.raw(api_name)
    return [_plain(value) for value in values] if vendor_type in NUMBERS else values


def _attributes(sheet: Sheet, frame: Frame) -> list[str]:
    columns = {
        name: [_plain(value) for value in sheet.raw(api_name)]
        if sheet.types.get(api_name) != "multipicklist"
        else [value.split(";") if value else [] for value in sheet.raw(api_name)]
        for name, api_name in frame.attributes.items()
    }
    return _documents(columns, len(sheet))


def _documents(columns: Mapping[str, list[Any]], count: int) -> list[str]:
    if not columns:
        return ["{}"] * count
    names = sorted(columns)
    rows = zip(*(columns[name] for name in names), strict=True)
    encode = msgspec.json.encode
    return [encode({n: v for n, v in zip(names, row, strict=True) if v is not None}).decode() for row in rows]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
