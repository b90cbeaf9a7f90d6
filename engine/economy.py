"""The task economy: one open task per account and person, few new ones a day, best first, and none without a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.business_time import WorkCalendar, add
from engine.facts import KnownTask, OwnerFacts, TaskWanted, Waiting, Withdrawal
from engine.motion import Motion
from engine.ownership import owner_slot
from engine.phrasing import day
from engine.plays import View, Want, lapse
from engine.routing import Choice, Loads, Rules, away_until, choose
from engine.routing import Waiting as SlotWaiting
from engine.sla import assignee_calendar
from engine.texts import Setting, write


@dataclass(slots=True)
class Budget:
    """What everybody may still be given in this pass; ``closed`` names those who take no more, and why."""

    motion: Motion
    open_now: Counter[str] = field(default_factory=Counter)
    new_today: Counter[str] = field(default_factory=Counter)
    rollout_today: Counter[str] = field(default_factory=Counter)
    closed: dict[str, str] = field(default_factory=dict)

    def stop(self, owner_id: str, *, rollout: bool) -> str:
        """Why a person takes no new task now, in words; empty when they do."""
        tasks, pace = self.motion.tasks, self.motion.baseline_rollout.per_owner_per_day
        if self.open_now[owner_id] >= tasks.open_per_rep:
            return f"{tasks.open_per_rep} tasks are open already"
        if self.new_today[owner_id] >= tasks.new_per_day:
            return f"{tasks.new_per_day} new tasks were given today"
        if rollout and self.rollout_today[owner_id] >= pace:
            return f"the first pass releases {pace} a day"
        return ""

    def take(self, owner_id: str, want: Want) -> None:
        """One new task for a person; a hand-raise takes nothing from the day's number."""
        self.open_now[owner_id] += 1
        if not want.hand_raise:
            self.new_today[owner_id] += 1
            self.rollout_today[owner_id] += want.rollout
        self.close_full(owner_id)

    def close_full(self, owner_id: str) -> None:
        """Notes a person whose day or desk is full, so that pools pass them over."""
        reason = self.stop(owner_id, rollout=False)
        if reason:
            self.closed[owner_id] = reason


@dataclass(frozen=True, slots=True)
class Desk:
    """The economy of one pass: budgets and loads that fill up while accounts are served, best first."""

    org: str
    motion: Motion
    owners: Mapping[str, OwnerFacts]
    setting: Setting
    zone: str
    now: datetime
    budget: Budget
    loads: Loads
    free: Rules  # for hand-raises: nobody is too busy
    busy: Rules  # for all else: whoever is full is passed over
    calendars: dict[str, WorkCalendar] = field(default_factory=dict)

    def calendar(self, owner_id: str) -> WorkCalendar:
        """The working time of a person."""
        if owner_id not in self.calendars:
            self.calendars[owner_id] = assignee_calendar(self.owners.get(owner_id), self.motion, self.zone)
        return self.calendars[owner_id]


@dataclass(frozen=True, slots=True)
class Served:
    """What one account gets in this pass."""

    task: TaskWanted | None = None
    waiting: tuple[Waiting, ...] = ()


def open_desk(
    org: str,
    motion: Motion,
    owners: Mapping[str, OwnerFacts],
    setting: Setting,
    tasks: Iterable[KnownTask],
    gone: AbstractSet[str],
    baseline: AbstractSet[str],
    now: datetime,
    zone: str,
) -> Desk:
    """The desk as the day stands: tasks open and opened today, less those withdrawn now (``gone``, by key).

    ``baseline``: accounts whose standing tier is their first; their entry plays are paced by the rollout.
    """
    budget, free = Budget(motion), Rules.of(motion, owners, now)
    desk = Desk(org, motion, owners, setting, zone, now, budget, Loads(), free, replace(free, closed=budget.closed), {})
    plays = {play.name: play for play in motion.plays}
    for task in tasks:
        who, calendar = task.assignee_id, desk.calendar(task.assignee_id)
        if task.state == "open" and task.key not in gone:
            budget.open_now[who] += 1
            desk.loads.held[who] += 1
        if abs(now - task.opened_at) > timedelta(days=2) or calendar.local_day(task.opened_at) != calendar.local_day(
            now
        ):
            continue
        when = plays[task.play].when if task.play in plays else None
        if when is None or when.event != "hand_raise":
            budget.new_today[who] += 1
        if when is not None and when.entered is not None and task.account_id in baseline:
            budget.rollout_today[who] += 1
    for owner_id in owners:
        budget.close_full(owner_id)
    return desk


def withdrawals(
    view: View, wanted: Sequence[Want], motion: Motion, calendar: WorkCalendar, now: datetime
) -> tuple[Withdrawal, ...]:
    """Open tasks of ours whose reason is gone; one that a person changed is theirs, and stays."""
    alive = {want.key for want in wanted}
    return tuple(
        Withdrawal(task.key, task.task_id, task.account_id, f"Withdrawn: {lapse(task, view, motion, calendar, now)}.")
        for task in view.history
        if task.state == "open" and not task.touched and task.task_id is not None and task.key not in alive
    )


def serve(desk: Desk, view: View, wanted: Sequence[Want], gone: AbstractSet[str], owner_id: str | None) -> Served:
    """The one task an account gets now: of its best play that is not settled, unless its task is open already."""
    running = {task.key: task for task in view.history if task.state == "open" and task.key not in gone}
    for want in wanted:
        if want.play.task is None:
            continue
        if want.key in running and running[want.key].play == want.play.name:
            return _hand_over(desk, view, want, running[want.key], owner_id)
        if not want.stop:
            return _open(desk, view, want, list(running.values()), owner_id)
    return Served()


def _hand_over(desk: Desk, view: View, want: Want, task: KnownTask, owner_id: str | None) -> Served:
    """An open task stays as it is, unless whoever holds it is not active any more: then it gets a new holder."""
    if task.touched or desk.free.works(task.assignee_id):
        return Served()
    who, reason = _assignee(desk, view, want, owner_id)
    if who is None:
        return Served(waiting=(Waiting(view.facts.account_id, want.play.name, None, reason),))
    return Served(task=replace(_task(desk, view, want, who), sla_due=False))


def _open(desk: Desk, view: View, want: Want, running: Sequence[KnownTask], owner_id: str | None) -> Served:
    who, reason = _assignee(desk, view, want, owner_id)
    if who is None:
        return _waits(view, want, None, reason)
    mine = [task for task in running if task.assignee_id == who]
    if len(mine) >= desk.motion.tasks.open_per_account_and_assignee:
        return _take_over(desk, view, want, who, mine)
    stop = "" if want.hand_raise else desk.budget.stop(who, rollout=want.rollout)
    if stop:
        return _waits(view, want, who, stop)
    desk.budget.take(who, want)
    desk.loads.held[who] += 1
    return Served(_task(desk, view, want, who))


def _take_over(desk: Desk, view: View, want: Want, who: str, mine: Sequence[KnownTask]) -> Served:
    """A better play takes over the lowest untouched task of this account and person: same task, new words."""
    worse = _worst(desk, want, mine)
    if worse is None or worse.task_id is None:
        return _waits(view, want, who, "another task on this account is open with the same person")
    return Served(replace(_task(desk, view, replace(want, key=worse.key), who), key=want.key))


def _waits(view: View, want: Want, who: str | None, reason: str) -> Served:
    return Served(waiting=(Waiting(view.facts.account_id, want.play.name, who, reason),))


def _worst(desk: Desk, want: Want, mine: Sequence[KnownTask]) -> KnownTask | None:
    """The open task that gives way: of a lower play than the one wanted, and as we wrote it."""
    places = {play.name: place for place, play in enumerate(desk.motion.plays)}
    lower = [task for task in mine if places.get(task.play, len(places)) > want.place and not task.touched]
    return max(lower, key=lambda task: (places.get(task.play, len(places)), task.key), default=None)


def _assignee(desk: Desk, view: View, want: Want, owner_id: str | None) -> tuple[str | None, str]:
    """Who gets the task, or None and why nobody does."""
    rules = desk.free if want.hand_raise else desk.busy
    owner = owner_id if desk.free.works(owner_id) else None
    chosen = _by_slot(desk, view, want, owner, rules)
    if chosen.owner_id is None:
        if not want.hand_raise or owner is None:
            return None, chosen.reason
        chosen = replace(chosen, owner_id=owner)
    back = away_until(desk.owners[chosen.owner_id], desk.now) if chosen.owner_id is not None else None
    if back is None:
        return chosen.owner_id, chosen.reason
    name = desk.owners[chosen.owner_id or ""].name
    stand_in = _stand_in(desk, view, want, chosen.owner_id or "", rules) if want.urgent else None
    return stand_in, f"{name} is away until {day(back)}"


def _slot(want: Want) -> str:
    return want.play.task.slot if want.play.task is not None else ""


def _by_slot(desk: Desk, view: View, want: Want, owner: str | None, rules: Rules) -> Choice:
    facts, slot = view.facts, _slot(want)
    if slot == owner_slot(desk.motion) or slot not in desk.motion.slots:
        return Choice(facts.account_id, slot, owner, "it is their account" if owner else "waiting for owner")
    asked = SlotWaiting(facts, view.decision.standing.tier, slot, _last_holder(desk, view, slot) or owner)
    return choose(asked, desk.loads, rules)


def _last_holder(desk: Desk, view: View, slot: str) -> str | None:
    """Who held this slot's last task on the account: the same face, as long as they are active."""
    plays = {play.name for play in desk.motion.plays if play.task is not None and play.task.slot == slot}
    held = [task for task in view.history if task.play in plays and desk.free.works(task.assignee_id)]
    return max(held, key=lambda task: (task.opened_at, task.key)).assignee_id if held else None


def _stand_in(desk: Desk, view: View, want: Want, away: str, rules: Rules) -> str | None:
    """Who takes an urgent task while its holder is away: the slot's pool, else the holder's manager."""
    asked = SlotWaiting(view.facts, view.decision.standing.tier, _slot(want), None)
    chosen = choose(asked, desk.loads, rules) if _slot(want) in desk.motion.slots else None
    if chosen is not None and chosen.owner_id is not None:
        return chosen.owner_id
    manager = desk.owners[away].manager_id
    here = desk.free.works(manager) and away_until(desk.owners[manager or ""], desk.now) is None
    return manager if here else None


def _task(desk: Desk, view: View, want: Want, who: str) -> TaskWanted:
    template = want.play.task
    assert template is not None
    text = write(template, view, want, desk.setting)
    return TaskWanted(
        key=want.key,
        play=want.play.name,
        epoch=want.epoch,
        account_id=view.facts.account_id,
        contact_id=text.person.contact_id if text.person is not None else None,
        contact_is_lead=text.person is not None and text.person.is_lead,
        assignee_id=who,
        subject=text.subject,
        body=text.body,
        due_at=add(desk.calendar(who), desk.now, template.due),
        priority=template.priority,
        hand_raise=want.hand_raise,
        sla_due=want.promise and not want.rollout,
        evidence_at=want.trigger_at,
    )
