"""One batch, exactly once: look again, write down the intent, send, write down what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from connectors.base import (
    Ask,
    AssignOwner,
    Batch,
    Change,
    Crm,
    Fields,
    OpenTask,
    Outcome,
    Receipt,
    RecordId,
    SetFields,
)
from connectors.errors import BudgetSpent, CrmError, NeedsPerson, OutcomeUnknown, Refused, Retryable
from engine.facts import Decision
from sync import owned
from sync.changes import after_of, before_of, key_of, kind_of
from sync.clock import Now
from sync.confirm import Done, StartTimer, confirm
from sync.lease import Tenure
from sync.planned import Planned
from sync.store import Entry
from sync.store.journal import STATE_OF

TASK_FIELDS: Final = ("subject", "due_at", "state", "assignee_id")
Mark = tuple[str, str, str | None]  # names a change within its plan: kind, record, key


def mark_of(change: Change) -> Mark:
    """Names a change within its plan."""
    return str(kind_of(change)), change.record, key_of(change)


def ask_of(change: Change) -> Ask:
    """What to read to see whether a change was done, or whether its record has moved."""
    match change:
        case SetFields():
            return Ask("account", change.record, tuple(sorted(change.after)))
        case AssignOwner():
            return Ask("account", change.record, (owned.OWNER,))
        case _:
            return Ask("task", change.record, TASK_FIELDS)


def look(change: Change, shown: Fields | None) -> Receipt | None:
    """What reading back says of a change: applied, stale, or None when the record shows what the snapshot showed."""
    if shown is None:
        return Receipt(change, Outcome.STALE, code="gone", said="the record is no longer there")
    after = after_of(change)
    if after and owned.all_same(shown, after):
        return Receipt(change, Outcome.APPLIED, crm_id=change.record, code="held", said="the record shows it already")
    before = before_of(change)
    if owned.all_same(shown, before):
        return None
    moved = ", ".join(sorted(name for name in before if not owned.same(name, shown.get(name), before[name])))
    return Receipt(change, Outcome.STALE, code="moved", said=f"somebody has changed it since it was read: {moved}")


@dataclass(slots=True)
class Sender:
    """Sends changes of one run and journals every step. ``at`` is stamped on what is confirmed."""

    crm: Crm
    tenure: Tenure
    run: str
    decisions: Mapping[str, Decision]
    at: datetime
    present: Now
    start: StartTimer
    rows: dict[Mark, Planned] = field(default_factory=dict)
    state: dict[Mark, str] = field(default_factory=dict)  # as the journal has it
    ended: dict[Mark, Receipt] = field(default_factory=dict)  # by this run

    def know(self, entries: Sequence[Entry]) -> None:
        """Rows of the journal that may come by."""
        for entry in entries:
            mark = mark_of(entry.planned.change)
            self.rows[mark], self.state[mark] = entry.planned, entry.state

    def look_again(self, changes: Sequence[Change]) -> list[Change]:
        """Those that still have to be sent: the others are journalled as stale, or as applied where it holds already.

        The CRM is not asked about new tasks, but no creation key is used twice.
        """
        creates = [change for change in changes if isinstance(change, OpenTask)]
        others = [change for change in changes if not isinstance(change, OpenTask)]
        shown = self.crm.read([ask_of(change) for change in others]) if others else {}
        settled = [receipt for change in others if (receipt := look(change, shown.get(change.record))) is not None]
        settled += self._used(creates)
        self.receive(settled)
        done = {mark_of(receipt.change) for receipt in settled}
        return [change for change in changes if mark_of(change) not in done]

    def _used(self, creates: Sequence[OpenTask]) -> list[Receipt]:
        if not creates:
            return []
        with self.tenure.book.reading() as tx:
            used = tx.tasks.existing([change.key for change in creates]) | tx.journal.open_keys()
        said = "a task with this key was opened before"
        return [Receipt(change, Outcome.STALE, code="key used", said=said) for change in creates if change.key in used]

    def send(self, batch: Batch) -> CrmError | None:
        """Send once. Returns what stops the whole apply, None when it may go on; LeaseLost before anything is sent."""
        seqs = [self.rows[mark_of(change)].seq for change in batch.changes]
        with self.tenure.book.writing() as tx:
            tx.journal.intend(self.tenure.lease, self.tenure.until(), self.run, seqs, self.present())
        try:
            receipts = self.crm.send(batch, lambda job: self._remember(seqs, job))
        except (NeedsPerson, BudgetSpent) as error:
            self.receive(_all(batch, Outcome.UNSENT, error))
            return error
        except OutcomeUnknown as error:
            self.receive(_all(batch, Outcome.UNKNOWN, error))
            return None
        except Retryable as error:
            self.receive(_all(batch, Outcome.UNKNOWN, error))
            return error
        except Refused as error:
            self.receive(_all(batch, Outcome.REJECTED, error))
            return None
        self.receive(_complete(batch, receipts))
        return None

    def receive(self, receipts: Sequence[Receipt], found: Mapping[RecordId, str] | None = None) -> None:
        """Journal receipts and keep what they mean, in one transaction. ``found``: states of adopted tasks, by id."""
        by_seq = {self.rows[mark_of(receipt.change)].seq: receipt for receipt in receipts}
        if not by_seq:
            return
        with self.tenure.book.writing() as tx:
            fresh = tx.journal.receive(self.run, by_seq, self.tenure.lease.term, self.at)
            done = [
                Done(
                    self.rows[mark_of(receipt.change)], receipt.crm_id, (found or {}).get(receipt.crm_id or "", "open")
                )
                for seq, receipt in sorted(by_seq.items())
                if seq in fresh and receipt.outcome is Outcome.APPLIED
            ]
            confirm(tx, self.run, done, self.decisions, self.at, self.start)
        for receipt in receipts:
            mark = mark_of(receipt.change)
            self.ended[mark], self.state[mark] = receipt, STATE_OF[receipt.outcome]

    def _remember(self, seqs: Sequence[int], job: str) -> None:
        with self.tenure.book.writing() as tx:
            tx.journal.remember(self.run, seqs, job)


def only(batch: Batch, changes: Sequence[Change]) -> Batch:
    """The batch with those of its changes that are left."""
    left = {mark_of(change) for change in changes}
    return replace(batch, changes=tuple(change for change in batch.changes if mark_of(change) in left))


def _complete(batch: Batch, receipts: Sequence[Receipt]) -> list[Receipt]:
    """One receipt per change: a change that the answer does not name may or may not have been made."""
    named = {mark_of(receipt.change): receipt for receipt in receipts}
    said = "the answer does not name it"
    return [
        named.get(mark_of(change)) or Receipt(change, Outcome.UNKNOWN, code="unnamed", said=said)
        for change in batch.changes
    ]


def _all(batch: Batch, outcome: Outcome, error: CrmError) -> list[Receipt]:
    return [Receipt(change, outcome, code=error.code, said=error.said) for change in batch.changes]
