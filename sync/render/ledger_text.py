"""A ledger as text: every line of a score in words, summing exactly, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Final

from engine.facts import Standing
from engine.ledger import Ledger, Line

_HEADS: Final[Mapping[str, str]] = {
    "fit": "Fit: who they are",
    "engagement": "Engagement: what their people did",
    "intent": "Intent: what outside sources saw",
    "roles": "Buying group: who we have reached",
    "signal": "Signal",
    "guardrail": "Guardrails",
    "penalty": "Penalties",
}
_WIDTH: Final = 96


def ledger_lines(ledger: Ledger, name: str, people: Mapping[str, str]) -> Iterator[str]:
    """The whole ledger; ``people`` gives names by contact id."""
    if ledger.total is None:
        yield f"{name}: no score - nothing is known that the fit rules ask for"
        return
    yield f"{name}: score {ledger.shown}, confidence {ledger.confidence}"
    rows = ledger.rounded()
    for category, group in groupby(rows, key=lambda row: row[0].category):
        found = list(group)
        yield ""
        yield f"  {_HEADS.get(category, category.capitalize()):<70}{_points(sum(p for _, p in found)):>8}"
        for line, points in found:
            yield from _line(line, points, people)
    yield ""
    total = sum((points for _, points in rows), Fraction())
    yield f"  {'= sum of the lines':<70}{_points(total):>8}"
    yield f"  {'shown in the CRM, rounded down':<70}{ledger.shown:>8}"


def _line(line: Line, points: Fraction, people: Mapping[str, str]) -> Iterator[str]:
    who = people.get(line.person or "", "")
    words = line.why + (f" ({who})" if who else "")
    first, *rest = _folded(words, 62)
    yield f"    {_points(points):>7}  {first}"
    for text in rest:
        yield f"{'':13}{text}"
    if line.notes:
        for text in _folded("; ".join(line.notes), 78):
            yield f"{'':13}{text}"


def _folded(text: str, width: int) -> list[str]:
    out, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) + 1 > width:
            out.append(line)
            line = ""
        line = f"{line} {word}" if line else word
    return [*out, line] if line or not out else out


def _points(value: Fraction | int) -> str:
    return f"{float(value):+.1f}"


def standing_lines(standing: Standing | None, sentences: Sequence[str], owner: str) -> Iterator[str]:
    """Where the account stands, and the decision in sentences."""
    if standing is None:
        yield "Tier: none stands yet; the first plan waits for approval"
    else:
        since = f"{standing.since:%d %b %Y}".lstrip("0")
        treated = f", treated as {standing.treated_as}" if standing.treated_as else ""
        yield f"Tier: {standing.tier} since {since}{treated}; owner {owner}"
    for sentence in sentences:
        yield f"  - {sentence}"


def forward_lines(ledger: Ledger) -> Iterator[str]:
    """What will happen if nothing happens, and what would lift it."""
    for sentence in ledger.forward:
        yield f"  - {sentence[:1].upper()}{sentence[1:]}"
