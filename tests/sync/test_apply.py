from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from config.settings import Limits
from connectors.base import Outcome
from connectors.errors import Refused
from sync import exits
from sync.store import Book, PlanState
from tests.builders import desired, fields, known_task, owner_choice, standing, task_wanted, timer, withdrawal
from tests.fakes import MONDAY, Fault
from tests.line import Wish, one_pass, org, wishes

FOUR = ("acme", "bolt", "cora", "dune")
PROBLEM: dict[str, Any] = {"doing": "write", "said": "no"}


def states(book: Book, run: str) -> dict[str, int]:
    with book.reading() as tx:
        return {f"{kind} {state}": count for (kind, state), count in tx.journal.counts(run).items()}


# ---- the good way
def test_a_plan_applied_leaves_nothing_to_plan(book: Book) -> None:
    crm, wish = org(*FOUR), wishes(*FOUR, owner="rep-2")

    first = one_pass(crm, book, wish, run="run-1")
    again = one_pass(crm, book, wish, run="run-2")

    assert len(first.plan.changes) == 12
    assert again.plan.changes == ()
    assert len(crm.writes) == 12
    assert {account["tier"] for account in crm.accounts.values()} == {"2 - Growth"}
    assert first.run.code == exits.DONE


def test_an_applied_change_is_kept_in_all_its_meaning(book: Book) -> None:
    crm = org("acme")

    one_pass(crm, book, wishes("acme", owner="rep-2"), run="run-1")

    assert book.standing() == {"acme": standing(owner_set_at=MONDAY)}
    assert book.last_written()["acme"]["owner_id"].value == "rep-2"
    assert book.last_written()["acme"]["score"].value == 70
    assert list(book.tasks().values()) == [known_task()]
    assert book.timers() == [timer(evidence_at=MONDAY - timedelta(hours=1))]


def test_fields_go_first_then_owners_then_tasks(book: Book) -> None:
    crm = org("acme", "bolt")

    one_pass(crm, book, wishes("acme", "bolt", owner="rep-2"), run="run-1")

    kinds = [type(change).__name__ for change in crm.writes]
    assert kinds == ["SetFields", "SetFields", "AssignOwner", "AssignOwner", "OpenTask", "OpenTask"]


def test_a_dry_run_writes_nothing_and_leaves_nothing_standing(book: Book) -> None:
    crm = org("acme")

    dry = one_pass(crm, book, wishes("acme"), run="run-1", act=False)

    assert (crm.writes, book.standing(), book.last_written()) == ([], {}, {})
    assert len(dry.plan.changes) == 2
    with book.reading() as tx:
        assert tx.plans.find("run-1").state is PlanState.PROPOSED
        assert [past.stood for past in tx.decisions.of("acme")] == [False]


def test_a_held_plan_leaves_nothing_standing(book: Book) -> None:
    crm = org("acme")

    held = one_pass(crm, book, wishes("acme"), run="run-1", limits=Limits(minimum_population=0))

    assert (crm.writes, book.standing()) == ([], {})
    assert (held.run.state, held.run.code) == ("held", exits.HELD)
    assert list(held.run.tripped) == ["canary"]


def test_a_decision_that_wants_nothing_written_stands_by_the_record(book: Book) -> None:
    crm = org("acme")
    crm.accounts["acme"] |= fields()

    one_pass(crm, book, wishes("acme", tasks=False), run="run-1")

    assert (crm.writes, book.standing()) == ([], {"acme": standing()})


# ---- looking again
def test_what_moved_since_the_snapshot_is_stale_and_skipped(book: Book) -> None:
    crm = org("acme", "bolt")

    def meddle(step: str) -> None:
        if step == "read":
            crm.accounts["acme"]["tier"] = "by hand"

    crm.watch = meddle
    done = one_pass(crm, book, wishes("acme", "bolt"), run="run-1")

    assert crm.accounts["acme"]["tier"] == "by hand"
    assert [(r.change.account_id, r.code) for r in done.receipts if r.outcome is Outcome.STALE] == [
        ("acme", "moved"),
        ("acme", "blocked"),
    ]
    assert set(book.standing()) == {"bolt"}
    assert [task.account_id for task in crm.open_tasks()] == ["bolt"]  # no task for a decision that does not stand


def test_a_record_that_is_gone_is_stale(book: Book) -> None:
    crm = org("acme", "bolt")

    def remove(step: str) -> None:
        if step == "read":
            crm.accounts.pop("acme", None)

    crm.watch = remove
    done = one_pass(crm, book, wishes("acme", "bolt", tasks=False), run="run-1")

    assert [(r.change.account_id, r.code) for r in done.receipts if r.outcome is Outcome.STALE] == [("acme", "gone")]


def test_what_holds_already_is_not_written(book: Book) -> None:
    crm = org("acme")

    def by_hand(step: str) -> None:
        if step == "read":
            crm.accounts["acme"] |= fields()

    crm.watch = by_hand
    done = one_pass(crm, book, wishes("acme", tasks=False), run="run-1")

    assert [(r.outcome, r.code) for r in done.receipts] == [(Outcome.APPLIED, "held")]
    assert crm.writes == []
    assert set(book.standing()) == {"acme"}


# ---- rejects
def test_a_rejected_decision_does_not_stand_and_opens_no_task(book: Book) -> None:
    crm = org("acme", "bolt", rejects={"acme": "LOCKED"})

    done = one_pass(crm, book, wishes("acme", "bolt"), run="run-1")

    assert [(one.account_id, one.outcome, one.code) for one in done.run.rejects] == [
        ("acme", "rejected", "LOCKED"),
        ("acme", "stale", "blocked"),
    ]
    assert set(book.standing()) == {"bolt"}
    assert done.run.code == exits.REJECTS
    assert (done.run.counts.updated, done.run.counts.tasks_opened, done.run.counts.rejected) == (1, 1, 1)


def test_a_hand_raise_is_served_although_its_fields_were_rejected(book: Book) -> None:
    crm = org("acme")
    wish = Wish([desired("acme", open_task=task_wanted(hand_raise=True))])
    crm.faults.append(Fault("raise", error=Refused("Fake", **PROBLEM)))
    one_pass(crm, book, wish, run="run-1")

    assert [task.account_id for task in crm.open_tasks()] == ["acme"]


def test_no_task_goes_to_an_owner_who_could_not_be_set(book: Book) -> None:
    crm = org("acme")

    def taken(step: str) -> None:
        if step == "read":
            crm.accounts["acme"]["owner_id"] = "rep-3"

    crm.watch = taken
    wish = Wish(
        [
            desired(
                "acme",
                owner=owner_choice("acme", "rep-2"),
                open_task=task_wanted("acme", "rep-2", hand_raise=True),
            )
        ]
    )
    one_pass(crm, book, wish, run="run-1")

    assert crm.accounts["acme"]["owner_id"] == "rep-3"
    assert crm.open_tasks() == []


def test_a_new_task_waits_until_the_older_one_is_withdrawn(book: Book) -> None:
    crm = org("acme")
    one_pass(crm, book, wishes("acme"), run="run-1")
    old = book.tasks()["key-acme-rep-1"]
    crm.rejects[str(old.task_id)] = "LOCKED"
    new = task_wanted(key="key-2", play="surge", epoch="e2")
    wish = Wish([desired("acme", withdraw=(withdrawal(old),), open_task=new)])

    one_pass(crm, book, wish, run="run-2")
    assert [task.key for task in crm.open_tasks()] == [old.key]

    crm.rejects.clear()
    one_pass(crm, book, wish, run="run-3")
    assert [task.key for task in crm.open_tasks()] == ["key-2"]
    assert [one.key for one in book.timers()] == ["key-2"]


def test_an_open_task_is_taken_over_by_a_better_play(book: Book) -> None:
    crm = org("acme")
    one_pass(crm, book, wishes("acme"), run="run-1")
    due = MONDAY + timedelta(hours=30)
    surge = task_wanted(key="key-2", play="surge", epoch="e2", subject="Call now", due_at=due)
    wish = Wish([desired(open_task=surge)])

    one_pass(crm, book, wish, run="run-2")

    [task] = crm.open_tasks()
    assert (task.key, task.subject, task.due_at) == ("key-acme-rep-1", "Call now", due)
    known = book.tasks()["key-acme-rep-1"]
    assert (known.play, known.epoch, known.subject, known.due_at) == ("surge", "e2", "Call now", due)
    assert one_pass(crm, book, wish, run="run-3").plan.changes == ()


def test_a_lost_answer_to_an_update_of_a_task_is_settled_by_its_words(book: Book) -> None:
    crm = org("acme")
    one_pass(crm, book, wishes("acme"), run="run-1")
    crm.faults.append(Fault("lost"))
    wish = Wish([desired(open_task=task_wanted(subject="Call acme - demo asked"))])

    one_pass(crm, book, wish, run="run-2")
    third = one_pass(crm, book, wish, run="run-3")

    assert [receipt.code for receipt in third.settled.receipts] == ["held"]
    assert third.plan.changes == ()
    assert len(crm.writes) == 3


def test_many_batches_are_looked_at_in_one_read(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    for ahead, reads in ((2000, 1), (4, 2)):
        monkeypatch.setattr("sync.apply.READ_AHEAD", ahead)
        crm = org(*"abcdef", name=f"ahead-{ahead}")
        steps: list[str] = []
        crm.watch = steps.append

        one_pass(crm, Book(book._engine, crm.name), wishes(*"abcdef", tasks=False), run=crm.name)

        assert (steps.count("read"), steps.count("send")) == (reads, 3)
