"""Engagement: what the buyer's people did, capped per person and day, decayed, weighed by role, capped per category.

``rows_of`` makes rows that do not depend on the date, ``points_of`` looks up what they are worth on any day. Rows are
sorted by account, person, rule, day and page, so that every sum is over neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.acts import Worth
from engine.curves import HORIZON_DAYS, Ints, look_up
from engine.evidence import Columns
from engine.packing import sort_together
from engine.stitch import Matches

Flags = NDArray[np.bool_]
_MOST_N = 255  # of one row; no daily cap is higher


def renumbered(accounts: Flags, index: NDArray[np.int32]) -> NDArray[np.int32]:
    """Indexes of accounts as they are when only some of the accounts are kept."""
    place: NDArray[np.int32] = (np.cumsum(accounts) - 1).astype(np.int32)[index]
    return place


@dataclass(frozen=True, slots=True)
class Rows:
    """Acts after the daily cap. ``actor`` indexes ``actors``: person (-1: anonymous), account, role."""

    account: NDArray[np.int32]
    actor: NDArray[np.int32]
    cell: NDArray[np.int16]
    day: NDArray[np.int32]
    kept: NDArray[np.int16]  # counted after the daily cap
    given: NDArray[np.int16]
    actors: Columns

    def of(self, accounts: Flags) -> Rows:
        """The rows of some accounts, which are numbered anew."""
        mine = accounts[self.account]
        return Rows(
            account=renumbered(accounts, self.account[mine]),
            actor=self.actor[mine],
            cell=self.cell[mine],
            day=self.day[mine],
            kept=self.kept[mine],
            given=self.given[mine],
            actors=self.actors,
        )


@dataclass(frozen=True, slots=True)
class Attributed:
    """Touches by whom and on which account they count; rows that count for nobody are gone."""

    person: NDArray[np.int32]  # -1: anonymous
    account: NDArray[np.int32]  # dense
    kind: NDArray[np.int32]
    inbound: NDArray[np.int8]
    page_class: NDArray[np.int16]
    day: NDArray[np.int32]
    n: NDArray[np.int32]


def attribute(touches: Columns, matches: Matches, as_of_day: int) -> Attributed:
    """Touches up to the day, on accounts of the population, without internal and competitor people.

    An act scores on the account that it names itself, else on its person's. Acts dated in the future wait; those past
    the horizon of ten years are worth nothing and are left out.
    """
    said = touches["person"]
    person = np.append(matches.person, np.int32(-1))[said]
    account = np.append(matches.account, np.int32(-1))[said]
    named = touches["account"] >= 0
    if named.any():
        account = np.where(named, matches.population.index(touches["account"]), account)
    recent = (touches["day"] <= as_of_day) & (touches["day"] > as_of_day - HORIZON_DAYS)
    taken = recent & (account >= 0) & ~np.append(matches.excluded, False)[said]
    person = np.where(np.append(matches.anonymous, False)[said], np.int32(-1), person)
    columns = {name: touches[name][taken] for name in ("kind", "inbound", "page_class", "day", "n")}
    return Attributed(person=person[taken], account=account[taken], **columns)


def rows_of(touches: Attributed, matches: Matches, worth: Worth) -> Rows:
    """Acts after the daily cap: of a kind, person and day the pages of highest weight count first."""
    rule = worth.rule_of_kind[touches.kind]
    together = np.array([one.kind in {"meeting_held", "call_connected"} for one in worth.rules], dtype=np.bool_)
    taken = (rule >= 0) & ((touches.inbound == 1) | together[rule])
    rule = rule[taken].astype(np.int64)
    page = np.minimum(touches.page_class[taken].astype(np.int64) + 1, worth.rank.shape[1] - 1)
    actor, actors = _actors(touches.person[taken], touches.account[taken], matches)
    day = touches.day[taken].astype(np.int64)
    n = np.minimum(touches.n[taken], _MOST_N).astype(np.int64)
    rank = worth.rank.reshape(-1)[rule * worth.rank.shape[1] + page].astype(np.int64)
    first_day = int(day.min()) if len(day) else 0
    parts = sort_together([actor, rule, day - first_day, rank, n])
    return _capped(parts, first_day, worth, actors)


def _actors(person: NDArray[np.int32], account: NDArray[np.int32], matches: Matches) -> tuple[Ints, Columns]:
    """Dense actors by account and person: people at their account, one anonymous per account, and the odd ones."""
    people, accounts = len(matches.person), len(matches.population)
    home = np.append(matches.account, np.int32(-1))
    slot = np.where(person >= 0, person.astype(np.int64), people + account.astype(np.int64))
    odd = (person >= 0) & (home[person] != account)
    codes, back = np.unique(account[odd].astype(np.int64) * people + person[odd], return_inverse=True)
    slot[odd] = people + accounts + back
    used = np.zeros(people + accounts + len(codes), dtype=np.bool_)
    used[slot] = True
    who = np.concatenate((np.arange(people), np.full(accounts, -1), codes % max(people, 1)))[used]
    where = np.concatenate((home[:-1], np.arange(accounts), codes // max(people, 1)))[used]
    order = np.lexsort((who, where))
    place = np.empty(len(used), dtype=np.int64)
    place[np.flatnonzero(used)[order]] = np.arange(len(order))
    who, where = who[order].astype(np.int32), where[order].astype(np.int32)
    role = np.where(who >= 0, np.append(matches.role, np.int16(0))[who], np.int16(0))
    return place[slot], {"person": who, "account": where, "role": role}


def starts(*columns: NDArray[Any]) -> NDArray[np.intp]:
    """Where a run of equal rows begins, in rows sorted by these columns."""
    if len(columns[0]) == 0:
        return np.zeros(0, dtype=np.intp)
    new = np.zeros(len(columns[0]), dtype=np.bool_)
    new[0] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def _capped(parts: list[Ints], first_day: int, worth: Worth, actors: Columns) -> Rows:
    actor, rule, day, rank, n = parts
    first = starts(actor, rule, day)
    before = np.cumsum(n) - n
    before -= np.repeat(before[first], np.diff(np.append(first, len(n))))
    kept = np.clip(worth.daily_cap[rule] - before, 0, n)
    return Rows(
        account=actors["account"][actor],
        actor=actor.astype(np.int32),
        cell=(worth.base[rule] + rank).astype(np.int16),
        day=(day + first_day).astype(np.int32),
        kept=kept.astype(np.int16),
        given=n.astype(np.int16),
        actors=actors,
    )


def points_of(rows: Rows, worth: Worth, days: NDArray[np.int32]) -> Ints:
    """What each row is worth on its account's day, billionths."""
    line = rows.cell.astype(np.int64) * len(worth.roles) + rows.actors["role"][rows.actor]
    points = look_up(worth.table, line, days[rows.account] - rows.day)
    points *= rows.kept
    return points


def category_sums(rows: Rows, points: Ints, worth: Worth, accounts: int) -> Ints:
    """Uncapped sums by account and category."""
    category = worth.category[np.array([page[0] for page in worth.pages], dtype=np.int64)][rows.cell]
    width = len(worth.categories)
    sums = np.zeros(accounts * width, dtype=np.int64)
    np.add.at(sums, rows.account.astype(np.int64) * width + category, points)
    return sums.reshape(accounts, width)


def capped_sums(sums: Ints, worth: Worth) -> Ints:
    """Sum of an account's categories, each under its cap."""
    capped: Ints = np.minimum(sums, worth.account_cap).sum(axis=1)
    return capped


def family_shares(own: Ints, root: NDArray[np.int32], parent: NDArray[np.int32], policy: str, share: int) -> Ints:
    """What each account gets from its subsidiaries: ``share`` thousandths of their own capped sums.

    ``parent``: each account's parent gets its share; ``ultimate``: the root of the family gets it.
    """
    out = np.zeros(len(own), dtype=np.int64)
    to = gives_to(root, parent, policy)
    giving = to >= 0
    np.add.at(out, to[giving], own[giving] * share // 1000)
    return out


def gives_to(root: NDArray[np.int32], parent: NDArray[np.int32], policy: str) -> NDArray[np.int32]:
    """The ancestor that also gets what an account's people did; -1 for none."""
    if policy == "parent":
        return parent
    own = np.arange(len(root))
    return np.where((root == own) | (policy == "none"), -1, root).astype(np.int32)


def lines_of(rows: Rows, points: Ints, worth: Worth, accounts: int) -> Columns:
    """One line per account and cell: points, counted and given acts, oldest and newest day, the newest one's person
    (of several that day one with the weightiest role).
    """
    width = len(worth.pages)
    code = rows.account.astype(np.int64) * width + rows.cell
    size = accounts * width
    total, kept, given = (np.zeros(size, dtype=np.int64) for _ in range(3))
    np.add.at(total, code, points)
    np.add.at(kept, code, rows.kept.astype(np.int64))
    np.add.at(given, code, rows.given.astype(np.int64))
    newest = np.full(size, -1, dtype=np.int64)
    weight = worth.role_order[rows.actors["role"]].astype(np.int64)[rows.actor]
    np.maximum.at(newest, code, (rows.day.astype(np.int64) << 48) | (weight << 32) | rows.actor)
    oldest = np.full(size, 1 << 30, dtype=np.int32)
    np.minimum.at(oldest, code, rows.day)
    used = np.flatnonzero(given > 0)
    actor = newest[used] & 0xFFFFFFFF
    return {
        "account": (used // width).astype(np.int32),
        "cell": (used % width).astype(np.int16),
        "points": total[used],
        "kept": kept[used],
        "given": given[used],
        "oldest": oldest[used],
        "newest": (newest[used] >> 48).astype(np.int32),
        "person": rows.actors["person"][actor],
        "role": rows.actors["role"][actor],
    }


def actor_sums(rows: Rows, points: Ints, worth: Worth) -> Ints:
    """Each actor's own sum, its categories under their caps: the raw of the lead score."""
    category = worth.category[np.array([page[0] for page in worth.pages], dtype=np.int64)][rows.cell]
    first = starts(rows.actor, category)
    out = np.zeros(len(rows.actors["person"]), dtype=np.int64)
    if len(first):
        sums = np.minimum(np.add.reduceat(points, first), worth.account_cap[category[first]])
        np.add.at(out, rows.actor[first], sums)
    return out
