"""One shard's arithmetic: what its accounts are worth on any day. Arrays in, arrays out; look-ups and sums of integers.

``prepared`` does what the date does not change (who, which account, daily caps); ``evaluate`` does the rest, and is
asked again for other days when the ledger speaks forward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine import conditions, engagement, fit, intent, roles
from engine.accounts import Accounts, meetings_of
from engine.acts import HUMAN, NOT_CONTACT, SILENT, Worth
from engine.conditions import NEVER, Days
from engine.curves import FULL, Ints, days_of, milli, squash
from engine.engagement import Attributed, Rows
from engine.evidence import Columns, Evidence
from engine.intent import Seen
from engine.policy import Penalty, Policy
from engine.stitch import Matches

MOST_PENALTY: Final = 30 * (FULL // 100)
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shard:
    """Whole families of accounts, with everything about them that no date changes."""

    view: Accounts
    rows: Rows
    worth: Worth
    configured: frozenset[str]
    last_act: Days  # by actor
    reached: roles.LastDays  # [account, required role]
    newest: Days  # newest act (subsidiaries too, where they share) or scored signal, by account
    last: Columns  # last_inbound, last_two_way, last_contact: days, by account

    def __len__(self) -> int:
        return len(self.view)

    @property
    def seen(self) -> Seen:
        """The shard's signals."""
        return self.view.seen

    def only(self, accounts: Flags) -> Shard:
        """Some of the accounts, numbered anew; whole families must be taken or left."""
        return replace(
            self,
            view=self.view.only(accounts),
            rows=self.rows.of(accounts),
            reached=self.reached[accounts],
            newest=self.newest[accounts],
            last={name: column[accounts] for name, column in self.last.items()},
        )


def prepared(
    evidence: Evidence, touches: Columns, matches: Matches, seen: Seen, worth: Worth, policy: Policy, as_of_day: int
) -> Shard:
    """A shard from its touches and its part of the matches and signals."""
    told = engagement.attribute(touches, matches, as_of_day)
    rows = engagement.rows_of(told, matches, worth)
    accounts = len(matches.population)
    last_act = roles.last_acts(rows, worth)
    newest = _with_subsidiaries(_newest(accounts, rows.account, rows.day, worth.act[rows.cell]), matches, policy)
    if len(seen.day):
        newest = np.maximum(newest, _newest(accounts, seen.account, seen.day, seen.scored[seen.topic]))
    return Shard(
        view=Accounts(evidence, matches, seen, meetings_of(told, list(evidence.names.kinds), policy.taxonomy.kinds)),
        rows=rows,
        worth=worth,
        configured=evidence.configured,
        last_act=last_act,
        reached=roles.last_reached(rows, worth, last_act, accounts, policy.signal.roles.required),
        newest=newest,
        last=_last(told, rows, worth, accounts, [policy.taxonomy.kinds.get(k, k) for k in evidence.names.kinds]),
    )


def _newest(accounts: int, account: NDArray[np.int32], day: NDArray[np.int32], rows: Flags) -> Days:
    out = np.full(accounts, NEVER, dtype=np.int32)
    np.maximum.at(out, account[rows], day[rows])
    return out


def _with_subsidiaries(newest: Days, matches: Matches, policy: Policy) -> Days:
    """An ancestor that gets a share of its subsidiaries' acts is not silent while they act."""
    families = matches.population.families
    to = engagement.gives_to(families.root, families.parent, policy.score.family)
    out = newest.copy()
    np.maximum.at(out, to[to >= 0], newest[to >= 0])
    return out


def _last(told: Attributed, rows: Rows, worth: Worth, accounts: int, kinds: list[str]) -> Columns:
    """Days of the last inbound act, the last act of both sides, the last contact by a person."""
    by_us = np.array([kind not in NOT_CONTACT and kind not in SILENT for kind in kinds], dtype=np.bool_)
    human = np.array([kind in HUMAN for kind in kinds], dtype=np.bool_)
    contact = human[told.kind] | ((told.inbound == 0) & by_us[told.kind])
    return {
        "last_inbound": _newest(accounts, rows.account, rows.day, worth.inbound[rows.cell]),
        "last_two_way": _newest(accounts, rows.account, rows.day, worth.both[rows.cell]),
        "last_contact": _newest(accounts, told.account, told.day, contact),
    }


def evaluate(shard: Shard, policy: Policy, days: Days) -> Columns:
    """Every part of every account's score as of its day; see ``score.Scores`` for the columns."""
    shares = fit.shares_of(shard.view, policy, days)
    fit_points, known = fit.fit_of(shares, policy)
    out: Columns = {"fit": fit_points, "known": known, "shares": shares}
    out |= _signal(shard, policy, days)
    view = shard.view.with_scores({name: out[name] for name in ("fit", "signal", "engagement", "intent", "roles")})
    out |= _unified(view, policy, days, out)
    return out


def _engagement(shard: Shard, policy: Policy, days: Days) -> Columns:
    points = engagement.points_of(shard.rows, shard.worth, days)
    sums = engagement.category_sums(shard.rows, points, shard.worth, len(shard))
    own = engagement.capped_sums(sums, shard.worth)
    families = shard.view.matches.population.families
    share = milli(policy.score.family_share)
    received = engagement.family_shares(own, families.root, families.parent, policy.score.family, share)
    raw = own + received
    return {
        "acts": points,
        "sums": sums,
        "own_engagement": own,
        "family_engagement": received,
        "raw_engagement": raw,
        "engagement": squash(raw, policy.signal.engagement.squash),
    }


def _signal(shard: Shard, policy: Policy, days: Days) -> Columns:
    """Parts of the signal and their weighted mean over the configured ones; 0 after a long silence."""
    out = _engagement(shard, policy, days)
    out["raw_intent"] = intent.raw_intent(shard.seen, policy, days)
    out["intent"] = squash(out["raw_intent"], policy.signal.intent.squash)
    out["reached"] = roles.reached(shard.reached, policy, days)
    out["roles"] = roles.role_score(out["reached"])
    weights = part_weights(policy, shard.configured)
    total = sum(weights.values())
    loud = np.zeros(len(days), dtype=np.int64)
    for part, weight in weights.items():
        loud += out[part] * weight
    out["loud"] = loud // max(total, 1)  # the signal were it not for silence
    out["silent"] = days - shard.newest > days_of(policy.signal.stale_after)
    out["signal"] = np.where(out["silent"], 0, out["loud"])
    return out


def part_weights(policy: Policy, configured: frozenset[str]) -> dict[str, int]:
    """Weights, in thousandths, of the parts of signal that have a source."""
    told = policy.signal.weights
    every = {"engagement": told.engagement, "intent": told.intent, "roles": told.roles}
    return {part: milli(weight) for part, weight in every.items() if part in configured}


def _unified(view: Accounts, policy: Policy, days: Days, parts: Columns) -> Columns:
    segment = _segments(view, policy, days)
    fit_weight, signal_weight = weights_by_segment(policy)
    raw = (fit_weight[segment] * parts["fit"] + signal_weight[segment] * parts["signal"]) // 1000
    mixed = np.clip(raw, 0, FULL)
    gate = policy.score.gate
    gated = parts["fit"] < milli(gate.fit) * (FULL // 100_000)
    held = np.where(gated, np.minimum(mixed, milli(gate.ceiling) * (FULL // 100_000)), mixed)
    hit = [penalised(view, penalty, days) for penalty in policy.score.penalties]
    penalty = np.zeros(len(days), dtype=np.int64)
    for one, told in zip(hit, policy.score.penalties, strict=True):
        penalty += one * np.int64(milli(told.points) * (FULL // 100_000))
    unified = np.maximum(held - np.minimum(penalty, MOST_PENALTY), 0)
    scored = parts["fit"] >= 0
    return {
        "segment": segment,
        "mixed": mixed,
        "gated": gated & scored,
        "held": held,
        "penalties": np.stack(hit, axis=1) if hit else np.zeros((len(days), 0), dtype=np.bool_),
        "unified": np.where(scored, unified, -1),
    }


def _segments(view: Accounts, policy: Policy, days: Days) -> NDArray[np.int16]:
    """First segment that each account meets; the last number is "none of them"."""
    out = np.full(len(days), len(policy.segments), dtype=np.int16)
    for index in range(len(policy.segments) - 1, -1, -1):
        out[conditions.mask(policy.segments[index].when, view, days)] = index
    return out


def weights_by_segment(policy: Policy) -> tuple[Ints, Ints]:
    """Weights of fit and signal, thousandths, by segment; the last is for accounts of none."""
    rules = policy.score
    fits = [rules.fit_weight if s.fit_weight is None else s.fit_weight for s in policy.segments]
    signals = [rules.signal_weight if s.signal_weight is None else s.signal_weight for s in policy.segments]
    return (
        np.array([milli(one) for one in (*fits, rules.fit_weight)], dtype=np.int64),
        np.array([milli(one) for one in (*signals, rules.signal_weight)], dtype=np.int64),
    )


def penalised(view: Accounts, penalty: Penalty, days: Days) -> Flags:
    """Accounts that a penalty meets: by its condition, else by a custom field of its name that is true."""
    when = penalty.when or {penalty.name: True}
    return conditions.mask(when, view, days)
