from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.facts import Decision, Override, Standing
from engine.policy import RECYCLE, SUPPRESS
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
    standing_in,
    three_tiers,
    with_capacity,
)

WORD = Override(FOCUS, None, "lea", "board contact")
OWNERS = people(an_owner())


def decided(override: Override, was: Standing | None = None, now: datetime = NOW) -> Decision:
    account = an_account(score=35, override=override)
    standing = {account.account_id: was} if was is not None else {}
    return decide(by_id(account), standing, three_tiers(), a_motion(), OWNERS, now)[account.account_id]


def test_an_override_with_a_reason_sets_the_tier_and_says_until_when() -> None:
    decision = decided(WORD)

    assert decision.standing.tier == FOCUS
    assert decision.standing.overridden
    assert decision.sentences == ("Set to 1 - Focus by a person until 31 Jan 2027: board contact",)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        pytest.param(replace(WORD, reason=None), "gives no reason", id="no reason"),
        pytest.param(replace(WORD, reason="  "), "gives no reason", id="blank reason"),
        pytest.param(replace(WORD, tier="Customer - Grow"), "another ladder", id="other ladder"),
        pytest.param(replace(WORD, tier=SUPPRESS), "another ladder", id="suppress is for exclusions"),
        pytest.param(replace(WORD, tier="Nonsense"), "another ladder", id="no such tier"),
        pytest.param(replace(WORD, until=NOW - DAY), "ended on 1 Nov 2026", id="past"),
    ],
)
def test_an_override_that_does_not_count_says_why(override: Override, words: str) -> None:
    decision = decided(override)

    assert decision.standing.tier == SCALED
    assert words in decision.sentences[0]


def test_an_empty_end_means_ninety_days_and_it_does_not_begin_anew_when_over() -> None:
    begun = decided(WORD).standing
    on_last_day = decided(WORD, begun, NOW + timedelta(days=89))
    over = decided(WORD, on_last_day.standing, NOW + timedelta(days=90))
    later = decided(WORD, over.standing, NOW + timedelta(days=91))

    assert [one.standing.tier for one in (on_last_day, over, later)] == [FOCUS, SCALED, SCALED]
    assert any("because its override ended" in line for line in on_last_day.sentences + over.sentences) is False
    assert later.standing.override_since == NOW


def test_the_longest_override_is_a_hundred_and_eighty_days() -> None:
    far = replace(WORD, until=NOW + timedelta(days=400))
    begun = decided(far).standing

    assert decided(far, begun, NOW + timedelta(days=179)).standing.tier == FOCUS
    assert decided(far, begun, NOW + timedelta(days=180)).standing.tier == SCALED


def test_an_override_that_ends_lets_a_young_holder_fall_at_once() -> None:
    was = replace(decided(WORD).standing, since=NOW - 5 * DAY)
    account = an_account(score=35)

    fell = decide(by_id(account), {account.account_id: was}, three_tiers(), a_motion(), OWNERS, NOW)["id-acme"]

    assert fell.standing.tier == SCALED
    assert "its override ended" in " ".join(fell.sentences)


def test_a_new_tier_makes_a_new_override() -> None:
    spent = standing_in(SCALED, override_tier=FOCUS, override_since=NOW - 200 * DAY)

    assert decided(replace(WORD, tier=GROWTH), spent).standing.tier == GROWTH
    assert decided(WORD, spent).standing.tier == SCALED


def test_a_leader_has_five_and_the_oldest_count() -> None:
    accounts = [an_account(f"a{n}", 35, override=WORD) for n in range(6)]
    seen = {f"id-a{n}": standing_in(FOCUS, overridden=True, override_tier=FOCUS, override_since=NOW - n * DAY)
            for n in range(6)}  # fmt: skip

    decisions = decide(by_id(*accounts), seen, three_tiers(), a_motion(), OWNERS, NOW)

    refused = [name for name, one in decisions.items() if not one.standing.overridden]
    assert refused == ["id-a0"]
    assert "its leader has 5 open already" in decisions["id-a0"].sentences[0]


def test_overrides_hold_a_fifth_of_a_tier_at_most() -> None:
    accounts = [an_account(f"a{n}", 35, override=replace(WORD, by=f"lead{n}")) for n in range(3)]

    decisions = decide(by_id(*accounts), {}, with_capacity(accounts=10), a_motion(), OWNERS, NOW)

    assert sum(one.standing.tier == FOCUS for one in decisions.values()) == 2


def test_an_override_takes_a_seat_from_the_weakest_but_not_from_the_protected() -> None:
    chosen = an_account("b", 35, override=WORD)
    policy = with_capacity(accounts=1)

    for days, winner in ((60, "id-b"), (10, "id-a")):
        standing = {"id-a": standing_in(FOCUS, days)}
        decisions = decide(by_id(an_account("a", 80), chosen), standing, policy, a_motion(), OWNERS, NOW)
        assert [name for name, one in decisions.items() if one.standing.tier == FOCUS] == [winner]


def test_an_override_to_recycle_waits() -> None:
    decision = decided(replace(WORD, tier=RECYCLE))

    assert (decision.standing.tier, decision.standing.disposition) == (RECYCLE, "wait")


def test_an_override_of_nobody_known_has_no_leader_to_count_for() -> None:
    accounts = [an_account(f"a{n}", 35, override=replace(WORD, by=None)) for n in range(7)]

    decisions = decide(by_id(*accounts), {}, three_tiers(), a_motion(), OWNERS, NOW)

    assert all(one.standing.overridden for one in decisions.values())
