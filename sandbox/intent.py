"""Account-level evidence from outside: intent topics and reviews that follow interest, and news that does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sandbox.firms import Firms
from sandbox.truth import WEEKS, Truth
from sandbox.world import DAY_S, Signal


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic of one source: ``weekly * interest ** power`` a week, or evenly when ``power`` is 0."""

    source: str
    family: str
    topic: str
    weekly: float
    power: float


FEEDS: Final = (
    Feed("bidwatch", "bidwatch", "topic_core", 0.34, 1.7),
    Feed("bidwatch", "bidwatch", "topic_adjacent", 0.30, 1.0),
    Feed("topicpulse", "topicpulse", "topic_core", 0.20, 1.7),
    Feed("topicpulse", "topicpulse", "topic_adjacent", 0.14, 1.0),
    Feed("reviewhub", "reviews", "review_compare", 0.10, 2.0),
    Feed("techscan", "tech", "competitor_removed", 0.010, 1.5),
    Feed("techscan", "tech", "tech_installed", 0.003, 0.0),
    Feed("firmnews", "news", "funding", 0.0010, 0.0),
    Feed("firmnews", "news", "leadership_change", 0.0022, 0.0),
    Feed("jobradar", "jobs", "hiring", 0.0040, 0.0),
    Feed("jobradar", "jobs", "job_posting", 0.0060, 0.0),
)
SIGNAL_SPAN: Final = 10_000_000  # signal numbers are unique across chunks of a world


def draw_signals(firms: Firms, truth: Truth, quiet: np.ndarray, dice: np.random.Generator, now: int) -> list[Signal]:
    """Signals of all feeds, ordered by time; one in thirty is about a domain that no account has."""
    found: list[tuple[int, str, Feed, float | None]] = []
    for feed in FEEDS:
        rate = feed.weekly * truth.interest**feed.power * ~quiet[:, None]
        spot = np.repeat(np.arange(rate.size), dice.poisson(rate).ravel())
        account, week = spot // WEEKS, spot % WEEKS
        days = dice.integers(0, 7, len(spot))
        midnight = now - now % DAY_S
        seen = midnight - (WEEKS - week) * 7 * DAY_S + days * DAY_S
        strength = np.round(
            np.clip(0.35 + 0.5 * truth.interest[account, week] + dice.normal(0, 0.12, len(spot)), 0.1, 1), 2
        )
        stranger = dice.random(len(spot)) < 1 / 30
        for place, (row, when) in enumerate(zip(account.tolist(), seen.tolist(), strict=True)):
            domain = f"unlisted{row % 40}.example" if stranger[place] else firms.domains[row]
            found.append((when, domain, feed, float(strength[place]) if feed.power else None))
    found.sort(key=lambda row: (row[0], row[1], row[2].topic, row[2].source))
    base = firms.chunk * SIGNAL_SPAN
    return [
        Signal(f"S{base + place + 1:08d}", domain, feed.source, feed.family, feed.topic, strength, when)
        for place, (when, domain, feed, strength) in enumerate(found)
    ]
