"""Dates as the wire writes them, and what LAST_N_DAYS:30 and its kin mean at a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

Span = tuple[date, date]  # first day, day after the last


def wire_datetime(moment: datetime) -> str:
    """A moment as REST answers write it: ``2026-01-31T08:17:00.000+0000``."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def read_datetime(text: str) -> datetime:
    """The moment that ISO text with an offset states. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment.astimezone(UTC)


def range_of(text: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """First moment and the moment after the last of a date literal, or None when there is no such literal."""
    span = span_of(text, now.astimezone(zone).date())
    if span is None:
        return None
    first, after = span
    return _midnight(first, zone), _midnight(after, zone)


def span_of(text: str, today: date) -> Span | None:
    """The days of a date literal, or None when there is no such literal."""
    name, _, count = text.upper().partition(":")
    if not count:
        plain = _PLAIN.get(name)
        return plain(today) if plain else None
    counted = _COUNTED.get(name)
    return counted(today, int(count)) if counted else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _shifted(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def _days(today: date, first: int, after: int) -> Span:
    return today + timedelta(days=first), today + timedelta(days=after)


def _weeks(today: date, first: int, after: int) -> Span:
    sunday = today - timedelta(days=today.isoweekday() % 7)
    return sunday + timedelta(weeks=first), sunday + timedelta(weeks=after)


def _months(today: date, first: int, after: int) -> Span:
    return _shifted(today, first), _shifted(today, after)


def _quarters(today: date, first: int, after: int) -> Span:
    start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return _shifted(start, first * 3), _shifted(start, after * 3)


def _years(today: date, first: int, after: int) -> Span:
    return date(today.year + first, 1, 1), date(today.year + after, 1, 1)


_Unit = Callable[[date, int, int], Span]
_UNITS: Final[dict[str, _Unit]] = {
    "DAY": _days,
    "WEEK": _weeks,
    "MONTH": _months,
    "QUARTER": _quarters,
    "YEAR": _years,
    "FISCAL_QUARTER": _quarters,
    "FISCAL_YEAR": _years,
}


def _plain_literals() -> dict[str, Callable[[date], Span]]:
    literals: dict[str, Callable[[date], Span]] = {
        "TODAY": lambda day: _days(day, 0, 1),
        "YESTERDAY": lambda day: _days(day, -1, 0),
        "TOMORROW": lambda day: _days(day, 1, 2),
        "LAST_90_DAYS": lambda day: _days(day, -90, 1),
        "NEXT_90_DAYS": lambda day: _days(day, 1, 91),
    }
    for name, unit in _UNITS.items():
        if name == "DAY":
            continue
        for word, first in (("LAST", -1), ("THIS", 0), ("NEXT", 1)):
            literals[f"{word}_{name}"] = lambda day, unit=unit, first=first: unit(day, first, first + 1)  # type: ignore[misc]
    return literals


def _counted_literals() -> dict[str, Callable[[date, int], Span]]:
    literals: dict[str, Callable[[date, int], Span]] = {
        "LAST_N_DAYS": lambda day, n: _days(day, -n, 1),
        "NEXT_N_DAYS": lambda day, n: _days(day, 1, n + 1),
    }
    for name, unit in _UNITS.items():
        literals[f"N_{name}S_AGO"] = lambda day, n, unit=unit: unit(day, -n, -n + 1)  # type: ignore[misc]
        if name != "DAY":
            literals[f"LAST_N_{name}S"] = lambda day, n, unit=unit: unit(day, -n, 0)  # type: ignore[misc]
            literals[f"NEXT_N_{name}S"] = lambda day, n, unit=unit: unit(day, 1, n + 1)  # type: ignore[misc]
    return literals


_PLAIN: Final = _plain_literals()
_COUNTED: Final = _counted_literals()
