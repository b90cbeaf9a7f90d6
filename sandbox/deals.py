"""Opportunities, drawn week by week from the hidden truth, and who became a customer by winning one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sandbox.firms import Firms, Ints
from sandbox.truth import WEEKS, Truth, open_chance, win_chance
from sandbox.world import DAY_S, LIFECYCLES, LOST_STAGE, OPEN_STAGES, WON_STAGE, Contact, Opportunity

PROSPECT, CUSTOMER, FORMER = (LIFECYCLES.index(name) for name in ("prospect", "customer", "former"))
REST_WEEKS: Final = 12
DEAL_SPAN: Final = 1_000_000  # opportunity numbers are unique across chunks of a world


@dataclass(frozen=True, slots=True)
class Deals:
    """Opportunities in columns, those from before the history first."""

    account: Ints
    created_at: Ints
    ends_at: Ints  # when it closes, or will
    won: np.ndarray  # meaningful once closed
    worth: np.ndarray  # interest when it opened

    def closed(self, now: int) -> np.ndarray:
        """Which are won or lost by now."""
        return np.asarray(self.ends_at <= now)


def draw_deals(firms: Firms, truth: Truth, quiet: np.ndarray, dice: np.random.Generator, now: int) -> Deals:
    """One walk through the weeks; accounts flagged ``quiet`` (scripted ones) open none."""
    eligible = np.isin(firms.lifecycle, (PROSPECT, CUSTOMER, FORMER)) & ~quiet
    free_from = np.zeros(len(firms))
    found: list[tuple[np.ndarray, ...]] = []
    chance = open_chance(truth.fit[:, None], truth.interest)
    for week in range(WEEKS):
        opens = np.flatnonzero((dice.random(len(firms)) < chance[:, week]) & eligible & (free_from <= week))
        interest = truth.interest[opens, week]
        days = 7 * (5 + 16 * (1 - interest)) * np.exp(dice.normal(0, 0.35, len(opens)))
        won = dice.random(len(opens)) < win_chance(truth.fit[opens], interest)
        free_from[opens] = week + days / 7 + REST_WEEKS
        day = dice.integers(0, 5, len(opens)) * DAY_S + dice.integers(8 * 3600, 17 * 3600, len(opens))
        made = now - (WEEKS - week) * 7 * DAY_S + day
        found.append((opens, made, made + (days * DAY_S).astype(np.int64), won, interest))
    account, made, ends, won, interest = (np.concatenate(parts) for parts in zip(*found, strict=True))
    in_time = made < now - 3600
    deals = Deals(account[in_time], made[in_time], ends[in_time], won[in_time], interest[in_time])
    return _with_past(firms, deals, quiet, dice, now)


def _with_past(firms: Firms, deals: Deals, quiet: np.ndarray, dice: np.random.Generator, now: int) -> Deals:
    """Puts before them the deals by which customers and former customers became so, before the history began."""
    bought = np.flatnonzero(np.isin(firms.lifecycle, (CUSTOMER, FORMER)) & ~quiet)
    ends = now - dice.integers(600, 1000, len(bought)) * DAY_S - dice.integers(0, DAY_S, len(bought))
    made = ends - dice.integers(40, 150, len(bought)) * DAY_S
    return Deals(
        account=np.concatenate([bought, deals.account]),
        created_at=np.concatenate([made, deals.created_at]),
        ends_at=np.concatenate([ends, deals.ends_at]),
        won=np.concatenate([np.ones(len(bought), np.bool_), deals.won]),
        worth=np.concatenate([np.zeros(len(bought)), deals.worth]),
    )


def lifecycle_now(firms: Firms, deals: Deals, now: int) -> tuple[Ints, Ints]:
    """Lifecycle today, and for customers since when."""
    lifecycle, since = firms.lifecycle.copy(), np.full(len(firms), now - 1000 * DAY_S, np.int64)
    winners = deals.closed(now) & deals.won & (deals.ends_at > now - WEEKS * 7 * DAY_S)
    for account, when in zip(deals.account[winners].tolist(), deals.ends_at[winners].tolist(), strict=True):
        if lifecycle[account] in {PROSPECT, FORMER}:
            lifecycle[account], since[account] = CUSTOMER, when
    return lifecycle, since


def opportunities(
    firms: Firms,
    deals: Deals,
    people: list[list[Contact]],
    owners: list[str | None],
    dice: np.random.Generator,
    now: int,
) -> list[Opportunity]:
    """The deals as records; ``people`` and ``owners`` are by account."""
    rows = []
    rolls = dice.random((len(deals.account), 4))
    base = firms.chunk * DEAL_SPAN
    for place, account in enumerate(deals.account.tolist()):
        roll = rolls[place]
        made, ends = int(deals.created_at[place]), int(deals.ends_at[place])
        closed, won = ends <= now, bool(deals.won[place])
        stage, moved = _stage(made, ends, now, won=won, roll=float(roll[3]))
        amount = round(8_000 + 900 * float(firms.employees[account]) ** 0.6 * (0.5 + 1.5 * float(roll[0])), -2)
        rows.append(
            Opportunity(
                key=f"P{base + place + 1:07d}",
                account=f"A{firms.first + account + 1:06d}",
                name=f"{firms.names[account]} - {'Platform' if roll[1] < 0.6 else 'Team plan'}",
                stage=stage,
                amount=None if roll[1] > 0.94 else amount,
                is_closed=closed,
                is_won=closed and won,
                owner=owners[account],
                created_at=made,
                closed_at=ends if closed else None,
                expected_close_at=ends - ends % DAY_S,
                stage_changed_at=moved,
                modified_at=moved,
                roles=_roles(people[account], float(roll[2])),
            )
        )
    return rows


def _stage(made: int, ends: int, now: int, *, won: bool, roll: float) -> tuple[str, int]:
    """The stage today and when it was reached."""
    if ends <= now:
        return (WON_STAGE if won else LOST_STAGE), ends
    share = (now - made) / (ends - made)
    step = min(int(share * len(OPEN_STAGES)), len(OPEN_STAGES) - 1)
    reached = made + int((ends - made) * step / len(OPEN_STAGES)) + int(roll * 3600)
    return OPEN_STAGES[step], min(reached, now - 60) if step else made


def _roles(people: list[Contact], roll: float) -> tuple[tuple[str, str], ...]:
    """Some of the first people of the account whose role is known."""
    named = [(person.key, person.role) for person in people[:4] if person.role is not None]
    return tuple(named[: int(roll * 4)])
