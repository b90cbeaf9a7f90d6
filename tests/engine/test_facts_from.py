from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from engine.facts import Confidence, Facts
from engine.facts_from import facts
from engine.policy import Policy
from engine.score import score_population
from engine.stitch import stitch
from tests.engine.random_worlds import random_policy, random_world
from tests.engine.worlds import TODAY_DAY, World, a_policy, at, moment

RULES = [
    {"kind": "demo_request", "points": 40, "hand_raise": True},
    {"kind": "meeting_held", "points": 30},
    {"kind": "email_reply", "points": 15, "daily_cap": 1},
    {"kind": "web_visit", "points": 2, "daily_cap": 3, "pages": {"*/pricing*": 5.0}},
]
POLICY = a_policy(
    fit={"criteria": [{"name": "industry", "weight": 1, "values": {"Software": 1.0, "*": 0.2}}]},
    signal={"engagement": {"rules": RULES}, "intent": {"points": {"review_compare": 25}}},
    segments=[{"name": "big", "when": {"employees": 1000}}],
    floors=[{"when": {"fit": 75, "strategic": True}, "tier": "2 - Growth"}],
)


def told(world: World, policy: Policy = POLICY, **more: Any) -> dict[str, Facts]:
    evidence = world.evidence()
    matches = stitch(evidence, policy)
    return facts(score_population(evidence, policy, matches=matches), evidence, matches, policy, **more)


def acme(**columns: Any) -> World:
    world = World(kinds=["demo_request"]).account(
        "a", name="Acme, Inc.", domains=("www.acme.com",), industry="Software", country="DE", **columns
    )
    return world.contact("c1", "a", name="Ada", role="Champion").contact("c2", "a", name="Bob", role="user")


def test_an_account_is_told_whole() -> None:
    world = acme(strategic=True, employees=2000.0, renewal_at=at(TODAY_DAY + 9), attributes='{"x": 1}')
    world.touch("c1", "demo_request", 5).touch("c2", "web_visit", 2, n=3, page=0)
    world.touch("c2", "email_sent", 1, inbound=0).signal("a", "review_compare", 3)
    world.hand_raises = [
        {"activity_id": "t1", "kind": "demo_request", "person": "c1", "age": 5},
        {"activity_id": "t0", "kind": "demo_request", "person": "c1", "age": 50},
        {"activity_id": "t9", "kind": "demo_request", "person": "c1", "age": -1},
    ]

    one = told(world)["a"]

    assert one.natural_key == "acme|acme.com"
    assert (one.segment, one.floors, one.confidence) == ("big", ("2 - Growth",), Confidence.HIGH)
    assert (one.roles_reached, one.roles_missing) == (("champion", "user"), ("decision_maker",))
    assert one.hand_raise is not None
    assert (one.hand_raise.activity_id, one.hand_raise.contact_id) == ("t1", "c1")
    assert one.last_inbound_at == moment(TODAY_DAY - 2)
    assert one.last_human_contact_at == moment(TODAY_DAY - 1)
    assert one.last_two_way_at is None
    assert one.renewal_at == moment(TODAY_DAY + 9)
    assert one.attributes == {"x": 1}
    assert one.heat == (0, 0, 0, 0, 0, 0, 0, 4)
    assert one.topic == "pricing"
    assert one.reasons == (
        "demo request on 28 Oct 2026 by a champion",
        "3 visits to pricing pages on 31 Oct 2026 by a user",
        "compared us on a review site on 30 Oct 2026",
        "2 of 3 roles reached: champion, user",
        "fit 100: industry Software",
    )
    assert one.why == one.reasons[0]
    assert one.next_action == "Call Ada about the demo request of 28 Oct 2026"
    assert [(p.name, p.role, p.reached) for p in one.people] == [("Ada", "champion", True), ("Bob", "user", True)]
    assert one.people[0].lead_score > one.people[1].lead_score > 0


def test_unknown_stays_unknown() -> None:
    one = told(World().account("a"))["a"]

    assert (one.fit, one.unified, one.arr, one.renewal_at, one.owner_id, one.falls_on) == (None,) * 6
    assert (one.last_inbound_at, one.hand_raise, one.surge, one.override, one.segment) == (None,) * 5
    assert one.reasons == ("nothing is known of its fit",)
    assert one.next_action == "Find a decision maker: no contact is known"


def test_who_opted_out_is_never_named_in_what_to_do() -> None:
    world = acme()
    world.contacts[0] |= {"call_opt_out": True}
    world.touch("c1", "web_visit", page=0)
    assert told(world)["a"].next_action == "Call Bob about pricing"

    world.contacts[1] |= {"call_opt_out": True}
    assert told(world)["a"].next_action == "Ask Ada for an introduction to the decision maker"

    for contact in world.contacts:
        contact |= {"mail_opt_out": True}
    assert told(world)["a"].next_action == "Find a decision maker: nobody there may be contacted"


def test_opportunities_open_won_and_lost() -> None:
    world = acme().account("b")
    world.opportunities = [
        {"opportunity_id": "1", "account_id": "a"},
        {
            "opportunity_id": "2",
            "account_id": "a",
            "is_closed": True,
            "is_won": True,
            "closed_at": at(5),
            "amount": 7.0,
        },
        {"opportunity_id": "3", "account_id": "a", "is_closed": True, "is_won": True, "closed_at": at(9)},
        {"opportunity_id": "4", "account_id": "b", "is_closed": True, "closed_at": at(8), "amount": 3.0},
        {"opportunity_id": "5", "account_id": "b", "is_closed": True, "closed_at": at(TODAY_DAY + 9), "amount": 4.0},
    ]

    found = told(world)

    assert (found["a"].open_opportunity, found["a"].won_at, found["a"].won_amount) == (True, moment(9), None)
    assert (found["b"].open_opportunity, found["b"].lost_at, found["b"].lost_amount) == (False, moment(8), 3.0)


@pytest.mark.parametrize(
    ("policy", "named", "lifecycle"),
    [("warn", "Big (Cy)", "prospect"), ("ignore", None, "prospect"), ("as_customer", "Big (Cy)", "customer")],
)
def test_a_customer_in_the_family_is_named_with_its_owner(policy: str, named: str | None, lifecycle: str) -> None:
    world = World().account("top", name="Big", lifecycle="customer", owner_id="u1").account("a", parent="top")
    world.account("other").owners.append({"owner_id": "u1", "name": "Cy"})

    found = told(world, a_policy(identity={"family_customer": policy}))

    assert (found["a"].family_customer, found["a"].lifecycle) == (named, lifecycle)
    assert (found["a"].family, found["a"].parent_owner_id) == ("top", "u1")
    assert found["other"].family_customer is None
    assert found["top"].family_customer is None


def test_an_override_is_passed_on_as_the_crm_shows_it() -> None:
    world = acme(override_tier="1 - Focus", override_reason="board", override_until=at(TODAY_DAY + 1))

    override = told(world)["a"].override

    assert override is not None
    assert (override.tier, override.until, override.by, override.reason) == (
        "1 - Focus",
        moment(TODAY_DAY + 1),
        None,
        "board",
    )


def test_falls_on_is_asked_of_the_tier_that_is_held() -> None:
    world = acme().touch("c1", "demo_request", 1).touch("c2", "email_reply", 1)

    by_score, by_tier = told(world)["a"].falls_on, told(world, bars={"a": 55})["a"].falls_on

    assert by_score is not None
    assert by_tier is not None
    assert by_tier != by_score


def test_at_most_five_people_and_no_internal_ones() -> None:
    world = acme()
    for number in range(9):
        world.contact(f"x{number}", "a", name=f"X{number}", email=f"x{number}@ours.com" if number < 3 else None)
    policy = replace_identity(POLICY, {"internal_domains": ["ours.com"]})

    assert [one.name for one in told(world, policy)["a"].people] == ["Ada", "Bob", "X3", "X4", "X5"]


def replace_identity(policy: Policy, identity: dict[str, Any]) -> Policy:
    return Policy.model_validate({**policy.model_dump(), "identity": identity})


@pytest.mark.parametrize("seed", range(5))
def test_shards_and_order_change_no_fact(seed: int) -> None:
    dice = random.Random(seed)
    policy, world = random_policy(dice), random_world(dice)
    evidence = world.evidence()
    matches = stitch(evidence, policy)

    plain = facts(score_population(evidence, policy), evidence, matches, policy)

    assert facts(score_population(evidence, policy, shards=3), evidence, matches, policy) == plain
    assert {one.account_id for one in plain.values()} == {row["account_id"] for row in world.accounts}
    assert all(replace(one) == one for one in plain.values())
