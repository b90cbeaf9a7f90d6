"""Surge: a week well above the account's own normal, by more than one person or source.

c = touches and signals of the last 7 full days, b = mean week of the eight before (of those the account has lived, at
least two); a surge when (c + prior) / (b + prior) reaches the ratio. Compared in whole numbers, so a bar is a bar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.acts import Worth
from engine.conditions import Days
from engine.curves import Ints, days_of, milli
from engine.engagement import Rows
from engine.evidence import US_PER_DAY, Columns
from engine.intent import Seen
from engine.policy import Policy

_LEAST_WEEKS = 2


@dataclass(frozen=True, slots=True)
class Daily:
    """What counts for a surge: one row per act or signal, with who (actors first, then families)."""

    account: NDArray[np.int32]
    day: NDArray[np.int32]
    n: Ints
    who: Ints  # actor, or actors + family
    is_signal: NDArray[np.bool_]


def daily_of(rows: Rows, seen: Seen, worth: Worth, since_day: int) -> Daily:
    """Capped, inbound, non-generic acts and de-duplicated signals since a day."""
    acts = worth.surges[rows.cell] & (rows.day >= since_day) & (rows.kept > 0)
    signals = (seen.day >= since_day) & (seen.scored[seen.topic] if len(seen.day) else True)
    who = np.concatenate((rows.actor[acts].astype(np.int64), len(rows.actors["person"]) + seen.family[signals]))
    return Daily(
        account=np.concatenate((rows.account[acts], seen.account[signals])),
        day=np.concatenate((rows.day[acts], seen.day[signals])),
        n=np.concatenate((rows.kept[acts].astype(np.int64), np.ones(int(signals.sum()), dtype=np.int64))),
        who=who.astype(np.int64),
        is_signal=np.repeat([False, True], [int(acts.sum()), int(signals.sum())]),
    )


def first_needed_day(policy: Policy, as_of_day: int) -> int:
    """First day that any surge still running as of the day can look at."""
    told = policy.signal.surge
    return as_of_day - days_of(told.window) - days_of(told.baseline) - _longest_run(policy)


def _longest_run(policy: Policy) -> int:
    told = policy.signal.surge
    return days_of(told.expires) * (1 + told.renew)


def surge_at(daily: Daily, policy: Policy, born: Days, day: int) -> Columns:
    """Whether each account surges as of a day: ``touches`` (c), ``baseline`` (sum), ``weeks``, ``who``, ``surged``."""
    told = policy.signal.surge
    window, baseline = days_of(told.window), days_of(told.baseline)
    age = day - daily.day
    now, then = (age >= 1) & (age <= window), (age > window) & (age <= window + baseline)
    accounts = len(born)
    touches, before = np.zeros(accounts, dtype=np.int64), np.zeros(accounts, dtype=np.int64)
    np.add.at(touches, daily.account[now], daily.n[now])
    np.add.at(before, daily.account[then], daily.n[then])
    weeks = np.clip((day - window - born) // window, _LEAST_WEEKS, max(baseline // window, _LEAST_WEEKS)).astype(
        np.int64
    )
    prior, ratio = milli(told.prior), milli(told.ratio)
    above = (touches * 1000 + prior) * weeks * 1000 >= ratio * (before * 1000 + prior * weeks)
    people = _distinct(daily, now & ~daily.is_signal, accounts)
    families = _distinct(daily, now & daily.is_signal, accounts)
    several = np.maximum(people, families) >= told.min_people_or_sources
    return {
        "touches": touches,
        "baseline": before,
        "weeks": weeks,
        "surged": above & several & (touches >= told.min_touches),
    }


def _distinct(daily: Daily, rows: NDArray[np.bool_], accounts: int) -> Ints:
    """How many different actors or families, by account."""
    width = int(daily.who.max()) + 1 if len(daily.who) else 1
    pairs = np.unique(daily.account[rows].astype(np.int64) * width + daily.who[rows])
    return np.bincount(pairs // width, minlength=accounts)


def surges(daily: Daily, policy: Policy, created_at: Ints, as_of_day: int) -> Columns:
    """Surge as of the day, with ``ratio`` in thousandths and ``first_day``: first day of the window in which it began.

    The beginning is found by asking the days before, as far back as a surge may run: the same in every pass.
    """
    born = np.floor_divide(created_at, US_PER_DAY).astype(np.int32)
    out = surge_at(daily, policy, born, as_of_day)
    prior = milli(policy.signal.surge.prior)
    bar = out["baseline"] * 1000 + prior * out["weeks"]
    out["ratio"] = (out["touches"] * 1000 + prior) * out["weeks"] * 1000 // np.maximum(bar, 1)
    window = days_of(policy.signal.surge.window)
    first = np.where(out["surged"], as_of_day - window, -1).astype(np.int32)
    running = out["surged"].copy()
    mine = running[daily.account]
    some = Daily(daily.account[mine], daily.day[mine], daily.n[mine], daily.who[mine], daily.is_signal[mine])
    for back in range(1, _longest_run(policy)):
        if not running.any():
            break
        running &= surge_at(some, policy, born, as_of_day - back)["surged"]
        first[running] = as_of_day - back - window
    out["first_day"] = first
    return out
