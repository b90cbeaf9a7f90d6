"""Working time: calendars of hours, holidays and absences, and arithmetic on them that is right across clock changes.

A calendar is written in local time and expanded, day by day, to UTC intervals; sums are made in UTC alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.motion import Calendar, Motion, WorkSpan

Interval = tuple[datetime, datetime]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RULE = re.compile(r"([A-Za-z]{3})(?:-([A-Za-z]{3}))?\s+(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_HORIZON_DAYS = 3 * 366  # no promise reaches further; a calendar without work must not loop for ever
_MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working windows of one person, team or office. ``windows``: per weekday (Monday first), minutes of the day."""

    zone: ZoneInfo
    windows: tuple[tuple[tuple[int, int], ...], ...]
    country: str | None = None
    subdivision: str | None = None
    extra: frozenset[date] = frozenset()
    away: tuple[Interval, ...] = ()

    def is_holiday(self, day: date) -> bool:
        """True on public holidays of the country and on the company's own."""
        return day in self.extra or (
            self.country is not None and day in _public(self.country, self.subdivision, day.year)
        )

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """The UTC intervals worked on a local day, in order, absences cut out."""
        whole = _day_intervals(self, day)
        return _without(whole, self.away) if self.away else whole

    def local_day(self, when: datetime) -> date:
        """The calendar day that people see at a moment."""
        return when.astimezone(self.zone).date()


def calendar_from(rules: Calendar) -> WorkCalendar:
    """The calendar an admin wrote, ready to compute with; raises ValueError when hours cannot be read."""
    windows = parse_hours(rules.hours)
    place = rules.holidays or {}
    return WorkCalendar(
        zone=ZoneInfo(rules.zone),
        windows=windows,
        country=place.get("country"),
        subdivision=place.get("subdivision"),
        extra=frozenset(rules.extra_holidays),
    )


def parse_hours(text: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Windows per weekday from ``Mon-Fri 09:00-12:00; Mon-Thu 13:00-17:30``."""
    windows: list[list[tuple[int, int]]] = [[] for _ in _DAYS]
    for part in text.split(";"):
        match = _RULE.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is not a working time; write for example 'Mon-Fri 09:00-17:30'")
        opens, closes = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
        if not opens < closes <= _MINUTES_PER_DAY:
            raise ValueError(f"{part.strip()!r}: work must end after it begins, on the same day")
        for weekday in _weekdays(match[1], match[2] or match[1]):
            windows[weekday].append((opens, closes))
    return tuple(_joined(day) for day in windows)


def calendar_for(
    motion: Motion, zone: str, *, email: str | None = None, team: str | None = None, time_zone: str | None = None
) -> WorkCalendar:
    """The calendar of a person: their own, else their team's, else the connection's hours in their own zone."""
    named = {rules.name: rules for rules in motion.calendars}
    for who in (email, team):
        if who is not None and motion.people_calendars.get(who) in named:
            return calendar_from(named[motion.people_calendars[who]])
    office = motion.calendars[0] if motion.calendars else Calendar(name="office", zone=zone)
    calendar = calendar_from(office)
    return replace(calendar, zone=ZoneInfo(time_zone)) if time_zone else calendar


def add(calendar: WorkCalendar, start: datetime, span: WorkSpan) -> datetime:
    """The moment by which ``span`` of working time has passed; one that ends at closing time means that closing."""
    return (
        _add_days(calendar, start, span.days)
        if span.days
        else add_time(calendar, start, timedelta(minutes=span.minutes))
    )


def add_time(calendar: WorkCalendar, start: datetime, left: timedelta) -> datetime:
    """The moment by which ``left`` of working time has passed since ``start``."""
    for opens, closes in _from(calendar, start):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise ValueError(f"no working time within {_HORIZON_DAYS} days; look at the calendar's hours and holidays")


def subtract_days(calendar: WorkCalendar, end: datetime, days: int) -> datetime:
    """The start of the ``days``-th working day before ``end``'s day: contact since then is recent."""
    day, left = calendar.local_day(end), days
    for _ in range(_HORIZON_DAYS):
        day -= timedelta(days=1)
        left -= bool(calendar.intervals(day))
        if left == 0:
            return datetime.combine(day, time(0), calendar.zone).astimezone(UTC)
    raise ValueError(f"no working day within {_HORIZON_DAYS} days; look at the calendar's hours and holidays")


def recent_since(calendar: WorkCalendar, now: datetime, span: WorkSpan) -> datetime:
    """The moment since which something counts as within ``span`` of working time before ``now``."""
    if span.days:
        return subtract_days(calendar, now, span.days)
    left, day = timedelta(minutes=span.minutes), calendar.local_day(now)
    for _ in range(_HORIZON_DAYS):
        for opens, closes in reversed(calendar.intervals(day)):
            length = min(closes, now) - opens
            if length >= left:
                return min(closes, now) - left
            left -= max(length, timedelta(0))
        day -= timedelta(days=1)
    raise ValueError(f"no working time within {_HORIZON_DAYS} days; look at the calendar's hours and holidays")


def elapsed(calendar: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """Working time between two moments; zero when ``end`` is not after ``start``."""
    total, day = timedelta(0), calendar.local_day(start)
    last = calendar.local_day(end)
    while day <= last:
        for opens, closes in calendar.intervals(day):
            total += max(min(closes, end) - max(opens, start), timedelta(0))
        day += timedelta(days=1)
    return total


def _add_days(calendar: WorkCalendar, start: datetime, days: int) -> datetime:
    local = start.astimezone(calendar.zone)
    day, left = local.date(), days
    for _ in range(_HORIZON_DAYS):
        day += timedelta(days=1)
        worked = calendar.intervals(day)
        left -= bool(worked)
        if left == 0:
            return _clip(datetime.combine(day, local.time(), calendar.zone).astimezone(UTC), worked)
    raise ValueError(f"no working day within {_HORIZON_DAYS} days; look at the calendar's hours and holidays")


def _clip(when: datetime, worked: tuple[Interval, ...]) -> datetime:
    for opens, closes in worked:
        if when <= closes:
            return max(when, opens)
    return worked[-1][1]


def _from(calendar: WorkCalendar, start: datetime) -> Iterator[Interval]:
    """What is left of working time from ``start`` on; an interval that closes at ``start`` is over."""
    day = calendar.local_day(start)
    for _ in range(_HORIZON_DAYS):
        for opens, closes in calendar.intervals(day):
            if closes > start:
                yield max(opens, start), closes
        day += timedelta(days=1)


@lru_cache(maxsize=65_536)
def _day_intervals(calendar: WorkCalendar, day: date) -> tuple[Interval, ...]:
    if calendar.is_holiday(day):
        return ()
    spans = calendar.windows[day.weekday()]
    found = ((_utc(calendar.zone, day, opens), _utc(calendar.zone, day, closes)) for opens, closes in spans)
    return tuple((opens, closes) for opens, closes in found if opens < closes)


def _utc(zone: ZoneInfo, day: date, minute: int) -> datetime:
    days, rest = divmod(minute, _MINUTES_PER_DAY)
    return datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone).astimezone(UTC)


@lru_cache(maxsize=4_096)
def _public(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - heavy, and many calendars name no country

    return frozenset(country_holidays(country, subdiv=subdivision, years=year))


def _without(worked: tuple[Interval, ...], away: tuple[Interval, ...]) -> tuple[Interval, ...]:
    left = list(worked)
    for gone, back in away:
        cut: list[Interval] = []
        for opens, closes in left:
            cut += [(o, c) for o, c in ((opens, min(closes, gone)), (max(opens, back), closes)) if o < c]
        left = cut
    return tuple(left)


def _weekdays(first: str, last: str) -> list[int]:
    try:
        start, end = _DAYS.index(first.lower()), _DAYS.index(last.lower())
    except ValueError:
        raise ValueError(f"{first}-{last} are not weekdays; write Mon, Tue, Wed, Thu, Fri, Sat or Sun") from None
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _joined(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return tuple(joined)
