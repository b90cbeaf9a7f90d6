"""The state machine as a whole: its order, its invariants, its words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Confidence, Facts, Override, Standing
from engine.ladder import Ladder
from engine.policy import RECYCLE, SUPPRESS, Policy
from engine.tiers import decide
from tests.engine.motion_builders import (
    DAY,
    FOCUS,
    GROWTH,
    NOW,
    SCALED,
    a_motion,
    an_account,
    an_owner,
    by_id,
    people,
    points,
    raised,
    standing_in,
    surging,
    three_tiers,
    with_capacity,
)

OWNERS = people(an_owner("Rita"), an_owner("Tom"))
POLICY = three_tiers()
LADDER = Ladder.of(POLICY)


def tier_of(facts: Facts, was: Standing | None = None, policy: Policy = POLICY, **more: Any) -> str:
    standing = {facts.account_id: was} if was is not None else {}
    return decide(by_id(facts), standing, policy, a_motion(), OWNERS, NOW, **more)[facts.account_id].standing.tier


def one(facts: Facts, was: Standing | None = None, policy: Policy = POLICY, **more: Any) -> Any:
    standing = {facts.account_id: was} if was is not None else {}
    return decide(by_id(facts), standing, policy, a_motion(), OWNERS, NOW, **more)[facts.account_id]


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        pytest.param(an_account(score=69.999), GROWTH, id="a hair under the bar"),
        pytest.param(an_account(score=70), FOCUS, id="on the bar is in"),
        pytest.param(an_account(score=29), RECYCLE, id="below every bar"),
        pytest.param(an_account(score=None, fit=None), RECYCLE, id="unknown"),
        pytest.param(an_account(excluded=("competitor", True), score=99), SUPPRESS, id="hard exclusion"),
        pytest.param(an_account(excluded=("named list", False), score=99), SUPPRESS, id="soft exclusion"),
        pytest.param(an_account(score=24, fit=30), RECYCLE, id="misfit"),
        pytest.param(an_account(score=90, known=0.4), SCALED, id="provisional fit goes no higher"),
        pytest.param(an_account(score=90, negative_trigger="insolvent"), RECYCLE, id="negative trigger"),
        pytest.param(an_account(score=90, lifecycle="customer"), "Customer - Monitor", id="customer"),
    ],
)
def test_a_fresh_account_goes_where_bars_and_pins_say(facts: Facts, tier: str) -> None:
    assert tier_of(facts) == tier


def test_pins_come_in_their_order() -> None:
    """Hard exclusion beats an override, an override beats a soft exclusion, that beats the customer ladder."""
    word = Override(FOCUS, None, "lea", "big event")

    assert tier_of(an_account(override=word, excluded=("embargo", True))) == SUPPRESS
    assert tier_of(an_account(override=word, excluded=("partner", False))) == FOCUS
    assert tier_of(an_account(lifecycle="customer", excluded=("partner", False))) == SUPPRESS


def test_the_leaving_bar_is_lower_than_the_entering_one() -> None:
    assert tier_of(an_account(score=62), standing_in(FOCUS)) == FOCUS
    assert tier_of(an_account(score=62)) == GROWTH
    assert tier_of(an_account(score=59), standing_in(FOCUS)) == GROWTH


def test_the_seven_named_exceptions_break_the_minimum_stay_and_nothing_else_does() -> None:
    weak, young = an_account(score=40), standing_in(FOCUS, days=10)
    cases = {
        "nothing": (weak, young),
        "a small loss": (replace(weak, lost_at=NOW - DAY, lost_amount=1_000.0), young),
        "an old large loss": (replace(weak, lost_at=NOW - 70 * DAY, lost_amount=99_000.0), young),
        "a large loss": (replace(weak, lost_at=NOW - DAY, lost_amount=60_000.0), young),
        "the gate": (an_account(score=24, fit=30), young),
        "override ended": (weak, replace(young, overridden=True)),
        "lifecycle": (weak, replace(young, lifecycle="partner")),
        "negative trigger": (replace(weak, negative_trigger="insolvent"), young),
        "exclusion": (replace(weak, excluded=("embargo", True)), young),
    }

    fell = {name: tier_of(facts, was) != FOCUS for name, (facts, was) in cases.items()}

    assert [name for name, down in fell.items() if not down] == ["nothing", "a small loss", "an old large loss"]


def test_a_fall_that_waits_says_until_when() -> None:
    decision = one(an_account(score=40), standing_in(FOCUS, days=10))

    assert decision.movement == "stays"
    assert decision.sentences[-1] == "Stays 1 - Focus: its minimum stay runs until 22 Nov 2026."


def test_an_open_opportunity_holds_the_tier_after_the_minimum_stay_too() -> None:
    decision = one(an_account(score=10, open_opportunity=True), standing_in(FOCUS, days=90))

    assert decision.standing.tier == FOCUS
    assert decision.sentences[-1].endswith("an opportunity is open.")


def test_after_a_fall_a_rise_rests_unless_a_hand_is_raised() -> None:
    fell = standing_in(GROWTH, days=5, fell_at=NOW - 5 * DAY)
    strong = an_account(score=90)

    assert tier_of(strong, fell) == GROWTH
    assert tier_of(replace(strong, hand_raise=raised()), fell) == FOCUS
    assert tier_of(replace(strong, hand_raise=raised(hours=24 * 6)), fell) == GROWTH
    assert tier_of(strong, replace(fell, fell_at=NOW - 14 * DAY)) == FOCUS


def test_a_lost_deal_holds_at_the_lowest_tier_for_sixty_days_unless_a_hand_is_raised() -> None:
    lost = an_account(score=90, lost_at=NOW - 20 * DAY, lost_amount=5.0)

    assert tier_of(lost) == SCALED
    assert tier_of(replace(lost, hand_raise=raised())) == FOCUS
    assert tier_of(replace(lost, lost_at=NOW - 60 * DAY)) == FOCUS


def test_a_floor_lifts_but_never_a_misfit() -> None:
    assert tier_of(an_account(score=20, floors=(GROWTH,))) == GROWTH
    assert tier_of(an_account(score=24, fit=30, floors=(GROWTH,))) == RECYCLE
    assert tier_of(an_account(score=20, known=0.4, floors=(GROWTH,))) == SCALED


def test_a_floor_under_the_tier_changes_nothing() -> None:
    assert tier_of(an_account(score=60, floors=(SCALED, "no such tier"))) == GROWTH
    assert tier_of(an_account(score=60, floors=("no such tier",))) == GROWTH


def test_a_lifecycle_change_lifts_the_cool_down() -> None:
    fell = standing_in(SCALED, days=5, fell_at=NOW - 5 * DAY, lifecycle="partner")

    decision = one(an_account(score=90), fell)

    assert decision.standing.tier == FOCUS
    assert "It rises at once because it was a partner and is a prospect now." in decision.sentences


def test_low_confidence_widens_both_bars() -> None:
    low = Confidence.LOW
    assert tier_of(an_account(score=72, confidence=low)) == GROWTH
    assert tier_of(an_account(score=73, confidence=low)) == FOCUS
    assert tier_of(an_account(score=57, confidence=low), standing_in(FOCUS)) == FOCUS
    assert tier_of(an_account(score=24, fit=30, confidence=low), standing_in(SCALED)) == RECYCLE


def test_who_is_educated_enters_only_at_the_release() -> None:
    educated = standing_in(RECYCLE, disposition="educate")

    assert tier_of(an_account(score=60, fit=42), educated) == RECYCLE
    assert tier_of(an_account(score=60, fit=45), educated) == GROWTH
    assert tier_of(an_account(score=60, fit=42)) == GROWTH


def test_the_provisional_flag_clears_later_than_it_is_set() -> None:
    flagged = standing_in(SCALED, fit_provisional=True)

    assert one(an_account(known=0.55), flagged).standing.fit_provisional
    assert not one(an_account(known=0.55), standing_in(SCALED)).standing.fit_provisional
    assert not one(an_account(known=0.6), flagged).standing.fit_provisional


def test_conditions_of_entry_stop_the_tier_not_the_score_and_staying_asks_a_little_less() -> None:
    tiers = [
        {"name": FOCUS, "enter": 70, "leave": 60, "require": {"fit": 65, "roles": 0.5, "signal": 55}},
        {"name": SCALED, "enter": 30, "leave": 25},
    ]
    policy = Policy.model_validate({"tiers": tiers})
    lonely = an_account(score=90, roles_reached=("user",), roles_missing=("champion", "decision_maker"))

    stopped = one(lonely, policy=policy)

    assert (stopped.standing.tier, stopped.score) == (SCALED, 90)
    assert "1 - Focus waits: the buying group lacks champion, decision maker." in stopped.sentences
    assert tier_of(an_account(score=90, fit=60), standing_in(FOCUS), policy) == FOCUS
    assert tier_of(an_account(score=90, fit=59), standing_in(FOCUS), policy) == SCALED
    assert tier_of(an_account(score=90, signal=points(54)), policy=policy) == SCALED


def test_a_former_customer_rests_ninety_days() -> None:
    former = an_account(score=90, lifecycle="former")

    left = one(former, standing_in("Customer - Monitor", lifecycle="customer"))
    assert (left.standing.tier, left.standing.disposition) == (RECYCLE, "wait")
    assert tier_of(former, standing_in(RECYCLE, 89, disposition="wait", lifecycle="former")) == RECYCLE
    assert tier_of(former, standing_in(RECYCLE, 90, disposition="wait", lifecycle="former")) == FOCUS


def test_corrected_data_that_lifts_an_exclusion_acts_at_once() -> None:
    assert tier_of(an_account(score=90), standing_in(SUPPRESS, 1, fell_at=NOW - DAY)) == FOCUS


def test_a_first_decision_is_a_baseline_and_a_later_newcomer_an_entry() -> None:
    first = one(an_account(score=90))
    later = one(an_account(score=90), first_pass=False)

    assert (first.movement, first.standing.baseline) == ("baseline", True)
    assert (later.movement, later.standing.baseline) == ("entered", False)


def test_since_moves_only_with_the_tier_and_the_fall_is_remembered() -> None:
    was = standing_in(FOCUS, days=60)
    stays, fell = one(an_account(score=65), was).standing, one(an_account(score=40), was).standing

    assert (stays.since, stays.fell_at) == (was.since, None)
    assert (fell.since, fell.fell_at, fell.previous_tier) == (NOW, NOW, FOCUS)


def test_a_surge_changes_the_treatment_and_never_the_tier() -> None:
    policy = Policy.model_validate(
        {
            "tiers": [
                {"name": FOCUS, "enter": 70, "leave": 60, "require": {"fit": 65}},
                {"name": SCALED, "enter": 30, "leave": 25, "require": {"fit": 40}},
            ]
        }
    )

    decision = one(an_account(score=40, surge=surging()), policy=policy)

    assert (decision.standing.tier, decision.standing.treated_as) == (SCALED, FOCUS)
    assert decision.standing.treated_until == NOW + 14 * DAY
    assert one(an_account(score=24, fit=30, surge=surging()), policy=policy).standing.treated_as is None
    assert one(an_account(score=40, surge=surging(), open_opportunity=True), policy=policy).standing.treated_as is None


SCORES = st.integers(0, 100)
STANDINGS = st.one_of(
    st.none(),
    st.builds(
        standing_in,
        st.sampled_from([FOCUS, GROWTH, SCALED, RECYCLE]),
        st.integers(0, 90),
        fell_at=st.one_of(st.none(), st.integers(0, 40).map(lambda days: NOW - timedelta(days=days))),
        disposition=st.sampled_from([None, "educate", "revive"]),
    ),
)


@given(SCORES, SCORES, SCORES)
def test_a_better_score_never_earns_a_worse_tier(score: int, more: int, fit: int) -> None:
    low, high = sorted((score, more))

    worse, better = tier_of(an_account(score=low, fit=fit)), tier_of(an_account(score=high, fit=fit))

    assert LADDER.places[better] <= LADDER.places[worse]


@given(SCORES, STANDINGS, st.integers(40, 100))
def test_no_fall_within_the_minimum_stay(score: int, was: Standing | None, fit: int) -> None:
    after = tier_of(an_account(score=score, fit=fit), was)

    if was is not None and NOW - was.since < 30 * DAY:
        assert LADDER.places[after] <= LADDER.places[was.tier]


@given(SCORES, STANDINGS, st.integers(0, 39), st.booleans(), st.booleans())
def test_a_misfit_never_rises(score: int, was: Standing | None, fit: int, hand: bool, surge: bool) -> None:
    facts = an_account(
        score=min(score, 24), fit=fit, hand_raise=raised() if hand else None, surge=surging() if surge else None
    )

    decision = one(facts, was)

    assert decision.standing.treated_as is None
    assert LADDER.places[decision.standing.tier] >= LADDER.places[was.tier if was is not None else RECYCLE]


WORLD = st.lists(st.tuples(SCORES, STANDINGS, st.sampled_from(["rita", "tom", None])), min_size=1, max_size=12)


@given(WORLD, st.integers(0, 4), st.randoms(use_true_random=False))
def test_no_admission_to_a_full_tier_in_any_order(world: list[Any], seats: int, dice: Any) -> None:
    facts = [an_account(f"a{n}", score=score, owner_id=who) for n, (score, _, who) in enumerate(world)]
    standing = {f.account_id: was for f, (_, was, _) in zip(facts, world, strict=True) if was is not None}
    policy = with_capacity(accounts=seats, per_owner=2)

    decisions = decide(by_id(*facts), standing, policy, a_motion(), OWNERS, NOW, first_pass=False)
    dice.shuffle(facts)
    again = decide(by_id(*facts), standing, policy, a_motion(), OWNERS, NOW, first_pass=False)

    assert list(decisions.values()) == list(again.values())
    inside = {name for name, d in decisions.items() if d.standing.tier == FOCUS}
    admitted = {name for name in inside if name not in standing or standing[name].tier != FOCUS}
    assert not admitted or len(inside) <= seats
    owner = {f.account_id: f.owner_id for f in facts}
    for who in ("rita", "tom"):
        mine = {name for name in inside if owner[name] == who}
        assert not (mine & admitted) or len(mine) <= 2


@given(WORLD)
def test_deciding_again_with_the_standing_recorded_moves_nothing(world: list[Any]) -> None:
    facts = by_id(*(an_account(f"a{n}", score=score, owner_id=who) for n, (score, _, who) in enumerate(world)))
    standing = {f"id-a{n}": was for n, (_, was, _) in enumerate(world) if was is not None}
    policy = with_capacity(accounts=3, per_owner=2)

    first = decide(facts, standing, policy, a_motion(), OWNERS, NOW, first_pass=False)
    recorded = {name: decision.standing for name, decision in first.items()}
    second = decide(facts, recorded, policy, a_motion(), OWNERS, NOW, first_pass=False)

    assert {name: d.standing for name, d in second.items()} == recorded
    assert {d.movement for d in second.values()} == {"stays"}
