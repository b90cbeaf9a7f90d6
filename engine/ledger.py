"""The ledger: a score as lines in words that sum exactly to it, to the last billionth.

Lines are worked out as exact fractions and rounded once, in ``settle``. Lines of a squashed part are stated at the
worth of the first point; the diminishing line takes back what the squash took.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from engine.evidence import Evidence
from engine.facts import POINT
from engine.forward import forward
from engine.ledger_lines import Draft, Entry, fit_lines, guard_lines, signal_lines
from engine.policy import Policy
from engine.score import CONFIDENCES, Scores
from engine.shared import Shared


@dataclass(frozen=True, slots=True)
class Line:
    """One reason of a score. ``points`` in billionths of the unified score; days count from 1970."""

    rule: str
    category: str  # fit, engagement, intent, roles, signal, guardrail, penalty
    points: int
    why: str
    notes: tuple[str, ...] = ()  # caps, decay, what was left out
    n: int = 0
    oldest: int | None = None
    newest: int | None = None
    person: str | None = None  # contact id of the newest act, named only when rendered
    evidence: tuple[str, ...] = ()  # ids of signals and hand-raises, newest first


@dataclass(frozen=True, slots=True)
class Ledger:
    """A score and what it is made of. ``total`` is exact (billionths, None: no score), ``shown`` in whole points."""

    account_id: str
    as_of_day: int
    policy: str  # name of the policy's version
    total: int | None
    parts: Mapping[str, int]  # fit, signal, engagement, intent, roles in billionths; fit -1 when nothing is known
    confidence: str
    lines: tuple[Line, ...]
    forward: tuple[str, ...]

    @property
    def shown(self) -> int | None:
        """Whole points, rounded down."""
        return None if self.total is None else self.total // POINT

    def rounded(self, decimals: int = 1) -> list[tuple[Line, Fraction]]:
        """Lines with points of so few decimals that still sum exactly to the score cut to as many."""
        unit = 10 ** (9 - decimals)
        wanted = settle([Fraction(line.points, unit) for line in self.lines], (self.total or 0) // unit)
        return [(line, Fraction(points, 10**decimals)) for line, points in zip(self.lines, wanted, strict=True)]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, points in billionths."""
        plain = {name: getattr(self, name) for name in _LEDGER_FIELDS}
        lines = tuple({name: getattr(line, name) for name in _LINE_FIELDS} for line in self.lines)
        return {**plain, "parts": dict(self.parts), "lines": lines, "shown": self.shown}


# By hand: ``dataclasses.asdict`` copies every value deeply and took half the time of storing a pass.
_LINE_FIELDS = tuple(one.name for one in fields(Line))
_LEDGER_FIELDS = tuple(one.name for one in fields(Ledger))


def settle(exact: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers near the exact ones that sum to the total: largest remainders are rounded up, zeros stay zero."""
    out = [int(value // 1) for value in exact]
    movable = [place for place, value in enumerate(exact) if value != 0]
    missing = total - sum(out)
    if not movable:
        if missing:
            raise ValueError("a ledger without points cannot sum to a score")
        return out
    movable.sort(key=lambda place: (-(exact[place] - out[place]), place))
    every, few = divmod(missing, len(movable))
    for order, place in enumerate(movable):
        out[place] += every + (1 if order < few else 0)
    return out


def ledger_of(
    scores: Scores,
    evidence: Evidence,
    policy: Policy,
    account: int,
    *,
    version: str = "",
    shared: Shared | None = None,
) -> Ledger:
    """The ledger of one account, by its dense index in the population. For many, hand the same ``shared`` to each."""
    entry = Entry(scores, evidence, policy, account, shared or Shared(scores, evidence, policy))
    total = entry.value("unified")
    drafts = list(_drafts(entry))
    points = settle([draft.points for draft in drafts], total) if total >= 0 else [0] * len(drafts)
    lines = (_line(draft, one) for draft, one in zip(drafts, points, strict=True))
    parts = {name: entry.value(name) for name in ("fit", "known", "signal", "engagement", "intent", "roles")}
    return Ledger(
        account_id=str(scores.matches.population.ids[account]),
        as_of_day=scores.as_of_day,
        policy=version,
        total=total if total >= 0 else None,
        parts=parts,
        confidence=str(CONFIDENCES[entry.value("confidence")]),
        lines=tuple(lines),
        forward=forward(scores, policy, account, falls=shared.falls if shared else None) if total >= 0 else (),
    )


def _drafts(entry: Entry) -> Iterator[Draft]:
    yield from fit_lines(entry)
    yield from signal_lines(entry)
    yield from guard_lines(entry)


def _line(draft: Draft, points: int) -> Line:
    return Line(
        rule=draft.rule,
        category=draft.category,
        points=points,
        why=draft.why,
        notes=draft.notes,
        n=draft.n,
        oldest=draft.oldest,
        newest=draft.newest,
        person=draft.person,
        evidence=draft.evidence,
    )
