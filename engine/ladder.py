"""The prospect ladder as places, and the draft that climbs through the steps of a tier decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from engine.facts import POINT, Facts, Standing
from engine.policy import RECYCLE, Policy, Tier

FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The policy's tiers by place: 0 is the best, Recycle the last. Suppress and customers stand beside it."""

    tiers: tuple[Tier, ...]
    places: dict[str, int]

    @classmethod
    def of(cls, policy: Policy) -> Ladder:
        """The ladder of a policy."""
        names = [*(tier.name for tier in policy.tiers), RECYCLE]
        return cls(policy.tiers, {name: place for place, name in enumerate(names)})

    @property
    def lowest(self) -> int:
        """Place of the lowest tier, the one above Recycle."""
        return len(self.tiers) - 1

    def place(self, tier: str) -> int | None:
        """Place of a tier, or None for Suppress, customers and tiers that the policy no longer has."""
        return self.places.get(tier)

    def below(self, tier: str) -> str:
        """The next tier down."""
        place = self.places[tier] + 1
        return self.tiers[place].name if place < len(self.tiers) else RECYCLE

    def better(self, one: str, other: str) -> bool:
        """True when both stand on the ladder and ``one`` is higher."""
        first, second = self.place(one), self.place(other)
        return first is not None and second is not None and first < second


@dataclass(frozen=True, slots=True)
class Draft:
    """A tier decision in the making: what is known, what stands, and what the steps so far made of it."""

    facts: Facts
    was: Standing | None
    tier: str = RECYCLE
    disposition: str | None = None
    sentences: tuple[str, ...] = ()
    cause: str = ""
    pinned: bool = False
    overridden: bool = False
    override_since: datetime | None = None
    provisional: bool = False
    suppressed_by: str | None = None
    lost_seat: bool = False

    def to(self, tier: str, sentence: str = "", **changes: object) -> Draft:
        """The draft moved to ``tier``, with one sentence more."""
        said = (*self.sentences, sentence) if sentence else self.sentences
        return replace(self, tier=tier, sentences=said, **changes)  # type: ignore[arg-type]

    def says(self, sentence: str) -> Draft:
        """The draft with one sentence more."""
        return self.to(self.tier, sentence)

    def order(self) -> tuple[int, int, datetime, str, str]:
        """Sorts best first: unified, fit, time in the tier, then the account's natural key."""
        facts = self.facts
        since = self.was.since if self.was is not None and self.was.tier == self.tier else FAR_FUTURE
        fit = -1 if facts.fit is None else facts.fit
        return (-score_of(facts), -fit, since, facts.natural_key, facts.account_id)


def score_of(facts: Facts) -> int:
    """The exact score in billionths; unknown sorts below zero."""
    return -1 if facts.unified is None else facts.unified


def whole(points: int | None) -> int | None:
    """Points as shown: whole, rounded down."""
    return None if points is None else points // POINT


def raised_after(facts: Facts, when: datetime) -> bool:
    """True when somebody asked to be called after ``when``."""
    return facts.hand_raise is not None and facts.hand_raise.occurred_at > when
