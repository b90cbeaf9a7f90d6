"""Builders for accounts, people and rules: they default everything that a test does not speak of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.facts import POINT, Confidence, Facts, HandRaise, KnownTask, OwnerFacts, Person, Standing, SurgeFacts
from engine.motion import Motion
from engine.policy import Policy

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
FOCUS, GROWTH, SCALED = "1 - Focus", "2 - Growth", "3 - Scaled"

ADA = Person("c1", "Ada Lovelace", "decision_maker", "CTO", 80, True, NOW - DAY)
BOB = Person("c2", "Bob Stone", "champion", "Head of Ops", 60, True, NOW - 3 * DAY)


def points(value: float) -> int:
    """Points as the engine holds them."""
    return round(value * POINT)


def an_account(name: str = "Acme", score: float | None = 50, fit: float | None = 80, **more: Any) -> Facts:
    """A prospect with a whole buying group, owned by Rita."""
    unified = None if score is None else points(score)
    base = Facts(
        account_id=f"id-{name.lower()}",
        natural_key=f"{name.lower()}|{name.lower()}.com",
        name=name,
        family=f"id-{name.lower()}",
        owner_id="rita",
        lifecycle="prospect",
        segment=None,
        known=1.0,
        fit=None if fit is None else points(fit),
        signal=points(80),
        engagement=points(80),
        intent=points(60),
        roles=points(100),
        unified=unified,
        gated=fit is not None and fit < 40,
        confidence=Confidence.HIGH,
        roles_reached=("decision_maker", "champion", "user"),
        people=(ADA, BOB),
        reasons=("Pricing page x3 this week", "Ada Lovelace replied on 1 Nov 2026"),
        next_action="offer a demo to Ada Lovelace",
        why="pricing page x3 this week",
        last_inbound_at=NOW - DAY,
        heat=(0, 0, 1, 0, 0, 2, 1, 6),
        topic="pricing",
    )
    return replace(base, **more)


def standing_in(tier: str, days: float = 60, **more: Any) -> Standing:
    """A tier that has stood for so many days."""
    return replace(Standing(tier=tier, since=NOW - timedelta(days=days), lifecycle="prospect"), **more)


def an_owner(name: str = "Rita", **more: Any) -> OwnerFacts:
    """An active person; the id is the name in lower case."""
    low = name.lower()
    return replace(OwnerFacts(low, f"{name} Rep", f"{low}@ours.com", active=True), **more)


def raised(hours: float = 1, activity_id: str = "act-1", contact_id: str | None = "c1") -> HandRaise:
    """A demo request some hours ago."""
    return HandRaise(activity_id, "demo_request", NOW - timedelta(hours=hours), contact_id)


def surging(ratio: float = 4.0) -> SurgeFacts:
    """A week well above normal."""
    return SurgeFacts(ratio, 9, (NOW - 7 * DAY).toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal())


def a_task(key: str, play: str, account: str = "id-acme", **more: Any) -> KnownTask:
    """An open, untouched task of ours with Rita, opened yesterday."""
    base = KnownTask(key, f"t-{key[:6]}", account, play, "e", "rita", "Do it", NOW - DAY, "open")
    return replace(base, **more)


def by_id(*accounts: Facts) -> dict[str, Facts]:
    """Accounts by their id."""
    return {one.account_id: one for one in accounts}


def people(*owners: OwnerFacts) -> dict[str, OwnerFacts]:
    """Owners by their id."""
    return {one.owner_id: one for one in owners}


def three_tiers(**more: Any) -> Policy:
    """Focus 70/60, Growth 50/43, Scaled 30/25, without conditions and capacity."""
    tiers = [
        {"name": FOCUS, "enter": 70, "leave": 60},
        {"name": GROWTH, "enter": 50, "leave": 43},
        {"name": SCALED, "enter": 30, "leave": 25},
    ]
    return Policy.model_validate({"tiers": tiers, **more})


def with_capacity(**capacity: Any) -> Policy:
    """Three tiers, the top one with so much room."""
    policy = three_tiers()
    top = policy.tiers[0].model_copy(update={"capacity": policy.tiers[0].capacity.model_copy(update=capacity)})
    return policy.model_copy(update={"tiers": (top, *policy.tiers[1:])})


PLAYS: list[dict[str, Any]] = [
    {
        "name": "hand-raise",
        "when": {"event": "hand_raise"},
        "task": {
            "subject": "Call {{ person.name }}, {{ account.name }} - {{ why }}",
            "body": "Asked on {{ evidence.at }}: {{ evidence.what }}.",
            "slot": "sdr",
            "priority": "high",
            "due": "1 business hour",
        },
        "sla": {"first_touch": "1 business hour", "warn": 0.5},
    },
    {
        "name": "first-touch",
        "when": {"entered": FOCUS},
        "unless": {"open_opportunity": True, "touched_within": "5 business days"},
        "task": {
            "subject": "Reach {{ person.name }} at {{ account.name }} - {{ why }}",
            "body": "Why now: {{ reasons }}. Who: {{ buying_group }}; missing: {{ missing_roles }}.",
            "slot": "ae",
            "priority": "high",
            "due": "4 business hours",
        },
        "sla": {"first_touch": "4 business hours", "warn": 0.75},
    },
    {
        "name": "plan",
        "when": {"in_tier": FOCUS, "for": "7d"},
        "task": {
            "subject": "Write the plan for {{ account.name }}",
            "body": "One page.",
            "slot": "ae",
            "due": "5 business days",
        },
        "cool_down": "180d",
    },
    {
        "name": "surge",
        "when": {"surged": True},
        "task": {
            "subject": "Contact {{ account.name }} - activity {{ surge.ratio }}x its normal",
            "body": "{{ heat }}",
            "slot": "sdr",
            "priority": "high",
            "due": "4 business hours",
        },
        "sla": {"first_touch": "4 business hours"},
        "cool_down": "28d",
    },
    {
        "name": "went-quiet",
        "when": {"in_tier": FOCUS, "no_inbound_for": "21d"},
        "task": {
            "subject": "Revive {{ account.name }} - quiet since {{ last_inbound.on }}",
            "body": "Falls to {{ next_tier }} on {{ falls_on }}. Try {{ second_person.name }}.",
            "slot": "ae",
            "due": "2 business days",
        },
        "cool_down": "45d",
    },
    {
        "name": "outreach",
        "when": {"entered": GROWTH},
        "task": {
            "subject": "Start outreach to {{ account.name }} - {{ why }}",
            "body": "{{ buying_group }}",
            "slot": "ae",
            "due": "2 business days",
        },
        "sla": {"first_touch": "2 business days"},
    },
    {"name": "nurture", "when": {"entered": SCALED}, "list": "Nurture"},
    {
        "name": "renewal",
        "when": {"renewal_within": "120d"},
        "task": {
            "subject": "Open the renewal of {{ account.name }} ({{ renewal_at }})",
            "body": "x",
            "slot": "csm",
            "due": "3 business days",
        },
        "cool_down": "180d",
    },
]


def a_motion(**more: Any) -> Motion:
    """The plays above, owners kept, no pools."""
    return Motion.model_validate({"plays": PLAYS, **more})
