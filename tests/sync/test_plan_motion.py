from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import AssignOwner, OpenTask, UpdateTask, WithdrawTask
from engine.facts import Desired, KnownTask, Waiting
from sync.diff import Written
from tests.builders import (
    RULES,
    a_rep,
    an_account,
    changes_of,
    desired,
    known_task,
    owner_choice,
    plan_for,
    task_wanted,
    withdrawal,
)
from tests.fakes import MONDAY

DAY = timedelta(days=1)


# ---- owners
@pytest.mark.parametrize(
    ("owner", "rule"),
    [
        (None, "owner fill"),
        ("rep-1", "owner move"),
        ("left", "owner fill"),
        ("stranger", "owner fill"),
        ("queue", "owner fill"),
        ("hold", "owner fill"),
    ],
    ids=["empty", "active", "inactive", "unknown", "placeholder by id", "placeholder by e-mail"],
)
def test_an_owner_is_filled_or_moved(owner: str | None, rule: str) -> None:
    reps = (a_rep("rep-1"), a_rep("left", active=False), a_rep("queue"), a_rep("hold", email="hold@ours.example"))
    rules = replace(RULES, placeholders=frozenset({"queue", "hold@ours.example"}))
    want = desired(want={}, owner=owner_choice("acme", "rep-2", "least loaded"))

    made = plan_for(want, an_account(owner_id=owner), rules=rules, reps=reps)

    assert changes_of(made) == [AssignOwner("acme", owner, "rep-2")]
    assert (made.changes[0].rule, made.changes[0].reasons) == (rule, ("least loaded",))


def test_an_owner_who_is_right_already_is_not_written() -> None:
    assert changes_of(plan_for(desired(want={}, owner=owner_choice("acme", "rep-1")), an_account())) == []


@pytest.mark.parametrize(
    ("shown", "age", "wins"),
    [("rep-1", 89, True), ("rep-1", 90, False), (None, 1, True), ("left", 1, False)],
    ids=["recent choice", "old choice", "emptied by a person", "a choice that has left"],
)
def test_a_persons_choice_of_owner_stands_for_ninety_days(shown: str | None, age: int, wins: bool) -> None:
    written = {"acme": {"owner_id": Written("rep-3", MONDAY - 300 * DAY, MONDAY - age * DAY)}}
    reps = (a_rep("rep-1"), a_rep("left", active=False))

    made = plan_for(
        desired(want={}, owner=owner_choice("acme", "rep-2")), an_account(owner_id=shown), written=written, reps=reps
    )

    assert bool(changes_of(made)) is not wins
    assert [held.by for held in made.held] == (["human wins"] if wins else [])
    assert made.overruled == (("acme", "owner_id"),)


def test_a_choice_seen_for_the_first_time_stands_from_now() -> None:
    written = {"acme": {"owner_id": Written("rep-3", MONDAY - 300 * DAY)}}

    assert (
        changes_of(plan_for(desired(want={}, owner=owner_choice("acme", "rep-2")), an_account(), written=written)) == []
    )


# ---- tasks
def wants_task(**other: Any) -> Desired:
    return desired(want={}, open_task=task_wanted(**other))


def test_a_wanted_task_is_opened_with_what_it_says() -> None:
    made = plan_for(wants_task())

    [change] = changes_of(made)
    assert isinstance(change, OpenTask)
    assert (change.key, change.subject, change.assignee_id) == ("key-acme-rep-1", "Call acme - pricing page", "rep-1")
    assert made.changes[0].wanted == task_wanted()
    assert made.totals.by_owner == {"rep-1": 1}


@pytest.mark.parametrize("state", ["open", "done", "withdrawn", "deleted"])
def test_a_task_is_opened_once_whatever_became_of_it(state: str) -> None:
    assert changes_of(plan_for(wants_task(), tasks=(known_task(state=state),))) == []


def test_a_trigger_that_another_tasks_key_served_opens_nothing() -> None:
    taken_over = known_task(key="older", state="done")

    assert changes_of(plan_for(wants_task(key="newer"), tasks=(taken_over,))) == []


def test_a_key_that_may_exist_is_not_used_again() -> None:
    made = plan_for(wants_task(), rules=replace(RULES, taken=frozenset({"key-acme-rep-1"})))

    assert changes_of(made) == []
    assert [(held.what, held.by) for held in made.held] == [("task first-call", "pending")]


def test_new_words_for_the_same_task_leave_its_time_alone() -> None:
    made = plan_for(wants_task(subject="Call acme - demo asked", due_at=MONDAY + DAY), tasks=(known_task(),))

    [change] = changes_of(made)
    assert isinstance(change, UpdateTask)
    assert change.after == {"subject": "Call acme - demo asked", "body": "why, who, what"}
    assert change.before["subject"] == "Call acme - pricing page"


def test_a_better_play_takes_the_open_task_over() -> None:
    made = plan_for(wants_task(key="k2", play="surge", subject="Call now", priority="low"), tasks=(known_task(),))

    [change] = changes_of(made)
    assert isinstance(change, UpdateTask)
    assert (change.key, change.task_id) == ("key-acme-rep-1", "task-1")
    assert set(change.after) == {"subject", "body", "due_at", "priority"}


@pytest.mark.parametrize(("play", "held"), [("first-call", []), ("surge", ["human wins"])])
def test_a_task_that_a_person_touched_stays_theirs(play: str, held: list[str]) -> None:
    made = plan_for(wants_task(play=play, subject="new"), tasks=(known_task(touched=True),))

    assert changes_of(made) == []
    assert [one.by for one in made.held] == held


def test_an_open_task_without_an_id_is_not_updated() -> None:
    assert changes_of(plan_for(wants_task(subject="new"), tasks=(known_task(task_id=None),))) == []


def test_a_task_whose_reason_is_gone_is_withdrawn_before_another_opens() -> None:
    old = known_task(key="old", play="nurture", epoch="e0")
    want = desired(want={}, withdraw=(withdrawal(old),), open_task=task_wanted())

    made = plan_for(want, tasks=(old,))

    assert [type(change) for change in changes_of(made)] == [WithdrawTask, OpenTask]
    assert changes_of(made)[0].note == "fell out of Growth"
    assert changes_of(made)[0].before == {
        "subject": old.subject,
        "due_at": old.due_at,
        "state": "open",
        "assignee_id": "rep-1",
    }


@pytest.mark.parametrize(
    ("tasks", "held"),
    [((), []), ((known_task(state="done"),), []), ((known_task(touched=True),), ["human wins"])],
    ids=["unknown", "closed", "touched"],
)
def test_what_is_not_an_open_task_of_ours_is_not_withdrawn(tasks: tuple[KnownTask, ...], held: list[str]) -> None:
    made = plan_for(desired(want={}, withdraw=(withdrawal(known_task()),)), tasks=tasks)

    assert changes_of(made) == []
    assert [one.by for one in made.held] == held


def test_tasks_that_wait_are_named() -> None:
    wait = Waiting("acme", "first-call", "rep-1", "5 new tasks today")

    assert [one.reason for one in plan_for(desired(want={}, waiting=(wait,))).held] == ["5 new tasks today"]


def test_two_wishes_for_one_person_and_account_open_one_task() -> None:
    wants = [wants_task(), wants_task(key="k2", play="surge", subject="other")]

    assert [change.key for change in changes_of(plan_for(wants))] == ["key-acme-rep-1"]
