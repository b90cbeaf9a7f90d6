"""A person approves a stored plan: exactly that plan is applied, whatever the evidence says by now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sync.apply import Applied, apply
from sync.clock import ticking
from sync.confirm import StartTimer
from sync.guards import Trip, Verdict
from sync.lease import Tenure, hold
from sync.planned import Plan
from sync.pull import owners_before
from sync.record import Counts, Passed, Run, record
from sync.run import Line, Staff, Watch, refuse_unready
from sync.settle import Settled, settle
from sync.store import Book, StoredPlan


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of an approved plan."""

    run: Run
    plan: Plan
    applied: Applied


def find_plan(book: Book, name: str) -> StoredPlan:
    """The stored plan with this run id, or whose digest starts so. PlanRefused: there is none."""
    with book.reading() as tx:
        return tx.plans.find(name)


def apply_stored(line: Line, name: str, force: Collection[str], watch: Watch) -> Approved:
    """Apply a proposed or held plan; each tripped guard must be named in ``force``.

    PlanRefused: stale, superseded, applied before, or a guard is not named. What moved in the CRM since the plan was
    made is skipped as stale.
    """
    with hold(line.book, line.clock) as tenure:
        refuse_unready(line.crm, line.store.installation())
        now = line.crm.server_time()
        settled = settle(line.crm, tenure, at=now, present=ticking(now, line.clock), start=_start(line))
        with line.book.writing() as tx:
            run = tx.plans.find(name).run
            stored = tx.plans.approve(run, force=force, now=now, fresh_for=line.settings.plan_fresh_for)
        return _applied(line, tenure, stored, settled, now, watch)


def _applied(line: Line, tenure: Tenure, stored: StoredPlan, settled: Settled, now: datetime, watch: Watch) -> Approved:
    present = ticking(now, line.clock)
    applied = apply(
        line.crm,
        tenure,
        stored.run,
        stored.plan,
        at=now,
        present=present,
        start=_start(line),
        canary=line.settings.limits.canary,
        stop=watch.stop,
        progress=watch.applied,
    )
    trips = tuple(Trip(guard, 0, 0, sentence) for guard, sentence in stored.tripped.items())
    passed = Passed(
        run=stored.run,
        live=True,
        started_at=now,
        ended_at=present(),
        plan=stored.plan,
        verdict=Verdict(allows=True, tripped=trips, forced=stored.forced),
        decisions=stored.plan.decisions,
        applied=applied,
        rows=stored.plan.population,
        receipts=(*settled.receipts, *applied.receipts),
        incidents=settled.incidents,
        pulled=_counts(line, stored.run),
    )
    with line.book.reading() as tx:
        ledgers = tx.decisions.ledgers(stored.run)
    run = record(line.book, passed, lambda account: ledgers.get(account) or _ledger(line.book, account))
    return Approved(run, stored.plan, applied)


def _start(line: Line) -> StartTimer:
    return Staff(owners_before(line.replica)).start(line.settings, line.connection.time_zone)


def _counts(line: Line, run: str) -> Counts:
    """What the pass that made the plan had read and scored, and the calls made since."""
    with line.book.reading() as tx:
        before = (tx.runs.get(run).summary or {}).get("counts", {})
    usage = line.crm.usage()
    kept = {name: before.get(name, 0) for name in ("read", "matched", "ambiguous", "scored")}
    return Counts(**kept, api_calls=usage.ours, api_budget=usage.org_limit)


def _ledger(book: Book, account: str) -> str:
    """The ledger with which the plan's decision was stored when it was made."""
    with book.reading() as tx:
        past = tx.decisions.of(account)
    return past[0].ledger if past else ""
