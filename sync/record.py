"""The end of a run: what it came to, in numbers and words, and what is kept of it in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from connectors.base import AssignOwner, Outcome, Receipt, SetFields
from connectors.errors import BudgetSpent, CrmError, NeedsPerson, OutcomeUnknown, Retryable
from engine.facts import Decision, KnownTask, Timer
from sync import exits
from sync.apply import Applied
from sync.changes import Kind, kind_of
from sync.guards import Verdict
from sync.planned import Plan
from sync.settle import Incident
from sync.store import Book


@dataclass(frozen=True, slots=True)
class Counts:
    """A run in numbers, in the order of the summary. What was done, not what was planned."""

    read: int = 0  # rows
    matched: int = 0  # people
    ambiguous: int = 0
    scored: int = 0  # accounts
    unchanged: int = 0
    updated: int = 0  # accounts whose fields or owner were written
    cleared: int = 0
    held: int = 0  # changes that a guard held, and wishes that a rule held
    rejected: int = 0
    stale: int = 0
    unknown: int = 0
    left: int = 0  # changes that wait for the next run
    tasks_opened: int = 0
    tasks_updated: int = 0
    tasks_withdrawn: int = 0
    owners_moved: int = 0
    api_calls: int = 0
    api_budget: int | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A change that did not go through, and why."""

    account_id: str
    record: str
    kind: str
    outcome: str  # rejected, stale, unknown
    code: str
    said: str


@dataclass(frozen=True, slots=True)
class Run:
    """One pass over one connection."""

    run: str
    connection: str
    live: bool
    state: str  # done, held, interrupted, failed
    started_at: datetime
    ended_at: datetime
    policy: str
    digest: str | None = None
    counts: Counts = Counts()
    tripped: Mapping[str, str] = field(default_factory=dict)  # guard to sentence
    forced: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    incidents: tuple[Incident, ...] = ()
    error: str = ""  # what made the run stop, in words
    code: int = exits.DONE

    @property
    def duration_s(self) -> float:
        """Seconds from start to end, by the CRM's clock."""
        return (self.ended_at - self.started_at).total_seconds()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, the duration with them."""
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return plain | {"duration_s": self.duration_s}


@dataclass(frozen=True, slots=True)
class Passed:
    """What one pass has made, for the record. ``receipts``: of settling, resuming and applying, in that order."""

    run: str
    live: bool
    started_at: datetime
    ended_at: datetime
    plan: Plan
    verdict: Verdict
    decisions: Mapping[str, Decision]
    applied: Applied | None  # None: nothing was sent, because it is a dry run or a guard held the plan
    rows: int  # accounts in the CRM
    receipts: tuple[Receipt, ...] = ()
    incidents: tuple[Incident, ...] = ()
    pulled: Counts = Counts()  # read, matched, ambiguous, scored, API calls
    tasks: tuple[KnownTask, ...] = ()
    timers: tuple[Timer, ...] = ()


def record(book: Book, passed: Passed, ledger_of: Callable[[str], str]) -> Run:
    """Keep a pass: its run, its decisions, what the CRM showed of tasks and timers. All of it, or nothing.

    A decision that wanted no field written stands from here on, in a live run whose plan no guard held; one that did
    stands by its receipt. Whatever else was decided is history.
    """
    run = summary(passed)
    plan, at = passed.plan, passed.started_at
    written = {planned.account_id for planned in plan.changes if isinstance(planned.change, SetFields)}
    silent = set(passed.decisions) - written if passed.live and passed.verdict.allows else set()
    applied = [receipt for receipt in passed.receipts if receipt.outcome is Outcome.APPLIED]
    by_receipt = {receipt.change.account_id for receipt in applied if isinstance(receipt.change, SetFields)}
    with book.writing() as tx:
        tx.standing.record({account: passed.decisions[account].standing for account in silent}, passed.run, at)
        tx.decisions.add(
            passed.decisions,
            ledger_of,
            run=passed.run,
            policy=plan.policy,
            at=at,
            stood=silent | by_receipt,
            wrote={receipt.change.account_id for receipt in applied},
        )
        tx.last_written.overruled(plan.overruled, at)
        tx.tasks.seen(passed.tasks)
        tx.timers.keep(passed.timers)
        tx.runs.end(
            passed.run,
            state=run.state,
            at=passed.ended_at,
            digest=plan.digest,
            rows=passed.rows,
            accepted=passed.verdict.allows,
            live=passed.live,
            summary=run.as_dict(),
        )
    return run


def record_failure(book: Book, run: str, error: BaseException, at: datetime) -> None:
    """Keep that a run ended by an error, or by being told to stop, before it could be recorded."""
    said = str(error) if isinstance(error, CrmError | exits.Halted) else type(error).__name__
    told = isinstance(error, exits.Halted | KeyboardInterrupt)
    with book.writing() as tx:
        tx.runs.end(run, state="interrupted" if told else "failed", at=at, summary={"error": said})


def summary(passed: Passed) -> Run:
    """What a pass came to."""
    applied = passed.applied or Applied()
    held = passed.live and (not passed.verdict.allows or bool(applied.canary_failed))
    failed = applied.broke_off is not None
    state = "failed" if failed else "interrupted" if applied.interrupted else "held" if held else "done"
    tripped = {trip.guard: trip.sentence for trip in passed.verdict.tripped}
    if applied.canary_failed:
        tripped["canary"] = applied.canary_failed
    return Run(
        run=passed.run,
        connection=passed.plan.connection,
        live=passed.live,
        state=state,
        started_at=passed.started_at,
        ended_at=passed.ended_at,
        policy=passed.plan.policy,
        digest=passed.plan.digest,
        counts=_counts(passed, applied),
        tripped=tripped,
        forced=passed.verdict.forced,
        rejects=rejects(passed.receipts),
        incidents=passed.incidents,
        error=str(applied.broke_off or ""),
        code=exit_code(passed.receipts, broke_off=applied.broke_off, held=held),
    )


def exit_code(receipts: Iterable[Receipt], *, broke_off: CrmError | None, held: bool) -> int:
    """The run's exit code: the first that holds of 4, 5, 1, 3, 6, else 0. Stale changes are no failure."""
    codes = [exits.HELD] if held else []
    if any(receipt.outcome in (Outcome.REJECTED, Outcome.UNKNOWN) for receipt in receipts):
        codes.append(exits.REJECTS)
    match broke_off:
        case None:
            pass
        case NeedsPerson():
            codes.append(exits.NEEDS_PERSON)
        case BudgetSpent() | Retryable() | OutcomeUnknown():
            codes.append(exits.TRY_LATER)
        case _:
            codes.append(exits.FAILED)
    return exits.worst(codes)


def rejects(receipts: Sequence[Receipt]) -> tuple[Reject, ...]:
    """Changes that did not go through: each with its record, the CRM's code and our words."""
    return tuple(
        Reject(
            account_id=receipt.change.account_id,
            record=receipt.change.record,
            kind=str(kind_of(receipt.change)),
            outcome=str(receipt.outcome),
            code=receipt.code,
            said=receipt.said,
        )
        for receipt in receipts
        if receipt.outcome in (Outcome.REJECTED, Outcome.STALE, Outcome.UNKNOWN)
    )


def _counts(passed: Passed, applied: Applied) -> Counts:
    done = [receipt.change for receipt in passed.receipts if receipt.outcome is Outcome.APPLIED]
    kinds = Counter(kind_of(change) for change in done)
    outcomes = Counter(receipt.outcome for receipt in passed.receipts)
    sets = [change for change in done if isinstance(change, SetFields)]
    blanked = [name for change in sets for name, value in change.after.items() if value is None]
    changing = {planned.account_id for planned in passed.plan.changes}
    waits = 0 if passed.verdict.allows else len(passed.plan.changes)
    return replace(
        passed.pulled,
        unchanged=passed.plan.population - len(changing),
        updated=len({change.account_id for change in done if isinstance(change, SetFields | AssignOwner)}),
        cleared=len(blanked),
        held=waits + len(passed.plan.held),
        rejected=outcomes[Outcome.REJECTED],
        stale=outcomes[Outcome.STALE],
        unknown=outcomes[Outcome.UNKNOWN],
        left=applied.left,
        tasks_opened=kinds[Kind.OPEN_TASK],
        tasks_updated=kinds[Kind.UPDATE_TASK],
        tasks_withdrawn=kinds[Kind.WITHDRAW_TASK],
        owners_moved=kinds[Kind.ASSIGN_OWNER],
    )
