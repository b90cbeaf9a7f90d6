"""Puts the named companies into the first rows of a world."""

from __future__ import annotations

import numpy as np

from sandbox.firms import COUNTRIES, INDUSTRIES, TECH, Firms, Ints, fit_of
from sandbox.named import NAMED, Named
from sandbox.truth import WEEKS, Floats, Truth
from sandbox.world import DAY_S, LIFECYCLES, LOST_STAGE, WON_STAGE, Account, Contact, Opportunity, Owner, Signal

CAST: int = len(NAMED)
_CODE = {named.name: row for row, named in enumerate(NAMED)}


def cast_firms(firms: Firms, now: int) -> None:
    """Overwrites the first companies with the true firmographics of the named ones."""
    for row, named in enumerate(NAMED):
        firms.employees[row], firms.revenue[row] = named.employees, named.revenue
        firms.industry[row], firms.country[row] = INDUSTRIES.index(named.industry), COUNTRIES.index(named.country)
        firms.tech[row] = [name in named.tech for name in TECH]
        firms.created_at[row] = now - named.created_days * DAY_S
        firms.lifecycle[row] = LIFECYCLES.index(named.lifecycle)
        firms.parent[row] = -1 if named.parent is None else _CODE[named.parent]
        firms.level[row] = int(named.parent is not None)
        firms.names[row], firms.domains[row] = named.name, named.domain
        firms.people[row] = len(named.people)
    first = slice(0, CAST)
    firms.fit[first] = fit_of(
        firms.employees[first], firms.revenue[first], firms.industry[first], firms.country[first], firms.tech[first]
    )


def cast_truth(truth: Truth) -> None:
    """Overwrites the interest of the named companies by their scripted windows."""
    for row, named in enumerate(NAMED):
        truth.interest[row] = _interest(named)


def _interest(named: Named) -> Floats:
    days_ago = (WEEKS - 1 - np.arange(WEEKS)) * 7.0
    level = np.full(WEEKS, 0.02)
    for began, lasts, height in named.windows:
        along = (began - days_ago) / lasts
        inside = (along >= 0) & (along <= 1)
        level += height * np.sin(np.pi * np.clip(along, 0, 1) ** 0.8) * inside
    interest: Floats = 1.0 - np.exp(-level)
    return interest


def cast_owners(owner: Ints, owners: list[Owner]) -> None:
    """Gives each named company an active owner of the right job who is not away."""
    present = {
        job: [row for row, who in enumerate(owners) if who.job == job and who.active and not who.away]
        or [row for row, who in enumerate(owners) if who.job == job and who.active]
        for job in ("ae", "csm")
    }
    for row, named in enumerate(NAMED):
        rows = present[named.job]
        owner[row] = rows[row % len(rows)]


def cast_contacts(contacts: list[Contact], now: int) -> None:
    """Replaces the first contacts, who belong to the named companies, by the people of the script."""
    place = 0
    for row, named in enumerate(NAMED):
        made = now - (named.created_days - 1) * DAY_S
        for first, last, title, role, seniority in named.people:
            contacts[place] = Contact(
                key=contacts[place].key,
                account=f"A{row + 1:06d}",
                first_name=first,
                last_name=last,
                email=f"{first}.{last}@{named.domain}".lower(),
                title=title,
                role=role,
                seniority=seniority,
                call_opt_out=False,
                mail_opt_out=False,
                created_at=made,
                modified_at=made,
            )
            place += 1


def cast_accounts(accounts: list[Account], owner_keys: list[str | None], now: int) -> None:
    """Replaces the first accounts by the named ones."""
    midnight = now - now % DAY_S
    for row, named in enumerate(NAMED):
        accounts[row] = Account(
            key=f"A{row + 1:06d}",
            name=named.name,
            website=named.website,
            domain=named.domain,
            more_domains=(),
            parent=None if named.parent is None else f"A{_CODE[named.parent] + 1:06d}",
            owner=owner_keys[row],
            industry=named.industry,
            employees=named.employees,
            annual_revenue=float(named.revenue),
            country=named.country,
            region=named.region,
            tech=named.tech,
            lifecycle=named.lifecycle,
            arr=named.arr,
            health=named.health,
            adoption=named.adoption,
            renewal_at=None if named.renewal_days is None else midnight + named.renewal_days * DAY_S,
            potential=named.potential,
            strategic=named.strategic,
            created_at=now - named.created_days * DAY_S,
            modified_at=now - min(30, named.created_days) * DAY_S,
        )


def cast_deals(contacts: list[list[Contact]], owner_keys: list[str | None], now: int) -> list[Opportunity]:
    """The scripted opportunities; all are closed."""
    rows: list[Opportunity] = []
    for row, named in enumerate(NAMED):
        for made_days, closed_days, stage, amount in named.deals:
            assert stage in {WON_STAGE, LOST_STAGE}
            closed = now - int(closed_days * DAY_S)
            rows.append(
                Opportunity(
                    key=f"P{900_000 + len(rows) + 1:07d}",
                    account=f"A{row + 1:06d}",
                    name=f"{named.name} - Platform",
                    stage=stage,
                    amount=amount,
                    is_closed=True,
                    is_won=stage == WON_STAGE,
                    owner=owner_keys[row],
                    created_at=now - int(made_days * DAY_S),
                    closed_at=closed,
                    expected_close_at=closed - closed % DAY_S,
                    stage_changed_at=closed,
                    modified_at=closed,
                    roles=tuple((who.key, who.role) for who in contacts[row] if who.role is not None),
                )
            )
    return rows


def cast_signals(now: int) -> list[Signal]:
    """The scripted signals, seen at midnight UTC."""
    midnight = now - now % DAY_S
    scripted = [(named.domain, *news) for named in NAMED for news in named.news]
    return [
        Signal(f"S{9_000_000 + place + 1:08d}", domain, source, family, topic, strength, midnight - int(days) * DAY_S)
        for place, (domain, days, source, family, topic, strength) in enumerate(scripted)
    ]
