"""Named switches for vendor behaviours that differ by account or that nobody has confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Switches:
    """How this portal behaves where the documentation is silent; each default is the likelier way."""

    portal_id: int = 44_237_313
    time_zone: str = "US/Eastern"
    currency: str = "USD"
    unique_on_tasks: bool = True  # False: a unique task property comes back with hasUniqueValue false
    unique_conflict: int = 400  # status for a taken custom unique value: 400 (PropertyValueCoordinates) or 409
    late_email_conflict: bool = False  # True: a taken e-mail answers with the 400 wording as well
    neq_skips_unset: bool = True  # NEQ and NOT_IN leave out records without a value
    auto_associate_company: bool = False  # a new contact is linked to the company of its e-mail domain
    rollups: bool = True  # a logged activity moves its company's roll-ups, and with them hs_lastmodifieddate
    silent_drop: int = 0  # so many rows of each batch write are dropped without a word
    shuffle: bool = True  # batch answers come in another order than asked
    search_429: str = "policy"  # "policy": with policyName; "category": as recorded in 2022
    daily_headers: bool = True  # x-hubspot-ratelimit-daily on private tokens
    archived_owner_ok: bool = False  # records may be given to an archived owner
    read_only_values: tuple[str, ...] = ()  # "companies.name": read-only in this portal
    inline_associations: int = 100  # targets shown inline per record before their own paging starts
    scope_wording: int = 1  # 1 or 2: which of the two 403 bodies
    longest_url: int = 16_000  # characters of path and query; more is a 414
    min_validation_version: str = "2026-09"  # the path version from which admin validation rules bite
    required_on_create: tuple[str, ...] = ()  # "companies.industry": an admin's create form asks for it


def switches_from(given: Mapping[str, Any]) -> Switches:
    """The switches with those set that are named ``hubspot.<name>`` or ``<name>``."""
    known = {item.name for item in fields(Switches)}
    chosen = {name.removeprefix("hubspot."): value for name, value in given.items()}
    picked: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in chosen.items() if name in known
    }
    return Switches(**picked)
