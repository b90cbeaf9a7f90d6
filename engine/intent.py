"""Intent: what outside sources saw, decayed, capped per source, lifted when independent families agree.

Signals of one source on one topic and day count once, at their greatest strength. Sums are thousandths of a billionth
until the single rounding at the end, so that order never matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.conditions import NEVER, Days
from engine.curves import Ints, days_of, decayed, look_up, milli, stack
from engine.engagement import renumbered, starts
from engine.evidence import US_PER_DAY, Columns, Evidence
from engine.facts import POINT
from engine.policy import Policy
from engine.stitch import Matches

_FULL_STRENGTH = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """Signals on accounts of the population, de-duplicated, sorted by account, source, topic and day."""

    account: NDArray[np.int32]
    source: NDArray[np.int32]
    topic: NDArray[np.int32]
    day: NDArray[np.int32]
    strength: NDArray[np.int64]  # thousandths
    family: NDArray[np.int32]
    sources: tuple[str, ...]
    topics: tuple[str, ...]
    families: tuple[str, ...]
    table: Ints  # [topic, age] -> billionths
    scored: NDArray[np.bool_]  # by topic: the policy gives it points

    def of(self, accounts: NDArray[np.bool_]) -> Seen:
        """The signals of some accounts, which are numbered anew."""
        mine = accounts[self.account]
        return replace(
            self,
            account=renumbered(accounts, self.account[mine]),
            source=self.source[mine],
            topic=self.topic[mine],
            day=self.day[mine],
            strength=self.strength[mine],
            family=self.family[mine],
        )

    def newest(self, topics: Sequence[str], accounts: int) -> Days:
        """Day on which any of the topics was last seen, by account; ``NEVER`` if it was not."""
        out = np.full(accounts, NEVER, dtype=np.int32)
        rows = np.isin(self.topic, [self.topics.index(topic) for topic in topics if topic in self.topics])
        np.maximum.at(out, self.account[rows], self.day[rows])
        return out

    def covered(self, topics: Sequence[str], accounts: int) -> NDArray[np.bool_]:
        """Accounts of which a source that reports any of the topics has ever said anything."""
        rows = np.isin(self.topic, [self.topics.index(topic) for topic in topics if topic in self.topics])
        out = np.zeros(accounts, dtype=np.bool_)
        out[self.account[np.isin(self.source, np.unique(self.source[rows]))]] = True
        return out


def _codes(texts: NDArray[np.object_], renamed: dict[str, str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    words = [renamed.get(str(text), str(text)) for text in texts]
    names = tuple(sorted(set(words)))
    code = {name: index for index, name in enumerate(names)}
    return np.array([code[word] for word in words], dtype=np.int32), names


def seen_of(evidence: Evidence, matches: Matches, policy: Policy, as_of_day: int) -> Seen:
    """Signals up to the day, as the kernel takes them."""
    signals = evidence.signals
    day = np.floor_divide(signals["occurred_at"], US_PER_DAY)
    rows = np.flatnonzero((matches.signal_account >= 0) & (day <= as_of_day))
    source, sources = _codes(signals["source"][rows], {})
    topic, topics = _codes(signals["topic"][rows], policy.taxonomy.topics)
    family, families = _codes(signals["family"][rows], {})
    told = signals["strength"][rows].astype(np.float64)
    strength = np.rint(np.clip(np.nan_to_num(told, nan=1.0), 0.0, 1.0) * _FULL_STRENGTH).astype(np.int64)
    account, when = matches.signal_account[rows], day[rows].astype(np.int32)
    order = np.lexsort((-family, strength, when, topic, source, account))
    first = starts(account[order], source[order], topic[order], when[order])
    last = order[np.append(first[1:], len(order)) - 1] if len(order) else order
    points = policy.signal.intent.points
    worth = [milli(points.get(name, 0)) * (POINT // 1000) for name in topics]
    return Seen(
        account=account[last],
        source=source[last],
        topic=topic[last],
        day=when[last],
        strength=strength[last],
        family=family[last],
        sources=sources,
        topics=topics,
        families=families,
        table=stack([decayed(one, policy.signal.intent.half_life) for one in worth]),
        scored=np.array([one > 0 for one in worth], dtype=np.bool_),
    )


def points_of(seen: Seen, days: Days) -> Ints:
    """What each signal is worth on its account's day, in thousandths of a billionth."""
    return look_up(seen.table, seen.topic, days[seen.account] - seen.day) * seen.strength


def source_sums(seen: Seen, points: Ints, accounts: int) -> Ints:
    """Uncapped sums by account and source."""
    width = max(len(seen.sources), 1)
    sums = np.zeros(accounts * width, dtype=np.int64)
    np.add.at(sums, seen.account.astype(np.int64) * width + seen.source, points)
    return sums.reshape(accounts, width)


def agreeing(seen: Seen, days: Days, within_days: int) -> NDArray[np.int32]:
    """How many independent families saw something that scores, in the last days."""
    width = max(len(seen.families), 1)
    found = np.zeros(len(days) * width, dtype=np.bool_)
    rows = seen.scored[seen.topic] & (days[seen.account] - seen.day <= within_days) if len(seen.day) else slice(0)
    found[seen.account[rows].astype(np.int64) * width + seen.family[rows]] = True
    count: NDArray[np.int32] = found.reshape(len(days), width).sum(axis=1).astype(np.int32)
    return count


def agreement(policy: Policy, families: NDArray[np.int32]) -> Ints:
    """Factor in thousandths for so many families that agree."""
    told = policy.signal.intent.agreement
    return np.array([1000, 1000, milli(told.sources_2), milli(told.sources_3)], dtype=np.int64)[np.minimum(families, 3)]


def source_cap(policy: Policy) -> int:
    """Most that one source gives, in thousandths of a billionth."""
    return milli(policy.signal.intent.per_source_cap) * POINT


def raw_intent(seen: Seen, policy: Policy, days: Days) -> Ints:
    """Intent before the squash, billionths, by account."""
    sums = np.minimum(source_sums(seen, points_of(seen, days), len(days)), source_cap(policy)).sum(axis=1)
    families = agreeing(seen, days, days_of(policy.signal.intent.agreement.within))
    raw: Ints = (sums // 1000) * agreement(policy, families) // 1000
    return raw


def lines_of(seen: Seen, points: Ints) -> Columns:
    """One line per account, source and topic: points before the cap, how many, oldest and newest day."""
    first = starts(seen.account, seen.source, seen.topic)
    last = np.append(first[1:], len(seen.day))[: len(first)] - 1
    return {
        "account": seen.account[first],
        "source": seen.source[first],
        "topic": seen.topic[first],
        "points": np.add.reduceat(points, first) if len(first) else points,
        "n": last - first + 1,
        "oldest": seen.day[first],
        "newest": seen.day[last],
    }
