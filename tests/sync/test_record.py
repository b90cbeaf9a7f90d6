from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Outcome, Receipt, SetFields
from connectors.errors import BudgetSpent, CrmError, NeedsPerson, OutcomeUnknown, Refused, Unavailable
from sync import exits
from sync.record import exit_code, record_failure
from sync.store import Book
from tests.fakes import MONDAY
from tests.line import one_pass, org, wishes

SAID: dict[str, Any] = {"doing": "write", "said": "no", "hint": "look"}
CHANGE = SetFields("acme", {}, {"tier": "1 - Focus"})


@pytest.mark.parametrize(
    ("outcome", "broke_off", "held", "code"),
    [
        (Outcome.APPLIED, None, False, exits.DONE),
        (Outcome.STALE, None, False, exits.DONE),
        (Outcome.REJECTED, None, False, exits.REJECTS),
        (Outcome.UNKNOWN, None, False, exits.REJECTS),
        (Outcome.REJECTED, None, True, exits.HELD),
        (Outcome.REJECTED, Refused("Fake", **SAID), True, exits.FAILED),
        (Outcome.REJECTED, BudgetSpent("Fake", **SAID), True, exits.TRY_LATER),
        (Outcome.APPLIED, Unavailable("Fake", **SAID), False, exits.TRY_LATER),
        (Outcome.APPLIED, OutcomeUnknown("Fake", **SAID), False, exits.TRY_LATER),
        (Outcome.REJECTED, NeedsPerson("Fake", **SAID), True, exits.NEEDS_PERSON),
    ],
)
def test_a_run_ends_with_the_worst_code(outcome: Outcome, broke_off: CrmError | None, held: bool, code: int) -> None:
    assert exit_code([Receipt(CHANGE, outcome)], broke_off=broke_off, held=held) == code


def test_a_run_is_counted_and_kept(book: Book) -> None:
    done = one_pass(org("acme", "bolt", "cora"), book, wishes("acme", "bolt", owner="rep-2"), run="run-1")

    counts = done.run.counts
    assert (counts.updated, counts.unchanged, counts.owners_moved) == (2, 1, 2)
    assert (counts.tasks_opened, counts.tasks_updated, counts.tasks_withdrawn) == (2, 0, 0)
    with book.reading() as tx:
        stored = tx.runs.get("run-1")
    assert (stored.state, stored.rows, stored.accepted) == ("done", 3, True)
    assert stored.summary == done.run.as_dict()
    assert stored.digest == done.plan.digest
    assert done.run.as_dict()["duration_s"] == 0


def test_a_failure_is_kept_without_what_the_error_may_hold(book: Book) -> None:
    with book.writing() as tx:
        tx.runs.start("run-1", live=True, policy="p1", at=MONDAY)
        tx.runs.start("run-2", live=True, policy="p1", at=MONDAY)

    record_failure(book, "run-1", ValueError("ada@acme.example"), MONDAY)
    record_failure(book, "run-2", NeedsPerson("Fake", **SAID), MONDAY)

    with book.reading() as tx:
        assert tx.runs.get("run-1").summary == {"error": "ValueError"}
        assert tx.runs.get("run-2").summary == {"error": "Fake: could not write: no. look"}
