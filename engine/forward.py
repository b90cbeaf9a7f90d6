"""What the score will do: the first day it falls under a bar if nothing happens, and what would lift it.

Decay is a table look-up, so the future is computed by the same arithmetic as today's score, on another day. Evidence
that is dated in the future counts only once its day has come, and so is no part of "nothing happens".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine import words
from engine.conditions import DATED, SCORED, Days
from engine.curves import FULL, milli, squash
from engine.facts import POINT
from engine.kernel import Shard, evaluate, part_weights, weights_by_segment
from engine.policy import Policy, Tier
from engine.score import Scores

LOOK_DAYS: Final = 400
_DATED_KEYS: Final = frozenset({"event", "any_of", *DATED, *SCORED})
Pieces = list[tuple[NDArray[np.intp], Shard]]


def falls_on(scores: Scores, policy: Policy, bars: Mapping[int, int]) -> dict[int, int]:
    """First day (since 1970) on which each account's score is under its bar (whole points) if nothing happens.

    Accounts that stay at or above their bar for 400 days are left out, as are those under it today.
    """
    unified = scores.columns["unified"]
    wanted = {account: bar * POINT for account, bar in bars.items() if unified[account] >= bar * POINT}
    if not wanted:
        return {}
    bar = np.zeros(len(unified), dtype=np.int64)
    bar[list(wanted)] = list(wanted.values())
    find = _scan if _may_rise(policy) else _bisect
    found: dict[int, int] = {}
    for turn in _turns(scores, policy, sorted(wanted)):
        days = find(scores, policy, bar, turn)
        found |= {account: int(days[account]) for account in turn if days[account] >= 0}
    return dict(sorted(found.items()))


def _turns(scores: Scores, policy: Policy, wanted: list[int]) -> list[list[int]]:
    """Accounts to ask at once: all, or one of each family where families share: relatives must be of the same day."""
    if policy.score.family == "none":
        return [wanted]
    turns: list[list[int]] = []
    taken: dict[int, int] = {}
    for account in wanted:
        root = int(scores.matches.population.families.root[account])
        turn = taken[root] = taken.get(root, -1) + 1
        turns.extend([] for _ in range(turn + 1 - len(turns)))
        turns[turn].append(account)
    return turns


def _pieces(scores: Scores, policy: Policy, accounts: list[int]) -> Pieces:
    """Shards cut down to the accounts, with their whole families where families share."""
    mask = np.zeros(len(scores.shard), dtype=np.bool_)
    mask[accounts] = True
    root = scores.matches.population.families.root
    whole = np.isin(root, root[accounts]) if policy.score.family != "none" else mask
    out = []
    for number, shard in enumerate(scores.shards):
        mine = np.flatnonzero(scores.shard == number)
        wanted = whole[mine]
        if wanted.any():
            out.append((mine[wanted], shard.only(wanted)))
    return out


def _under(pieces: Pieces, policy: Policy, bar: NDArray[np.int64], days: Days) -> NDArray[np.bool_]:
    """Whether each account is under its bar as of its day."""
    out = np.zeros(len(days), dtype=np.bool_)
    for mine, shard in pieces:
        out[mine] = evaluate(shard, policy, days[mine])["unified"] < bar[mine]
    return out


def _may_rise(policy: Policy) -> bool:
    """Whether time alone can lift a score: a penalty or segment that ends, or a band that favours fewer meetings."""
    whens = [penalty.when or {} for penalty in policy.score.penalties] + [one.when for one in policy.segments]
    if any(_DATED_KEYS & set(when) for when in whens):
        return True
    bands = [criterion.bands or {} for criterion in policy.fit.criteria if criterion.column in DATED]
    return any(list(band.values()) != sorted(band.values()) for band in bands)


def _bisect(scores: Scores, policy: Policy, bar: NDArray[np.int64], turn: list[int]) -> Days:
    """First day under the bar where scores only ever fall: by halving, for all accounts of the turn at once."""
    pieces, same_day = _pieces(scores, policy, turn), _with_relatives(scores, policy, turn)
    low = np.full(len(bar), scores.as_of_day, dtype=np.int32)
    high = low + np.int32(LOOK_DAYS)
    ever = _under(pieces, policy, bar, high)
    while int((high - low).max(initial=0)) > 1:
        middle = (low + high) // 2
        under = _under(pieces, policy, bar, middle[same_day])
        high = np.where(under, middle, high)
        low = np.where(under, low, middle)
    return np.where(ever, high, -1).astype(np.int32)


def _with_relatives(scores: Scores, policy: Policy, turn: list[int]) -> NDArray[np.intp]:
    """For each account the one whose day it is asked on: its relative of the turn, else itself."""
    out = np.arange(len(scores.shard))
    if policy.score.family != "none":
        root = scores.matches.population.families.root
        asked = np.full(len(root), -1)
        asked[root[turn]] = turn
        out = np.where(asked[root] >= 0, asked[root], out)
    return out


def _scan(scores: Scores, policy: Policy, bar: NDArray[np.int64], turn: list[int]) -> Days:
    """First day under the bar where time may also lift scores: day by day."""
    pieces = _pieces(scores, policy, turn)
    out = np.full(len(bar), -1, dtype=np.int32)
    for ahead in range(1, LOOK_DAYS + 1):
        day = np.full(len(bar), scores.as_of_day + ahead, dtype=np.int32)
        new = _under(pieces, policy, bar, day) & (out < 0)
        out[new] = day[new]
        if (out[turn] >= 0).all():
            break
    return out


def held_bar(policy: Policy, unified: int) -> Tier | None:
    """The best tier whose bar for staying the score still meets."""
    return next((tier for tier in policy.tiers if unified >= tier.leave * POINT), None)


def short(tier: Tier) -> str:
    """``Focus`` of ``1 - Focus``."""
    return tier.name.partition(" - ")[2] or tier.name


def forward(
    scores: Scores, policy: Policy, account: int, tier: Tier | None = None, falls: Mapping[int, int] | None = None
) -> tuple[str, ...]:
    """What will happen to one account's score, and what would lift it, in sentences.

    ``falls``: ``falls_on`` of many accounts, each with the bar of its tier, where it was worked out at once.
    """
    unified = int(scores.columns["unified"][account])
    held = tier or held_bar(policy, unified)
    said = []
    if held is not None:
        known = falls if falls is not None else falls_on(scores, policy, {account: held.leave})
        day = known.get(account)
        name = short(held)
        if day is not None:
            said.append(f"falls under the {name} bar of {held.leave} on {words.day_text(day)} if nothing happens")
        elif unified >= held.leave * POINT:
            said.append(f"stays above the {name} bar of {held.leave} for {LOOK_DAYS} days even if nothing happens")
    return (*said, *rises(scores, policy, account))


def rises(scores: Scores, policy: Policy, account: int) -> tuple[str, ...]:
    """What one more buying role, or one meeting, would do."""
    if bool(scores.columns["gated"][account]):
        gate = policy.score.gate
        return (f"fit is under {gate.fit:g}: no signal can lift it above {gate.ceiling:g}",)
    now = int(scores.columns["unified"][account])
    reached = scores.columns["reached"][account].tolist()
    missing = [role for role, hit in zip(policy.signal.roles.required, reached, strict=True) if not hit]
    offers = (
        [(f"reaching the {words.plain(missing[0])}", with_more(scores, policy, account, roles=1))] if missing else []
    )
    meeting = next((rule for rule in policy.signal.engagement.rules if rule.kind == "meeting_held"), None)
    if meeting is not None:
        extra = milli(meeting.points) * (POINT // 1000)
        offers.append(("a meeting", with_more(scores, policy, account, kind="meeting_held", points=extra)))
    return tuple(_offer(policy, what, now, then) for what, then in offers if then // POINT > now // POINT)


def _offer(policy: Policy, what: str, now: int, then: int) -> str:
    better = next((tier for tier in policy.tiers if now < tier.enter * POINT <= then), None)
    reach = (
        f", which reaches the {better.name.partition(' - ')[2] or better.name} bar of {better.enter}" if better else ""
    )
    return f"{what} would lift it from {now // POINT} to {then // POINT}{reach}"


def with_more(scores: Scores, policy: Policy, account: int, *, roles: int = 0, kind: str = "", points: int = 0) -> int:
    """Unified score (billionths) with so many more required roles reached, or an act worth so much done, today."""
    columns, worth = scores.columns, scores.worth
    parts = {name: int(columns[name][account]) for name in ("engagement", "intent", "roles")}
    if points:
        sums = columns["sums"][account].copy()
        rule = next(rule for rule in worth.rules if rule.kind == kind)
        sums[worth.categories.index(rule.category or rule.kind)] += points
        raw = np.minimum(sums, worth.account_cap).sum() + columns["family_engagement"][account]
        parts["engagement"] = int(squash(np.array([raw]), policy.signal.engagement.squash)[0])
    if roles:
        required = max(len(policy.signal.roles.required), 1)
        parts["roles"] = min(FULL, (int(columns["reached"][account].sum()) + roles) * FULL // required)
    return _unified(scores, policy, account, parts)


def _unified(scores: Scores, policy: Policy, account: int, parts: Mapping[str, int]) -> int:
    columns = scores.columns
    weights = part_weights(policy, scores.shards[0].configured)
    signal = sum(parts[part] * weight for part, weight in weights.items()) // max(sum(weights.values()), 1)
    fits, signals = weights_by_segment(policy)
    segment = int(columns["segment"][account])
    mixed = (int(fits[segment]) * int(columns["fit"][account]) + int(signals[segment]) * signal) // 1000
    penalty = int(columns["held"][account]) - int(columns["unified"][account])
    return max(min(mixed, FULL) - penalty, 0)
