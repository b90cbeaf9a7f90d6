"""Which HubSpot properties fill which canonical columns, with the admin's mapping laid over HubSpot's own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import pycountry

from config.settings import FieldMap, Mapping
from connectors.base import Value
from connectors.hubspot import wire
from connectors.hubspot.owned import Names, Shape, from_wire, iso
from connectors.hubspot.wire import Sheet
from engine.tables import LIFECYCLES

Columns = dict[str, list[Any]]

# canonical column -> HubSpot's own property
COMPANY: Final = {
    "name": "name",
    "domains": "domain",
    "parent_id": "hs_parent_company_id",
    "owner_id": "hubspot_owner_id",
    "industry": "industry",
    "employees": "numberofemployees",
    "annual_revenue": "annualrevenue",
    "country": "country",
    "region": "state",
    "lifecycle": "lifecyclestage",
}
MORE_DOMAINS: Final = "hs_additional_domains"
MERGED: Final = "hs_merged_object_ids"
CONTACT: Final = {
    "account_id": "associatedcompanyid",
    "email": "email",
    "title": "jobtitle",
    "role": "hs_buying_role",
    "seniority": "hs_seniority",
    "mail_opt_out": "hs_email_optout",
}
DEAL: Final = {
    "name": "dealname",
    "stage": "dealstage",
    "amount": "amount",
    "is_closed": "hs_is_closed",
    "is_won": "hs_is_closed_won",
    "owner_id": "hubspot_owner_id",
    "closed_at": "closedate",
    "stage_changed_at": "hs_v2_date_entered_current_stage",
}
_ROLES: Final = {"end_user": "user"}
_ROLE_ORDER: Final[tuple[str, ...]] = ("decision_maker", "champion", "budget_holder", "influencer", "user", "blocker")
_SHAPES: Final[dict[str, Shape]] = {"number": "number", "bool": "flag"}
_OVERRIDES: Final = ("override_tier", "override_until", "override_by", "override_reason")


@dataclass(frozen=True, slots=True)
class Layout:
    """The properties of one portal's mapping: what to read, and under which names it was defined."""

    mapping: Mapping
    names: Names
    zone: ZoneInfo
    defined: Map[str, Map[str, str]] = field(default_factory=dict)  # object -> properties that exist, with their types
    users: Map[str, str] = field(default_factory=dict)  # user id -> owner id
    stages: Map[str, str] = field(default_factory=dict)  # deal stage -> its label
    key: str | None = None  # the task property that carries our creation key, where there is one

    def source(self, table: str, column: str, own: Map[str, str]) -> FieldMap | None:
        """Where a column comes from: the admin's word, else HubSpot's own property."""
        mapped: dict[str, FieldMap] = getattr(self.mapping, table)
        if column in mapped:
            return mapped[column]
        return FieldMap(field=own[column]) if column in own else None

    def mapped(self) -> list[tuple[str, str]]:
        """Object and property of everything the admin mapped for reading."""
        pairs = [("companies", m.field) for m in self.mapping.accounts.values()]
        pairs += [("companies", name) for name in self.mapping.attributes.values()]
        pairs += [("contacts", m.field) for m in self.mapping.contacts.values()]
        pairs += [("deals", m.field) for m in self.mapping.opportunities.values()]
        return list(dict.fromkeys(pairs))

    def properties(self, kind: str) -> list[str]:
        """What to ask for on ``kind``, of what is defined."""
        wanted = dict.fromkeys([*_SYSTEM.get(kind, _ENGAGEMENT), *_WANTED[kind](self)])
        defined = self.defined.get(kind)
        return [name for name in wanted if defined is None or name in defined]


_SYSTEM: Final = {
    "companies": ("createdate", "hs_lastmodifieddate"),
    "contacts": ("createdate", "lastmodifieddate"),
    "deals": ("createdate", "hs_lastmodifieddate"),
}
_ENGAGEMENT: Final = ("hs_timestamp", "hs_createdate", "hs_lastmodifieddate", "hubspot_owner_id", "hs_object_source")


def _mapped_fields(layout: Layout, table: str, own: Map[str, str]) -> list[str]:
    mapped: dict[str, FieldMap] = getattr(layout.mapping, table)
    kept = [name for column, name in own.items() if column not in mapped]
    return kept + [m.field for m in mapped.values()]


def _company_properties(layout: Layout) -> list[str]:
    ours = [layout.names.company(owned.name) for owned in layout.names.wanted()]
    custom = list(layout.mapping.attributes.values())
    return [*_mapped_fields(layout, "accounts", COMPANY), MORE_DOMAINS, MERGED, *custom, *ours]


def _contact_properties(layout: Layout) -> list[str]:
    return [*_mapped_fields(layout, "contacts", CONTACT), "firstname", "lastname", MERGED]


def _deal_properties(layout: Layout) -> list[str]:
    return [*_mapped_fields(layout, "opportunities", DEAL), MERGED]


def _task_properties(layout: Layout) -> list[str]:
    names = layout.names
    keyed = ["hs_task_subject", "hs_task_status", "hs_task_completion_date", "hs_updated_by_user_id", names.withdrawn]
    # Without a key property the key's short form stands in the body, so only then the body is read.
    return [*keyed, layout.key or "hs_task_body"]


_WANTED: Final[dict[str, Callable[[Layout], list[str]]]] = {
    "companies": _company_properties,
    "contacts": _contact_properties,
    "deals": _deal_properties,
    "calls": lambda _: ["hs_call_direction", "hs_call_disposition", "hs_call_status", "hs_call_title"],
    "emails": lambda _: [
        *("hs_email_direction", "hs_email_status", "hs_email_subject", "hs_email_from_email", "hs_email_to_email")
    ],
    "meetings": lambda _: ["hs_meeting_outcome", "hs_meeting_start_time", "hs_meeting_title"],
    "notes": lambda _: [],
    "communications": lambda _: ["hs_communication_channel_type"],
    "tasks": _task_properties,
}


class Reading:
    """Columns of a sheet under a layout."""

    def __init__(self, layout: Layout, sheet: Sheet, table: str, own: Map[str, str]) -> None:
        self.layout, self.sheet, self._table, self._own = layout, sheet, table, own

    def text(self, column: str) -> list[str | None]:
        """A mapped column as text, in our words."""
        source = self.layout.source(self._table, column, self._own)
        return wire.translated(self.sheet.raw(source.field), source.values) if source else [None] * len(self.sheet)

    def number(self, column: str) -> list[float | None]:
        """A mapped column as numbers."""
        return wire.numbers(self.text(column))

    def time(self, column: str) -> list[int | None]:
        """A mapped column as times."""
        return wire.times(self.text(column), self.layout.zone)

    def flag(self, column: str) -> list[bool | None]:
        """A mapped column as yes or no."""
        return wire.flags(self.text(column))

    def parts(self, column: str) -> list[list[str]]:
        """A mapped column as lists, each item in our words."""
        source = self.layout.source(self._table, column, self._own)
        if source is None:
            return [[] for _ in self.sheet.records]
        words = source.values
        return [[words.get(item, item) for item in items] for items in wire.lists(self.sheet.raw(source.field))]

    def stamps(self, created: str, modified: str) -> tuple[list[int | None], list[int | None]]:
        """When each record was made and last changed."""
        born = wire.times(self.sheet.raw(created), self.layout.zone)
        changed = wire.times(self.sheet.raw(modified), self.layout.zone)
        return wire.first_known(born, changed), wire.first_known(changed, born)


def accounts(layout: Layout, sheet: Sheet) -> Columns:
    """Companies as accounts."""
    of = Reading(layout, sheet, "accounts", COMPANY)
    created, modified = of.stamps("createdate", "hs_lastmodifieddate")
    more = wire.lists(sheet.raw(MORE_DOMAINS))
    columns: Columns = {
        "account_id": sheet.ids(),
        "domains": [[*first, *rest] for first, rest in zip(of.parts("domains"), more, strict=True)],
        "employees": wire.wholes(of.text("employees")),
        "country": [_country(value) for value in of.text("country")],
        "tech": of.parts("tech"),
        "lifecycle": [_lifecycle(value) for value in of.text("lifecycle")],
        "renewal_at": of.time("renewal_at"),
        "strategic": of.flag("strategic"),
        "created_at": created,
        "modified_at": modified,
        "owned": _trees(_owned(layout, sheet)),
        "attributes": _trees(_attributes(layout, sheet)),
    }
    for name in ("name", "parent_id", "owner_id", "industry", "naics", "sic", "region"):
        columns[name] = of.text(name)
    for name in ("annual_revenue", "arr", "health", "adoption", "potential"):
        columns[name] = of.number(name)
    for name in _OVERRIDES:
        values = sheet.raw(layout.names.company(name))
        columns[name] = wire.times(values, layout.zone) if name == "override_until" else values
    return columns


def contacts(layout: Layout, sheet: Sheet) -> Columns:
    """Contacts as people."""
    of = Reading(layout, sheet, "contacts", CONTACT)
    created, modified = of.stamps("createdate", "lastmodifieddate")
    first, last = sheet.raw("firstname"), sheet.raw("lastname")
    names = [" ".join(part for part in pair if part) or None for pair in zip(first, last, strict=True)]
    columns: Columns = {
        "contact_id": sheet.ids(),
        "record": ["contact"] * len(sheet),
        "name": names if "name" not in layout.mapping.contacts else of.text("name"),
        "role": [_role(items) for items in of.parts("role")],
        "call_opt_out": [flag or False for flag in of.flag("call_opt_out")],
        "mail_opt_out": [flag or False for flag in of.flag("mail_opt_out")],
        "created_at": created,
        "modified_at": modified,
    }
    return columns | {name: of.text(name) for name in ("account_id", "email", "title", "seniority")}


def opportunities(layout: Layout, sheet: Sheet) -> Columns:
    """Deals as opportunities."""
    of = Reading(layout, sheet, "opportunities", DEAL)
    created, modified = of.stamps("createdate", "hs_lastmodifieddate")
    closed = [flag or False for flag in of.flag("is_closed")]
    # An open deal's close date is a hope, not a fact.
    ended = [moment if is_closed else None for moment, is_closed in zip(of.time("closed_at"), closed, strict=True)]
    return {
        "opportunity_id": sheet.ids(),
        "account_id": sheet.linked("companies"),
        "name": of.text("name"),
        "stage": wire.translated(of.text("stage"), layout.stages),
        "amount": of.number("amount"),
        "is_closed": closed,
        "is_won": [flag or False for flag in of.flag("is_won")],
        "owner_id": of.text("owner_id"),
        "created_at": created,
        "closed_at": ended,
        "stage_changed_at": of.time("stage_changed_at"),
        "modified_at": modified,
    }


def merged_into(sheet: Sheet) -> dict[str, str]:
    """Losers' ids to the winner's, as the winners name them."""
    losers = wire.lists(sheet.raw(MERGED))
    return {loser: winner for winner, ids in zip(sheet.ids(), losers, strict=True) for loser in ids if loser != winner}


def _owned(layout: Layout, sheet: Sheet) -> list[dict[str, Value]]:
    rows: list[dict[str, Value]] = [{} for _ in sheet.records]
    for owned in layout.names.wanted():
        if owned.human:
            continue
        for row, text in zip(rows, sheet.raw(layout.names.company(owned.name)), strict=True):
            value = from_wire(owned.shape, text)
            if value is not None:
                row[owned.name] = iso(value) if owned.shape == "time" else value  # type: ignore[arg-type]  # a moment
    return rows


def _attributes(layout: Layout, sheet: Sheet) -> list[dict[str, Value]]:
    rows: list[dict[str, Value]] = [{} for _ in sheet.records]
    types = layout.defined.get("companies", {})
    for name, source in layout.mapping.attributes.items():
        shape = _SHAPES.get(types.get(source, ""), "text")
        for row, text in zip(rows, sheet.raw(source), strict=True):
            value = from_wire(shape, text)
            if value is not None:
                row[name] = value
    return rows


def _trees(rows: list[dict[str, Any]]) -> list[str]:
    encode = msgspec.json.Encoder(order="sorted").encode
    return [encode(row).decode() if row else "{}" for row in rows]


def _role(items: list[str]) -> str | None:
    roles = [_ROLES.get(item.lower(), item.lower()) for item in items]
    ranked = [role for role in _ROLE_ORDER if role in roles] + sorted(roles)
    return ranked[0] if ranked else None


def _lifecycle(value: str | None) -> str:
    folded = (value or "").casefold()
    if folded in LIFECYCLES:
        return folded
    return "customer" if folded == "evangelist" else "prospect"


@lru_cache(maxsize=1024)
def _country(value: str | None) -> str | None:
    if value is None or (len(value) == 2 and value.isalpha()):
        return value.upper() if value else None
    try:
        found = pycountry.countries.lookup(value.strip())
    except LookupError:
        return None
    return str(found.alpha_2)
