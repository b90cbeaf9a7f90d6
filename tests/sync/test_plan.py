from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import SetFields
from sync import owned
from sync.changes import kind_of
from sync.diff import Written
from sync.plan import Plan, ShownAccount, from_dict, make_plan
from tests.builders import (
    RULES,
    an_account,
    changes_of,
    decision,
    desired,
    fields,
    known_task,
    owner_choice,
    plan_for,
    showing,
    task_wanted,
    withdrawal,
)
from tests.fakes import MONDAY

DAY = timedelta(days=1)


def settled(**shown: Any) -> ShownAccount:
    """An account that shows what ``desired()`` wants, but for what is given."""
    return an_account(**(fields() | shown))


# ---- fields
def test_a_new_account_gets_its_fields_with_what_was_there_before() -> None:
    made = plan_for(desired(), an_account(tier="old"))

    assert changes_of(made) == [
        SetFields(
            "acme",
            {"score": None, "tier": "old", "tier_since": None, "why": None},
            {"score": 70, "tier": "2 - Growth", "tier_since": MONDAY, "why": "pricing page on 1 Nov 2026"},
        )
    ]
    assert (made.changes[0].rule, made.changes[0].reasons) == ("tier entered", ("70 reaches 60",))


def test_what_holds_already_is_not_planned() -> None:
    shown = settled(
        tier_since="2026-11-02T09:00:00.400Z", score="70", why="  pricing page   on 1 Nov 2026\r\n", treated_as=""
    )

    assert changes_of(plan_for(desired(), shown)) == []


def test_an_account_that_is_held_out_is_not_written() -> None:
    assert changes_of(plan_for(desired(visible=False), an_account())) == []


def test_an_account_that_left_the_snapshot_is_left_alone() -> None:
    assert changes_of(plan_for(desired("gone"), an_account())) == []


def test_fields_that_are_not_ours_are_never_written() -> None:
    want = desired(want={"override_tier": "1 - Focus", "wrong_tier": True, "fit": 80})

    assert changes_of(plan_for(want, an_account())) == []


def test_the_score_alone_waits_until_it_moved_enough() -> None:
    def made(score: int | None) -> bool:
        written = {"acme": {"score": Written(score, MONDAY - DAY)}}
        return bool(changes_of(plan_for(desired(), settled(score=score), written=written)))

    assert [score for score in (68, 67, 73, 72, None) if made(score)] == [67, 73, None]
    assert plan_for(desired(), settled(score=67)).changes[0].rule == "refresh"
    assert changes_of(
        plan_for(desired(), settled(score=69))
    )  # nobody knows how old it is: written, so that it is known


def test_after_a_week_one_point_is_enough() -> None:
    for age, writes in ((6 * DAY, False), (7 * DAY, True)):
        written = {"acme": {"score": Written(69, MONDAY - age)}}
        assert bool(changes_of(plan_for(desired(), settled(score=69), written=written))) is writes


@pytest.mark.parametrize("name", ["tier", "treated_as", "why"])
def test_scores_ride_along_with_what_is_written_anyway(name: str) -> None:
    made = changes_of(plan_for(desired(), settled(**{name: "other", "score": 71})))

    assert set(made[0].after) == {name, "score"}


def test_scores_do_not_ride_along_with_a_next_action() -> None:
    written = {"acme": {"score": Written(71, MONDAY - DAY)}}
    made = changes_of(plan_for(desired(want=fields(next_action="Call")), settled(score=71), written=written))

    assert set(made[0].after) == {"next_action"}
    assert plan_for(desired(want=fields(next_action="Call")), settled()).changes[0].rule == "fields"


def test_falls_on_waits_until_it_moved_by_a_week() -> None:
    rules = replace(RULES, fields=owned.FULL)
    for days, writes in ((6, False), (7, True)):
        want = desired(want=fields(falls_on=MONDAY + days * DAY))
        assert bool(changes_of(plan_for(want, settled(falls_on=MONDAY), rules=rules))) is writes


def test_a_field_of_ours_that_somebody_changed_is_set_again_and_told() -> None:
    written = {"acme": {"score": Written(70, MONDAY), "tier": Written("2 - Growth", MONDAY)}}

    made = plan_for(desired(), settled(score=71, tier=None), written=written)

    assert changes_of(made)[0].after == {"score": 70, "tier": "2 - Growth"}
    assert made.overruled == (("acme", "score"), ("acme", "tier"))


def test_scored_at_moves_only_with_another_write() -> None:
    rules = replace(RULES, fields=owned.owned_fields("core", "HubSpot"))
    quiet = plan_for(desired(), settled(scored_at=MONDAY - DAY / 2), rules=rules)
    loud = plan_for(desired(), settled(scored_at=MONDAY - DAY / 2, why="old"), rules=rules)

    assert changes_of(quiet) == []
    assert changes_of(loud)[0].after == {"scored_at": MONDAY, "why": "pricing page on 1 Nov 2026"}


def test_scored_at_beats_once_a_week_on_each_accounts_own_day() -> None:
    rules = replace(RULES, fields=owned.owned_fields("core", "HubSpot"))
    names = [f"account-{number}" for number in range(70)]
    days = {name: [] for name in names}  # type: dict[str, list[int]]
    for day in range(7):
        now = MONDAY + day * DAY
        accounts = [an_account(name, **fields(), scored_at=MONDAY - 3 * DAY) for name in names]
        for planned in plan_for([desired(name) for name in names], *accounts, rules=rules, now=now).changes:
            days[planned.account_id].append(day)

    assert {len(found) for found in days.values()} == {1}
    assert len({found[0] for found in days.values()}) == 7


def test_blanked_fields_are_counted_unless_they_hold_what_passes() -> None:
    want = desired(want=fields(why=None, treated_as=None, next_action=None))
    shown = settled(treated_as="1 - Focus", next_action="by hand")
    written = {"acme": {"treated_as": Written("1 - Focus", MONDAY), "next_action": Written("Call", MONDAY)}}

    made = plan_for(want, shown, written=written)

    assert set(changes_of(made)[0].after) == {"why", "treated_as", "next_action"}
    assert made.cleared == 2  # the reason, and the next action that a person wrote


# ---- the whole
def a_full_plan() -> Plan:
    old = known_task("acme", "rep-2", key="old", play="nurture", epoch="e0")
    mine = known_task("zeta")
    wants = [
        desired("zeta", open_task=task_wanted("zeta", subject="new words")),
        desired("acme", owner=owner_choice("acme", "rep-2"), withdraw=(withdrawal(old),), open_task=task_wanted()),
    ]
    return plan_for(wants, an_account("acme"), an_account("zeta"), tasks=(old, mine))


def test_changes_stand_in_order_of_sending_the_best_account_first() -> None:
    made = a_full_plan()

    assert [(one.seq, str(one.kind), one.account_id) for one in made.changes] == [
        (1, "set_fields", "zeta"),
        (2, "set_fields", "acme"),
        (3, "assign_owner", "acme"),
        (4, "withdraw_task", "acme"),
        (5, "update_task", "zeta"),
        (6, "open_task", "acme"),
    ]
    assert set(made.decisions) == {"acme", "zeta"}
    totals = made.totals
    assert (totals.accounts, totals.fields_set, totals.owners_moved) == (2, 8, 1)
    assert (totals.tasks_opened, totals.tasks_updated, totals.tasks_withdrawn) == (1, 1, 1)
    assert (totals.by_tier, totals.by_owner) == ({"2 - Growth": 2}, {"rep-1": 1})


def test_a_plan_survives_json() -> None:
    made = a_full_plan()

    back = from_dict(json.loads(json.dumps(made.as_dict())))

    assert back == made
    assert (back.digest, back.short) == (made.digest, made.digest[:12])


def test_an_edited_plan_is_refused() -> None:
    plain = json.loads(json.dumps(a_full_plan().as_dict()))
    plain["changes"][0]["change"]["after"]["tier"] = "1 - Focus"

    with pytest.raises(ValueError, match="does not fit"):
        from_dict(plain)
    with pytest.raises(ValueError, match="shape 99"):
        from_dict(plain | {"shape": 99})


def test_the_digest_tells_what_is_read_and_written_and_nothing_else() -> None:
    made = a_full_plan()
    later = replace(made, created_at=MONDAY + DAY, held=(), totals=replace(made.totals, api_calls=99))
    other_policy, other_org = replace(made, policy="p2"), replace(made, org_id="another")
    first = made.changes[0].change
    assert isinstance(first, SetFields)
    read = replace(made.changes[0], change=replace(first, before=dict(first.before) | {"tier": "seen"}))

    assert later.digest == made.digest
    digests = {made.digest, other_policy.digest, other_org.digest, replace(made, changes=(read,)).digest}
    assert len(digests) == 4


@given(st.permutations(["acme", "bolt", "cora", "dune"]))
def test_the_digest_ignores_the_order_of_what_comes_in(order: list[str]) -> None:
    ranks = {name: rank for rank, name in enumerate(sorted(order))}
    decisions = {name: decision(name, rank=ranks[name]) for name in order}
    shown = showing(*(an_account(name) for name in order))

    made = make_plan(shown, [desired(name) for name in order], decisions, {}, RULES, MONDAY)

    assert [one.account_id for one in made.changes] == sorted(order)
    assert made.digest == plan_for([desired(n) for n in sorted(order)], *(an_account(n) for n in sorted(order))).digest


def test_api_calls_are_predicted_by_the_connector() -> None:
    shown = showing(an_account())

    made = make_plan(shown, [desired()], {"acme": decision()}, {}, RULES, MONDAY, calls=lambda found: 7 * len(found))

    assert made.totals.api_calls == 7


values = st.one_of(st.none(), st.sampled_from(["2 - Growth", "1 - Focus", "text"]))
numbers = st.one_of(st.none(), st.integers(0, 100))
shown_fields = st.fixed_dictionaries(
    {"tier": values, "treated_as": values, "why": values, "score": numbers, "sla_status": values}
)


@given(want=shown_fields, shown=shown_fields)
def test_a_plan_applied_leaves_nothing_to_plan(want: dict[str, Any], shown: dict[str, Any]) -> None:
    first = plan_for(desired(want=want), an_account(**shown))

    after = dict(shown)
    for change in changes_of(first):
        assert kind_of(change) == "set_fields"
        assert all(change.before[name] == shown[name] for name in change.before)
        after |= change.after

    assert changes_of(plan_for(desired(want=want), an_account(**after))) == []
