from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.forward import LOOK_DAYS, falls_on, forward, with_more
from engine.policy import Policy
from engine.score import score_population
from engine.words import day_text
from tests.engine.random_worlds import random_policy, random_world
from tests.engine.worlds import TODAY_DAY, World, a_policy

G = 1_000_000_000
FIT = {"criteria": [{"name": "country", "weight": 1, "values": {"DE": 1.0}},
                    {"name": "growth", "weight": 1, "event": {"event": "funding", "within": "30d"}}]}  # fmt: skip
RULES = [{"kind": "demo_request", "points": 40, "half_life": "21d"}, {"kind": "meeting_held", "points": 30}]


def unified_on(world: World, policy: Policy, day: int, account: int = 0) -> int:
    """Today's evidence, scored on another day."""
    return int(score_population(world.evidence(day), policy).columns["unified"][account])


@given(st.integers(0, 10_000), st.integers(1, 80))
@settings(max_examples=25, deadline=None)
def test_the_day_of_falling_is_right_to_the_day_when_the_clock_moves(seed: int, bar: int) -> None:
    dice = random.Random(seed)
    policy, world = random_policy(dice), random_world(dice)
    world.touches = [touch for touch in world.touches if touch[5] >= 0]  # "nothing happens"
    scores = score_population(world.evidence(), policy)
    every = dict.fromkeys(range(len(world.accounts)), bar)

    found = falls_on(scores, policy, every)

    for account in every:
        now = int(scores.columns["unified"][account])
        if account in found:
            assert now >= bar * G
            assert unified_on(world, policy, found[account] - 1, account) >= bar * G
            assert unified_on(world, policy, found[account], account) < bar * G
        else:
            assert now < bar * G or unified_on(world, policy, TODAY_DAY + LOOK_DAYS, account) >= bar * G


def test_events_of_fit_and_roles_count_in_the_future_too() -> None:
    policy = a_policy(fit=FIT, signal={"engagement": {"rules": RULES}})
    world = World().account("a", country="DE").signal("a", "funding", 10)

    scores = score_population(world.evidence(), policy)

    assert falls_on(scores, policy, {0: 50}) == {0: TODAY_DAY + 21}


def test_where_time_may_lift_a_score_every_day_is_asked() -> None:
    """A penalty that ends in 10 days, and evidence that ends the silence bar only later."""
    penalty = {"name": "trouble", "points": 10, "when": {"event": "trouble", "within": "20d"}}
    policy = a_policy(fit=FIT, signal={"engagement": {"rules": RULES}}, score={"penalties": [penalty]})
    world = World().account("a", country="DE").signal("a", "funding", 0).signal("a", "trouble", 10)

    scores = score_population(world.evidence(), policy)

    assert int(scores.columns["unified"][0]) == 40 * G
    assert falls_on(scores, policy, {0: 40}) == {0: TODAY_DAY + 31}
    assert [unified_on(world, policy, TODAY_DAY + ahead) // G for ahead in (10, 11, 30, 31)] == [40, 50, 50, 25]


def hot(**changed: Any) -> tuple[World, Policy]:
    policy = a_policy(
        fit={"criteria": FIT["criteria"][:1]}, signal={"engagement": {"rules": RULES, "role_weight": {}}}, **changed
    )
    world = World().account("a", country="DE").contact("c", "a", role="user")
    return world.touch("c", "demo_request", 1), policy


def test_sentences_name_the_day_the_bar_and_what_would_lift_it() -> None:
    world, policy = hot()
    scores = score_population(world.evidence(), policy)
    day = falls_on(scores, policy, {0: 60})[0]

    said = forward(scores, policy, 0)

    assert said[0] == f"falls under the Focus bar of 60 on {day_text(day)} if nothing happens"
    assert said[1].startswith("reaching the decision maker would lift it from ")
    assert said[2].startswith("a meeting would lift it from ")


@pytest.mark.parametrize("more", ["roles", "meeting"])
def test_what_would_lift_a_score_lifts_it_by_as_much(more: str) -> None:
    world, policy = hot(score={"family": "none"})
    scores = score_population(world.evidence(), policy)

    if more == "roles":
        promised = with_more(scores, policy, 0, roles=1)
        world.contact("d", "a", role="champion").touch("d", "sms")
    else:
        promised = with_more(scores, policy, 0, kind="meeting_held", points=30 * G)
        world.touch("c", "meeting_held")

    assert unified_on(world, policy, TODAY_DAY) == promised


def test_a_misfit_is_told_that_no_signal_lifts_it() -> None:
    world, policy = hot()
    world.accounts[0]["country"] = "FR"

    said = forward(score_population(world.evidence(), policy), policy, 0)

    assert said == ("fit is under 40: no signal can lift it above 24",)


def test_a_score_of_fit_alone_stays() -> None:
    policy = a_policy(fit={"criteria": FIT["criteria"][:1]})
    scores = score_population(World().account("a", country="DE").evidence(), policy)

    assert forward(scores, policy, 0)[0] == "stays above the Growth bar of 43 for 400 days even if nothing happens"
    assert falls_on(scores, policy, {0: 51}) == {}
