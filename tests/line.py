"""A smaller line for tests: plan, apply and record over FakeCrm, with what is desired given by the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from config.settings import Limits
from connectors.base import Receipt
from engine.facts import Decision, Desired, TaskWanted
from sync.apply import Applied, Resumed, apply, resume, store_plan
from sync.clock import ticking
from sync.guards import Verdict, check
from sync.known import known_tasks
from sync.lease import hold
from sync.plan import Plan, PlanRules, Showing, ShownAccount, make_plan
from sync.record import Passed, Run, record
from sync.settle import Settled, settle
from sync.store import Book, PlanState
from tests.builders import a_rep, decision, desired, start_timer, task_wanted
from tests.fakes import FakeClock, FakeCrm

OPEN_LIMITS = Limits(
    accounts_updated=1, tier_changes=1, owners_moved=1, tasks_per_owner_per_day=1000, minimum_population=0, canary=0
)


@dataclass
class Wish:
    """What a test wants of its accounts."""

    desired: Sequence[Desired]
    decisions: dict[str, Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rank, want in enumerate(self.desired):
            self.decisions.setdefault(want.account_id, decision(want.account_id, rank=rank))


@dataclass
class Pass:
    """What one pass of the small line did."""

    plan: Plan
    verdict: Verdict
    applied: Applied | None
    settled: Settled
    resumed: Resumed | None
    run: Run

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Of the plan of this pass."""
        return self.applied.receipts if self.applied else ()


def showing_of(crm: FakeCrm, book: Book) -> Showing:
    """The snapshot of a fake CRM."""
    accounts = {
        account: ShownAccount(account, shown.get("owner_id"), {k: v for k, v in shown.items() if k != "owner_id"})
        for account, shown in crm.accounts.items()
    }
    tasks = known_tasks(book.tasks(), {task.key: task for task in reversed(crm.tasks.values())}, crm.clock.now())
    reps = {rep: a_rep(rep) for rep in ("rep-1", "rep-2", "rep-3")}
    return Showing(crm.name, crm.org_id(), accounts, tasks, reps)


def one_pass(
    crm: FakeCrm, book: Book, wish: Wish, *, run: str, act: bool = True, limits: Limits = OPEN_LIMITS, **options: Any
) -> Pass:
    """Settle, resume, plan, guard, apply, record."""
    with hold(book, crm.clock, holder=run) as tenure:
        at = crm.server_time()
        common: dict[str, Any] = {"at": at, "present": ticking(at, crm.clock), "start": start_timer}
        settled = settle(crm, tenure, act=act, **common)
        resumed = resume(crm, tenure, fresh_for=timedelta(hours=4), canary=limits.canary, **common) if act else None
        snapshot = showing_of(crm, book)
        rules = PlanRules(policy="p1", first_pass=not book.standing(), taken=book.open_keys())
        plan = make_plan(snapshot, wish.desired, wish.decisions, book.last_written(), rules, at)
        with book.writing() as tx:
            tx.runs.start(run, live=act, policy="p1", at=at)
        verdict = check(plan, limits, rows=len(crm.accounts))
        state = store_plan(book, run, plan, verdict, act=act, at=at)
        applied = None
        if state is PlanState.APPROVED:
            applied = apply(crm, tenure, run, plan, canary=limits.canary, **common, **options)
        receipts = settled.receipts + (resumed.applied.receipts if resumed else ())
        receipts += applied.receipts if applied else ()
        passed = Passed(run, act, at, at, plan, verdict, wish.decisions, applied, len(crm.accounts), receipts)
        passed = replace(passed, tasks=tuple(snapshot.tasks.values()))
        return Pass(plan, verdict, applied, settled, resumed, record(book, passed, lambda account: f"{account}: 70"))


def resume_only(crm: FakeCrm, book: Book, canary: int = 0) -> Resumed:
    """Go on with the approved plan, and no more; what ``tierline apply`` does."""
    with hold(book, crm.clock) as tenure:
        at = crm.server_time()
        fresh_for = timedelta(hours=4)
        present = ticking(at, crm.clock)
        found = resume(crm, tenure, at=at, present=present, start=start_timer, fresh_for=fresh_for, canary=canary)
    assert found is not None
    return found


def wishes(*accounts: str, tasks: bool = True, owner: str | None = None) -> Wish:
    """Tier, score and a first call for each account."""
    found = []
    for account in accounts:
        want = desired(account, open_task=_task(account) if tasks else None)
        found.append(want if owner is None else replace(want, owner=replace(want.owner, owner_id=owner, moved=True)))
    return Wish(found)


def org(*accounts: str, **options: Any) -> FakeCrm:
    """A fake CRM whose accounts belong to rep-1 and show nothing of ours yet."""
    return FakeCrm({account: {"owner_id": "rep-1"} for account in accounts}, clock=FakeClock(), **options)


def _task(account: str) -> TaskWanted:
    return task_wanted(account)
