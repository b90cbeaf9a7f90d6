from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import BudgetSpent, NeedsPerson, OutcomeUnknown, Refused, Unavailable
from sync import exits
from sync.store import Book, LeaseLost, PlanState
from tests.builders import decision, desired
from tests.fakes import FakeCrm, Fault
from tests.line import OPEN_LIMITS, Wish, one_pass, org, resume_only, wishes

FOUR = ("acme", "bolt", "cora", "dune")
PROBLEM: dict[str, Any] = {"doing": "write", "said": "no"}


def states(book: Book, run: str) -> dict[str, int]:
    with book.reading() as tx:
        return {f"{kind} {state}": count for (kind, state), count in tx.journal.counts(run).items()}


# ---- stopping half-way
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NeedsPerson("Fake", **PROBLEM), exits.NEEDS_PERSON),
        (BudgetSpent("Fake", **PROBLEM), exits.TRY_LATER),
        (Unavailable("Fake", **PROBLEM), exits.TRY_LATER),
    ],
    ids=["a person must act", "the budget is spent", "the CRM is down"],
)
@pytest.mark.parametrize("on", ["send", "read"])
def test_what_stops_an_apply_leaves_the_rest_for_the_next_run(
    book: Book, error: NeedsPerson | BudgetSpent | Unavailable, code: int, on: str
) -> None:
    crm = org(*FOUR)
    crm.faults.append(Fault("raise", on=on, skip=1 if on == "send" else 0, error=error))

    cut = one_pass(crm, book, wishes(*FOUR), run="run-1")
    assert (cut.run.state, cut.run.code) == ("failed", code)
    assert cut.applied is not None
    assert cut.applied.left > 0

    after = one_pass(crm, book, wishes(*FOUR), run="run-2")
    assert after.resumed is not None
    assert after.resumed.run == "run-1"
    assert after.plan.changes == ()
    assert len(crm.writes) == 8
    assert len(crm.open_tasks()) == 4


def test_a_stop_ends_after_the_current_batch(book: Book) -> None:
    crm = org(*FOUR)

    cut = one_pass(crm, book, wishes(*FOUR), run="run-1", stop=lambda: len(crm.writes) >= 2)

    assert len(crm.writes) == 2
    assert cut.run.state == "interrupted"
    assert one_pass(crm, book, wishes(*FOUR), run="run-2").plan.changes == ()
    assert len(crm.open_tasks()) == 4


def test_a_plan_that_waited_too_long_is_dropped_and_named(book: Book) -> None:
    crm = org(*FOUR)
    one_pass(crm, book, wishes(*FOUR), run="run-1", stop=lambda: len(crm.writes) >= 2)
    crm.clock.advance(timedelta(hours=5))

    after = one_pass(crm, book, wishes(*FOUR), run="run-2")

    assert after.resumed is not None
    assert len(after.resumed.dropped) == 6
    assert states(book, "run-1") == {"set_fields applied": 2, "set_fields stale": 2, "open_task stale": 4}
    assert len(crm.open_tasks()) == 4


def test_a_change_that_the_crm_puts_back_gets_another_try(book: Book) -> None:
    crm = org("acme", "bolt")
    crm.faults.append(Fault("refuse"))

    done = one_pass(crm, book, wishes("acme", "bolt"), run="run-1")

    assert done.applied is not None
    assert (done.applied.left, len(crm.writes)) == (0, 4)
    assert one_pass(crm, book, wishes("acme", "bolt"), run="run-2").plan.changes == ()


def test_a_whole_call_that_is_refused_rejects_its_changes(book: Book) -> None:
    crm = org("acme")
    crm.faults.append(Fault("raise", error=Refused("Fake", **PROBLEM)))

    done = one_pass(crm, book, wishes("acme", tasks=False), run="run-1")

    assert states(book, "run-1") == {"set_fields rejected": 1}
    assert done.run.code == exits.REJECTS


def test_progress_is_told(book: Book) -> None:
    told: list[tuple[int, int]] = []

    one_pass(org(*FOUR), book, wishes(*FOUR), run="run-1", progress=lambda done, of: told.append((done, of)))

    assert told[-1] == (8, 8)
    assert told == sorted(told)


# ---- canary
CAREFUL = OPEN_LIMITS.model_copy(update={"canary": 1})


def approve(crm: FakeCrm, book: Book, run: str) -> None:
    with book.writing() as tx:
        tx.plans.approve(run, force=["canary"], now=crm.clock.now(), fresh_for=timedelta(hours=4))


def test_a_first_pass_waits_and_then_sends_a_canary_first(book: Book) -> None:
    crm = org(*FOUR)
    assert one_pass(crm, book, wishes(*FOUR), run="run-1", limits=CAREFUL).applied is None

    approve(crm, book, "run-1")
    resumed = one_pass(crm, book, wishes(*FOUR), run="run-2", limits=CAREFUL).resumed

    assert resumed is not None
    assert resumed.applied.left == 0
    assert [change.account_id for change in crm.writes[:2]] == ["acme", "acme"]  # the best account, tasks and all
    assert len(crm.writes) == 8


def test_a_dead_canary_holds_the_rest(book: Book) -> None:
    crm = org(*FOUR, rejects={"acme": "NO_ACCESS"})
    one_pass(crm, book, wishes(*FOUR), run="run-1", limits=CAREFUL)
    approve(crm, book, "run-1")

    resumed = resume_only(crm, book, canary=1)

    assert "1 of the first 2 changes" in resumed.applied.canary_failed
    assert crm.writes == []
    with book.reading() as tx:
        stored = tx.plans.find("run-1")
    assert (stored.state, list(stored.tripped)) == (PlanState.HELD, ["canary"])

    crm.rejects.clear()
    approve(crm, book, "run-1")
    assert resume_only(crm, book, canary=1).applied.left == 0
    assert len(crm.writes) == 6  # the rest; the canary's own account is decided anew


# ---- fencing
def test_nothing_is_sent_once_somebody_has_taken_over(book: Book) -> None:
    crm = org("acme", "bolt")

    def usurp(step: str) -> None:
        if step == "read":
            with book.writing() as tx:
                tx.leases.take("them", crm.clock.now() + timedelta(hours=1), timedelta(hours=1), lambda _who: False)

    crm.watch = usurp
    with pytest.raises(LeaseLost):
        one_pass(crm, book, wishes("acme", "bolt"), run="run-1")
    assert crm.writes == []


def test_an_unclear_answer_is_unknown_and_does_not_stop_the_others(book: Book) -> None:
    crm = org(*FOUR)
    crm.faults.append(Fault("raise", error=OutcomeUnknown("Fake", **PROBLEM)))

    done = one_pass(crm, book, wishes(*FOUR), run="run-1")

    assert states(book, "run-1") == {
        "set_fields unknown": 2,
        "set_fields applied": 2,
        "open_task planned": 2,  # they wait for what is unknown
        "open_task applied": 2,
    }
    assert done.run.code == exits.REJECTS


def test_decisions_are_kept_with_their_ledgers(book: Book) -> None:
    one_pass(org("acme"), book, Wish([desired()], {"acme": decision(score=71)}), run="run-1")

    with book.reading() as tx:
        past = tx.decisions.of("acme")
    assert [(one.ledger, one.stood, one.decision.score) for one in past] == [("acme: 70", True, 71)]
