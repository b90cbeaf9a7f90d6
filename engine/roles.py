"""The buying group: which required roles were reached, that is acted, met or spoke with us, within the window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.acts import Worth
from engine.conditions import NEVER, Days
from engine.curves import FULL, Ints, days_of
from engine.engagement import Rows
from engine.policy import Policy

LastDays = NDArray[np.int32]  # [account, required role]


def last_acts(rows: Rows, worth: Worth) -> Days:
    """Day of each actor's last act; an unanswered mail is none."""
    out = np.full(len(rows.actors["person"]), NEVER, dtype=np.int32)
    done = worth.act[rows.cell]
    np.maximum.at(out, rows.actor[done], rows.day[done])
    return out


def last_reached(rows: Rows, worth: Worth, last: Days, accounts: int, required: tuple[str, ...]) -> LastDays:
    """Day on which each required role last acted, by account."""
    out = np.full((accounts, len(required)), NEVER, dtype=np.int32)
    for column, role in enumerate(required):
        if role in worth.roles:
            actors = (rows.actors["role"] == worth.roles.index(role)) & (rows.actors["person"] >= 0)
            np.maximum.at(out[:, column], rows.actors["account"][actors], last[actors])
    return out


def reached(last: LastDays, policy: Policy, days: Days) -> NDArray[np.bool_]:
    """Whether each required role was reached within the window, as of each account's day."""
    out: NDArray[np.bool_] = days[:, None] - last <= days_of(policy.signal.roles.window)
    return out


def role_score(hit: NDArray[np.bool_]) -> Ints:
    """100 times the share of required roles that were reached, billionths."""
    required = max(hit.shape[1], 1)
    score: Ints = hit.sum(axis=1, dtype=np.int64) * FULL // required
    return score
