"""The companies of a world before any activity: true firmographics, families, domains, head counts of contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sandbox.names import TOP_LEVEL, clean_domain, stem
from sandbox.truth import (
    INDUSTRY_WORTH,
    OTHER_REGION,
    REGION_WORTH,
    STACK_WORTH,
    WEEKS,
    Floats,
    latent_fit,
)
from sandbox.world import DAY_S, LIFECYCLES

INDUSTRIES: Final = tuple(INDUSTRY_WORTH)
_LIKELY_INDUSTRY: Final = (0.34, 0.17, 0.17, 0.10, 0.10, 0.04, 0.03, 0.02, 0.02, 0.01)
_ANY_INDUSTRY: Final = (0.08, 0.07, 0.11, 0.16, 0.11, 0.17, 0.09, 0.09, 0.06, 0.06)
COUNTRIES: Final = tuple(TOP_LEVEL)
_LIKELY_COUNTRY: Final = (0.46, 0.08, 0.14, 0.13, 0.07, 0.03, 0.02, 0.02, 0.02, 0.01, 0.02)
_ANY_COUNTRY: Final = (0.22, 0.05, 0.09, 0.10, 0.08, 0.07, 0.11, 0.09, 0.06, 0.06, 0.07)
TECH: Final = ("Salesforce", "HubSpot", "Marketo", "Snowflake", "AWS", "SAP", "Slack", "Zendesk")
_LIKELY_TECH: Final = (0.36, 0.26, 0.16, 0.24, 0.55, 0.12, 0.45, 0.25)
_ANY_TECH: Final = (0.09, 0.07, 0.04, 0.04, 0.30, 0.20, 0.25, 0.15)
REGIONS: Final[dict[str, tuple[str, ...]]] = {
    "US": ("California", "New York", "Texas", "Massachusetts", "Illinois", "Washington"),
    "CA": ("Ontario", "Quebec", "British Columbia"),
    "GB": ("England", "Scotland"),
    "DE": ("Bayern", "Berlin", "Hessen", "Nordrhein-Westfalen"),
    "FR": ("Ile-de-France", "Occitanie"),
}
LIKELY_SHARE: Final = 0.25  # how many companies are drawn from the profile that sales hunts for
MOST_CONTACTS: Final = 14
LONG_KNOWN: Final = (LIFECYCLES.index("customer"), LIFECYCLES.index("former"))

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Firms:
    """Companies in columns; ``parent`` is a row index or -1, ``lifecycle`` an index into LIFECYCLES."""

    chunk: int  # which part of the whole world this is
    first: int  # number of the first company within the whole world
    employees: Floats
    revenue: Floats
    industry: Ints
    country: Ints
    tech: NDArray[np.bool_]  # [companies, TECH]
    created_at: Ints
    lifecycle: Ints
    parent: Ints
    level: Ints  # 0 = root, at most 2
    names: list[str]
    domains: list[str]  # the clean domain each one owns or shares, whether or not the CRM knows it
    people: Ints  # number of contacts
    fit: Floats

    def __len__(self) -> int:
        return len(self.employees)

    def first_week(self, now: int) -> Floats:
        """When each was created, in weeks of the history (0 = its start or before)."""
        return np.maximum(0.0, WEEKS - (now - self.created_at) / (7 * DAY_S))


def make_firms(count: int, chunk: int, reserved: int, dice: np.random.Generator, now: int) -> Firms:
    """``count`` companies of one part of a world; the ``reserved`` first ones stay out of families."""
    first = chunk * count
    likely = dice.random(count) < LIKELY_SHARE
    size = np.exp(np.where(likely, dice.normal(np.log(450), 1.0, count), dice.normal(np.log(45), 1.6, count)))
    employees = np.floor(np.clip(size, 1, 250_000))
    revenue = np.round(employees * 10 ** dice.normal(5.1, 0.28, count), -3)
    industry = _choose(dice, likely, _LIKELY_INDUSTRY, _ANY_INDUSTRY)
    country = _choose(dice, likely, _LIKELY_COUNTRY, _ANY_COUNTRY)
    tech = dice.random((count, len(TECH))) < np.where(likely[:, None], _LIKELY_TECH, _ANY_TECH)
    young = dice.random(count) < 0.10
    age_days = np.where(young, dice.uniform(3, 500, count), dice.uniform(560, 2200, count))
    lifecycle = dice.choice(len(LIFECYCLES), count, p=(0.82, 0.11, 0.03, 0.025, 0.015))
    age_days = np.where(np.isin(lifecycle, LONG_KNOWN), dice.uniform(1200, 2600, count), age_days)
    parent, level = _families(count, reserved, dice)
    names = [stem(first + row) for row in range(count)]
    people = np.minimum(1 + dice.poisson(0.8 + 0.75 * np.log1p(employees / 25)), MOST_CONTACTS)
    return Firms(
        chunk=chunk,
        first=first,
        employees=employees,
        revenue=revenue,
        industry=industry,
        country=country,
        tech=tech,
        created_at=(now - age_days * DAY_S).astype(np.int64),
        lifecycle=lifecycle,
        parent=parent,
        level=level,
        names=names,
        domains=_domains(names, country, parent, reserved, dice),
        people=np.where(dice.random(count) < 0.04, 0, people),
        fit=fit_of(employees, revenue, industry, country, tech),
    )


def fit_of(employees: Floats, revenue: Floats, industry: Ints, country: Ints, tech: NDArray[np.bool_]) -> Floats:
    """Latent fit of companies given in codes."""
    industry_worth = np.array([INDUSTRY_WORTH[name] for name in INDUSTRIES])[industry]
    region_worth = np.array([REGION_WORTH.get(code, OTHER_REGION) for code in COUNTRIES])[country]
    worth = np.array([STACK_WORTH.get(name, 0.0) for name in TECH])
    stack = 1.0 - np.prod(1.0 - worth[None, :] * tech, axis=1)
    return latent_fit(employees, revenue, industry_worth, stack, region_worth)


def _choose(
    dice: np.random.Generator, likely: NDArray[np.bool_], ours: tuple[float, ...], any_: tuple[float, ...]
) -> Ints:
    count = len(likely)
    return np.where(likely, dice.choice(len(ours), count, p=ours), dice.choice(len(any_), count, p=any_))


def _families(count: int, reserved: int, dice: np.random.Generator) -> tuple[Ints, Ints]:
    """About one company in eight belongs to another; a family is at most three levels deep."""
    parent = np.full(count, -1, np.int64)
    level = np.zeros(count, np.int64)
    heads = max(1, count // 5)
    wanted = (dice.random(count) < 0.15) & (np.arange(count) >= reserved)
    target = reserved + np.floor(heads * dice.random(count) ** 1.6).astype(np.int64)
    for row in np.flatnonzero(wanted):
        chosen = int(target[row])
        if chosen < row and level[chosen] < 2:
            parent[row], level[row] = chosen, level[chosen] + 1
    return parent, level


def _domains(names: list[str], country: Ints, parent: Ints, reserved: int, dice: np.random.Generator) -> list[str]:
    """Own domains; three in ten subsidiaries share their parent's, and a few strangers claim the same one."""
    rolls = dice.random(len(names))
    found: list[str] = []
    for row, name in enumerate(names):
        if parent[row] >= 0 and rolls[row] < 0.30:
            found.append(found[parent[row]])
        elif parent[row] < 0 and row > reserved and rolls[row] < 0.006:
            found.append(found[reserved + int(rolls[row] / 0.006 * (row - reserved))])
        else:
            found.append(clean_domain(name, COUNTRIES[country[row]], int(rolls[row] * 1e6)))
    return found
