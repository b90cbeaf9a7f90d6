"""The engine's last step over many passes: a small CRM that does as told, and the laws that must hold through it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide import decide_all
from engine.facts import Facts, TimerState
from engine.policy import RECYCLE
from engine.sla import Act
from tests.engine.motion_builders import (
    DAY,
    FOCUS,
    GROWTH,
    NOW,
    SCALED,
    an_account,
    by_id,
    points,
    raised,
    standing_in,
    three_tiers,
    with_capacity,
)
from tests.engine.motion_world import HOUR, MOTION, OWNERS, WORLDS, World


@settings(deadline=None, max_examples=60)
@given(WORLDS, st.booleans())
def test_a_pass_applied_leaves_nothing_to_do(accounts: list[Facts], first: bool) -> None:
    world = World(by_id(*accounts), with_capacity(accounts=4, per_owner=2))

    world.run(NOW, first_pass=first)

    assert world.run(NOW + timedelta(minutes=15)) == []
    assert world.run(NOW + HOUR / 2) == []


@settings(deadline=None, max_examples=40)
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_inputs_does_not_matter(accounts: list[Facts], dice: Any) -> None:
    world = World(by_id(*accounts), with_capacity(accounts=4, per_owner=2))
    ordered = world.decide(NOW)
    dice.shuffle(accounts)

    shuffled = replace(world, facts=by_id(*accounts)).decide(NOW)

    assert shuffled == ordered


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.integers(0, 100), min_size=6, max_size=6), min_size=6, max_size=10))
def test_weeks_of_changing_scores_break_no_law(weeks: list[list[int]]) -> None:
    """Keys are never reused, nobody has two open tasks on an account (checked on opening), no young tier falls."""
    world = World(by_id(*(an_account(f"a{n}") for n in range(6))), with_capacity(accounts=2))
    places = {FOCUS: 0, GROWTH: 1, SCALED: 2, RECYCLE: 3}
    for step, scores in enumerate(weeks):
        now = NOW + 5 * step * DAY
        for (name, one), score in zip(world.facts.items(), scores, strict=True):
            world.facts[name] = replace(one, unified=points(score), last_inbound_at=now - DAY)
        before = dict(world.standing)
        world.run(now)
        for name, after in world.standing.items():
            was = before.get(name)
            if was is not None and now - was.since < 30 * DAY:
                assert places[after.tier] <= places[was.tier]
        inside = [name for name, one in world.standing.items() if one.tier == FOCUS]
        admitted = [name for name in inside if name not in before or before[name].tier != FOCUS]
        assert not admitted or len(inside) <= 2


def test_the_story_of_a_hot_account() -> None:
    """A demo request opens a call with a promise; the rep calls; promise met, task withdrawn, nothing more."""
    world = World({"id-acme": an_account(score=55)})
    world.standing["id-acme"] = standing_in(GROWTH, 90)
    world.run(NOW - DAY)
    assert not world.tasks

    # when somebody asks for a demo
    world.facts["id-acme"] = an_account(score=75, hand_raise=raised())
    changes = world.run(NOW)

    # then the account rises, one task is opened, the promise is shown
    assert "open hand-raise" in changes
    assert "tier=1 - Focus" in changes
    (task,) = world.tasks.values()
    assert (task.subject, task.assignee_id) == ("Call Ada Lovelace, Acme - demo request on 2 Nov 2026", "sam")
    assert world.shown["id-acme"]["sla_due"] == NOW + HOUR
    assert world.shown["id-acme"]["sla_status"] == "On time"
    assert world.run(NOW + timedelta(minutes=15)) == []
    assert world.run(NOW + timedelta(minutes=40)) == ["sla_status=Due soon"]

    # when the rep calls and leaves the task open
    called = NOW + timedelta(minutes=50)
    world.acts.append(Act("id-acme", "sam", called, called, "call_attempted"))
    changes = world.run(NOW + HOUR)

    # then the promise is met and the task goes
    assert world.timers[0].state is TimerState.MET
    assert changes == ["sla_due=None", "sla_status=Met", f"first_touch={called}", "play=None", "withdraw hand-raise"]
    assert world.run(NOW + 2 * HOUR) == []


def test_a_promise_nobody_keeps_breaks_and_stays_on_record() -> None:
    world = World({"id-acme": an_account(score=40, hand_raise=raised())})
    world.run(NOW)

    assert "sla_status=Breached" in world.run(NOW + 2 * HOUR)

    world.facts["id-acme"] = replace(world.facts["id-acme"], excluded=("embargo", True))
    world.run(NOW + 3 * HOUR)
    (timer,) = world.timers
    assert (timer.state, timer.breached_at) == (TimerState.CANCELLED, timer.due_at)
    assert [task.state for task in world.tasks.values()] == ["withdrawn"]
    assert (
        world.shown["id-acme"]["why"]
        == "Excluded: embargo; Pricing page x3 this week; Ada Lovelace replied on 1 Nov 2026"
    )
    assert world.shown["id-acme"]["next_action"] is None


def test_a_task_that_a_person_deleted_ends_its_promise() -> None:
    world = World({"id-acme": an_account(score=40, hand_raise=raised())})
    world.run(NOW)
    (key,) = world.tasks
    world.tasks[key] = replace(world.tasks[key], state="deleted")

    world.run(NOW + HOUR / 4)

    assert world.timers[0].state is TimerState.CANCELLED
    assert [task.state for task in world.tasks.values()] == ["deleted"]


def test_a_withdrawn_task_ends_its_promise_without_a_verdict() -> None:
    world = World({"id-acme": an_account(score=40, hand_raise=raised())})
    world.run(NOW)
    (key,) = world.tasks
    world.tasks[key] = replace(world.tasks[key], state="withdrawn")

    world.run(NOW + HOUR / 4)

    assert (world.timers[0].state, world.timers[0].breached_at) == (TimerState.CANCELLED, None)


def test_a_play_that_took_over_a_task_has_the_promise_now() -> None:
    """The task keeps the key of the play that opened it; the hand-raise's own timer watches it from now on."""
    world = World({"id-acme": an_account(score=75, hand_raise=raised())})
    world.run(NOW)
    (first,), (timer,) = world.tasks.values(), world.timers
    world.tasks = {"older": replace(first, key="older")}
    world.timers = [replace(timer, key="older", play="first-touch"), timer]

    _, wanted, (was, now) = world.decide(NOW + HOUR / 4)

    assert (was.state, now.state) == (TimerState.CANCELLED, TimerState.RUNNING)
    assert (wanted[0].open_task, wanted[0].withdraw) == (None, ())
    world.tasks = {"older": replace(first, key="older", state="done", closed_at=NOW + HOUR / 2)}
    _, wanted, (_, met) = world.decide(NOW + HOUR)
    assert (met.state, met.met_at) == (TimerState.MET, NOW + HOUR / 2)
    assert wanted[0].open_task is None or wanted[0].open_task.play != "hand-raise"


def test_the_familys_customer_is_named_with_the_owner_it_gets_in_this_pass() -> None:
    parent = an_account("Holding", score=20, lifecycle="customer", owner_id=None)
    child = an_account("Child", score=75, family_customer="Holding", family_customer_id="id-holding")
    world = World(by_id(parent, child))

    world.run(NOW)

    owner = world.facts["id-holding"].owner_id
    assert owner is not None
    assert str(world.shown["id-child"]["why"]).startswith(f"In the family: Holding ({OWNERS[owner].name});")


def test_why_names_a_customer_in_the_family_and_a_provisional_fit() -> None:
    family = "Acme Holding is a customer (CSM Cleo)"
    world = World({"id-acme": an_account(score=75, known=0.4, family_customer=family, hand_raise=raised())})

    world.run(NOW)

    why = str(world.shown["id-acme"]["why"])
    assert why.startswith(f"Fit is provisional; in the family: {family}; Pricing page x3")
    _, wanted, _ = replace(world, tasks={}, standing={}, timers=[]).decide(NOW)
    assert wanted[0].open_task is not None
    assert f"In the family: {family}" in wanted[0].open_task.body


def test_timers_of_lost_accounts_and_retired_plays_are_cancelled() -> None:
    world = World({"id-acme": an_account(score=40, hand_raise=raised())})
    world.run(NOW)
    stray = replace(world.timers[0], account_id="id-gone")
    retired = replace(world.timers[0], play="retired")
    world.timers = [stray, retired]

    _, _, timers = world.decide(NOW + HOUR / 4)

    assert [timer.state for timer in timers] == [TimerState.CANCELLED, TimerState.CANCELLED]


def test_the_fields_are_whole_numbers_plain_words_and_absolute_dates() -> None:
    world = World({"id-acme": an_account(score=75.9, falls_on=datetime(2026, 12, 1, tzinfo=UTC))})

    world.run(NOW.replace(microsecond=5), first_pass=True)

    assert world.shown["id-acme"] == {
        "tier": FOCUS,
        "tier_since": NOW,
        "treated_as": None,
        "score": 75,
        "why": "Pricing page x3 this week; Ada Lovelace replied on 1 Nov 2026",
        "next_action": "offer a demo to Ada Lovelace",
        "sla_due": None,
        "sla_status": None,
        "fit": 80,
        "signal": 80,
        "falls_on": datetime(2026, 12, 1, tzinfo=UTC),
        "what_changed": "2 Nov 2026: first tier 1 - Focus. Score 75 reaches 1 - Focus.",
        "first_touch": None,
        "play": "first-touch",
    }


def test_what_changed_keeps_its_words_until_the_tier_moves_again() -> None:
    world = World({"id-acme": an_account(score=75)})
    world.run(NOW)
    world.facts["id-acme"] = an_account(score=40)
    world.run(NOW + 40 * DAY)

    told = world.shown["id-acme"]["what_changed"]
    world.run(NOW + 41 * DAY)

    assert told == "12 Dec 2026: fell from 1 - Focus to 3 - Scaled. Score 40 reaches 3 - Scaled."
    assert world.shown["id-acme"]["what_changed"] == told


def test_an_ownerless_account_gets_an_owner_and_its_task_in_one_pass() -> None:
    world = World({"id-acme": an_account(score=75, owner_id="old")})

    changes = world.run(NOW)

    assert {"owner=rita", "owner=tom"} & set(changes)
    assert "open first-touch" in changes
    assert world.standing["id-acme"].owner_set_at == NOW
    (task,) = world.tasks.values()
    assert task.assignee_id == world.facts["id-acme"].owner_id


def test_a_held_out_account_is_tiered_but_not_shown_nor_moved() -> None:
    motion = MOTION.model_copy(update={"holdout": MOTION.holdout.model_copy(update={"share": 1.0})})
    facts = by_id(an_account(score=75, owner_id=None))

    decisions, wanted, _ = decide_all(
        "org", facts, {}, OWNERS, (), (), (), three_tiers(), motion, {}, NOW, first_pass=False
    )  # fmt: skip

    assert (decisions[0].held_out, decisions[0].standing.tier) == (True, FOCUS)
    assert (wanted[0].visible, wanted[0].open_task, wanted[0].owner.moved) == (False, None, False)
    assert decisions[0].waiting_for_owner


def test_decisions_and_desires_come_best_account_first() -> None:
    world = World(by_id(*(an_account(f"a{n}", score=n * 7) for n in range(10))))

    decisions, wanted, _ = world.decide(NOW)

    assert [one.rank for one in decisions] == list(range(10))
    assert [one.account_id for one in decisions] == [f"id-a{n}" for n in reversed(range(10))]
    assert [one.account_id for one in wanted] == [one.account_id for one in decisions]
