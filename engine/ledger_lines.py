"""The lines of one account's score before rounding: exact fractions of billionths, with their words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from engine import fit, intent, words
from engine.curves import FULL, billionths, days_of, milli
from engine.evidence import Columns, Evidence
from engine.facts import POINT
from engine.kernel import MOST_PENALTY
from engine.policy import Criterion, Policy
from engine.score import Scores
from engine.shared import Shared, bounds

MOST_IDS: Final = 5  # of evidence, on a line


@dataclass(frozen=True, slots=True)
class Draft:
    """A line that is still exact."""

    rule: str
    category: str
    points: Fraction
    why: str
    notes: tuple[str, ...] = ()
    n: int = 0
    oldest: int | None = None
    newest: int | None = None
    person: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One account's place in the scores."""

    scores: Scores
    evidence: Evidence
    policy: Policy
    account: int
    shared: Shared

    def value(self, name: str) -> int:
        """A column's value as a Python integer."""
        return int(self.scores.columns[name][self.account])

    def lines(self, table: Columns) -> list[dict[str, int]]:
        """The account's rows of a line table."""
        low, high = bounds(table["account"], self.account)
        return [{name: int(column[row]) for name, column in table.items()} for row in range(low, high)]

    def scale(self, part: str) -> Fraction:
        """What one point of a part of signal is worth in the unified score."""
        weights = self.shared.part_weights
        share = Fraction(weights.get(part, 0), max(sum(weights.values()), 1))
        return share * Fraction(self.shared.by_segment[1][self.value("segment")], 1000)

    @property
    def fit_scale(self) -> Fraction:
        """What one point of fit is worth in the unified score."""
        return Fraction(self.shared.by_segment[0][self.value("segment")], 1000)


def fit_lines(entry: Entry) -> Iterator[Draft]:
    """One line per criterion; what is unknown is left out of the mean and says so."""
    shares = entry.scores.columns["shares"][entry.account]
    weights = entry.shared.criteria
    known = int((weights * (shares != fit.UNKNOWN)).sum())
    for criterion, share, weight in zip(entry.policy.fit.criteria, shares.tolist(), weights.tolist(), strict=True):
        if share == fit.UNKNOWN:
            yield Draft(criterion.name, "fit", Fraction(0), f"{words.plain(criterion.name)} is not known: left out")
            continue
        points = Fraction(weight * share * (FULL // POINT), known) * entry.fit_scale
        said = f"{words.plain(criterion.name)}: {criterion_value(entry, criterion)}"
        yield Draft(criterion.name, "fit", points, said, (f"share {share / POINT:g} of weight {criterion.weight:g}",))
    if known == 0:
        yield Draft("known", "fit", Fraction(0), "nothing is known of its fit, so there is no score")


def criterion_value(entry: Entry, criterion: Criterion) -> str:
    """What the account shows for a criterion, in words."""
    if criterion.event is not None:
        topics = criterion.event.get("event", criterion.event.get("any_of"))
        each = topics if isinstance(topics, (list, tuple)) else (str(topics),)
        newest = int(entry.shared.newest(each)[entry.account])
        return f"last seen {words.day_text(newest)}" if newest >= 0 else "none seen"
    return value_text(entry.shared.column(criterion.column)[entry.account])


def value_text(value: Any) -> str:
    """A value as people write it: ``450``, ``12,000,000``, ``HubSpot, Snowflake``."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return str(value)


def signal_lines(entry: Entry) -> Iterator[Draft]:
    """Lines of engagement, intent and roles, and the one that says since when it was silent."""
    if entry.value("fit") < 0:
        return
    configured = entry.shared.part_weights
    for part, lines in (("engagement", _engagement), ("intent", _intent), ("roles", _roles)):
        if part in configured:
            yield from lines(entry)
        else:
            yield Draft(part, part, Fraction(0), f"{part} has no source in this connection: left out")
    if entry.value("silent") and entry.value("loud"):
        newest = entry.value("newest")
        lost = -Fraction(entry.value("loud")) * Fraction(int(_signal_weight(entry)), 1000)
        days = days_of(entry.policy.signal.stale_after)
        why = f"nothing from their side since {words.day_text(newest)}: after {days} days the signal counts 0"
        yield Draft("silence", "signal", lost, why, newest=newest)


def _signal_weight(entry: Entry) -> int:
    return entry.shared.by_segment[1][entry.value("segment")]


def _engagement(entry: Entry) -> Iterator[Draft]:
    scale = entry.scale("engagement") * Fraction(FULL, billionths(entry.policy.signal.engagement.squash))
    told = sorted(entry.lines(entry.scores.acts), key=lambda line: (-line["points"], line["cell"]))
    for line in told:
        yield _act(entry, line, scale)
    yield from _category_caps(entry, scale)
    if entry.value("family_engagement"):
        share = f"{entry.policy.score.family_share:g}"
        why = f"from subsidiaries: {share} of what their people did"
        yield Draft("family", "engagement", entry.value("family_engagement") * scale, why)
    yield from _diminishing(entry, "engagement", scale)


def _act(entry: Entry, line: dict[str, int], scale: Fraction) -> Draft:
    worth = entry.scores.worth
    rule_index, page, weight = worth.pages[line["cell"]]
    rule = worth.rules[rule_index]
    role = worth.roles[line["role"]] if line["person"] >= 0 else None
    n = line["kept"]
    said = words.acts_text(rule.kind, page, max(n, 1))
    why = f"{said}, {words.when_text(line['oldest'], line['newest'], n)}{words.by_text(role)}"
    notes = [
        f"worth {rule.points:g} each when new"
        + (f", this page x {weight / 1000:g}" if weight != POINT // 10**6 else "")
    ]
    half_life = rule.half_life or entry.policy.signal.engagement.half_life
    notes.append(f"halves every {days_of(half_life)} days")
    if line["given"] > n:
        notes.append(f"{line['given']} seen, {n} counted: at most {rule.daily_cap} per person and day")
    return Draft(
        rule=f"{rule.kind} {page}".strip(),
        category="engagement",
        points=line["points"] * scale,
        why=why,
        notes=tuple(notes),
        n=n,
        oldest=line["oldest"],
        newest=line["newest"],
        person=_person(entry, line["person"]),
        evidence=tuple(entry.shared.hand_raises(entry.account, rule.kind)[:MOST_IDS]) if rule.hand_raise else (),
    )


def _person(entry: Entry, person: int) -> str | None:
    return str(entry.evidence.names.people[person]) if person >= 0 else None


def _category_caps(entry: Entry, scale: Fraction) -> Iterator[Draft]:
    worth = entry.scores.worth
    sums = entry.scores.columns["sums"][entry.account].tolist()
    for name, total, cap in zip(worth.categories, sums, worth.account_cap.tolist(), strict=True):
        if total > cap:
            why = f"{words.plain(name)} counts at most {cap / POINT:g} points for an account"
            yield Draft(f"cap {name}", "engagement", (cap - total) * scale, why)


def _diminishing(entry: Entry, part: str, scale: Fraction) -> Iterator[Draft]:
    """What the squash takes: each further point counts for less."""
    lost = entry.value(part) * entry.scale(part) - entry.value(f"raw_{part}") * scale
    if lost:
        yield Draft(f"diminishing {part}", part, lost, f"much {part} already: each further point counts for less")


def _intent(entry: Entry) -> Iterator[Draft]:
    scale = entry.scale("intent") * Fraction(FULL, billionths(entry.policy.signal.intent.squash))
    seen, cap = entry.scores.seen, intent.source_cap(entry.policy)
    by_source: dict[int, int] = {}
    for line in sorted(
        entry.lines(entry.scores.signals), key=lambda one: (-one["points"], one["topic"], one["source"])
    ):
        by_source[line["source"]] = by_source.get(line["source"], 0) + line["points"]
        if seen.scored[line["topic"]]:
            yield _signal(entry, line, scale)
    for source, total in sorted(by_source.items(), key=lambda pair: seen.sources[pair[0]]):
        if total > cap:
            why = f"{seen.sources[source]} counts at most {entry.policy.signal.intent.per_source_cap:g} points"
            yield Draft(f"cap {seen.sources[source]}", "intent", Fraction(cap - total, 1000) * scale, why)
    capped = sum(min(total, cap) for total in by_source.values())
    agreed = entry.value("raw_intent") - Fraction(capped, 1000)
    if abs(agreed) >= 1:
        days = days_of(entry.policy.signal.intent.agreement.within)
        yield Draft("agreement", "intent", agreed * scale, f"independent sources agree within {days} days")
    yield from _diminishing(entry, "intent", scale)


def _signal(entry: Entry, line: dict[str, int], scale: Fraction) -> Draft:
    seen = entry.scores.seen
    topic, source = seen.topics[line["topic"]], seen.sources[line["source"]]
    when = words.when_text(line["oldest"], line["newest"], line["n"])
    return Draft(
        rule=topic,
        category="intent",
        points=Fraction(line["points"], 1000) * scale,
        why=f"{words.topic_text(topic)} ({source}), {when}",
        notes=(f"halves every {days_of(entry.policy.signal.intent.half_life)} days",),
        n=line["n"],
        oldest=line["oldest"],
        newest=line["newest"],
        evidence=tuple(entry.shared.signals(entry.account, topic, source)[:MOST_IDS]),
    )


def _roles(entry: Entry) -> Iterator[Draft]:
    required = entry.policy.signal.roles.required
    reached = entry.scores.columns["reached"][entry.account].tolist()
    days = entry.scores.columns["reached_day"][entry.account].tolist()
    window = days_of(entry.policy.signal.roles.window)
    for role, hit, day in zip(required, reached, days, strict=True):
        if hit:
            points = Fraction(FULL, len(required)) * entry.scale("roles")
            yield Draft(
                role, "roles", points, f"{words.plain(role)} reached, last on {words.day_text(day)}", newest=day
            )
        else:
            yield Draft(role, "roles", Fraction(0), f"no {words.plain(role)} reached within {window} days")


def guard_lines(entry: Entry) -> Iterator[Draft]:
    """Lines of what held the score: the ends of the scale, the fit gate, penalties."""
    if entry.value("fit") < 0:
        return
    mixed, held = entry.value("mixed"), entry.value("held")
    raw = entry.value("fit") * entry.fit_scale + Fraction(entry.value("signal") * _signal_weight(entry), 1000)
    if raw > FULL:
        yield Draft("ceiling", "guardrail", FULL - raw, "a score ends at 100")
    if held != mixed:
        gate = entry.policy.score.gate
        why = f"fit is under {gate.fit:g}: no signal lifts it above {gate.ceiling:g}"
        yield Draft("fit gate", "guardrail", Fraction(held - mixed), why)
    yield from _penalties(entry, held)


def _penalties(entry: Entry, held: int) -> Iterator[Draft]:
    hits = entry.scores.columns["penalties"][entry.account].tolist()
    taken = 0
    for penalty, hit in zip(entry.policy.score.penalties, hits, strict=True):
        if hit:
            points = milli(penalty.points) * (POINT // 1000)
            taken += points
            yield Draft(penalty.name, "penalty", Fraction(-points), f"penalty: {words.plain(penalty.name)}")
    left = min(taken, MOST_PENALTY, held)
    if taken > left:
        why = "penalties take at most 30 points, and never below 0"
        yield Draft("penalty limit", "penalty", Fraction(taken - left), why)
