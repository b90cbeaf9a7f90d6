"""Accounts as the CRM shows them: companies with their mess, gaps, owners and customer figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from sandbox.firms import COUNTRIES, INDUSTRIES, REGIONS, TECH, Firms, Ints
from sandbox.names import messy_name, messy_website
from sandbox.truth import Floats, Truth
from sandbox.world import DAY_S, LIFECYCLES, Account, Owner

NO_OWNER_SHARE: Final = 0.08
GONE_WEIGHT: Final = 0.4  # of an inactive owner's book, against an active one's


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """What the CRM knows about customers; rows of others are meaningless. NaN = unknown."""

    arr: Floats
    health: Floats
    adoption: Floats
    potential: Floats
    renewal_at: Ints  # 0 = unknown


def assign_owners(lifecycle: Ints, owners: list[Owner], dice: np.random.Generator) -> Ints:
    """Index of each account's owner, or -1: customers to customer success, others to account executives."""
    count = len(lifecycle)
    by_job = {
        job: np.array([row for row, who in enumerate(owners) if who.job == job], np.int64) for job in ("ae", "csm")
    }
    chosen = np.empty(count, np.int64)
    customer = lifecycle == LIFECYCLES.index("customer")
    for job, rows in by_job.items():
        weight = np.array([1.0 if owners[row].active else GONE_WEIGHT for row in rows])
        mask = customer if job == "csm" else ~customer
        chosen[mask] = dice.choice(rows, int(mask.sum()), p=weight / weight.sum())
    return np.where(dice.random(count) < NO_OWNER_SHARE, -1, chosen)


def customer_figures(firms: Firms, truth: Truth, since: Ints, dice: np.random.Generator, now: int) -> CustomerFigures:
    """ARR by size; health and adoption move with interest; the renewal is the next anniversary of the first win."""
    count = len(firms)
    arr = np.round((6_000 + 800 * firms.employees**0.6) * np.exp(dice.normal(0, 0.4, count)), -2)
    level = 52 + 32 * truth.interest[:, -8:].mean(axis=1) + 10 * truth.fit
    health = np.round(np.clip(level + dice.normal(0, 15, count), 3, 99))
    adoption = np.round(np.clip(0.7 * health + 16 + dice.normal(0, 13, count), 2, 99))
    known = dice.random((count, 4))
    to_next = 365 - (now - since) // DAY_S % 365
    renewal = (now - now % DAY_S) + to_next * DAY_S
    return CustomerFigures(
        arr=arr,
        health=np.where(known[:, 0] < 0.08, np.nan, health),
        adoption=np.where(known[:, 1] < 0.10, np.nan, adoption),
        potential=np.where(known[:, 2] < 0.25, np.nan, np.round(arr * dice.uniform(0, 0.9, count), -2)),
        renewal_at=np.where(known[:, 3] < 0.05, 0, renewal),
    )


def make_accounts(
    firms: Firms,
    lifecycle: Ints,
    figures: CustomerFigures,
    owner_keys: list[str | None],
    dice: np.random.Generator,
    now: int,
) -> list[Account]:
    """One record per company; a part of the firmographics is missing, as in any CRM."""
    gaps = dice.random((len(firms), 6)) < np.array([0.07, 0.06, 0.17, 0.05, 0.03, 0.20])
    rolls = dice.random((len(firms), 6))
    book = _Book(lifecycle, figures, owner_keys, _further_domains(firms, rolls[:, 1]), now)
    return [_account(firms, row, book, gaps[row], rolls[row], dice) for row in range(len(firms))]


@dataclass(frozen=True, slots=True)
class _Book:
    """What the CRM adds to the companies, by row."""

    lifecycle: Ints
    figures: CustomerFigures
    owner_keys: list[str | None]
    more_domains: list[tuple[str, ...]]
    now: int


def _further_domains(firms: Firms, roll: Floats) -> list[tuple[str, ...]]:
    """One in ten companies has a second domain, one in thirty a third."""
    found: list[tuple[str, ...]] = []
    for row, domain in enumerate(firms.domains):
        host = domain.split(".", 1)[0]
        extra = (f"{host}-group.com", f"get{host}.com") if roll[row] < 0.03 else (f"{host}-group.com",)
        found.append(extra if roll[row] < 0.10 and firms.parent[row] < 0 else ())
    return found


def _account(
    firms: Firms, row: int, book: _Book, gap: NDArray[np.bool_], roll: Floats, dice: np.random.Generator
) -> Account:
    country = COUNTRIES[firms.country[row]]
    lifecycle = LIFECYCLES[book.lifecycle[row]]
    regions = REGIONS.get(country)
    parent = int(firms.parent[row])
    made = int(firms.created_at[row])
    domain = firms.domains[row]
    return Account(
        key=f"A{firms.first + row + 1:06d}",
        name=messy_name(firms.names[row], country, dice),
        website=None if gap[0] else messy_website(domain, float(roll[0])),
        domain=None if gap[0] else domain,
        more_domains=book.more_domains[row],
        parent=None if parent < 0 else f"A{firms.first + parent + 1:06d}",
        owner=book.owner_keys[row],
        industry=None if gap[3] else INDUSTRIES[firms.industry[row]],
        employees=None if gap[1] else int(firms.employees[row]),
        annual_revenue=None if gap[2] else float(firms.revenue[row]),
        country=None if gap[4] else country,
        region=None if gap[4] or regions is None else regions[int(roll[2] * len(regions))],
        tech=() if gap[5] else tuple(name for name, has in zip(TECH, firms.tech[row], strict=True) if has),
        lifecycle=lifecycle,
        **_customer_fields(book.figures, row, customer=lifecycle == "customer"),
        strategic=bool(roll[3] < 0.02),
        created_at=made,
        modified_at=made + int((book.now - 3600 - made) * float(roll[4])),
    )


class _CustomerFields(TypedDict):
    arr: float | None
    health: float | None
    adoption: float | None
    renewal_at: int | None
    potential: float | None


def _customer_fields(figures: CustomerFigures, row: int, *, customer: bool) -> _CustomerFields:
    """The figures of a customer; all unknown for anybody else."""
    if not customer:
        return {"arr": None, "health": None, "adoption": None, "renewal_at": None, "potential": None}
    return {
        "arr": float(figures.arr[row]),
        "health": _known(figures.health[row]),
        "adoption": _known(figures.adoption[row]),
        "renewal_at": int(figures.renewal_at[row]) or None,
        "potential": _known(figures.potential[row]),
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
