"""CALENDAR_YEAR(x) and its kin over wire dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.soql.grammar import DATE_PARTS
from sandbox.soql.schema import Field

PART_FIELD: Final = {
    name: Field(name, "date" if name == "DAY_ONLY" else "int", name) for name in DATE_PARTS
}  # what such a call compares as


def part_of(function: str, value: Any, zone: ZoneInfo) -> Any:
    """The part of a date or datetime that a function names; datetimes are seen in the zone given; None stays None."""
    if value is None:
        return None
    if "T" in value:
        moment = datetime.fromisoformat(value).astimezone(zone)
        if function == "HOUR_IN_DAY":
            return moment.hour
        day = moment.date()
    else:
        day = date.fromisoformat(value)
    return _day_part(function, day)


def _day_part(function: str, day: date) -> Any:
    parts = {
        "CALENDAR_YEAR": day.year,
        "FISCAL_YEAR": day.year,
        "CALENDAR_QUARTER": (day.month + 2) // 3,
        "FISCAL_QUARTER": (day.month + 2) // 3,
        "CALENDAR_MONTH": day.month,
        "FISCAL_MONTH": day.month,
        "DAY_IN_MONTH": day.day,
        "DAY_IN_WEEK": day.isoweekday() % 7 + 1,
        "DAY_IN_YEAR": day.timetuple().tm_yday,
        "WEEK_IN_YEAR": (day.timetuple().tm_yday - 1) // 7 + 1,
        "WEEK_IN_MONTH": (day.day - 1) // 7 + 1,
        "DAY_ONLY": day.isoformat(),
    }
    return parts[function]
