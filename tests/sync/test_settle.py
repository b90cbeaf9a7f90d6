from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from sync import exits
from sync.store import Book
from tests.builders import standing
from tests.fakes import MONDAY, FakeCrm, Fault
from tests.line import one_pass, org, wishes

TWO = ("acme", "bolt")
MINUTE = timedelta(minutes=1)
Guard = Literal["unique", "read_back"]


def after_a_fault(book: Book, fault: Fault, guard: Guard = "unique", *, tasks: bool = True) -> FakeCrm:
    """A CRM on which one live pass met a fault."""
    crm = org(*TWO, create_guard=guard)
    crm.faults.append(fault)
    first = one_pass(crm, book, wishes(*TWO, tasks=tasks), run="run-1")
    assert first.run.code == exits.REJECTS
    return crm


def on_the_create(do: Literal["lost", "late", "reset", "twice", "unnamed"]) -> Fault:
    """A fault of the second call, which opens the tasks."""
    return Fault(do, skip=1, comes_after=2 * MINUTE)


def keys_of(crm: FakeCrm) -> list[str]:
    return sorted(task.key for task in crm.open_tasks())


KEYS = ["key-acme-rep-1", "key-bolt-rep-1"]


# ---- updates
@pytest.mark.parametrize(("do", "writes"), [("lost", 2), ("unnamed", 2), ("reset", 2)])
def test_the_value_tells_what_became_of_an_update(
    book: Book, do: Literal["lost", "unnamed", "reset"], writes: int
) -> None:
    crm = after_a_fault(book, Fault(do), tasks=False)
    assert book.standing() == {}

    second = one_pass(crm, book, wishes(*TWO, tasks=False), run="run-2")

    assert [str(receipt.outcome) for receipt in second.settled.receipts] == (
        ["stale", "stale"] if do == "reset" else ["applied", "applied"]
    )
    assert len(crm.writes) == writes
    assert book.standing() == {account: standing() for account in TWO}
    assert one_pass(crm, book, wishes(*TWO, tasks=False), run="run-3").plan.changes == ()


def test_an_update_that_a_person_overtook_is_stale(book: Book) -> None:
    crm = after_a_fault(book, Fault("lost"), tasks=False)
    crm.accounts["acme"]["tier"] = "by hand"

    second = one_pass(crm, book, wishes(*TWO, tasks=False), run="run-2")

    assert {receipt.change.account_id: receipt.code for receipt in second.settled.receipts} == {
        "acme": "moved",
        "bolt": "held",
    }


def test_an_update_of_a_plan_that_still_lives_is_sent_again_by_it(book: Book) -> None:
    crm = after_a_fault(book, Fault("reset"))  # its tasks wait, so the plan lives

    second = one_pass(crm, book, wishes(*TWO), run="run-2")

    assert second.resumed is not None
    assert [str(receipt.outcome) for receipt in second.settled.receipts] == ["unsent", "unsent"]
    assert second.plan.changes == ()
    assert keys_of(crm) == KEYS


# ---- creates
@pytest.mark.parametrize("guard", ["unique", "read_back"])
@pytest.mark.parametrize("do", ["lost", "unnamed"])
def test_a_task_whose_answer_was_lost_is_adopted(book: Book, guard: Guard, do: Literal["lost", "unnamed"]) -> None:
    crm = after_a_fault(book, on_the_create(do), guard)
    assert book.tasks() == {}

    second = one_pass(crm, book, wishes(*TWO), run="run-2")

    assert [receipt.code for receipt in second.settled.receipts] == ["adopted", "adopted"]
    assert (keys_of(crm), second.plan.changes) == (KEYS, ())
    assert {key: task.task_id for key, task in book.tasks().items()} == dict(
        zip(KEYS, ["task-1", "task-2"], strict=True)
    )
    assert [timer.key for timer in book.timers()] == KEYS


def test_a_task_that_the_rep_has_closed_meanwhile_stays_closed(book: Book) -> None:
    crm = after_a_fault(book, on_the_create("lost"))
    crm.tasks["task-1"].state = "done"

    second = one_pass(crm, book, wishes(*TWO), run="run-2")

    assert second.plan.changes == ()
    assert keys_of(crm) == KEYS[1:]
    assert book.tasks()[KEYS[0]].state == "done"
    assert [timer.key for timer in book.timers()] == KEYS[1:]  # nobody waits for a touch that was made


def test_with_a_unique_key_a_task_that_is_not_found_is_opened_at_once(book: Book) -> None:
    crm = after_a_fault(book, on_the_create("reset"))

    one_pass(crm, book, wishes(*TWO), run="run-2")

    assert keys_of(crm) == KEYS


def test_without_one_it_waits_until_the_lost_call_is_dead(book: Book) -> None:
    crm = after_a_fault(book, on_the_create("reset"), "read_back")

    crm.clock.advance(4 * MINUTE)
    early = one_pass(crm, book, wishes(*TWO), run="run-2")
    assert (early.settled.waiting, keys_of(crm)) == (2, [])
    assert [held.by for held in early.plan.held] == ["pending", "pending"]

    crm.clock.advance(2 * MINUTE)
    one_pass(crm, book, wishes(*TWO), run="run-3")
    assert keys_of(crm) == KEYS


@pytest.mark.parametrize("guard", ["unique", "read_back"])
def test_a_call_that_commits_late_makes_no_second_task(book: Book, guard: Guard) -> None:
    crm = after_a_fault(book, on_the_create("late"), guard)

    for minutes in range(1, 9):
        crm.clock.advance(MINUTE)
        one_pass(crm, book, wishes(*TWO), run=f"later-{minutes}")

    assert keys_of(crm) == KEYS


def test_of_two_tasks_under_one_key_the_oldest_stays(book: Book) -> None:
    crm = after_a_fault(book, on_the_create("twice"), "read_back")
    assert len(crm.open_tasks()) == 4

    second = one_pass(crm, book, wishes(*TWO), run="run-2")

    assert keys_of(crm) == KEYS
    assert [incident.account_id for incident in second.settled.incidents] == list(TWO)
    assert [task.state for task in crm.tasks.values()] == ["open", "withdrawn", "open", "withdrawn"]
    assert [task.state for task in book.tasks().values()] == ["open", "open"]
    assert len(book.timers()) == 2


def test_a_second_task_that_a_person_has_touched_is_left_to_them(book: Book) -> None:
    crm = after_a_fault(book, on_the_create("twice"), "read_back")
    crm.tasks["task-2"].touched = True

    one_pass(crm, book, wishes(*TWO), run="run-2")

    assert crm.tasks["task-2"].state == "open"


def test_a_dry_run_withdraws_nothing(book: Book) -> None:
    crm = after_a_fault(book, on_the_create("twice"), "read_back")
    written = len(crm.writes)

    dry = one_pass(crm, book, wishes(*TWO), run="run-2", act=False)

    assert (dry.settled.waiting, len(crm.writes)) == (2, written)


def test_a_run_that_never_sent_anything_unclear_asks_nothing(book: Book) -> None:
    crm = org(*TWO)
    one_pass(crm, book, wishes(*TWO), run="run-1")
    steps: list[str] = []
    crm.watch = steps.append

    one_pass(crm, book, wishes(*TWO), run="run-2")

    assert steps == []


def test_timers_start_when_the_task_was_confirmed(book: Book) -> None:
    crm = after_a_fault(book, on_the_create("lost"))
    crm.clock.advance(30 * MINUTE)

    one_pass(crm, book, wishes(*TWO), run="run-2")

    assert {timer.started_at for timer in book.timers()} == {MONDAY + 30 * MINUTE}
