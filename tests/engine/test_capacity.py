from engine.capacity import limits
from engine.facts import Decision
from engine.policy import Policy
from engine.tiers import decide
from tests.engine.motion_builders import (
    DAY,
    FOCUS,
    GROWTH,
    NOW,
    a_motion,
    an_account,
    an_owner,
    by_id,
    people,
    standing_in,
    with_capacity,
)

OWNERS = people(an_owner("Rita"), an_owner("Tom"), an_owner("Old", active=False))


def decided(policy: Policy, *accounts: object, **standing: object) -> dict[str, Decision]:
    facts = by_id(*accounts)  # type: ignore[arg-type]
    was = {f"id-{name}": one for name, one in standing.items()}
    return decide(facts, was, policy, a_motion(), OWNERS, NOW, first_pass=False)  # type: ignore[arg-type]


def in_focus(decisions: dict[str, Decision]) -> list[str]:
    return [name.removeprefix("id-") for name, one in decisions.items() if one.standing.tier == FOCUS]


def test_a_share_is_taken_of_the_population_and_the_smaller_limit_counts() -> None:
    assert limits(with_capacity(share=0.05), 300) == {FOCUS: 15}
    assert limits(with_capacity(share=0.05, accounts=10), 300) == {FOCUS: 10}
    assert limits(with_capacity(share=0.05), 7) == {FOCUS: 1}
    assert limits(with_capacity(), 300) == {}


def test_the_best_get_the_seats_and_the_next_tier_takes_the_others() -> None:
    decisions = decided(with_capacity(accounts=2), an_account("a", 80), an_account("b", 90), an_account("c", 75))

    assert in_focus(decisions) == ["b", "a"]
    assert decisions["id-c"].standing.tier == GROWTH
    assert decisions["id-c"].sentences[-1] == "1 - Focus is full: 2 accounts for 2 seats."
    assert decisions["id-c"].standing.fell_at is None


def test_an_incumbent_loses_its_seat_only_to_one_five_points_better() -> None:
    policy, old = with_capacity(accounts=1), standing_in(FOCUS, 60)

    assert in_focus(decided(policy, an_account("old", 72), an_account("new", 76.9), old=old)) == ["old"]
    swapped = decided(policy, an_account("old", 72), an_account("new", 77), old=old)

    assert in_focus(swapped) == ["new"]
    assert swapped["id-old"].standing.tier == GROWTH
    assert swapped["id-old"].standing.fell_at is None  # a lost seat is followed by no cool-down
    assert swapped["id-old"].sentences == ("Loses its seat in 1 - Focus to new (score 77).",)


def test_an_incumbent_inside_its_minimum_stay_or_with_an_opportunity_keeps_its_seat() -> None:
    policy = with_capacity(accounts=1)
    young, old = standing_in(FOCUS, 10), standing_in(FOCUS, 60)

    assert in_focus(decided(policy, an_account("old", 72), an_account("new", 99), old=young)) == ["old"]
    busy = an_account("old", 72, open_opportunity=True)
    assert in_focus(decided(policy, busy, an_account("new", 99), old=old)) == ["old"]


def test_over_the_limit_nobody_is_admitted_and_the_excess_is_reported() -> None:
    standing = {name: standing_in(FOCUS, 60) for name in ("a", "b", "c")}
    accounts = [an_account(name, 72) for name in standing]

    decisions = decided(with_capacity(accounts=2), *accounts, an_account("new", 99), **standing)

    assert in_focus(decisions) == ["a", "b", "c"]
    assert decisions["id-new"].sentences[-1] == "1 - Focus is full: 3 accounts for 2 seats, 1 over its limit."


def test_seats_per_owner_count_by_the_owner_in_the_snapshot() -> None:
    policy = with_capacity(per_owner=1)
    mine = [an_account("a", 90), an_account("b", 80), an_account("c", 75, owner_id="tom")]

    decisions = decided(policy, *mine)

    assert in_focus(decisions) == ["a", "c"]
    assert decisions["id-b"].sentences[-1] == "1 - Focus waits: its owner has 1 of 1 seats taken."


def test_accounts_without_an_active_owner_share_the_free_seats() -> None:
    """Two people with one seat each: Rita's is taken, so one seat is left for two orphans."""
    orphans = [an_account("x", 80, owner_id=None), an_account("y", 78, owner_id="old")]

    decisions = decided(with_capacity(per_owner=1), an_account("a", 95), *orphans)

    assert in_focus(decisions) == ["a", "x"]
    assert decisions["id-y"].sentences[-1].endswith("nobody has a free seat for an account without an owner.")


def test_equal_scores_sit_by_fit_then_time_in_the_tier_then_name() -> None:
    policy = with_capacity(accounts=2)
    three = [an_account("z", 80, fit=85), an_account("b", 80), an_account("a", 80)]

    assert in_focus(decided(policy, *three)) == ["z", "a"]


def test_a_refused_account_keeps_its_time_in_the_tier_it_had() -> None:
    growth = standing_in(GROWTH, 50)

    decisions = decided(with_capacity(accounts=0), an_account("a", 90), a=growth)

    assert decisions["id-a"].standing.since == NOW - 50 * DAY
    assert decisions["id-a"].movement == "stays"


def test_a_crm_without_owners_knows_no_seats_per_owner() -> None:
    orphans = by_id(*(an_account(f"a{n}", 90, owner_id=None) for n in range(3)))

    decisions = decide(orphans, {}, with_capacity(per_owner=1), a_motion(), {}, NOW)

    assert {one.standing.tier for one in decisions.values()} == {FOCUS}
