"""Brings an approved plan into the CRM: exactly that plan, batch by batch; and goes on with one that was cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from connectors.base import AssignOwner, Batch, Change, Crm, OpenTask, Outcome, Receipt, UpdateTask, WithdrawTask
from connectors.errors import CrmError
from sync.changes import Kind
from sync.clock import Now
from sync.confirm import StartTimer
from sync.guards import Verdict
from sync.lease import Tenure
from sync.planned import Plan, Planned
from sync.send import Sender, mark_of, only
from sync.store import Book, Entry, PlanState
from sync.store.journal import PLANNED

READ_AHEAD: Final = 2000  # changes looked at again in one read before they are sent
ROUNDS: Final = 3  # a change that the CRM refused before doing anything gets so many tries in one apply
CANARY_REJECTS: Final = 0.10  # over this share of rejected or unknown changes, the canary has died
Progress = Callable[[int, int], None]  # changes done, of how many
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan. ``left``: changes still waiting, for the next run to go on with."""

    receipts: tuple[Receipt, ...] = ()
    left: int = 0
    interrupted: bool = False  # asked to stop between two batches
    broke_off: CrmError | None = None  # what made going on senseless
    canary_failed: str = ""  # a sentence; the rest of the plan is held

    def count(self, outcome: Outcome) -> int:
        """How many changes ended so."""
        return sum(receipt.outcome is outcome for receipt in self.receipts)


@dataclass(frozen=True, slots=True)
class Resumed:
    """An earlier run's plan was gone on with, or given up because it is too old: then ``dropped`` names its rest."""

    run: str
    plan: Plan
    applied: Applied
    dropped: tuple[Entry, ...] = ()


def store_plan(book: Book, run: str, plan: Plan, verdict: Verdict, *, act: bool, at: datetime) -> PlanState:
    """Store a new plan: approved when it may be applied now, held by its guards, or proposed by a dry run."""
    state = PlanState.HELD if not verdict.allows else PlanState.APPROVED if act else PlanState.PROPOSED
    with book.writing() as tx:
        tx.plans.save(run, plan, verdict, state, at)
    return state


def apply(
    crm: Crm,
    tenure: Tenure,
    run: str,
    plan: Plan,
    *,
    at: datetime,
    present: Now,
    start: StartTimer,
    canary: int = 0,
    stop: Stop = lambda: False,
    progress: Progress = lambda _done, _all: None,
) -> Applied:
    """Send what waits of an approved, stored plan: fields, owners, then tasks. Safe to call again after any crash.

    ``at``: time stamped on what is confirmed, and start of SLA timers; ``present``: the CRM's time, for journalling.
    On a first pass the changes of the first ``canary`` accounts go first, and the rest only if those went well.
    LeaseLost and StoreError are raised; what the CRM did to stop us is in the answer.
    """
    with tenure.book.writing() as tx:
        tx.journal.lay(run, plan.changes)
        entries = tx.journal.entries(run)
    sender = Sender(crm, tenure, run, plan.decisions, at, present, start)
    work = _Work(sender, entries, stop, progress)
    failed = ""
    for accounts in _stages(plan, canary):
        waited = work.waiting(accounts)
        work.stage(accounts)
        if work.halted:
            break
        if waited and len(accounts) < len(work.by_account):
            failed = _canary_verdict(work.receipts(accounts))
        if failed:
            break
    return work.finish(failed)


def resume(
    crm: Crm, tenure: Tenure, *, at: datetime, present: Now, start: StartTimer, fresh_for: timedelta, canary: int = 0,
    stop: Stop = lambda: False, progress: Progress = lambda _done, _all: None,
) -> Resumed | None:  # fmt: skip
    """Go on with the plan that an earlier run left unfinished; None when there is none. Settle first.

    A plan older than ``fresh_for`` is not sent any more: its rest is dropped and named.
    """
    with tenure.book.writing() as tx:
        live = tx.plans.live()
        if live is None:
            return None
        if at - live.plan.created_at > fresh_for:
            dropped = tx.journal.drop(live.run, "the plan is too old to be trusted", at)
            tx.plans.end(live.run, PlanState.EXPIRED, at)
            return Resumed(live.run, live.plan, Applied(), tuple(dropped))
    applied = apply(
        crm, tenure, live.run, live.plan,
        at=at, present=present, start=start, canary=canary, stop=stop, progress=progress,
    )  # fmt: skip
    return Resumed(live.run, live.plan, applied)


class _Work:
    """A plan on its way: what waits, what ended, and whether to go on."""

    def __init__(self, sender: Sender, entries: Sequence[Entry], stop: Stop, progress: Progress) -> None:
        self.sender, self.stop, self.progress = sender, stop, progress
        self.by_account: dict[str, list[Planned]] = {}
        for entry in entries:
            self.by_account.setdefault(entry.planned.account_id, []).append(entry.planned)
        self.sent = 0  # batches
        self.interrupted = False
        self.broke_off: CrmError | None = None
        sender.know(entries)

    @property
    def halted(self) -> bool:
        """Whether nothing more may be sent in this run."""
        return self.interrupted or self.broke_off is not None

    def state(self, change: Change) -> str:
        """The journal's word on a change."""
        return self.sender.state[mark_of(change)]

    def waiting(self, accounts: frozenset[str]) -> list[Planned]:
        """Changes of these accounts that still have to go out, in the plan's order."""
        some = (one for account in accounts for one in self.by_account.get(account, ()))
        return sorted((one for one in some if self.state(one.change) == PLANNED), key=lambda one: one.seq)

    def stage(self, accounts: frozenset[str]) -> None:
        """Send what waits for these accounts; again, while the CRM puts some back and takes others."""
        for _ in range(ROUNDS):
            sent_before = self.sent
            for kind, group in groupby(self.waiting(accounts), key=lambda one: one.kind):
                self._group(kind, [one.change for one in group])
                if self.halted:
                    return
            if self.sent == sent_before:
                return  # what still waits, waits for something else

    def receipts(self, accounts: frozenset[str]) -> list[Receipt]:
        """What this run has received for these accounts."""
        return [receipt for receipt in self.sender.ended.values() if receipt.change.account_id in accounts]

    def finish(self, canary_failed: str) -> Applied:
        """Close the plan when nothing waits; hold its rest when the canary died."""
        left = sum(state == PLANNED for state in self.sender.state.values())
        with self.sender.tenure.book.writing() as tx:
            if canary_failed:
                tx.plans.hold(self.sender.run, {"canary": canary_failed}, self.sender.at)
            elif not left:
                tx.plans.end(self.sender.run, PlanState.APPLIED, self.sender.at)
        receipts = tuple(self.sender.ended.values())
        return Applied(receipts, left, self.interrupted, self.broke_off, canary_failed)

    def _group(self, kind: Kind, changes: list[Change]) -> None:
        if kind in (Kind.UPDATE_TASK, Kind.OPEN_TASK, Kind.WITHDRAW_TASK):
            changes = self._ready(changes)
        for window in _windows(self.sender.crm.batches(changes)):
            if self._asked_to_stop():
                return
            try:
                going = self.sender.look_again([change for batch in window for change in batch.changes])
            except CrmError as error:
                self.broke_off = error
                return
            for batch in window:
                left = only(batch, going)
                if left.changes and (self._asked_to_stop() or self._send(left)):
                    return
            self._tell()

    def _send(self, batch: Batch) -> bool:
        """Send a batch; True when nothing more may follow."""
        self.broke_off = self.sender.send(batch)
        self.sent += 1
        self._tell()
        return self.halted

    def _ready(self, changes: Sequence[Change]) -> list[Change]:
        """Task changes whose account is where the plan wanted it; of the others some wait, some are stale."""
        ready, stale = [], []
        for change in changes:
            blocking = [self.state(other) for other in self._needs(change)]
            if any(state in ("stale", "rejected") for state in blocking):
                said = "an earlier change of this account did not go through"
                stale.append(Receipt(change, Outcome.STALE, code="blocked", said=said))
            elif all(state == "applied" for state in blocking):
                ready.append(change)
        self.sender.receive(stale)
        return ready

    def _needs(self, change: Change) -> Iterator[Change]:
        """Changes of the same account that must be done before a task is touched.

        A hand-raise is served whatever becomes of fields, but never beside an older open task or for the wrong person.
        """
        mine = self.sender.rows[mark_of(change)]
        urgent = mine.wanted if mine.wanted is not None and mine.wanted.hand_raise else None
        for planned in self.by_account[mine.account_id]:
            other = planned.change
            if planned.seq >= mine.seq or isinstance(other, OpenTask | UpdateTask):
                continue
            if isinstance(other, WithdrawTask):
                if isinstance(change, OpenTask):
                    yield other
            elif urgent is None or (isinstance(other, AssignOwner) and other.after == urgent.assignee_id):
                yield other

    def _asked_to_stop(self) -> bool:
        self.interrupted = self.interrupted or self.stop()
        return self.interrupted

    def _tell(self) -> None:
        states = self.sender.state.values()
        self.progress(sum(state not in (PLANNED, "sending") for state in states), len(states))


def _stages(plan: Plan, canary: int) -> Iterator[frozenset[str]]:
    """Accounts that go together: all at once, but on a first pass a few before the others."""
    order = list(dict.fromkeys(planned.account_id for planned in plan.changes))
    if plan.first_pass and 0 < canary < len(order):
        yield frozenset(order[:canary])
        order = order[canary:]
    yield frozenset(order)


def _windows(batches: Iterator[Batch]) -> Iterator[list[Batch]]:
    """Batches that are looked at again in one read."""
    window: list[Batch] = []
    for batch in batches:
        if window and sum(len(one.changes) for one in window) + len(batch.changes) > READ_AHEAD:
            yield window
            window = []
        window.append(batch)
    if window:
        yield window


def _canary_verdict(receipts: Sequence[Receipt]) -> str:
    """A sentence when too much of the canary failed, else nothing."""
    bad = sum(receipt.outcome in (Outcome.REJECTED, Outcome.UNKNOWN) for receipt in receipts)
    if not receipts or bad / len(receipts) <= CANARY_REJECTS:
        return ""
    return f"{bad} of the first {len(receipts)} changes were rejected or left unknown; the rest waits."
