"""One pass over one connection, from pull to record; the whole product in one function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from config.load import Loaded
from config.settings import Settings
from connectors.base import Crm, Receipt
from connectors.errors import NeedsPerson
from engine import sla
from engine.facts import OwnerFacts, TaskWanted, Timer
from sync import compute, guards, owned
from sync.apply import Applied, Progress, Resumed, Stop, apply, resume, store_plan
from sync.clock import Clock, Now, ticking
from sync.compute import Judged, Known
from sync.connect import AnyConnection
from sync.exits import Halted
from sync.fingerprint import fingerprint
from sync.known import known_tasks
from sync.lease import Tenure, hold
from sync.ledgers import Ledgers
from sync.plan import PlanRules, Showing, ShownAccount, make_plan
from sync.planned import Plan
from sync.pull import Progress as PullProgress
from sync.pull import Signals, owners_before, pull
from sync.record import Counts, Passed, Run, record, record_failure
from sync.replica.replica import Replica
from sync.settle import Settled, settle
from sync.snapshot import Snapshot
from sync.store import Book, Store


@dataclass(frozen=True, slots=True)
class Line:
    """What a pass works with: one connection, its CRM, its part of the store, its replica."""

    loaded: Loaded
    connection: AnyConnection
    crm: Crm
    signals: Signals
    store: Store
    replica: Replica
    clock: Clock

    @property
    def settings(self) -> Settings:
        """What the admin wrote."""
        return self.loaded.settings

    @property
    def book(self) -> Book:
        """The connection's part of the store."""
        return self.store.of(self.connection.name)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on while a pass runs: progress bars, and whether to stop between two batches."""

    pulled: PullProgress = lambda _table, _rows: None
    applied: Progress = lambda _done, _all: None
    stop: Stop = lambda: False

    def page(self, table: str, rows: int) -> None:
        """A page came in; Halted when somebody asked to stop: the next pull goes on there."""
        if self.stop():
            raise Halted("Stopped while reading; nothing was planned. The next run goes on from here.")
        self.pulled(table, rows)


@dataclass(slots=True)
class Staff:
    """People on our side, as far as they are known yet: timers of settled tasks need them before the pull."""

    owners: dict[str, OwnerFacts] = field(default_factory=dict)

    def start(self, settings: Settings, zone: str) -> Callable[[TaskWanted, datetime], Timer | None]:
        """Starts the timer of a task that was confirmed."""
        return lambda task, at: sla.start(task, at, self.owners, settings.motion, zone)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass saw, thought, planned and did."""

    run: Run
    plan: Plan
    verdict: guards.Verdict
    judged: Judged
    snapshot: Snapshot
    applied: Applied | None
    resumed: Resumed | None
    settled: Settled


def run_once(line: Line, run_id: str, *, act: bool, full: bool = False, watch: Watch = Watch()) -> Pass:
    """Bring the CRM in line with what the evidence says now; without ``act`` only say what that would take.

    ``full`` reads everything again (the nightly reconcile), not only what changed.
    """
    with hold(line.book, line.clock) as tenure:
        if act:
            refuse_unready(line.crm, line.store.installation())
        now = line.crm.server_time()
        with line.book.writing() as tx:
            tx.runs.start(run_id, live=act, policy=fingerprint(line.settings), at=now)
        try:
            return _passed(line, run_id, tenure, now, act=act, full=full, watch=watch)
        except BaseException as error:
            record_failure(line.book, run_id, error, ticking(now, line.clock)())
            raise


def _passed(line: Line, run_id: str, tenure: Tenure, now: datetime, *, act: bool, full: bool, watch: Watch) -> Pass:
    present, staff = ticking(now, line.clock), Staff(owners_before(line.replica))
    steps = _Steps(line, tenure, now, present, staff, watch)
    settled = steps.settle(act=act)
    resumed = steps.resume() if act else None
    if resumed is not None:
        _refuse_half(resumed)
    if resumed is not None or settled.receipts:
        # what was just written is later than the pass's first look at the clock: read up to it, or plan it again
        now = line.crm.server_time()
        present = ticking(now, line.clock)
        steps = replace(steps, now=now, present=present)
    snapshot = pull(line.crm, line.signals, line.replica, line.settings, now, watch.page, full=full)
    staff.owners.update(snapshot.owners(line.settings.motion.managers))
    known = what_stands(line.book, snapshot)
    scores = compute.score(snapshot, line.settings)
    judged = compute.judge(
        snapshot, scores, known, line.settings, staff.owners, line.crm.org_id(), line.connection.time_zone
    )
    plan = plan_of(line, snapshot, judged, known, staff.owners)
    verdict = guards.check(
        plan,
        line.settings.limits,
        rows=snapshot.accounts,
        rows_before=_rows_before(line.book),
        opened_today=_opened_today(known, now),
    )
    store_plan(line.book, run_id, plan, verdict, act=act, at=now)
    applied = steps.apply(run_id, plan) if act and verdict.allows else None
    done = _Done(plan, verdict, judged, snapshot, applied, resumed, settled)
    run = _recorded(line, run_id, done, known, (now, present()), act=act)
    return Pass(run, plan, verdict, judged, snapshot, applied, resumed, settled)


def _refuse_half(resumed: Resumed) -> None:
    """End the pass when an earlier plan could not be finished: nothing new is planned beside its rest."""
    if resumed.applied.broke_off is not None:
        raise resumed.applied.broke_off
    if resumed.applied.interrupted:
        raise Halted(f"Stopped between two batches; {resumed.applied.left} changes wait for the next run.")


@dataclass(frozen=True, slots=True)
class _Done:
    """All that a pass came to, before it is recorded."""

    plan: Plan
    verdict: guards.Verdict
    judged: Judged
    snapshot: Snapshot
    applied: Applied | None
    resumed: Resumed | None
    settled: Settled


def _recorded(
    line: Line, run_id: str, done: _Done, known: Known, times: tuple[datetime, datetime], *, act: bool
) -> Run:
    """Keep the pass in the store."""
    passed = Passed(
        run=run_id,
        live=act,
        started_at=times[0],
        ended_at=times[1],
        plan=done.plan,
        verdict=done.verdict,
        decisions=done.judged.by_account(),
        applied=done.applied,
        rows=done.snapshot.accounts,
        receipts=receipts_of(done),
        incidents=done.settled.incidents,
        pulled=counts_of(line.crm, done.snapshot, done.judged),
        tasks=tuple(known.tasks.values()),
        timers=tuple(done.judged.timers),
    )
    return record(line.book, passed, Ledgers(done.judged, done.snapshot, line.settings).text)


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps of a pass that write to the CRM, with what they share."""

    line: Line
    tenure: Tenure
    now: datetime
    present: Now
    staff: Staff
    watch: Watch

    def settle(self, *, act: bool) -> Settled:
        """Find out what became of calls whose answer was lost."""
        return settle(self.line.crm, self.tenure, at=self.now, present=self.present, start=self._start(), act=act)

    def resume(self) -> Resumed | None:
        """Go on with a plan that was cut off."""
        settings = self.line.settings
        return resume(
            self.line.crm,
            self.tenure,
            at=self.now,
            present=self.present,
            start=self._start(),
            fresh_for=settings.plan_fresh_for,
            canary=settings.limits.canary,
            stop=self.watch.stop,
            progress=self.watch.applied,
        )

    def apply(self, run_id: str, plan: Plan) -> Applied:
        """Send the plan."""
        return apply(
            self.line.crm,
            self.tenure,
            run_id,
            plan,
            at=self.now,
            present=self.present,
            start=self._start(),
            canary=self.line.settings.limits.canary,
            stop=self.watch.stop,
            progress=self.watch.applied,
        )

    def _start(self) -> Callable[[TaskWanted, datetime], Timer | None]:
        return self.staff.start(self.line.settings, self.line.connection.time_zone)


def refuse_unready(crm: Crm, installation: str) -> None:
    """NeedsPerson when fields are missing, or when another installation works on this org."""
    missing = crm.missing_fields()
    if missing:
        said = f"{', '.join(missing[:5])}{' and more' if len(missing) > 5 else ''} cannot be written"
        raise NeedsPerson(crm.vendor, doing="start", said=said, hint="Run: tierline setup --apply")
    theirs = crm.installation()
    if theirs is not None and theirs != installation:
        raise NeedsPerson(
            crm.vendor,
            doing="start",
            said="another installation of Tierline works on this org",
            hint="stop it, or take over with: tierline setup --apply --take-over",
            code="TL-011",
        )


def what_stands(book: Book, snapshot: Snapshot) -> Known:
    """What the store remembers, brought up to what the CRM shows of our tasks."""
    standing = book.standing()
    tasks = known_tasks(book.tasks(), snapshot.tasks(), snapshot.now)
    with book.reading() as tx:
        baseline_done = tx.runs.any_live()
    new = any(str(account) not in standing for account in snapshot.evidence.accounts["account_id"])
    return Known(standing, tasks, tuple(book.timers(only_open=False)), first_pass=new and not baseline_done)


def plan_of(line: Line, snapshot: Snapshot, judged: Judged, known: Known, owners: dict[str, OwnerFacts]) -> Plan:
    """Desired against shown."""
    rules = PlanRules(
        policy=fingerprint(line.settings),
        fields=owned.owned_fields(line.settings.mapping.fields, line.crm.vendor),
        human_wins=line.settings.motion.owner.human_wins,
        placeholders=frozenset(line.settings.motion.owner.placeholders),
        first_pass=known.first_pass,
        taken=line.book.open_keys(),
    )
    return make_plan(
        showing_of(line, snapshot, known, owners),
        judged.desired,
        judged.by_account(),
        line.book.last_written(),
        rules,
        snapshot.now,
        calls=lambda changes: sum(batch.calls for batch in line.crm.batches(changes)),
    )


def showing_of(line: Line, snapshot: Snapshot, known: Known, owners: dict[str, OwnerFacts]) -> Showing:
    """What the CRM shows, as a plan compares with it."""
    shown, owner_of, names = snapshot.shown(), snapshot.owner_of(), snapshot.names()
    accounts = {
        account: ShownAccount(account, owner_of[account], fields, names[account]) for account, fields in shown.items()
    }
    return Showing(line.connection.name, line.crm.org_id(), accounts, known.tasks, owners)


def counts_of(crm: Crm, snapshot: Snapshot, judged: Judged) -> Counts:
    """What the pull and the engine came to, in numbers."""
    matches, usage = judged.scores.matches, crm.usage()
    return Counts(
        read=snapshot.rows_read,
        matched=int((matches.account >= 0).sum()),
        ambiguous=len(matches.ambiguous),
        scored=sum(decision.score is not None for decision in judged.decisions),
        api_calls=usage.ours,
        api_budget=usage.org_limit,
    )


def _rows_before(book: Book) -> int | None:
    with book.reading() as tx:
        return tx.runs.rows_before()


def _opened_today(known: Known, now: datetime) -> dict[str, int]:
    opened: dict[str, int] = {}
    for task in known.tasks.values():
        if task.opened_at.date() == now.date():
            opened[task.assignee_id] = opened.get(task.assignee_id, 0) + 1
    return opened


def receipts_of(one: Pass | _Done) -> tuple[Receipt, ...]:
    """Every receipt of a pass: settled, resumed, applied."""
    resumed = one.resumed.applied.receipts if one.resumed else ()
    return (*one.settled.receipts, *resumed, *(one.applied.receipts if one.applied else ()))
