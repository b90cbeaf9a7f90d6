"""The integer tables of decay and squash: built once per policy with exact arithmetic, they define both curves.

Points are int64 in billionths (``POINT``). The kernel only looks up and adds, so the same evidence gives the same bytes
on every machine. Amounts that an admin writes have at most three decimals and travel as whole thousandths.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.facts import POINT

Ints = NDArray[np.int64]
FULL: Final = 100 * POINT  # a whole score
HORIZON_DAYS: Final = 3650  # older evidence is worth nothing
MOST: Final = 10_000 * POINT  # what one act may be worth at most: keeps every sum inside int64
_SCALE: Final = 10**30
_KNOTS_PER_K: Final = 1024
_LONGEST_K: Final = 32  # beyond 32 k the squash has reached 100 to the last billionth
DAY_S: Final = 86_400


@lru_cache(maxsize=4096)
def milli(value: float) -> int:
    """A number with at most three decimals, as whole thousandths."""
    return int((Decimal(str(value)) * 1000).to_integral_value(ROUND_HALF_EVEN))


def billionths(value: float) -> int:
    """A number as whole billionths, rounded half to even."""
    return int((Decimal(str(value)) * POINT).to_integral_value(ROUND_HALF_EVEN))


def days_of(span: timedelta) -> int:
    """Whole days of a span."""
    return span // timedelta(days=1)


@lru_cache(maxsize=64)
def shares(half_life: timedelta) -> tuple[int, ...]:
    """Share of its worth that evidence still has at each age in days: ``0.5 ** (age / half_life)``, times 1e30."""
    with localcontext() as context:
        context.prec = 60
        per_day = Decimal("0.5") ** (Decimal(DAY_S) / Decimal(str(half_life.total_seconds())))
        share, out = Decimal(1), []
        for _ in range(HORIZON_DAYS + 1):
            out.append(int((share * _SCALE).to_integral_value(ROUND_HALF_EVEN)))
            if share * MOST < Decimal("0.1"):
                break
            share *= per_day
    return tuple(out)


@lru_cache(maxsize=4096)
def decayed(worth: int, half_life: timedelta) -> tuple[int, ...]:
    """What an act of this worth (billionths) is worth at each age in days, until nothing is left; half up."""
    worth = min(worth, MOST)
    out: list[int] = []
    for share in shares(half_life):
        value = (worth * share + _SCALE // 2) // _SCALE
        if value == 0:
            break
        out.append(value)
    return tuple(out)


def stack(curves: list[tuple[int, ...]]) -> Ints:
    """Curves as rows of one table; the last column is 0, so that any age past the end may be clipped to it."""
    width = max((len(curve) for curve in curves), default=0) + 1
    table = np.zeros((len(curves), width), dtype=np.int64)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    return table


def look_up(table: Ints, row: NDArray[Any], age: NDArray[Any]) -> Ints:
    """Values of ``table[row, age]``; ages under 0 (the future) and past the end are worth nothing."""
    last = table.shape[1] - 1
    column = np.where(age < 0, last, np.minimum(age, last))
    values: Ints = np.take(table.reshape(-1), row * np.int64(last + 1) + column)
    return values


@lru_cache(maxsize=16)
def _knots(k: float) -> tuple[int, Ints]:
    step = max(1, billionths(k) // _KNOTS_PER_K)
    count = -(-_LONGEST_K * billionths(k) // step) + 1
    with localcontext() as context:
        context.prec = 50
        ratio = (-Decimal(step) / Decimal(billionths(k))).exp()
        left, values = Decimal(1), []
        for _ in range(count):
            values.append(int(((1 - left) * FULL).to_integral_value(ROUND_HALF_EVEN)))
            left *= ratio
    values[-1] = FULL
    return step, np.array(values, dtype=np.int64)


def squash(raw: Ints, k: float) -> Ints:
    """Score of a raw sum (billionths): ``100 * (1 - exp(-x / k))``, linear between knots, at most 100."""
    step, values = _knots(k)
    last = len(values) - 1
    knot = np.minimum(raw // step, last - 1)
    rest = np.minimum(raw - knot * step, step)
    score: Ints = values[knot] + (values[knot + 1] - values[knot]) * rest // step
    return score
