"""Runs the engine over a snapshot: scores in shards that bound memory, then facts, decisions, what is desired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from config.settings import Settings
from engine.decide import decide_all
from engine.facts import Decision, Desired, Facts, KnownTask, OwnerFacts, Standing, Timer
from engine.facts_from import facts
from engine.forward import falls_on
from engine.score import Scores, score_population
from engine.sla import Act
from engine.stitch import Matches
from engine.words import midnight
from sync.snapshot import RawAct, Snapshot

TOUCHES_PER_SHARD = 20_000_000  # about 800 MB of kernel memory


@dataclass(frozen=True, slots=True)
class Judged:
    """What the engine makes of a snapshot."""

    scores: Scores
    facts: Mapping[str, Facts]
    decisions: list[Decision]
    desired: list[Desired]
    timers: list[Timer]

    def by_account(self) -> dict[str, Decision]:
        """Decisions by account_id."""
        return {decision.account_id: decision for decision in self.decisions}


@dataclass(frozen=True, slots=True)
class Known:
    """What the store remembers, as far as a decision needs it."""

    standing: Mapping[str, Standing]
    tasks: Mapping[str, KnownTask]
    timers: tuple[Timer, ...]
    first_pass: bool


def score(snapshot: Snapshot, settings: Settings) -> Scores:
    """Scores of every account, as of the snapshot's time."""
    shards = 1 + len(snapshot.evidence.touches["n"]) // TOUCHES_PER_SHARD
    return score_population(snapshot.evidence, settings.policy, shards=shards)


def judge(
    snapshot: Snapshot,
    scores: Scores,
    known: Known,
    settings: Settings,
    owners: Mapping[str, OwnerFacts],
    org: str,
    zone: str,
    link: str = "",
) -> Judged:
    """Decisions and what should exist now, for every account in scope."""
    leave = {tier.name: tier.leave for tier in settings.policy.tiers}
    bars = {account: leave[one.tier] for account, one in known.standing.items() if one.tier in leave}
    found = facts(scores, snapshot.evidence, scores.matches, settings.policy, settings.motion, bars=bars or None)
    found = {name: _not_before(one, known.standing.get(name), settings) for name, one in found.items()}
    decisions, desired, timers = decide_all(
        org,
        found,
        known.standing,
        owners,
        tuple(known.tasks.values()),
        known.timers,
        tuple(acts_of(snapshot.acts, scores.matches)),
        settings.policy,
        settings.motion,
        snapshot.shown(),
        snapshot.now,
        first_pass=known.first_pass,
        zone=zone,
        link=link,
    )
    return Judged(scores, found, decisions, _dated(desired, decisions, scores, settings), timers)


def _dated(desired: list[Desired], decisions: list[Decision], scores: Scores, settings: Settings) -> list[Desired]:
    """Desired with the day on which each account falls from the tier that was just decided."""
    leave = {tier.name: tier.leave for tier in settings.policy.tiers}
    place = {str(one): index for index, one in enumerate(scores.matches.population.ids)}
    bars = {
        place[one.account_id]: leave[one.standing.tier]
        for one in decisions
        if one.standing.tier in leave and one.account_id in place
    }
    under = falls_on(scores, settings.policy, bars)
    falls = {
        one.account_id: _later(midnight(under[place[one.account_id]]), one.standing, settings)
        for one in decisions
        if place.get(one.account_id) in under
    }
    return [
        replace(one, fields={**one.fields, "falls_on": falls.get(one.account_id)}) if "falls_on" in one.fields else one
        for one in desired
    ]


def _not_before(one: Facts, standing: Standing | None, settings: Settings) -> Facts:
    """The facts, with a fall no earlier than the minimum stay of what stands."""
    if one.falls_on is None or standing is None:
        return one
    return replace(one, falls_on=_later(one.falls_on, standing, settings))


def _later(falls: datetime, standing: Standing, settings: Settings) -> datetime:
    """The day of the fall: the day the score is under the bar, or the end of the minimum stay if that is later."""
    stays = (standing.since + settings.policy.stability.min_stay).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(falls, stays)


def acts_of(raw: Iterable[RawAct], matches: Matches) -> Iterable[Act]:
    """Acts of our people with the account that each counts for; acts about nobody we know are left out."""
    population = matches.population
    for act in raw:
        place = population.local[act.account] if act.account >= 0 else matches.account[act.person]
        if place >= 0 and (act.account >= 0 or act.person >= 0):
            yield Act(str(population.ids[place]), act.actor_id, act.occurred_at, act.logged_at, act.kind)
