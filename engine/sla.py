"""First-touch promises: a timer starts when its task is confirmed, runs on working time, ends with a human touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from engine.business_time import WorkCalendar, add, add_time, calendar_for, elapsed
from engine.facts import KnownTask, OwnerFacts, TaskWanted, Timer, TimerState
from engine.motion import Motion, SlaRule
from engine.phrasing import moment

HUMAN_ACTS: Final = frozenset(
    {
        "call_connected",
        "call_attempted",
        "email_sent",
        "message",
        "message_sent",
        "meeting_held",
        "meeting_scheduled",
        "task_closed",  # made here: a person closed our task
    }
)
LATE_LOG: Final = timedelta(hours=24)
KEEPS_PROMISE: Final = timedelta(minutes=15)  # a due time this close to the one shown is the same promise
MET_SHOWN: Final = timedelta(days=14)
OPEN_STATES: Final = frozenset({TimerState.RUNNING, TimerState.WARNED, TimerState.BREACHED})

ON_TIME, DUE_SOON, BREACHED, MET, MET_LATE = "On time", "Due soon", "Breached", "Met", "Met late"


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person on our side did with an account or its people; only kinds of ``HUMAN_ACTS`` count."""

    account_id: str
    actor_id: str | None
    occurred_at: datetime
    logged_at: datetime
    kind: str


def assignee_calendar(owner: OwnerFacts | None, motion: Motion, zone: str) -> WorkCalendar:
    """The working time of whoever holds a task, absences cut out; without anybody, the connection's."""
    if owner is None:
        return calendar_for(motion, zone)
    calendar = calendar_for(motion, zone, email=owner.email, team=owner.team, time_zone=owner.time_zone)
    return replace(calendar, away=owner.away) if owner.away else calendar


def rule_of(motion: Motion, play: str) -> SlaRule | None:
    """The promise that goes with a play, if any."""
    return next((one.sla for one in motion.plays if one.name == play), None)


def start(
    task: TaskWanted, confirmed_at: datetime, owners: Mapping[str, OwnerFacts], motion: Motion, zone: str = "UTC"
) -> Timer | None:
    """The timer of a task whose opening the CRM confirmed; None when the task makes no promise."""
    rule = rule_of(motion, task.play)
    if rule is None or not task.sla_due:
        return None
    calendar = assignee_calendar(owners.get(task.assignee_id), motion, zone)
    due, warn = _promise(calendar, confirmed_at, rule)
    return Timer(
        account_id=task.account_id,
        play=task.play,
        key=task.key,
        assignee_id=task.assignee_id,
        started_at=confirmed_at,
        due_at=due,
        warn_at=warn,
        evidence_at=task.evidence_at,
    )


def _promise(calendar: WorkCalendar, since: datetime, rule: SlaRule) -> tuple[datetime, datetime]:
    due = add(calendar, since, rule.first_touch)
    return due, add_time(calendar, since, elapsed(calendar, since, due) * rule.warn)


def advance(
    timer: Timer, acts: Iterable[Act], now: datetime, calendar: WorkCalendar, rule: SlaRule
) -> tuple[Timer, tuple[str, ...]]:
    """The timer as of now, and a sentence for each thing that happened to it.

    ``acts``: acts of the people who count for this account (see ``people_who_count``), in any order.
    """
    if timer.state not in OPEN_STATES:
        return timer, ()
    timer, said = _recomputed(timer, calendar, rule)
    act = first_touch(acts, timer.account_id, timer.started_at, now)
    if act is not None:
        return _met(timer, act, said)
    if now >= timer.due_at:
        if timer.state is not TimerState.BREACHED:
            said = (*said, f"Nobody touched the account by {moment(timer.due_at, calendar.zone)}: promise broken.")
        return replace(timer, state=TimerState.BREACHED, breached_at=timer.breached_at or timer.due_at), said
    if now >= timer.warn_at and timer.state is TimerState.RUNNING:
        said = (*said, f"First touch is due by {moment(timer.due_at, calendar.zone)}.")
        return replace(timer, state=TimerState.WARNED), said
    return timer, said


def _recomputed(timer: Timer, calendar: WorkCalendar, rule: SlaRule) -> tuple[Timer, tuple[str, ...]]:
    """Holidays and absences that became known later move an open promise, never one that is broken."""
    if timer.state is TimerState.BREACHED:
        return timer, ()
    due, warn = _promise(calendar, timer.started_at, rule)
    if (due, warn) == (timer.due_at, timer.warn_at):
        return timer, ()
    was, new = moment(timer.due_at, calendar.zone), moment(due, calendar.zone)
    return replace(timer, due_at=due, warn_at=warn), (f"Calendar changed: due {new}, was {was}.",)


def first_touch(acts: Iterable[Act], account_id: str, since: datetime, now: datetime) -> Act | None:
    """The first human outbound act on an account after ``since`` that is known by now."""
    found = [
        act
        for act in acts
        if act.account_id == account_id
        and act.kind in HUMAN_ACTS
        and act.occurred_at > since
        and act.logged_at <= now
        and (act.occurred_at <= now or act.kind == "meeting_scheduled")
    ]
    return min(found, key=lambda act: (act.occurred_at, act.kind, act.actor_id or ""), default=None)


def _met(timer: Timer, act: Act, said: tuple[str, ...]) -> tuple[Timer, tuple[str, ...]]:
    late = act.occurred_at > timer.due_at
    text = f"First touch on {moment(act.occurred_at)}" + (", after it was due" if late else ", in time")
    if act.logged_at - act.occurred_at > LATE_LOG:
        text += f" (logged late, on {moment(act.logged_at)})"
    breached = (timer.breached_at or timer.due_at) if late else None
    met = replace(timer, state=TimerState.MET, met_at=act.occurred_at, met_by=act.actor_id, breached_at=breached)
    return met, (*said, f"{text}.")


def closed_by_person(timer: Timer, task: KnownTask | None) -> Act | None:
    """A person closing our task counts as the touch it asked for; one that was deleted or withdrawn does not."""
    if task is None or task.state != "done" or task.closed_at is None or task.closed_at <= timer.started_at:
        return None
    return Act(timer.account_id, task.assignee_id, task.closed_at, task.closed_at, "task_closed")


def cancel(timer: Timer, because: str) -> tuple[Timer, tuple[str, ...]]:
    """The timer ended without a verdict; a broken promise stays on record."""
    if timer.state not in OPEN_STATES:
        return timer, ()
    return replace(timer, state=TimerState.CANCELLED), (f"Timer stopped: {because}.",)


def people_who_count(assignee_id: str, owner_id: str | None, owners: Mapping[str, OwnerFacts]) -> frozenset[str]:
    """Whose act meets a timer: the assignee, the owner, the owner's team and both managers."""
    found = {assignee_id} | ({owner_id} if owner_id is not None else set())
    teams = {one.team for name in found if (one := owners.get(name)) is not None and one.team is not None}
    managers = {one.manager_id for name in found if (one := owners.get(name)) is not None and one.manager_id}
    return frozenset(found | managers | {name for name, one in owners.items() if one.team in teams})


def fields(timers: Sequence[Timer], shown_due: object, now: datetime) -> tuple[datetime | None, str | None]:
    """What the CRM shows of an account's promises: when the next one is due, and how the newest stands.

    A due time within 15 minutes of the one shown is the promise as first written, and stays as it is.
    """
    open_ones = [timer for timer in timers if timer.state in OPEN_STATES]
    if open_ones:
        timer = min(open_ones, key=lambda one: (one.due_at, one.key))
        due = timer.due_at
        if isinstance(shown_due, datetime) and abs(shown_due - due) <= KEEPS_PROMISE:
            due = shown_due
        status = {TimerState.RUNNING: ON_TIME, TimerState.WARNED: DUE_SOON}.get(timer.state, BREACHED)
        return due, status
    met = [timer for timer in timers if timer.met_at is not None and now - timer.met_at < MET_SHOWN]
    if not met:
        return None, None
    newest = max(met, key=lambda one: (one.started_at, one.key))
    return None, MET_LATE if newest.breached_at is not None else MET
