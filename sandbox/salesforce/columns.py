"""Columns that render values only when somebody looks: a million rows cost their arrays and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from sandbox.soql.checks import Check
from sandbox.soql.ids import Positions, decode, encode_many

Flags = NDArray[np.bool_]
Test = Callable[[Any], bool]
NEVER: Final = -(2**62)  # the moment that stands for null
_CHUNK: Final = 65_536


class Column(Protocol):
    """One field of the rows that a world brought along."""

    def take(self, at: Positions) -> list[Any]:
        """Values in wire form."""
        ...

    def test(self, at: Positions, check: Test) -> Flags:
        """Which of these rows pass."""
        ...

    def ranks(self, at: Positions) -> Positions | None:
        """Integers that sort like the values (null below 0), or None when there is no short cut."""
        ...


def _tested(column: Column, at: Positions, check: Test) -> Flags:
    flags = np.empty(len(at), np.bool_)
    for start in range(0, len(at), _CHUNK):
        values = column.take(at[start : start + _CHUNK])
        flags[start : start + len(values)] = [check(each) for each in values]
    return flags


class Same:
    """One value in every row."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def take(self, at: Positions) -> list[Any]:
        """The value, repeated."""
        return [self._value] * len(at)

    def test(self, at: Positions, check: Test) -> Flags:
        """All or none."""
        return np.full(len(at), check(self._value))

    def ranks(self, at: Positions) -> Positions | None:
        """Everything is equal."""
        return np.full(len(at), -1 if self._value is None else 0, np.int64)


class Listed:
    """A plain list of values."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = np.empty(len(values), object)
        self._values[:] = list(values)

    def take(self, at: Positions) -> list[Any]:
        """The values at these positions."""
        return self._values[at].tolist()  # type: ignore[no-any-return]

    def test(self, at: Positions, check: Test) -> Flags:
        """Value by value."""
        return _tested(self, at, check)

    def ranks(self, at: Positions) -> Positions | None:  # noqa: ARG002
        """No short cut."""
        return None


class Coded:
    """Few distinct values behind small integers; -1 is null."""

    def __init__(self, codes: NDArray[Any], values: Sequence[Any]) -> None:
        self._codes = codes
        self._values = np.empty(len(values) + 1, object)
        self._values[:-1] = list(values)  # the last one, null, is what -1 points at

    def take(self, at: Positions) -> list[Any]:
        """The values behind the codes."""
        return self._values[self._codes[at]].tolist()  # type: ignore[no-any-return]

    def test(self, at: Positions, check: Test) -> Flags:
        """Each distinct value is looked at once."""
        verdicts = np.array([check(each) for each in self._values], np.bool_)
        return np.asarray(verdicts[self._codes[at]], np.bool_)

    def ranks(self, at: Positions) -> Positions | None:
        """The place of each distinct value among all."""
        keys = [each.casefold() if isinstance(each, str) else each for each in self._values]
        order = {key: rank for rank, key in enumerate(sorted({key for key in keys if key is not None}))}
        by_code = np.array([-1 if key is None else order[key] for key in keys], np.int64)
        return np.asarray(by_code[self._codes[at]], np.int64)


class Moments:
    """Unix seconds, shown as datetimes, or as dates; NEVER is null."""

    def __init__(self, seconds: NDArray[np.int64], *, dates: bool = False) -> None:
        self._seconds = seconds
        self._dates = dates

    def take(self, at: Positions) -> list[Any]:
        """Wire datetimes or dates."""
        seconds = self._seconds[at]
        shown = wire_moments(seconds, dates=self._dates)
        if (seconds == NEVER).any():
            return [None if each == NEVER else text for each, text in zip(seconds.tolist(), shown, strict=True)]
        return shown

    def test(self, at: Positions, check: Test) -> Flags:
        """By comparing seconds where the check is a plain comparison of datetimes."""
        if self._dates:
            return self._test_days(at, check)
        fast = _compared(self._seconds[at], check)
        return _tested(self, at, check) if fast is None else fast

    def _test_days(self, at: Positions, check: Test) -> Flags:
        seconds = self._seconds[at]
        days, which = np.unique(np.where(seconds == NEVER, NEVER, seconds // 86_400 * 86_400), return_inverse=True)
        shown = [None if day == NEVER else wire_moments(np.array([day]), dates=True)[0] for day in days.tolist()]
        return np.array([check(each) for each in shown], np.bool_)[which]

    def ranks(self, at: Positions) -> Positions | None:
        """The seconds themselves."""
        seconds = self._seconds[at]
        if self._dates:
            seconds = np.where(seconds == NEVER, NEVER, seconds // 86_400)
        return np.where(seconds == NEVER, -1, seconds).astype(np.int64)


def wire_moments(seconds: NDArray[np.int64], *, dates: bool) -> list[str]:
    """Unix seconds as ``2026-01-31T08:17:00.000+0000`` or ``2026-01-31``; NEVER gives any text."""
    safe = np.where(seconds == NEVER, 0, seconds)
    if dates:
        return np.datetime_as_string(safe.astype("datetime64[s]"), unit="D").tolist()  # type: ignore[no-any-return]
    shown = np.datetime_as_string(safe.astype("datetime64[s]"), unit="s").tolist()
    return [each + ".000+0000" for each in shown]


def _compared(seconds: NDArray[np.int64], check: Test) -> Flags | None:  # noqa: PLR0911  one case a line
    if not isinstance(check, Check) or check.op not in {"<", "<=", ">", ">=", "within"}:
        return None
    if None in check.values:
        return None
    known = seconds != NEVER
    first = _seconds(check.values[0])
    match check.op:
        case "<":
            return np.asarray(known & (seconds < first), np.bool_)
        case "<=":
            return np.asarray(known & (seconds <= first), np.bool_)
        case ">":
            return np.asarray(known & (seconds > first), np.bool_)
        case ">=":
            return np.asarray(known & (seconds >= first), np.bool_)
        case _:
            return np.asarray(known & (seconds >= first) & (seconds < _seconds(check.values[1])), np.bool_)


def _seconds(wire: str) -> float:
    return datetime.fromisoformat(wire).timestamp()


class References:
    """References to rows of another object by position; -1 is null."""

    def __init__(self, prefix: str, positions: NDArray[Any]) -> None:
        self._prefix = prefix
        self._positions = positions

    def take(self, at: Positions) -> list[Any]:
        """Ids of 18."""
        targets = self._positions[at].astype(np.int64)
        ids = encode_many(self._prefix, np.maximum(targets, 0))
        if (targets < 0).any():
            return [each if target >= 0 else None for each, target in zip(ids, targets.tolist(), strict=True)]
        return ids

    def test(self, at: Positions, check: Test) -> Flags:
        """By comparing positions where the check asks for given ids."""
        if not isinstance(check, Check) or check.op not in {"=", "in", "!=", "not in"}:
            return _tested(self, at, check)
        wanted = [-1 if each is None else decode(each, self._prefix) for each in check.values]
        wanted = [each for each, asked in zip(wanted, check.values, strict=True) if each >= 0 or asked is None]
        found = np.isin(self._positions[at], np.array(wanted, np.int64))
        return ~found if check.op in {"!=", "not in"} else found

    def ranks(self, at: Positions) -> Positions | None:
        """The positions: ids of one object sort by them."""
        return self._positions[at].astype(np.int64)


class Together:
    """One of several columns per row: the row's choice picks which."""

    def __init__(self, choice: NDArray[Any], columns: Sequence[Column]) -> None:
        self._choice = choice
        self._columns = tuple(columns)

    def take(self, at: Positions) -> list[Any]:
        """Values of the chosen columns."""
        out = np.empty(len(at), object)
        choice = self._choice[at]
        for number, column in enumerate(self._columns):
            mine = np.flatnonzero(choice == number)
            if len(mine):
                out[mine] = column.take(at[mine])
        return out.tolist()

    def test(self, at: Positions, check: Test) -> Flags:
        """Each chosen column tests its own rows."""
        flags = np.zeros(len(at), np.bool_)
        choice = self._choice[at]
        for number, column in enumerate(self._columns):
            mine = np.flatnonzero(choice == number)
            flags[mine] = column.test(at[mine], check)
        return flags

    def ranks(self, at: Positions) -> Positions | None:  # noqa: ARG002
        """No short cut."""
        return None
