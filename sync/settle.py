"""Finds out what became of calls whose answer was lost, before anything else is done in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.base import Change, Crm, FoundTask, Key, KeyAsk, OpenTask, Outcome, Receipt, WithdrawTask
from sync.clock import Now
from sync.confirm import DUPLICATE, StartTimer
from sync.lease import Tenure
from sync.planned import Planned
from sync.send import Sender, ask_of, look
from sync.store import Entry, PlanState

_NOTE: Final = "Opened twice by a lost answer; the other one stays."


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that should not happen, for a person to know of."""

    code: str
    account_id: str
    said: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of unknown changes. ``waiting``: creates whose lost call may still commit."""

    receipts: tuple[Receipt, ...] = ()
    waiting: int = 0
    incidents: tuple[Incident, ...] = ()


def settle(crm: Crm, tenure: Tenure, *, at: datetime, present: Now, start: StartTimer, act: bool = True) -> Settled:
    """Read back every change that may or may not have been made: applied, stale, or free to be planned again.

    ``act``: may withdraw a second task under one key; without it such keys stay unknown. CRM errors are raised: what
    cannot be read stays unknown.
    """
    with tenure.book.reading() as tx:
        unsettled = tx.journal.unsettled()
        if not unsettled:
            return Settled()
        runs = sorted({entry.run for entry in unsettled})
        stored = {run: tx.plans.find(run) for run in runs}
        seqs = {run: tx.journal.next_seq(run) for run in runs}
    parts = []
    for run in runs:
        live = stored[run].state is PlanState.APPROVED
        sender = Sender(crm, tenure, run, stored[run].plan.decisions, at, present, start)
        entries = [entry for entry in unsettled if entry.run == run]
        sender.know(entries)
        parts.append(_Settling(sender, entries, live=live, act=act, next_seq=seqs[run]).all())
    return Settled(
        receipts=tuple(receipt for part in parts for receipt in part.receipts),
        waiting=sum(part.waiting for part in parts),
        incidents=tuple(incident for part in parts for incident in part.incidents),
    )


class _Settling:
    """The unknown changes of one run."""

    def __init__(self, sender: Sender, entries: Sequence[Entry], *, live: bool, act: bool, next_seq: int) -> None:
        self.sender, self.entries, self.live, self.act, self.next_seq = sender, entries, live, act, next_seq
        self.incidents: list[Incident] = []

    def all(self) -> Settled:
        """Settle them, updates first."""
        creates = [entry for entry in self.entries if isinstance(entry.planned.change, OpenTask)]
        updates = [entry for entry in self.entries if not isinstance(entry.planned.change, OpenTask)]
        receipts = self._updates(updates) + self._creates(creates)
        return Settled(tuple(receipts), len(self.entries) - len(receipts), tuple(self.incidents))

    def _updates(self, entries: Sequence[Entry]) -> list[Receipt]:
        """The value tells: what we wanted, what was there before, or somebody else's."""
        if not entries:
            return []
        changes = [entry.planned.change for entry in entries]
        shown = self.sender.crm.read([ask_of(change) for change in changes])
        receipts = [look(change, shown.get(change.record)) or self._again(change) for change in changes]
        self.sender.receive(receipts)
        return receipts

    def _creates(self, entries: Sequence[Entry]) -> list[Receipt]:
        """The key tells; that nothing is found yet proves nothing while the lost call may still commit."""
        if not entries:
            return []
        asks = [KeyAsk(_key(entry), entry.planned.account_id) for entry in entries]
        found = self.sender.crm.find(asks)
        receipts: list[Receipt] = []
        states: dict[str, str] = {}
        for entry in entries:
            tasks = sorted(found.get(_key(entry), ()), key=lambda task: (task.created_at, task.task_id))
            if not tasks:
                if self._can_no_longer_come(entry):
                    receipts.append(self._again(entry.planned.change))
            elif len(tasks) == 1 or self._withdraw_others(entry, tasks):
                kept = tasks[0]
                states[kept.task_id] = kept.state
                said = "its answer was lost; it was found by its key"
                receipts.append(Receipt(entry.planned.change, Outcome.APPLIED, kept.task_id, "adopted", said))
        self.sender.receive(receipts, states)
        return receipts

    def _can_no_longer_come(self, entry: Entry) -> bool:
        """With a unique key a second create would be refused, so it may go at once; else the lost call must be dead."""
        if self.sender.crm.create_guard == "unique" or entry.sent_at is None:
            return True
        return self.sender.at >= entry.sent_at + self.sender.crm.settle_after

    def _withdraw_others(self, entry: Entry, tasks: Sequence[FoundTask]) -> bool:
        """Keep the oldest; withdraw the others where no person has touched them. False when we may not act."""
        account = entry.planned.account_id
        said = f"{len(tasks)} tasks carry the key {_key(entry)[:12]}; the oldest is kept"
        self.incidents.append(Incident("TL-610", account, said))
        extra = [task for task in tasks[1:] if task.state == "open" and not task.touched]
        if not extra:
            return True
        if not self.act:
            return False
        planned = [self._withdrawal(entry, task) for task in extra]
        with self.sender.tenure.book.writing() as tx:
            tx.journal.lay(self.sender.run, planned)
        self.sender.know([Entry(self.sender.run, one.seq, one, "planned") for one in planned])
        for batch in self.sender.crm.batches([one.change for one in planned]):
            error = self.sender.send(batch)
            if error is not None:
                raise error
        return True

    def _withdrawal(self, entry: Entry, task: FoundTask) -> Planned:
        before = {"state": task.state, "assignee_id": task.assignee_id}
        change = WithdrawTask(task.task_id, task.key, entry.planned.account_id, before, _NOTE)
        seq, self.next_seq = self.next_seq, self.next_seq + 1
        return Planned(seq, change, DUPLICATE, (_NOTE,))

    def _again(self, change: Change) -> Receipt:
        """Not made: sent again by its plan, or, when that is over, wanted anew by the next one."""
        if self.live:
            return Receipt(change, Outcome.UNSENT, code="not made", said="it was not made; it is sent again")
        said = "it was not made; its plan is over, the next one decides anew"
        return Receipt(change, Outcome.STALE, code="not made", said=said)


def _key(entry: Entry) -> Key:
    change = entry.planned.change
    if not isinstance(change, OpenTask):
        raise TypeError(f"a {entry.planned.kind} creates nothing")
    return change.key
