"""A rough scorer after the starter policy, written from the method alone, asks whether worlds are worth scoring."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime

import numpy as np
import pytest

from sandbox.generate import generate
from sandbox.world import DAY_S, KIND_CODE, KINDS, Account, World

NOW = int(datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp())
INF = float("inf")
SIZE = ((20, 0.0), (50, 0.2), (200, 0.6), (2000, 1.0), (10_000, 0.8), (INF, 0.5))
REVENUE = ((5e6, 0.1), (2e7, 0.5), (5e8, 1.0), (INF, 0.8))
INDUSTRY = {"Software": 1.0, "Financial Services": 0.8, "Business Services": 0.7, "Manufacturing": 0.6,
            "Healthcare": 0.6, "Government": 0.2}  # fmt: skip
TECH = {"Salesforce": 1.0, "HubSpot": 1.0, "Marketo": 0.8, "Snowflake": 0.6}
REGION = {"US": 1.0, "CA": 1.0, "GB": 1.0, "DE": 0.9, "FR": 0.8}
TOPIC = {"topic_core": 20, "topic_adjacent": 8, "review_compare": 25, "competitor_removed": 25, "tech_installed": 12,
         "job_posting": 8, "funding": 10, "leadership_change": 10}  # fmt: skip
GROWTH = {"funding", "hiring", "leadership_change"}
# kind: points, half-life, cap per person and day, category
RULE: dict[str, tuple[float, float, int, str]] = {
    "demo_request": (40, 21, 3, ""),
    "trial_start": (30, 21, 3, ""),
    "meeting_held": (30, 45, 1, ""),
    "inbound_call": (25, 30, 1, ""),
    "call_connected": (12, 30, 1, ""),
    "email_reply": (15, 30, 1, ""),
    "webinar_attended": (10, 30, 3, "event"),
    "form_submission": (8, 30, 2, "content"),
    "content_download": (6, 30, 2, "content"),
    "email_click": (2, 14, 2, "email"),
    "web_visit": (2, 14, 3, "web"),
}
CAP = {"": INF, "event": 40, "content": 25, "email": 25, "web": 30}
ROLE = {"decision_maker": 1.5, "champion": 1.3, "budget_holder": 1.3, "influencer": 1.1, "user": 1.0, "blocker": 0.5}
PAGE = (("/pricing", 5.0), ("/demo", 4.0), ("/customers", 2.0), ("/docs", 1.5), ("/careers", 0.0), ("/legal", 0.0))


def banded(value: float, bands: tuple[tuple[float, float], ...]) -> float:
    return next(share for bar, share in bands if value < bar)


def page_weight(url: str) -> float:
    path = url.removeprefix("https://www.ours.com")
    return 0.25 if path == "/" else next((weight for part, weight in PAGE if path.startswith(part)), 1.0)


def fit(account: Account, *, grew: bool, meetings: int) -> float:
    parts = [(10.0, float(grew)), (5.0, 0.0 if meetings < 1 else 0.6 if meetings < 3 else 1.0)]
    parts.append((20.0, max((TECH.get(name, 0.2) for name in account.tech), default=0.0)))
    if account.employees is not None:
        parts.append((25.0, banded(account.employees, SIZE)))
    if account.annual_revenue is not None:
        parts.append((10.0, banded(account.annual_revenue, REVENUE)))
    if account.industry is not None:
        parts.append((20.0, INDUSTRY.get(account.industry, 0.3)))
    if account.country is not None:
        parts.append((10.0, REGION.get(account.country, 0.3)))
    return 100 * sum(weight * share for weight, share in parts) / sum(weight for weight, _ in parts)


def engagement(world: World, rows: np.ndarray) -> tuple[float, float]:
    """Squashed engagement and the share of required roles, of one account."""
    table, caps = world.activities, Counter[tuple[int, int, int]]()
    raw, reached = defaultdict[str, float](float), set[str]()
    weights = [page_weight(table.urls[code]) if code >= 0 else 1.0 for code in table.url[rows].tolist()]
    for place in np.argsort([-weight for weight in weights], kind="stable").tolist():
        touch = int(rows[place])
        kind, person = KINDS[table.kind[touch]], int(table.contact[touch])
        if kind not in RULE or (kind == "email_click" and table.subject[touch] >= 0):  # the scanners' clicks
            continue
        points, half_life, daily, category = RULE[kind]
        day = int(table.occurred_at[touch]) // DAY_S
        caps[KIND_CODE[kind], person, day] += 1
        if caps[KIND_CODE[kind], person, day] > daily:
            continue
        role, age = world.contacts[person].role if person >= 0 else None, NOW // DAY_S - day
        page = weights[place] if kind == "web_visit" else 1.0
        raw[category] += points * page * ROLE.get(role or "", 0.8) * 0.5 ** (age / half_life)
        if role is not None and age <= 90:
            reached.add(role)
    total = sum(min(CAP[category], value) for category, value in raw.items())
    return 100 * (1 - np.exp(-total / 60)), 100 * len(reached & {"decision_maker", "champion", "user"}) / 3


def intent(world: World, domain: str | None) -> tuple[float, bool]:
    """Squashed intent of a domain, and whether it grew."""
    mine = [signal for signal in world.signals if domain is not None and signal.domain == domain]
    raw, families = defaultdict[str, float](float), set[str]()
    for signal in mine:
        age = (NOW - signal.seen_at) // DAY_S
        raw[signal.source] += TOPIC.get(signal.topic, 0) * (signal.strength or 1.0) * 0.5 ** (age / 21)
        if age <= 14 and signal.topic in TOPIC:
            families.add(signal.family)
    agreement = {0: 1.0, 1: 1.0, 2: 1.2}.get(len(families), 1.35)
    total = agreement * sum(min(40.0, value) for value in raw.values())
    grew = any(signal.topic in GROWTH and NOW - signal.seen_at < 365 * DAY_S for signal in mine)
    return 100 * (1 - np.exp(-total / 40)), grew


def scores(world: World) -> dict[str, float]:
    """Unified score by name of each prospect."""
    table = world.activities
    recent = (table.occurred_at <= NOW) & (table.occurred_at > NOW - 180 * DAY_S)
    found: dict[str, float] = {}
    for row, account in enumerate(world.accounts):
        if account.lifecycle != "prospect":
            continue
        mine = table.account == row
        heat, roles = engagement(world, np.flatnonzero(mine & recent))
        asked, grew = intent(world, account.domain)
        worth = fit(account, grew=grew, meetings=int((table.kind[mine] == KIND_CODE["meeting_held"]).sum()))
        unified = 0.5 * worth + 0.5 * (0.5 * heat + 0.3 * asked + 0.2 * roles)
        found[account.name] = min(unified, 24.0) if worth < 40 else unified
    return found


@pytest.mark.slow
def test_the_starter_policy_finds_few_hot_some_warm_and_many_cold_prospects() -> None:
    found = np.array([score for seed in (7, 8, 9) for score in scores(generate("small", seed, NOW)).values()])
    assert 0.02 <= float((found >= 70).mean()) <= 0.07
    assert 0.10 <= float((found >= 50).mean()) <= 0.22
    assert 0.28 <= float((found >= 30).mean()) <= 0.48


def test_the_named_accounts_score_as_their_stories_say() -> None:
    found = scores(generate("small", 7, NOW))
    assert found["Acme Corporation"] >= 80
    assert found["Bluefin Tattoo Studio"] == 24
    assert 38 <= found["Northwind Analytics, Inc."] <= 48
    assert 50 <= found["Halcyon Software Ltd"] < 70
    assert 50 <= found["Vantage Mills Manufacturing"] < 70
