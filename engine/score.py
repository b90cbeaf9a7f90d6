"""Scores of a whole population: stitching done, families dealt to shards, each shard through the kernel, one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine import conditions, engagement, intent
from engine.accounts import Accounts, Meetings
from engine.acts import Worth, worth_of
from engine.conditions import Days
from engine.curves import Ints, milli, squash
from engine.evidence import US_PER_DAY, Columns, Evidence
from engine.facts import POINT, Confidence
from engine.intent import Seen, seen_of
from engine.kernel import Shard, evaluate, prepared
from engine.policy import Policy
from engine.shards import shards_of
from engine.stitch import Matches, stitch
from engine.surge import daily_of, first_needed_day, surges

CONFIDENCES: Final = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
HEAT_WEEKS: Final = 8
_AGREE_DAYS: Final = 30
_HIGH_KNOWN: Final = 800_000_000


@dataclass(frozen=True, slots=True)
class Scores:
    """What every account is worth, and the lines it is made of.

    ``columns``, by dense account of ``matches.population`` (points and shares int64 billionths; days since 1970, -1 or
    a day before all days for none): account (surrogate), fit, known, shares [criterion], engagement, intent, roles,
    signal, loud (signal before silence), silent, unified (-1: no score), mixed (before gate), gated, held (before
    penalties), penalties [penalty], segment, sums [category], own_engagement, family_engagement, raw_engagement,
    raw_intent, reached and reached_day [required role], newest, last_inbound, last_two_way, last_contact, touches,
    baseline, weeks, surged, ratio (thousandths), first_day, heat [week, oldest first], families, confidence (index of
    ``CONFIDENCES``), exclusion and negative (index of the policy's, -1 none), floors [floor].
    ``acts`` and ``signals`` are the line tables (``engagement.lines_of``, ``intent.lines_of``), sorted by account.
    ``people``: person, account, role, lead (billionths), last_act, sorted by account and person.
    """

    as_of_day: int
    columns: Columns
    acts: Columns
    signals: Columns
    people: Columns
    matches: Matches
    worth: Worth
    seen: Seen
    shards: tuple[Shard, ...]
    shard: NDArray[np.int32]  # by account


def score_population(evidence: Evidence, policy: Policy, *, shards: int = 1, matches: Matches | None = None) -> Scores:
    """Scores of every account as of ``evidence.as_of``. The number of shards bounds memory and changes no byte."""
    matches = matches or stitch(evidence, policy)
    day = evidence.as_of // US_PER_DAY
    worth = worth_of(policy, evidence.names.kinds, matches.roles)
    seen = seen_of(evidence, matches, policy, day)
    population = matches.population
    shard = shards_of(population.families.root, [str(one) for one in population.ids], shards)
    parts = [_part(evidence, policy, matches, seen, worth, shard == number) for number in range(shards)]
    scores = Scores(
        as_of_day=day,
        columns=_joined([part.columns for part in parts], shard, shards),
        acts=_lines([part.acts for part in parts], shard, shards, ("account", "cell")),
        signals=_lines([part.signals for part in parts], shard, shards, ("account", "source", "topic")),
        people=_lines([part.people for part in parts], shard, shards, ("account", "person")),
        matches=matches,
        worth=worth,
        seen=seen,
        shards=tuple(part.shards[0] for part in parts),
        shard=shard,
    )
    scores.columns["account"] = population.account
    return scores


def whole_view(scores: Scores, evidence: Evidence) -> Accounts:
    """All accounts as criteria and conditions see them, whatever shards they were scored in."""
    told = [(np.flatnonzero(scores.shard == number), s.view.meetings) for number, s in enumerate(scores.shards)]
    meetings = Meetings(
        account=np.concatenate([mine[one.account] for mine, one in told]).astype(np.int32),
        day=np.concatenate([one.day for _, one in told]),
        n=np.concatenate([one.n for _, one in told]),
    )
    return Accounts(evidence, scores.matches, scores.seen, meetings)


def _part(
    evidence: Evidence, policy: Policy, matches: Matches, seen: Seen, worth: Worth, mine: NDArray[np.bool_]
) -> Scores:
    touches = evidence.touches
    if not mine.all():
        touches = _touches_of(touches, matches, mine)
        matches, seen = matches.only(mine), seen.of(mine)
    return score_shard(evidence, touches, matches, seen, worth, policy)


def _touches_of(touches: Columns, matches: Matches, mine: NDArray[np.bool_]) -> Columns:
    """Touches that may count for some accounts."""
    index = matches.population.index(touches["account"])
    account = np.where(touches["account"] >= 0, index, np.append(matches.account, np.int32(-1))[touches["person"]])
    taken = np.append(mine, False)[account]  # -1 reads the last cell
    return {name: column[taken] for name, column in touches.items()}


def score_shard(
    evidence: Evidence, touches: Columns, matches: Matches, seen: Seen, worth: Worth, policy: Policy
) -> Scores:
    """Scores of whole families of accounts from their touches, matches and signals."""
    day = evidence.as_of // US_PER_DAY
    shard = prepared(evidence, touches, matches, seen, worth, policy, day)
    days = np.full(len(shard), day, dtype=np.int32)
    columns = evaluate(shard, policy, days)
    acts = columns.pop("acts")
    created = matches.population.column("created_at").astype(np.int64)
    daily = daily_of(shard.rows, seen, worth, first_needed_day(policy, day))
    columns |= surges(daily, policy, created, day) | shard.last | {"reached_day": shard.reached, "newest": shard.newest}
    columns["heat"] = _heat(shard, day)
    columns |= _confidence(shard, evidence, policy, columns, days) | _named(shard, policy, columns, days)
    return Scores(
        as_of_day=day,
        columns=columns,
        acts=_told(engagement.lines_of(shard.rows, acts, worth, len(shard)), worth),
        signals=intent.lines_of(seen, intent.points_of(seen, days)),
        people=_people(shard, acts, policy),
        matches=matches,
        worth=worth,
        seen=seen,
        shards=(shard,),
        shard=np.zeros(len(shard), dtype=np.int32),
    )


def _told(lines: Columns, worth: Worth) -> Columns:
    """Lines of kinds that have a rule."""
    last = len(worth.rules) - 1
    ruled = np.array([rule != last for rule, _, _ in worth.pages], dtype=np.bool_)[lines["cell"]]
    return {name: column[ruled] for name, column in lines.items()}


def _people(shard: Shard, acts: Ints, policy: Policy) -> Columns:
    """Lead score of each person who acted: the same rules, one person."""
    actors = shard.rows.actors
    sums = engagement.actor_sums(shard.rows, acts, shard.worth)
    people = actors["person"] >= 0
    return {
        "person": actors["person"][people],
        "account": actors["account"][people],
        "role": actors["role"][people],
        "lead": squash(sums, policy.signal.engagement.squash)[people],
        "last_act": shard.last_act[people],
    }


def _heat(shard: Shard, day: int) -> NDArray[np.int64]:
    """Inbound acts by week, oldest first."""
    rows = shard.rows
    back = (day - rows.day) // 7
    taken = shard.worth.inbound[rows.cell] & (back < HEAT_WEEKS)
    out = np.zeros((len(shard), HEAT_WEEKS), dtype=np.int64)
    np.add.at(out, (rows.account[taken], HEAT_WEEKS - 1 - back[taken]), rows.kept[taken])
    return out


def stale_sources(evidence: Evidence) -> tuple[str, ...]:
    """Configured sources whose newest evidence is older than they may be."""
    late = (
        source
        for source, limit in evidence.fresh_for.items()
        if evidence.as_of - evidence.fresh_until.get(source, -limit) > limit
    )
    return tuple(sorted(late))


def _confidence(shard: Shard, evidence: Evidence, policy: Policy, columns: Columns, days: Days) -> Columns:
    """Low: little known of fit, or a source is stale. High: much known, and two families within 30 days."""
    families = intent.agreeing(shard.seen, days, _AGREE_DAYS)
    own = days - columns["last_inbound"] <= _AGREE_DAYS
    low = (columns["known"] < milli(policy.fit.min_known) * (POINT // 1000)) | bool(stale_sources(evidence))
    high = (columns["known"] >= _HIGH_KNOWN) & (families + own >= 2)  # two that agree
    return {"families": families, "confidence": np.where(low, 0, np.where(high, 2, 1)).astype(np.int8)}


def _named(shard: Shard, policy: Policy, columns: Columns, days: Days) -> Columns:
    """Exclusions (hard ones first), negative triggers and floors that each account meets."""
    scored = {name: columns[name] for name in ("fit", "signal", "engagement", "intent", "roles", "unified")}
    view = shard.view.with_scores(scored)
    order = sorted(range(len(policy.exclude)), key=lambda i: not policy.exclude[i].hard)
    floors = [conditions.mask(floor.when, view, days) for floor in policy.floors]
    return {
        "exclusion": _first([conditions.mask(policy.exclude[i].when, view, days) for i in order], order, len(days)),
        "negative": _first(
            [conditions.mask(one.when, view, days) for one in policy.negative_triggers], None, len(days)
        ),
        "floors": np.stack(floors, axis=1) if floors else np.zeros((len(days), 0), dtype=np.bool_),
    }


def _first(masks: Sequence[NDArray[np.bool_]], order: Sequence[int] | None, accounts: int) -> NDArray[np.int16]:
    out = np.full(accounts, -1, dtype=np.int16)
    for place in range(len(masks) - 1, -1, -1):
        out[masks[place]] = place if order is None else order[place]
    return out


def _joined(parts: Sequence[Columns], shard: NDArray[np.int32], shards: int) -> Columns:
    """Columns of all accounts, in the population's order."""
    if shards == 1:
        return parts[0]
    out: Columns = {}
    for name, column in parts[0].items():
        out[name] = np.empty((len(shard), *column.shape[1:]), dtype=column.dtype)
        for number, part in enumerate(parts):
            out[name][shard == number] = part[name]
    return out


def _lines(parts: Sequence[Columns], shard: NDArray[np.int32], shards: int, by: tuple[str, ...]) -> Columns:
    """Lines of all accounts, sorted; accounts take back their place in the population."""
    if shards > 1:
        parts = [
            {**part, "account": np.flatnonzero(shard == number)[part["account"]].astype(np.int32)}
            for number, part in enumerate(parts)
        ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort([joined[name] for name in reversed(by)])
    return {name: column[order] for name, column in joined.items()}
