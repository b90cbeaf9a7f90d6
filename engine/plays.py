"""The plays whose reason stands now. Plays are states, not edges: wanted for this entry until done or expired.

The epoch of a play is its trigger's own fact, so the same trigger always names the same task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from engine.business_time import WorkCalendar, recent_since
from engine.candidate import roles_share
from engine.facts import Decision, Facts, KnownTask
from engine.keys import day_epoch, moment_epoch, task_key
from engine.motion import Motion, Play, PlayWhen, WorkSpan
from engine.phrasing import day
from engine.policy import CUSTOMER_TIERS, RECYCLE, SUPPRESS
from engine.sla import HUMAN_ACTS, Act

HAND_RAISE_FRESH: Final = timedelta(days=14)
HAND_RAISE_BEFORE_BASELINE: Final = timedelta(days=7)
SURGE_WEEK: Final = timedelta(days=7)
ENTRY_FRESH: Final = timedelta(days=30)
TWO_WAY_RECENT: Final = WorkSpan(days=5)


@dataclass(frozen=True, slots=True)
class View:
    """One account as plays see it: facts, decision, our tasks on it so far, and what our people did lately."""

    facts: Facts
    decision: Decision
    history: Sequence[KnownTask] = ()
    acts: Sequence[Act] = ()

    def open_task(self, play: str, epoch: str | None = None) -> KnownTask | None:
        """The open task of a play (of one epoch, if given), the oldest if there are several.

        Its key may be another play's: a better play takes over the task of a lower one.
        """
        mine = [task for task in self.history if task.play == play and task.state == "open"]
        found = [task for task in mine if epoch is None or task.epoch == epoch]
        return min(found, key=lambda task: (task.opened_at, task.key), default=None)


@dataclass(frozen=True, slots=True)
class Want:
    """A play whose reason stands. ``stop`` says why no new task of it may be opened; ``place`` 0 is the best play."""

    play: Play
    place: int
    epoch: str
    key: str
    trigger_at: datetime | None
    rollout: bool = False
    promise: bool = False
    stop: str = ""

    @property
    def hand_raise(self) -> bool:
        """True when somebody asked to be called."""
        return self.play.when.event == "hand_raise"

    @property
    def urgent(self) -> bool:
        """True for hand-raises and surges: somebody else takes them when the assignee is away."""
        return self.hand_raise or bool(self.play.when.surged)


def wants(
    view: View, org: str, motion: Motion, top_tier: str, calendar: WorkCalendar, now: datetime
) -> tuple[Want, ...]:
    """The plays whose reason stands on an account, best first."""
    tier = view.decision.standing.tier
    if tier == SUPPRESS:
        return ()
    found: list[Want] = []
    for place, play in enumerate(motion.plays):
        if view.decision.held_out and play.when.event != "hand_raise":
            continue
        if not _holds(play, view, top_tier, now) or blocked(play, view, calendar, now):
            continue
        found.append(_want(play, place, view, org, calendar, now))
    return tuple(found)


def _want(play: Play, place: int, view: View, org: str, calendar: WorkCalendar, now: datetime) -> Want:
    epoch = _epoch(play, view, org)
    running = view.open_task(play.name, None if play.when.entered is None else epoch)
    epoch = running.epoch if running is not None else epoch
    key = running.key if running is not None else task_key(org, view.facts.account_id, play.name, epoch)
    standing, at = view.decision.standing, trigger_at(play.when, view)
    rollout = standing.baseline and play.when.entered is not None
    before_us = standing.baseline and at is not None and at <= standing.since and play.when.event is None
    return Want(
        play=play,
        place=place,
        epoch=epoch,
        key=key,
        trigger_at=at,
        rollout=rollout,
        promise=play.sla is not None and not before_us and not _two_way_before(view.facts, play, calendar, now),
        stop=_stop(play, key, epoch, view, now),
    )


def _holds(play: Play, view: View, top_tier: str, now: datetime) -> bool:
    """True when every condition of ``when`` is met."""
    when, facts, standing = play.when, view.facts, view.decision.standing
    released = not standing.baseline or when.entered == top_tier
    recycled_as = standing.disposition if standing.tier == RECYCLE else None
    return (
        (when.event is None or _hand_raised(play, view, now))
        and (when.entered is None or (standing.tier == when.entered and released))
        and (when.in_tier is None or standing.tier == when.in_tier)
        and (when.surged is None or (standing.treated_as is not None) is when.surged)
        and (when.disposition is None or recycled_as == when.disposition)
        and (when.for_ is None or now - standing.since >= when.for_)
        and (when.roles_below is None or roles_share(facts) < when.roles_below)
        and _quiet(when, facts, now)
        and _renews(when, view, now)
    )


def _hand_raised(play: Play, view: View, now: datetime) -> bool:
    raised, standing = view.facts.hand_raise, view.decision.standing
    if raised is None:
        return False
    if view.open_task(play.name) is not None:
        return True
    if standing.baseline and raised.occurred_at < standing.since - HAND_RAISE_BEFORE_BASELINE:
        return False
    return now - raised.occurred_at <= HAND_RAISE_FRESH


def _quiet(when: PlayWhen, facts: Facts, now: datetime) -> bool:
    if when.no_inbound_for is None:
        return True
    return facts.last_inbound_at is not None and now - facts.last_inbound_at >= when.no_inbound_for


def _renews(when: PlayWhen, view: View, now: datetime) -> bool:
    if when.renewal_within is None:
        return True
    renewal = view.facts.renewal_at
    if renewal is None or view.decision.standing.tier not in CUSTOMER_TIERS:
        return False
    return now.date() <= renewal.date() <= (now + when.renewal_within).date()


def blocked(play: Play, view: View, calendar: WorkCalendar, now: datetime) -> str:
    """What speaks against a play, in words: an open opportunity, a recent touch, or that somebody acted already."""
    if play.unless.open_opportunity and view.facts.open_opportunity:
        return "an opportunity is open"
    within, touched = play.unless.touched_within, view.facts.last_human_contact_at
    if within is not None and touched is not None and touched >= recent_since(calendar, now, within):
        return f"there was contact on {day(touched)}"
    acted = acted_at(play, view, now)
    return f"somebody got in touch on {day(acted)}" if acted is not None else ""


def acted_at(play: Play, view: View, now: datetime) -> datetime | None:
    """When somebody of ours did what a first-touch play asks for, since its task was opened or its trigger came."""
    if play.sla is None:
        return None
    task = view.open_task(play.name)
    moments = [task.opened_at if task is not None else None, _reason_since(play.when, view)]
    since = max((moment for moment in moments if moment is not None), default=now)
    times = [a.occurred_at for a in view.acts if a.kind in HUMAN_ACTS and since < a.occurred_at <= now]
    return min(times, default=None)


def _reason_since(when: PlayWhen, view: View) -> datetime | None:
    at = trigger_at(when, view)
    return at + SURGE_WEEK if when.surged and at is not None else at  # calls in the surge's week were no answer to it


def trigger_at(when: PlayWhen, view: View) -> datetime | None:
    """When the fact that triggers a play came about, where it is a moment."""
    facts, standing = view.facts, view.decision.standing
    if when.event is not None:
        return facts.hand_raise.occurred_at if facts.hand_raise is not None else None
    if when.surged:
        return standing.treated_since
    if when.entered is not None:
        return standing.since
    return facts.last_inbound_at if when.no_inbound_for is not None else None


def _epoch(play: Play, view: View, org: str) -> str:
    when, facts, standing = play.when, view.facts, view.decision.standing
    if when.event is not None and facts.hand_raise is not None:
        return facts.hand_raise.activity_id
    if when.surged and standing.treated_since is not None:
        return day_epoch(standing.treated_since)
    if when.renewal_within is not None and facts.renewal_at is not None:
        return day_epoch(facts.renewal_at)
    if when.no_inbound_for is not None and facts.last_inbound_at is not None:
        return day_epoch(facts.last_inbound_at)
    if when.entered is not None:
        return moment_epoch(standing.since)
    return _next_number(play.name, view, org)


def _next_number(play: str, view: View, org: str) -> str:
    """1 + settled tasks of a standing play; a number whose key another play took over is spent."""
    number = 1 + sum(task.play == play and task.state != "open" for task in view.history)
    taken = {task.key for task in view.history if task.play != play}
    while task_key(org, view.facts.account_id, play, str(number)) in taken:
        number += 1
    return str(number)


def _stop(play: Play, key: str, epoch: str, view: View, now: datetime) -> str:
    """Why no new task of a play is opened though its reason stands; empty when it may be."""
    for task in view.history:
        same = (task.play, task.epoch) == (play.name, epoch)
        if (same and task.state != "open") or (task.key == key and not same):
            return "it was settled"
    standing = view.decision.standing
    if play.when.entered is not None and not standing.baseline and now - standing.since > ENTRY_FRESH:
        return f"the entry on {day(standing.since)} is too long ago"
    if play.cool_down is not None:
        ends = [
            task.closed_at or task.opened_at for task in view.history if task.play == play.name and task.state != "open"
        ]
        last = max(ends, default=datetime.min.replace(tzinfo=UTC))
        if ends and now - last < play.cool_down:
            return f"it rests until {day(last + play.cool_down)}"
    return ""


def _two_way_before(facts: Facts, play: Play, calendar: WorkCalendar, now: datetime) -> bool:
    """Two-way contact in the five working days before: no promise of a first touch. A raised hand is none."""
    contact = facts.last_two_way_at
    if play.sla is None or contact is None:
        return False
    if play.when.event is not None and facts.hand_raise is not None and contact >= facts.hand_raise.occurred_at:
        return False
    return contact >= recent_since(calendar, now, TWO_WAY_RECENT)


def lapse(task: KnownTask, view: View, motion: Motion, calendar: WorkCalendar, now: datetime) -> str:
    """Why an open task is not wanted any more, in words."""
    play = next((one for one in motion.plays if one.name == task.play), None)
    if play is None:
        return "its play is no longer configured"
    why = blocked(play, view, calendar, now)
    if why:
        return why
    standing = view.decision.standing
    if standing.tier == SUPPRESS:
        return view.decision.cause or "the account is suppressed"
    if play.when.surged:
        return "the surge treatment ended"
    return (
        f"the account is in {standing.tier} since {day(standing.since)}" if play.when.entered else "its reason is gone"
    )
