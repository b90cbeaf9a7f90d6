from __future__ import annotations

from typing import Any

import pytest

from config.settings import Limits
from connectors.base import AssignOwner, OpenTask, SetFields
from sync.guards import GUARDS, Verdict, check, unknown_guards
from sync.planned import Plan, Planned
from tests.builders import task_wanted
from tests.fakes import MONDAY

WIDE = {"accounts_updated": 1.0, "tier_changes": 1.0, "owners_moved": 1.0, "tasks_per_owner_per_day": 1000}


def limits(**other: Any) -> Limits:
    """Nothing trips but what a test narrows."""
    return Limits(**{**WIDE, "fields_cleared": 1000, "minimum_population": 0, "shrinking_pull": 1.0, **other})


def sets(count: int, *, movement: str = "rose", **after: Any) -> list[Planned]:
    after = after or {"tier": "1 - Focus"}
    before = dict.fromkeys(after)
    return [Planned(seq, SetFields(f"a{seq}", before, after), "r", (), movement) for seq in range(1, count + 1)]


def moves(count: int, rule: str = "owner move") -> list[Planned]:
    return [Planned(seq, AssignOwner(f"a{seq}", "rep-1", "rep-2"), rule) for seq in range(1, count + 1)]


def opens(count: int) -> list[Planned]:
    names = OpenTask.__dataclass_fields__
    wanted = [task_wanted(f"a{seq}") for seq in range(1, count + 1)]
    return [
        Planned(seq, OpenTask(**{name: getattr(task, name) for name in names}), "play", wanted=task)
        for seq, task in enumerate(wanted, start=1)
    ]


def plan(*changes: Planned, population: int = 100, **other: Any) -> Plan:
    rest = {"connection": "prod", "org_id": "org", "policy": "p1", "created_at": MONDAY, "first_pass": False}
    return Plan(**{**rest, "population": population, "changes": changes, **other})


def tripped(verdict: Verdict) -> list[str]:
    assert verdict.allows is not bool(verdict.tripped)
    return [trip.guard for trip in verdict.tripped]


@pytest.mark.parametrize(
    ("guard", "limit", "found"),
    [
        ("accounts_updated", 0.30, lambda count: sets(count * 6)),
        ("tier_changes", 0.05, sets),
        ("owners_moved", 0.05, moves),
    ],
    ids=["accounts", "tiers", "owners"],
)
def test_a_share_on_the_limit_is_in_and_one_more_is_out(guard: str, limit: float, found: Any) -> None:
    narrow = limits(**{guard: limit})

    assert tripped(check(plan(*found(5)), narrow, rows=100)) == []
    assert tripped(check(plan(*found(6)), narrow, rows=100)) == [guard]


def test_a_trip_tells_how_much_and_how_much_may_be() -> None:
    [trip] = check(plan(*sets(6)), limits(tier_changes=0.05), rows=100).tripped

    assert (trip.count, trip.share, trip.limit) == (6, 0.06, 0.05)
    assert trip.sentence == "6 of 100 accounts change tier (6.0%); 5.0% may."


def test_refreshed_numbers_and_texts_move_nobody() -> None:
    refresh = sets(100, score=71, why="new words", falls_on=None)

    assert tripped(check(plan(*refresh), limits(accounts_updated=0.3, tier_changes=0), rows=100)) == []


def test_a_baseline_and_a_tier_set_again_are_no_tier_changes() -> None:
    found = sets(50, movement="baseline") + sets(50, movement="stays")

    assert tripped(check(plan(*found), limits(tier_changes=0), rows=100)) == []


def test_an_account_with_several_changes_counts_once() -> None:
    found = [*sets(10), *moves(10), *opens(10)]

    assert tripped(check(plan(*found), limits(accounts_updated=0.10), rows=100)) == []


def test_a_person_gets_no_more_tasks_a_day_than_the_limit() -> None:
    narrow = limits(tasks_per_owner_per_day=10)

    assert tripped(check(plan(*opens(10)), narrow, rows=100)) == []
    assert tripped(check(plan(*opens(11)), narrow, rows=100)) == ["tasks_per_owner_per_day"]
    verdict = check(plan(*opens(3)), narrow, rows=100, opened_today={"rep-1": 8, "rep-9": 50})
    assert verdict.tripped[0].sentence == "1 person would get more than 10 new tasks today, the most 11."


def test_two_people_over_the_limit_are_counted() -> None:
    other = Planned(9, OpenTask("k", "z", None, False, "rep-2", "s", "b", MONDAY, "low"), "play")

    verdict = check(plan(*opens(1), other), limits(tasks_per_owner_per_day=0), rows=100)

    assert verdict.tripped[0].sentence.startswith("2 people")


def test_blanked_fields_stop_a_plan() -> None:
    assert tripped(check(plan(*sets(1), cleared=1), limits(fields_cleared=0), rows=100)) == ["fields_cleared"]


def test_too_few_accounts_stop_a_plan() -> None:
    found = plan(*sets(1), population=9)

    assert tripped(check(found, limits(minimum_population=10), rows=9)) == ["minimum_population"]
    assert tripped(check(found, limits(minimum_population=9), rows=9)) == []


@pytest.mark.parametrize(
    ("rows", "before", "trips"),
    [(90, 100, False), (89, 100, True), (200, 100, False), (0, None, False), (0, 100, True)],
    ids=["a tenth less", "more than that", "more rows", "first pull", "an empty pull"],
)
def test_a_pull_that_shrank_stops_a_plan(rows: int, before: int | None, trips: bool) -> None:
    verdict = check(plan(*sets(1)), limits(shrinking_pull=0.10), rows=rows, rows_before=before)

    assert tripped(verdict) == (["shrinking_pull"] if trips else [])


def test_shares_of_nothing_trip() -> None:
    verdict = check(plan(*sets(1), population=0), limits(accounts_updated=0.3), rows=0)

    assert tripped(verdict) == ["accounts_updated"]


def test_on_a_first_pass_the_canary_stands_for_what_moves_at_once() -> None:
    found = plan(*sets(100), *moves(100, "owner fill"), first_pass=True)
    narrow = limits(accounts_updated=0, tier_changes=0, owners_moved=0)

    assert tripped(check(found, narrow, rows=100)) == ["canary"]
    assert "starts with 25 accounts" in check(found, narrow, rows=100).tripped[0].sentence


def test_an_owner_who_is_taken_away_counts_on_a_first_pass_too() -> None:
    found = plan(*moves(2), first_pass=True)

    assert tripped(check(found, limits(owners_moved=0.01), rows=100)) == ["canary", "owners_moved"]


def test_without_a_canary_the_other_guards_look_at_a_first_pass() -> None:
    found = plan(*sets(100), first_pass=True)

    assert tripped(check(found, limits(canary=0, accounts_updated=0.3), rows=100)) == ["accounts_updated"]


def test_a_plan_without_changes_is_always_allowed() -> None:
    assert check(plan(population=0, first_pass=True), Limits(), rows=0, rows_before=100) == Verdict(allows=True)


def test_force_names_each_guard() -> None:
    found, narrow = plan(*sets(50), cleared=3), limits(tier_changes=0.05, fields_cleared=0)

    one = check(found, narrow, rows=100, force=["tier_changes", "canary"])
    both = check(found, narrow, rows=100, force=["tier_changes", "fields_cleared"])

    assert (one.allows, one.forced, one.holding) == (False, ("tier_changes",), ("fields_cleared",))
    assert (both.allows, both.forced, both.holding) == (True, ("tier_changes", "fields_cleared"), ())


def test_every_limit_is_a_guard_and_a_misspelt_one_is_named() -> None:
    assert set(GUARDS) == set(Limits.model_fields)
    assert unknown_guards(["canary", "canari"]) == ("canari",)
