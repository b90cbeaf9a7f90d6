"""Whether an account meets a condition of an admin: column to value, list of values, least number or band, or an event.

One scalar rule (``satisfies``) says what a condition means; ``mask`` asks it of a whole population, ``holds`` of one
record. Unknown never satisfies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.curves import billionths, days_of
from engine.policy import When, parse_band, parse_span

Flags = NDArray[np.bool_]
Days = NDArray[np.int32]
NEVER: Final = -(1 << 20)  # a day before all days
BY_PREFIX: Final = frozenset({"naics", "sic"})
DATED: Final = frozenset({"past_meetings_24mo"})  # columns that move with the date alone
SCORED: Final = frozenset({"fit", "signal", "engagement", "intent", "roles", "unified"})  # columns in billionths
_EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
_EUROPE = f"{_EU} IS LI NO CH GB AL AD BA BY FO GG GI IM JE MC MD ME MK RS SM UA VA XK"
COUNTRY_GROUPS: Final[Mapping[str, frozenset[str]]] = {
    "eu": frozenset(_EU.split()),
    "eea": frozenset(f"{_EU} IS LI NO".split()),
    "europe": frozenset(_EUROPE.split()),
    "dach": frozenset({"DE", "AT", "CH"}),
    "nordics": frozenset({"DK", "SE", "NO", "FI", "IS"}),
    "benelux": frozenset({"BE", "NL", "LU"}),
    "uki": frozenset({"GB", "IE"}),
    "north america": frozenset({"US", "CA"}),
    "anz": frozenset({"AU", "NZ"}),
}


class View(Protocol):
    """Accounts as conditions see them, in the population's order."""

    def column(self, name: str, days: Days) -> NDArray[Any]:
        """Values of a canonical, derived, scored or custom column as of each account's day."""
        ...

    def kept(self, key: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """What ``make`` makes, made once."""
        ...

    def newest(self, topics: Sequence[str]) -> Days:
        """Day on which any of the topics was last seen on each account; ``NEVER`` if it was not."""
        ...


def is_unknown(value: object) -> bool:
    """None, NaN and empty lists tell nothing."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or value in ([], (), "")


def same_text(column: str, value: object, want: str) -> bool:
    """Case-folded equality; codes of industries by prefix, countries also by group; ``*`` is any known value."""
    if want == "*":
        return True
    text, wanted = str(value).strip().casefold(), want.strip().casefold()
    if column in BY_PREFIX:
        return text.startswith(wanted)
    if column == "country" and wanted in COUNTRY_GROUPS:
        return text.upper() in COUNTRY_GROUPS[wanted]
    return text == wanted


def satisfies(column: str, value: object, want: object) -> bool:
    """Whether a value of a column is what a condition wants."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(want, (list, tuple)):
        return any(satisfies(column, value, one) for one in want)
    if isinstance(value, (list, tuple)):
        return any(satisfies(column, one, want) for one in value)
    if is_unknown(value):
        return False
    if isinstance(want, bool) or isinstance(value, bool):
        return str(value).casefold() == str(want).casefold()
    if isinstance(value, (int, float)):
        return _number(value, want)
    return same_text(column, value, str(want))


def _number(value: float, want: object) -> bool:
    if isinstance(want, (int, float)):
        return value >= want
    if isinstance(want, str) and ".." in want:
        low, high = parse_band(want)
        return (low is None or value >= low) and (high is None or value < high)
    return str(want) == "*" or str(want) == f"{value:g}"


def event_of(when: When) -> tuple[tuple[str, ...], int] | None:
    """Topics and days of an event condition (``{event: x, within: 90d}``, ``{any_of: [x, y], within: 90d}``)."""
    told = when.get("event", when.get("any_of"))
    if told is None:
        return None
    within = parse_span(when.get("within", timedelta(days=365)))
    if not isinstance(within, timedelta):
        raise ValueError(f"within: {within!r} is not a span of time; write for example 90d")  # noqa: TRY004
    topics = tuple(told) if isinstance(told, (list, tuple)) else (str(told),)
    return tuple(str(topic) for topic in topics), days_of(within)


def plain(when: When) -> dict[str, Any]:
    """The conditions on columns, without the event."""
    return {column: want for column, want in when.items() if column not in {"event", "any_of", "within"}}


def holds(when: When, value_of: Callable[[str], object], age_of: Callable[[Sequence[str]], int | None]) -> bool:
    """Whether one record meets every condition. ``age_of``: days since any of some topics was seen, None if never."""
    event = event_of(when)
    if event is not None:
        age = age_of(event[0])
        if age is None or age > event[1]:
            return False
    return all(satisfies(column, value_of(column), want) for column, want in plain(when).items())


def mask(when: When, view: View, days: Days) -> Flags:
    """Which accounts meet every condition as of their day."""
    out = np.ones(len(days), dtype=np.bool_)
    event = event_of(when)
    if event is not None:
        age = days - view.newest(event[0])
        out &= (age >= 0) & (age <= event[1])
    for column, want in plain(when).items():
        out &= _answers(view, column, want, days)
    return out


def _answers(view: View, column: str, want: object, days: Days) -> Flags:
    def ask() -> Flags:
        return _column_mask(column, view.column(column, days), want)

    return ask() if column in SCORED or column in DATED else view.kept(f"{column} is {want!r}", ask)


def _column_mask(column: str, values: NDArray[Any], want: object) -> Flags:
    if column in SCORED and values.dtype == np.int64 and isinstance(want, (int, float)):
        return np.asarray(values >= billionths(want), dtype=np.bool_)
    if values.dtype.kind in "if" and isinstance(want, (int, float)) and not isinstance(want, bool):
        return np.asarray(values >= want, dtype=np.bool_)  # NaN is never >=
    seen: dict[object, bool] = {}
    out = np.empty(len(values), dtype=np.bool_)
    for row, value in enumerate(values.tolist()):
        key = tuple(value) if isinstance(value, list) else value
        known = seen.get(key)
        if known is None:
            known = seen[key] = satisfies(column, value, want)
        out[row] = known
    return out
