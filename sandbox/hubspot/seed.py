"""The world's owners, accounts, contacts and opportunities as this CRM holds them; values are made on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import numpy as np
import pycountry
from numpy.typing import NDArray

from sandbox.hubspot.associations import WorldLinks
from sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, USERS
from sandbox.hubspot.links import CHILD_TO_PARENT, PARENT_TO_CHILD, ROLE_CODES
from sandbox.hubspot.moments import day, iso
from sandbox.hubspot.rollups import WorldRollups
from sandbox.hubspot.source import STEP, Float64, Getter, Source, each, moments, named, same
from sandbox.world import Account, Contact, Opportunity, Owner, World

FIRST_OWNER: Final = 41_629_779
OWNER_STEP: Final = 17
FIRST_USER: Final = 9_586_504
BUYING_ROLE: Final = {
    "decision_maker": "DECISION_MAKER",
    "champion": "CHAMPION",
    "budget_holder": "BUDGET_HOLDER",
    "influencer": "INFLUENCER",
    "user": "END_USER",
    "blocker": "BLOCKER",
}
STAGE: Final = {
    "Qualification": "qualification",
    "Discovery": "discovery",
    "Proposal": "proposal",
    "Negotiation": "negotiation",
    "Closed Won": "closedwon",
    "Closed Lost": "closedlost",
}


def owner_id(row: int) -> int:
    """The owner id of a person: what ``hubspot_owner_id`` takes."""
    return FIRST_OWNER + row * OWNER_STEP


def user_id(row: int) -> int:
    """The internal user id of the same person."""
    return FIRST_USER + row * 13


def plain(value: float | None) -> str | None:
    """A number as a property shows it: no fraction where there is none."""
    if value is None:
        return None
    return str(int(value)) if float(value).is_integer() else repr(float(value))


@lru_cache(maxsize=512)
def country_name(code: str | None) -> str | None:
    """The English name of a country, as people write it into the standard property."""
    found = pycountry.countries.get(alpha_2=code) if code is not None else None
    return str(getattr(found, "common_name", found.name)) if found is not None else code


def flag(value: bool) -> str:
    """A yes or no."""
    return "true" if value else "false"


def _stamps(items: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    created = np.array([item.created_at for item in items], np.int64)
    modified = np.array([item.modified_at for item in items], np.int64)
    return created, modified


def system_parts(
    first: int, created_s: NDArray[np.int64], modified_s: NDArray[np.int64], names: tuple[str, str, str]
) -> tuple[dict[str, Getter], dict[str, Callable[[], Float64]]]:
    """Getters and number forms of the three system properties."""
    ids = first + np.arange(len(created_s), dtype=np.int64) * STEP
    getters = {
        names[0]: moments(created_s * 1000),
        names[1]: moments(modified_s * 1000),
        names[2]: named(ids),
    }
    arrays: dict[str, Callable[[], Float64]] = {
        names[0]: lambda: (created_s * 1000).astype(np.float64),
        names[1]: lambda: (modified_s * 1000).astype(np.float64),
        names[2]: lambda: ids.astype(np.float64),
    }
    return getters, arrays


def companies(world: World) -> Source:
    """Accounts as companies."""
    items = world.accounts
    row_of = {account.key: row for row, account in enumerate(items)}
    owners = {owner.key: str(owner_id(row)) for row, owner in enumerate(world.owners)}
    first = COMPANIES.first_id

    def parent(item: Account) -> str | None:
        return None if item.parent is None else str(first + row_of[item.parent] * STEP)

    def of(get: Callable[[Account], str | None]) -> Getter:
        return each(items, get)

    created, modified = _stamps(items)
    system, arrays = system_parts(first, created, modified, COMPANIES.system)
    getters = {
        "name": of(lambda item: item.name),
        "domain": of(lambda item: item.domain),
        "website": of(lambda item: item.website),
        "hs_additional_domains": of(lambda item: ";".join(item.more_domains) or None),
        "hs_parent_company_id": of(parent),
        "hubspot_owner_id": of(lambda item: owners.get(item.owner or "")),
        "industry": of(lambda item: item.industry),
        "numberofemployees": of(lambda item: plain(item.employees)),
        "annualrevenue": of(lambda item: plain(item.annual_revenue)),
        "country": of(lambda item: country_name(item.country)),
        "country_code": of(lambda item: item.country),
        "state": of(lambda item: item.region),
        "tech_stack": of(lambda item: ";".join(item.tech) or None),
        "strategic": of(lambda item: flag(item.strategic)),
        **_standing(items),
        "world_key": of(lambda item: item.key),
        "hs_object_source": same("IMPORT"),
        **WorldRollups(world).getters(),
        **system,
    }
    return Source(first, created, modified, getters, arrays)


def _standing(items: Sequence[Account]) -> dict[str, Getter]:
    """What a customer is worth and how it fares."""

    def of(get: Callable[[Account], str | None]) -> Getter:
        return each(items, get)

    return {
        "account_status": of(lambda item: item.lifecycle),
        "arr": of(lambda item: plain(item.arr)),
        "health_score": of(lambda item: plain(item.health)),
        "adoption": of(lambda item: plain(item.adoption)),
        "renewal_date": of(lambda item: None if item.renewal_at is None else day(item.renewal_at)),
        "expansion_potential": of(lambda item: plain(item.potential)),
    }


def contacts(world: World) -> Source:
    """People as contacts."""
    items = world.contacts
    row_of = {account.key: row for row, account in enumerate(world.accounts)}

    def company(item: Contact) -> str | None:
        return None if item.account is None else str(COMPANIES.first_id + row_of[item.account] * STEP)

    def of(get: Callable[[Contact], str | None]) -> Getter:
        return each(items, get)

    created, modified = _stamps(items)
    system, arrays = system_parts(CONTACTS.first_id, created, modified, CONTACTS.system)
    getters = {
        "email": of(lambda item: item.email),
        "firstname": of(lambda item: item.first_name),
        "lastname": of(lambda item: item.last_name),
        "jobtitle": of(lambda item: item.title),
        "associatedcompanyid": of(company),
        "hs_email_domain": of(lambda item: item.email.rpartition("@")[2] if item.email else None),
        "hs_buying_role": of(lambda item: BUYING_ROLE.get(item.role or "")),
        "seniority": of(lambda item: item.seniority),
        "call_opt_out": of(lambda item: flag(item.call_opt_out)),
        "hs_email_optout": of(lambda item: flag(item.mail_opt_out)),
        "hs_all_contact_vids": system["hs_object_id"],
        "hs_is_contact": same("true"),
        "hs_pipeline": same("contacts-lifecycle-pipeline"),
        "world_key": of(lambda item: item.key),
        "hs_object_source": same("IMPORT"),
        **system,
    }
    return Source(CONTACTS.first_id, created, modified, getters, arrays)


def deals(world: World) -> Source:
    """Opportunities as deals."""
    items = world.opportunities
    owners = {owner.key: str(owner_id(row)) for row, owner in enumerate(world.owners)}

    def closes(item: Opportunity) -> str:
        return iso((item.closed_at if item.closed_at is not None else item.expected_close_at) * 1000)

    def of(get: Callable[[Opportunity], str | None]) -> Getter:
        return each(items, get)

    created, modified = _stamps(items)
    system, arrays = system_parts(DEALS.first_id, created, modified, DEALS.system)
    getters = {
        "dealname": of(lambda item: item.name),
        "dealstage": of(lambda item: STAGE[item.stage]),
        "pipeline": same("default"),
        "amount": of(lambda item: plain(item.amount)),
        "closedate": of(closes),
        "hs_is_closed": of(lambda item: flag(item.is_closed)),
        "hs_is_closed_won": of(lambda item: flag(item.is_won)),
        "hs_v2_date_entered_current_stage": of(lambda item: iso(item.stage_changed_at * 1000)),
        "hubspot_owner_id": of(lambda item: owners.get(item.owner or "")),
        "world_key": of(lambda item: item.key),
        "hs_object_source": same("IMPORT"),
        **system,
    }
    return Source(DEALS.first_id, created, modified, getters, arrays)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def working_hours(owner: Owner) -> str:
    """Monday to Friday, as the users object writes it."""
    return _json([{"days": "MONDAY_TO_FRIDAY", "startMinute": owner.hours[0], "endMinute": owner.hours[1]}])


def out_of_office(owner: Owner) -> str | None:
    """Absences, or None when there are none."""
    away = [{"startTimestamp": start * 1000, "endTimestamp": end * 1000} for start, end in sorted(owner.away)]
    return _json(away) if away else None


def users(world: World) -> Source:
    """Our people as users."""
    items = world.owners
    internal = {owner.key: str(user_id(row)) for row, owner in enumerate(items)}

    def of(get: Callable[[Owner], str | None]) -> Getter:
        return each(items, get)

    created, modified = _stamps(items)
    system, arrays = system_parts(USERS.first_id, created, modified, USERS.system)
    getters = {
        "hs_email": of(lambda item: item.email),
        "hs_internal_user_id": of(lambda item: internal[item.key]),
        "hs_given_name": of(lambda item: item.first_name),
        "hs_family_name": of(lambda item: item.last_name),
        "hs_job_title": of(lambda item: item.job),
        "hs_availability_status": same("available"),
        "hs_deactivated": of(lambda item: flag(not item.active)),
        "hs_standard_time_zone": of(lambda item: item.time_zone),
        "hs_working_hours": of(working_hours),
        "hs_out_of_office_hours": of(out_of_office),
        **system,
    }
    return Source(USERS.first_id, created, modified, getters, arrays)


def _rows(values: Sequence[int]) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def contact_links(world: World) -> WorldLinks:
    """Contacts to their primary company."""
    row_of = {account.key: row for row, account in enumerate(world.accounts)}
    linked = [(row, row_of[item.account]) for row, item in enumerate(world.contacts) if item.account is not None]
    mine, theirs = _rows([a for a, _ in linked]), _rows([b for _, b in linked])
    return WorldLinks(mine, theirs, (CONTACTS.first_id, COMPANIES.first_id), [((1, 279), (2, 280))])


def parent_links(world: World) -> WorldLinks:
    """Companies to their parent."""
    row_of = {account.key: row for row, account in enumerate(world.accounts)}
    linked = [(row, row_of[item.parent]) for row, item in enumerate(world.accounts) if item.parent is not None]
    mine, theirs = _rows([a for a, _ in linked]), _rows([b for _, b in linked])
    forms = [((CHILD_TO_PARENT,), (PARENT_TO_CHILD,))]
    return WorldLinks(mine, theirs, (COMPANIES.first_id, COMPANIES.first_id), forms)


def deal_company_links(world: World) -> WorldLinks:
    """Deals to their primary company."""
    row_of = {account.key: row for row, account in enumerate(world.accounts)}
    theirs = _rows([row_of[item.account] for item in world.opportunities])
    mine = np.arange(len(theirs), dtype=np.int32)
    return WorldLinks(mine, theirs, (DEALS.first_id, COMPANIES.first_id), [((5, 341), (6, 342))])


def deal_contact_links(world: World) -> WorldLinks:
    """Deals to the people in them, labelled with their role."""
    row_of = {contact.key: row for row, contact in enumerate(world.contacts)}
    form_of = {role: at for at, role in enumerate(ROLE_CODES)}
    linked = [
        (row, row_of[key], form_of[role]) for row, item in enumerate(world.opportunities) for key, role in item.roles
    ]
    mine, theirs = _rows([a for a, _, _ in linked]), _rows([b for _, b, _ in linked])
    forms = [((3, code), (4, code - 1)) for code in ROLE_CODES.values()]
    which = np.array([c for _, _, c in linked], np.int8)
    return WorldLinks(mine, theirs, (DEALS.first_id, CONTACTS.first_id), forms, which)
