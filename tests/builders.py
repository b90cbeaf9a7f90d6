"""Builders: things with everything defaulted that a test does not speak of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.facts import (
    POINT,
    Confidence,
    Decision,
    Desired,
    Facts,
    KnownTask,
    OwnerChoice,
    OwnerFacts,
    Standing,
    TaskWanted,
    Timer,
    Withdrawal,
)
from sync.diff import Written
from sync.plan import Plan, PlanRules, Showing, ShownAccount, make_plan
from tests.fakes import MONDAY

RULES = PlanRules(policy="p1")


def facts(account_id: str = "acme", **other: Any) -> Facts:
    """What the engine knows of an account: well known, fit 80, signal 60, unified 70, owned by rep-1."""
    known: dict[str, Any] = {
        "natural_key": f"{account_id}|{account_id}.example",
        "name": account_id.title(),
        "family": account_id,
        "owner_id": "rep-1",
        "lifecycle": "prospect",
        "segment": None,
        "known": 1.0,
        "fit": 80 * POINT,
        "signal": 60 * POINT,
        "engagement": 60 * POINT,
        "intent": 60 * POINT,
        "roles": 60 * POINT,
        "unified": 70 * POINT,
        "gated": False,
        "confidence": Confidence.HIGH,
    }
    return Facts(account_id=account_id, **{**known, **other})


def standing(tier: str = "2 - Growth", **other: Any) -> Standing:
    """What stands for an account since Monday."""
    return Standing(**{"tier": tier, "since": MONDAY, **other})


def decision(account_id: str = "acme", tier: str = "2 - Growth", **other: Any) -> Decision:
    """A decision that entered a tier on Monday; ``standing`` may be given whole."""
    rest = {
        "standing": standing(tier),
        "sentences": (f"{account_id} reaches {tier}",),
        "movement": "entered",
        "rank": 0,
        "score": 70,
    }
    return Decision(account_id=account_id, **{**rest, **other})


def fields(tier: str | None = "2 - Growth", score: int | None = 70, **other: Any) -> dict[str, Any]:
    """Owned fields of an account, as wanted or as shown."""
    rest = {"tier": tier, "tier_since": MONDAY, "treated_as": None, "score": score, "why": "pricing page on 1 Nov 2026"}
    return rest | other


def desired(account_id: str = "acme", want: Mapping[str, Any] | None = None, **other: Any) -> Desired:
    """What should be true of an account: the fields of ``fields()``, the owner left as it is, no task."""
    rest = {"owner": OwnerChoice(account_id, None, "keeps its owner", moved=False), "reasons": ("70 reaches 60",)}
    return Desired(account_id=account_id, fields=fields() if want is None else want, **{**rest, **other})


def owner_choice(account_id: str, owner_id: str, reason: str = "least loaded of the pool") -> OwnerChoice:
    """A new owner for an account."""
    return OwnerChoice(account_id, owner_id, reason, moved=True)


def task_wanted(account_id: str = "acme", assignee_id: str = "rep-1", **other: Any) -> TaskWanted:
    """A first-call task, due on Monday at five, that starts an SLA timer."""
    rest = {
        "key": f"key-{account_id}-{assignee_id}",
        "play": "first-call",
        "epoch": "2026-11-02",
        "contact_id": None,
        "contact_is_lead": False,
        "subject": f"Call {account_id} - pricing page",
        "body": "why, who, what",
        "due_at": MONDAY + timedelta(hours=8),
        "priority": "high",
        "hand_raise": False,
        "sla_due": True,
        "evidence_at": MONDAY - timedelta(hours=1),
    }
    return TaskWanted(account_id=account_id, assignee_id=assignee_id, **{**rest, **other})


def known_task(account_id: str = "acme", assignee_id: str = "rep-1", **other: Any) -> KnownTask:
    """The open task that ``task_wanted`` would have made."""
    wanted = task_wanted(account_id, assignee_id)
    names = ("key", "account_id", "play", "epoch", "assignee_id", "subject", "due_at")
    rest = {name: getattr(wanted, name) for name in names}
    return KnownTask(**{**rest, "task_id": "task-1", "opened_at": MONDAY, "state": "open", **other})


def withdrawal(task: KnownTask, note: str = "fell out of Growth") -> Withdrawal:
    """The wish to take a task back."""
    return Withdrawal(task.key, task.task_id or "", task.account_id, note)


def timer(account_id: str = "acme", **other: Any) -> Timer:
    """A running first-touch timer, started on Monday and due four hours later."""
    rest = {
        "play": "first-call",
        "key": f"key-{account_id}-rep-1",
        "assignee_id": "rep-1",
        "started_at": MONDAY,
        "due_at": MONDAY + timedelta(hours=4),
        "warn_at": MONDAY + timedelta(hours=3),
        "evidence_at": None,
    }
    return Timer(account_id=account_id, **{**rest, **other})


def start_timer(wanted: TaskWanted, at: datetime) -> Timer:
    """A first-touch timer of four hours, whatever the hour."""
    return timer(
        wanted.account_id,
        play=wanted.play,
        key=wanted.key,
        assignee_id=wanted.assignee_id,
        started_at=at,
        due_at=at + timedelta(hours=4),
        warn_at=at + timedelta(hours=3),
        evidence_at=wanted.evidence_at,
    )


def an_account(account_id: str = "acme", owner_id: str | None = "rep-1", **shown: Any) -> ShownAccount:
    """An account as the snapshot shows it; keyword arguments are owned fields."""
    return ShownAccount(account_id, owner_id, shown, account_id.title())


def a_rep(owner_id: str = "rep-1", **other: Any) -> OwnerFacts:
    """Somebody on our side, active."""
    rest = {"name": owner_id.title(), "email": f"{owner_id}@ours.example", "active": True}
    return OwnerFacts(owner_id=owner_id, **{**rest, **other})


def showing(*accounts: ShownAccount, tasks: tuple[KnownTask, ...] = (), reps: tuple[OwnerFacts, ...] = ()) -> Showing:
    """What the CRM shows of these accounts; rep-1 and rep-2 are active."""
    people = reps or (a_rep("rep-1"), a_rep("rep-2"))
    return Showing(
        connection="prod",
        org_id="org-prod",
        accounts={account.account_id: account for account in accounts},
        tasks={task.key: task for task in tasks},
        owners={rep.owner_id: rep for rep in people},
    )


def plan_for(
    wants: Desired | list[Desired],
    *accounts: ShownAccount,
    tasks: tuple[KnownTask, ...] = (),
    reps: tuple[OwnerFacts, ...] = (),
    written: Mapping[str, Mapping[str, Written]] | None = None,
    rules: PlanRules = RULES,
    now: datetime = MONDAY,
) -> Plan:
    """The plan for these wishes, the first one ranked best; without accounts an empty ``acme``."""
    wants = wants if isinstance(wants, list) else [wants]
    decisions = {want.account_id: decision(want.account_id, rank=rank) for rank, want in enumerate(wants)}
    shown = showing(*(accounts or (an_account(),)), tasks=tasks, reps=reps)
    return make_plan(shown, wants, decisions, written or {}, rules, now)


def changes_of(made: Plan) -> list[Any]:
    """The bare changes of a plan, in order."""
    return [planned.change for planned in made.changes]
