"""What one field's type cannot say: names that must exist elsewhere in the file, zones, schedules, calendars."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Iterable, Iterator

from config.problems import Place
from config.settings import Settings
from engine.policy import CUSTOMER_TIERS, RECYCLE, all_tiers

Found = tuple[Place, str, str]  # place, what is wrong, hint
_EVERY = re.compile(r"every\s+\d+\s*(s|m|h)")
_CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAME = re.compile(r"(?i:sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")
_OUTBOUND = frozenset({"email_sent", "call_attempted", "task", "note", "message_sent", "meeting_scheduled"})


def crosscheck(settings: Settings) -> Iterator[Found]:
    """Everything that makes the config unusable though each value by itself is well formed."""
    yield from _plays(settings)
    yield from _slots(settings)
    yield from _zones(settings)
    yield from _schedules(settings)
    yield from _owner_limits(settings)


def warnings(settings: Settings) -> Iterator[Found]:
    """What works but is probably not meant."""
    for index, rule in enumerate(settings.policy.signal.engagement.rules):
        if rule.kind in _OUTBOUND and rule.points:
            place: Place = ("policy", "signal", "engagement", "rules", index, "points")
            yield place, f"{rule.kind} is our own act; effort must not feed the score", "set points: 0"
    total = sum(criterion.weight for criterion in settings.policy.fit.criteria)
    if settings.policy.fit.criteria and total != 100:
        yield ("policy", "fit", "criteria"), f"the weights sum to {total:g}, not 100", "shares are of the sum"


def _unknown(place: Place, what: str, name: str, known: Iterable[str]) -> Found:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names) or 'none'}"
    return place, f"no {what} named {name!r}", hint


def _plays(settings: Settings) -> Iterator[Found]:
    tiers = all_tiers(settings.policy)
    for index, play in enumerate(settings.motion.plays):
        for name in ("entered", "in_tier"):
            wanted = getattr(play.when, name)
            if wanted is not None and wanted not in tiers:
                yield _unknown(("motion", "plays", index, "when", name), "tier", wanted, tiers)
        if play.task is not None and settings.motion.slots and play.task.slot not in _slot_names(settings):
            yield _unknown(("motion", "plays", index, "task", "slot"), "slot", play.task.slot, _slot_names(settings))
        if play.sla is not None and play.task is None:
            yield ("motion", "plays", index, "sla"), "an SLA needs a task: its timer starts with it", "add a task"


def _slot_names(settings: Settings) -> set[str]:
    return {"ae", "sdr", "csm", "owner", *settings.motion.slots}


def _slots(settings: Settings) -> Iterator[Found]:
    pools = settings.motion.pools
    for slot, rules in settings.motion.slots.items():
        for index, rule in enumerate(rules):
            if isinstance(rule, dict) and "pool" in rule and rule["pool"] not in pools:
                yield _unknown(("motion", "slots", slot, index), "pool", str(rule["pool"]), pools)


def _zones(settings: Settings) -> Iterator[Found]:
    known = zoneinfo.available_timezones()
    for index, connection in enumerate(settings.connections):
        if connection.time_zone not in known:
            yield _unknown(("connections", index, "time_zone"), "time zone", connection.time_zone, known)
    for index, calendar in enumerate(settings.motion.calendars):
        if calendar.zone not in known:
            yield _unknown(("motion", "calendars", index, "zone"), "time zone", calendar.zone, known)
    names = {calendar.name for calendar in settings.motion.calendars}
    for person, calendar_name in settings.motion.people_calendars.items():
        if calendar_name not in names:
            yield _unknown(("motion", "people_calendars", person), "calendar", calendar_name, names)


def _schedules(settings: Settings) -> Iterator[Found]:
    for name in ("sync", "reconcile", "report"):
        text = getattr(settings.schedule, name)
        if not _EVERY.fullmatch(text) and not _is_cron(text):
            hint = "write 'every 15m' or five cron fields, for example '0 2 * * *'"
            yield ("schedule", name), f"{text!r} is not a schedule", hint


def _is_cron(text: str) -> bool:
    """Five fields, each a list of numbers within bounds, ranges, steps or names."""
    fields = text.split()
    return len(fields) == len(_CRON) and all(
        _is_cron_part(part, low, high)
        for field, (low, high) in zip(fields, _CRON, strict=True)
        for part in field.split(",")
    )


def _is_cron_part(part: str, low: int, high: int) -> bool:
    span, _, step = part.partition("/")
    if step and not (step.isdecimal() and int(step) > 0):
        return False
    ends = span.split("-")
    if span == "*" or (len(ends) <= 2 and all(_NAME.fullmatch(end) for end in ends)):
        return True
    if len(ends) > 2 or not all(end.isdecimal() and low <= int(end) <= high for end in ends):
        return False
    return int(ends[0]) <= int(ends[-1])


def _owner_limits(settings: Settings) -> Iterator[Found]:
    known = {"total", RECYCLE, *CUSTOMER_TIERS, *(tier.name for tier in settings.policy.tiers)}
    for name in settings.motion.owner.limits:
        if name not in known:
            yield _unknown(("motion", "owner", "limits", name), "tier", name, known)
