"""Seats: capacity limits admission. Nobody is admitted to a full tier; an excess is reported, not thrown out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.facts import POINT
from engine.ladder import Draft, Ladder, score_of, whole
from engine.policy import Policy, Tier

POOL = ""  # the group of accounts without an active owner


@dataclass(frozen=True, slots=True)
class Seating:
    """Who sits where: the group (active owner, or the pool) of each account, and the owners who share a pool."""

    groups: Mapping[str, str]
    pool_owners: Sequence[str]
    now: datetime


def limits(policy: Policy, population: int) -> dict[str, int]:
    """Seats of each tier that has a limit as a whole; a share of a small population is at least one seat."""
    found: dict[str, int] = {}
    for tier in policy.tiers:
        rules = tier.capacity
        sizes = [rules.accounts] if rules.accounts is not None else []
        if rules.share is not None:
            sizes.append(max(1, int(rules.share * population + 1e-9)))
        if sizes:
            found[tier.name] = min(sizes)
    return found


def seat(
    drafts: Mapping[str, Draft], policy: Policy, ladder: Ladder, seats: Mapping[str, int], seating: Seating
) -> dict[str, Draft]:
    """The drafts after admission, best tier first: who finds no seat goes to the next tier, without a cool-down."""
    result = dict(drafts)
    for tier in policy.tiers:
        limit = seats.get(tier.name)
        if limit is None and tier.capacity.per_owner is None:
            continue
        members = [draft for draft in result.values() if draft.tier == tier.name]
        hall = _Hall(tier, limit, seating)
        below = ladder.below(tier.name)
        for draft, sentence in hall.fill(members, policy):
            result[draft.facts.account_id] = draft.to(below, sentence, lost_seat=True)
    return result


@dataclass(slots=True)
class _Hall:
    """One tier's seats while they are given out."""

    tier: Tier
    limit: int | None
    seating: Seating
    taken: int = 0
    by_group: Counter[str] = field(default_factory=Counter)

    def fill(self, members: Sequence[Draft], policy: Policy) -> list[tuple[Draft, str]]:
        """Those who find no seat, each with a sentence."""
        staying = [draft for draft in members if draft.was is not None and draft.was.tier == self.tier.name]
        for draft in staying:
            self._sit(draft, 1)
        here = {draft.facts.account_id for draft in staying}
        coming = [draft for draft in members if draft.facts.account_id not in here]
        coming.sort(key=lambda draft: (not draft.overridden, draft.order()))
        loose = sorted((d for d in staying if not self._protected(d, policy)), key=Draft.order, reverse=True)
        out: list[tuple[Draft, str]] = []
        for draft in coming:
            out += self._admit(draft, loose)
        return out

    def _admit(self, draft: Draft, loose: list[Draft]) -> list[tuple[Draft, str]]:
        full, crowded = self._full(), self._group_full(draft)
        if not full and not crowded:
            self._sit(draft, 1)
            return []
        weakest = self._weakest(draft, loose, within_group=crowded)
        if weakest is None or self._over(draft):
            return [(draft, self._no_seat(draft, full))]
        loose.remove(weakest)
        self._sit(weakest, -1)
        self._sit(draft, 1)
        name, score = draft.facts.name, whole(draft.facts.unified)
        return [(weakest, f"Loses its seat in {self.tier.name} to {name} (score {score}).")]

    def _weakest(self, draft: Draft, loose: list[Draft], *, within_group: bool) -> Draft | None:
        """The lowest incumbent past its minimum stay that this account may replace: 5 points more, or an override."""
        group = self._group(draft)
        weakest = next((d for d in loose if not within_group or self._group(d) == group), None)
        if weakest is None or draft.overridden:
            return weakest
        lead = score_of(draft.facts) - score_of(weakest.facts)
        return weakest if lead >= round(self.tier.capacity.margin * POINT) else None

    def _protected(self, draft: Draft, policy: Policy) -> bool:
        assert draft.was is not None
        young = self.seating.now - draft.was.since < policy.stability.min_stay
        return young or draft.overridden or draft.facts.open_opportunity

    def _group(self, draft: Draft) -> str:
        return self.seating.groups[draft.facts.account_id]

    def _sit(self, draft: Draft, step: int) -> None:
        self.taken += step
        self.by_group[self._group(draft)] += step

    def _full(self) -> bool:
        return self.limit is not None and self.taken >= self.limit

    def _group_limit(self, group: str) -> int | None:
        each = self.tier.capacity.per_owner
        if each is None or group != POOL:
            return each
        if not self.seating.pool_owners:
            return None  # a CRM without owners knows no seats per owner
        return sum(max(0, each - self.by_group[owner]) for owner in self.seating.pool_owners)

    def _group_full(self, draft: Draft) -> bool:
        limit = self._group_limit(self._group(draft))
        return limit is not None and self.by_group[self._group(draft)] >= limit

    def _over(self, draft: Draft) -> bool:
        """True when the tier or the group holds more than its limit: then nobody is admitted, not even in exchange."""
        limit = self._group_limit(self._group(draft))
        crowded = limit is not None and self.by_group[self._group(draft)] > limit
        return crowded or (self.limit is not None and self.taken > self.limit)

    def _no_seat(self, draft: Draft, full: bool) -> str:
        name = self.tier.name
        if full:
            over = self.taken - (self.limit or 0)
            excess = f", {over} over its limit" if over > 0 else ""
            return f"{name} is full: {self.taken} accounts for {self.limit} seats{excess}."
        if self._group(draft) == POOL:
            return f"{name} waits: nobody has a free seat for an account without an owner."
        taken = self.by_group[self._group(draft)]
        return f"{name} waits: its owner has {taken} of {self.tier.capacity.per_owner} seats taken."
