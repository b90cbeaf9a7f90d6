"""The plan: what would change in the CRM, and why. The only place where changes are made; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.base import AssignOwner, Change, Fields, Key, OpenTask, SetFields, UpdateTask, WithdrawTask
from engine.facts import Decision, Desired, KnownTask, OwnerFacts, TaskWanted
from sync import diff, owned
from sync.changes import ORDER, Kind
from sync.diff import Written
from sync.planned import Held, Plan, Planned, Totals, from_dict

__all__: Final = ["Held", "Plan", "PlanRules", "Planned", "Showing", "ShownAccount", "Totals", "from_dict", "make_plan"]


# ---- what goes in ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ShownAccount:
    """One account in scope, as the snapshot shows it."""

    account_id: str
    owner_id: str | None
    fields: Fields  # the fields we own: canonical name to value
    name: str = ""


@dataclass(frozen=True, slots=True)
class Showing:
    """What the CRM shows now, as far as a plan needs it."""

    connection: str
    org_id: str
    accounts: Mapping[str, ShownAccount]  # the population
    tasks: Mapping[Key, KnownTask] = field(default_factory=dict)  # every task of ours, by key, closed ones too
    owners: Mapping[str, OwnerFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What a plan may write, and what it leaves to people."""

    policy: str  # fingerprint
    fields: frozenset[str] = owned.CORE
    human_wins: timedelta = timedelta(days=90)  # how long a person's choice of owner stands against ours
    placeholders: frozenset[str] = frozenset()  # owner ids or e-mails that stand for nobody
    first_pass: bool = False  # nothing stands yet on this connection
    taken: frozenset[Key] = frozenset()  # creation keys that may exist although no task is shown


# ---- making one -----------------------------------------------------------------------------------------------------
def make_plan(
    showing: Showing,
    desired: Sequence[Desired],
    decisions: Mapping[str, Decision],
    written: Mapping[str, Mapping[str, Written]],
    rules: PlanRules,
    now: datetime,
    *,
    calls: Callable[[Sequence[Change]], int] = lambda _changes: 0,
) -> Plan:
    """Desired against what the CRM shows: changes in order of sending, best accounts first; what is left out, and why.

    ``written``: what we last wrote, by account and field. ``calls`` predicts API calls. Accounts that left the
    snapshot are left alone.
    """
    draft = _Draft(showing, rules, now)
    for want in desired:
        if want.account_id in showing.accounts:
            draft.add(want, decisions[want.account_id], written.get(want.account_id, {}))
    found = sorted(draft.found, key=lambda one: (ORDER[one.kind], decisions[one.account_id].rank, one.change.record))
    planned = tuple(replace(one, seq=seq) for seq, one in enumerate(found, start=1))
    touched = {one.account_id for one in planned}
    return Plan(
        connection=showing.connection,
        org_id=showing.org_id,
        policy=rules.policy,
        created_at=now,
        population=len(showing.accounts),
        first_pass=rules.first_pass,
        changes=planned,
        held=tuple(sorted(draft.held, key=lambda held: (held.account_id, held.what, held.by))),
        decisions={account: decisions[account] for account in sorted(touched)},
        cleared=draft.cleared,
        overruled=tuple(sorted(draft.overruled)),
        totals=_totals(planned, draft.cleared, calls([one.change for one in planned])),
    )


class _Draft:
    """A plan in the making: what was found so far."""

    def __init__(self, showing: Showing, rules: PlanRules, now: datetime) -> None:
        self.showing, self.rules, self.now = showing, rules, now
        self.found: list[Planned] = []
        self.held: list[Held] = []
        self.overruled: list[tuple[str, str]] = []
        self.cleared = 0
        self.open: dict[tuple[str, str], KnownTask] = {}
        self.used: set[tuple[str, str, str]] = set()
        for task in showing.tasks.values():
            self.used.add((task.account_id, task.play, task.epoch))
            if task.state == "open":
                self.open.setdefault((task.account_id, task.assignee_id), task)

    def add(self, want: Desired, decision: Decision, written: Mapping[str, Written]) -> None:
        """Find the changes of one account."""
        shown = self.showing.accounts[want.account_id]
        if want.visible:
            self._fields(want, decision, shown, written)
        self._owner(want, decision, shown, written)
        self._withdrawals(want, decision)
        if want.open_task is not None:
            self._task(want.open_task, want, decision)
        for wait in want.waiting:
            self.held.append(Held(wait.account_id, f"task {wait.play}", "waiting", wait.reason))

    def _fields(self, want: Desired, decision: Decision, shown: ShownAccount, written: Mapping[str, Written]) -> None:
        self.overruled += [
            (shown.account_id, name) for name in diff.overruled(shown.fields, written, self.rules.fields)
        ]
        after = diff.changed_fields(want, shown.fields, written, self.rules.fields, self.now)
        if not after:
            return
        before = {name: diff.settled(name, shown.fields.get(name)) for name in after}
        self.cleared += sum(diff.counts_as_cleared(name, before[name], after[name], written) for name in after)
        rule = f"tier {decision.movement}" if "tier" in after else ("refresh" if diff.quiet(after) else "fields")
        self._found(SetFields(shown.account_id, before, after), rule, want, decision)

    def _owner(self, want: Desired, decision: Decision, shown: ShownAccount, written: Mapping[str, Written]) -> None:
        choice = want.owner
        mark = written.get(owned.OWNER)
        active = self._serves(shown.owner_id)
        if mark is not None and mark.value != shown.owner_id:
            self.overruled.append((shown.account_id, owned.OWNER))
        if choice.owner_id is None or choice.owner_id == shown.owner_id:
            return
        # an owner who left was nobody's choice to keep; an emptied field was a person's choice
        kept = active or shown.owner_id is None
        if kept and diff.people_win(shown.owner_id, mark, self.rules.human_wins, self.now):
            reason = "a person changed the owner after we set it; their choice stands"
            self.held.append(Held(shown.account_id, "owner", "human wins", reason))
            return
        rule = "owner move" if active else "owner fill"
        change = AssignOwner(shown.account_id, shown.owner_id, choice.owner_id)
        self._found(change, rule, want, decision, reasons=(choice.reason,))

    def _serves(self, owner_id: str | None) -> bool:
        """Whether somebody real owns it: an active person who is no placeholder."""
        if owner_id is None or owner_id in self.rules.placeholders:
            return False
        owner = self.showing.owners.get(owner_id)
        return owner is not None and owner.active and owner.email not in self.rules.placeholders

    def _withdrawals(self, want: Desired, decision: Decision) -> None:
        for order in want.withdraw:
            task = self.showing.tasks.get(order.key)
            if task is None or task.state != "open":
                continue
            if task.touched:
                reason = "a person has changed the task; it stays theirs"
                self.held.append(Held(order.account_id, f"task {task.play}", "human wins", reason))
                continue
            self.open.pop((task.account_id, task.assignee_id), None)
            change = WithdrawTask(order.task_id, order.key, order.account_id, _before(task), order.note)
            self._found(change, f"play {task.play}", want, decision, reasons=(order.note,))

    def _task(self, wanted: TaskWanted, want: Desired, decision: Decision) -> None:
        held = self.open.get((wanted.account_id, wanted.assignee_id))
        own = self.showing.tasks.get(wanted.key)
        if own is not None and own.state == "open" and own.assignee_id != wanted.assignee_id:
            self._hand_over(own, wanted, want, decision, taken=held is not None)
        elif held is not None:
            self._take_over(held, wanted, want, decision)
        elif wanted.key in self.showing.tasks or (wanted.account_id, wanted.play, wanted.epoch) in self.used:
            return  # it was opened once; what a person closed, moved or deleted stays so
        elif wanted.key in self.rules.taken:
            reason = "an earlier attempt may still reach the CRM; it is looked for again in the next run"
            self.held.append(Held(wanted.account_id, f"task {wanted.play}", "pending", reason))
        else:
            self.open[wanted.account_id, wanted.assignee_id] = _as_known(wanted, self.now)
            self._found(_opening(wanted), f"play {wanted.play}", want, decision, wanted=wanted)

    def _take_over(self, held: KnownTask, wanted: TaskWanted, want: Desired, decision: Decision) -> None:
        """The one open task of this account and assignee says what the best play wants, unless a person touched it."""
        mine = (held.play, held.epoch) == (wanted.play, wanted.epoch)
        if owned.same("subject", held.subject, wanted.subject) or held.task_id is None:
            return
        if held.touched:
            if not mine:
                reason = "the open task of this account was changed by a person; it stays theirs"
                self.held.append(Held(wanted.account_id, f"task {wanted.play}", "human wins", reason))
            return
        after: dict[str, Any] = {"subject": wanted.subject, "body": wanted.body}
        if not mine:
            after |= {"due_at": wanted.due_at, "priority": wanted.priority}
        change = UpdateTask(held.task_id, held.key, held.account_id, _before(held), after)
        self._found(change, f"play {wanted.play}", want, decision, wanted=wanted)

    def _hand_over(self, own: KnownTask, wanted: TaskWanted, want: Desired, decision: Decision, *, taken: bool) -> None:
        """An open task whose holder has left goes to somebody else, unless a person touched it."""
        if own.task_id is None:
            return
        if own.touched or taken:
            reason = (
                "its holder has left, but a person changed the task; it stays as it is"
                if own.touched
                else "its holder has left, and whoever would take it has another task on this account"
            )
            self.held.append(Held(wanted.account_id, f"task {wanted.play}", "human wins", reason))
            return
        self.open[wanted.account_id, wanted.assignee_id] = own
        after: dict[str, Any] = {"assignee_id": wanted.assignee_id, "due_at": wanted.due_at}
        change = UpdateTask(own.task_id, own.key, own.account_id, _before(own), after)
        self._found(change, f"play {wanted.play}", want, decision, reasons=("its holder has left",), wanted=wanted)

    def _found(
        self,
        change: Change,
        rule: str,
        want: Desired,
        decision: Decision,
        *,
        reasons: tuple[str, ...] = (),
        wanted: TaskWanted | None = None,
    ) -> None:
        self.found.append(Planned(0, change, rule, reasons or want.reasons, decision.movement, wanted))


def _opening(wanted: TaskWanted) -> OpenTask:
    names = (
        "key",
        "account_id",
        "contact_id",
        "contact_is_lead",
        "assignee_id",
        "subject",
        "body",
        "due_at",
        "priority",
    )
    return OpenTask(**{name: getattr(wanted, name) for name in names})


def _as_known(wanted: TaskWanted, now: datetime) -> KnownTask:
    return KnownTask(
        key=wanted.key,
        task_id=None,
        account_id=wanted.account_id,
        play=wanted.play,
        epoch=wanted.epoch,
        assignee_id=wanted.assignee_id,
        subject=wanted.subject,
        opened_at=now,
        state="open",
        due_at=wanted.due_at,
    )


def _before(task: KnownTask) -> Fields:
    due_at = diff.settled("due_at", task.due_at)
    return {"subject": task.subject, "due_at": due_at, "state": task.state, "assignee_id": task.assignee_id}


def _totals(planned: Sequence[Planned], cleared: int, calls: int) -> Totals:
    kinds = Counter(one.kind for one in planned)
    sets = [one.change for one in planned if isinstance(one.change, SetFields)]
    tiers = Counter(str(change.after["tier"]) for change in sets if change.after.get("tier") is not None)
    opened = Counter(one.change.assignee_id for one in planned if isinstance(one.change, OpenTask))
    return Totals(
        accounts=len({one.account_id for one in planned}),
        fields_set=sum(len(change.after) for change in sets),
        fields_cleared=cleared,
        owners_moved=kinds[Kind.ASSIGN_OWNER],
        tasks_opened=kinds[Kind.OPEN_TASK],
        tasks_updated=kinds[Kind.UPDATE_TASK],
        tasks_withdrawn=kinds[Kind.WITHDRAW_TASK],
        by_tier=dict(sorted(tiers.items())),
        by_owner=dict(sorted(opened.items())),
        api_calls=calls,
    )
