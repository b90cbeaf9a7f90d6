"""Random small worlds and policies for laws: people with and without accounts, families, free mail, shared domains."""

from __future__ import annotations

import random
from typing import Any

from engine.policy import Policy
from tests.engine.worlds import World, a_policy

KINDS = ("demo_request", "meeting_held", "call_connected", "email_reply", "email_click", "web_visit", "email_open",
         "email_sent", "sms")  # fmt: skip
ROLES = ("decision_maker", "champion", "user", "blocker", "student", "Budget Holder", None)


def random_policy(dice: random.Random) -> Policy:
    """A policy of the shape of the starter, with other numbers."""
    rules: list[dict[str, Any]] = [
        {"kind": "demo_request", "points": dice.choice([40, 12.345]), "half_life": "21d", "hand_raise": True},
        {"kind": "meeting_held", "points": 30, "half_life": "45d", "daily_cap": 1},
        {"kind": "call_connected", "points": 12, "daily_cap": dice.randint(1, 2), "category": "talk"},
        {"kind": "email_reply", "points": 15, "daily_cap": 1, "category": "talk"},
        {"kind": "email_click", "points": 2, "category": "email", "half_life": "14d", "daily_cap": 2},
        {"kind": "email_open", "points": 0},
        {"kind": "web_visit", "points": 2, "category": "web", "half_life": dice.choice(["14d", "36h"]), "daily_cap": 3,
         "pages": {"*/pricing*": 5.0, "*/docs*": 1.5, "/": 0.25, "*/careers*": 0.0}},
    ]  # fmt: skip
    dice.shuffle(rules)
    return a_policy(
        identity={"internal_domains": ["ours.com"], "roll_up": dice.choice(["none", "parent", "ultimate"])},
        fit={"criteria": [
            {"name": "size", "of": "employees", "weight": 25, "bands": {"..50": 0.2, "50..200": 0.6, "200..2000": 1.0}},
            {"name": "industry", "weight": dice.choice([20, 7.5]), "values": {"Software": 0.777, "*": 0.3}},
            {"name": "stack", "of": "tech", "weight": 20, "has_any": {"HubSpot": 1.0, "Marketo": 0.8, "*": 0.2}},
        ]},
        signal={
            "engagement": {
                "half_life": "30d", "squash": dice.choice([60, 33.3]), "rules": rules,
                "account_cap": {"web": 30, "talk": dice.choice([20, 100])},
                "role_weight": {"decision_maker": 1.5, "champion": 1.3, "unknown": 0.8, "blocker": 0.5, "student": 0.0},
            },
            "intent": {"points": {"topic_core": 20, "review": 25, "funding": dice.choice([10, 0])}},
        },
        score={"family": dice.choice(["none", "parent", "ultimate"]), "family_share": dice.choice([0.5, 0.333])},
    )  # fmt: skip


def random_world(dice: random.Random) -> World:
    """A world of a few accounts; two of them may claim one domain."""
    world = World(configured=frozenset(dice.choice([("engagement", "intent", "roles"), ("engagement", "roles")])))
    count = dice.randint(1, 6)
    for number in range(count):
        parent = f"a{dice.randrange(number)}" if number and dice.random() < 0.5 else None
        domains = tuple(f"firm{dice.randrange(4)}.com" for _ in range(dice.randint(0, 2)))
        world.account(
            f"a{number}", parent=parent, domains=tuple(dict.fromkeys(domains)),
            employees=dice.choice([None, 10.0, 200.0, 5000.0]), industry=dice.choice([None, "Software", "Mining"]),
            tech=dice.choice([(), ("HubSpot",), ("Oracle", "Marketo")]),
            lifecycle=dice.choice(["prospect"] * 5 + ["competitor"]),
        )  # fmt: skip
    people: list[str | None] = [None]
    for number in range(dice.randint(0, 6)):
        account = f"a{dice.randrange(count)}" if dice.random() < 0.6 else None
        host = dice.choice(["firm0.com", "firm1.com", "firm2.com", "gmail.com", "ours.com", "elsewhere.com"])
        world.contact(
            f"c{number}", account, role=dice.choice(ROLES), email=f"p{number}@{host}",
            record=dice.choice(["contact", "contact", "lead"]),
        )  # fmt: skip
        people += [f"c{number}", f"e:p{number}@{host}"]
    people += ["e:x@firm1.com", "e:y@gmail.com", "d:firm0.com", "d:firm2.com"]
    _acts(world, dice, people, count)
    return world


def _acts(world: World, dice: random.Random, people: list[str | None], count: int) -> None:
    for _ in range(dice.randint(0, 40)):
        person = dice.choice(people)
        named = f"a{dice.randrange(count)}" if person is None or dice.random() < 0.2 else None
        world.touch(
            person, dice.choice(KINDS), dice.choice([-1, 0, 0, 1, 1, 7, 40, 90, 91, 180, 181, 400]), dice.randint(1, 4),
            account=named, page=dice.randint(-1, 3), inbound=dice.choice([1, 1, 1, 0]),
        )  # fmt: skip
    for _ in range(dice.randint(0, 8)):
        world.signal(
            dice.choice([None, f"a{dice.randrange(count)}"]), dice.choice(["topic_core", "review", "funding", "odd"]),
            dice.choice([0, 0, 3, 14, 15, 100]), dice.choice(["one", "two"]), domain=dice.choice(["firm1.com", None]),
            family=dice.choice(["intent", "reviews", "news"]), strength=dice.choice([None, 1.0, 0.4]),
        )  # fmt: skip
