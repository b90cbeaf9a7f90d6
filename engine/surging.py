"""Surge treatment: a week well above normal changes how an account is treated for a while, never its tier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.candidate import fits
from engine.facts import Facts, Standing
from engine.ladder import Ladder
from engine.phrasing import day
from engine.policy import RECYCLE, Surge

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Treatment:
    """How an account is treated. ``since`` is the surge's own first day; ``until`` outlives the end, for the rest."""

    treated_as: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    renewals: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One account, the tier it has now, who owns it, and what bars it from treatment (empty when nothing does)."""

    facts: Facts
    was: Standing | None
    tier: str
    owner_id: str | None
    barred: str = ""


def treat(cases: Sequence[Case], rules: Surge, ladder: Ladder, now: datetime) -> dict[str, Treatment]:
    """The treatment of every account that has or had one; each owner gets the highest ratios first."""
    found: dict[str, Treatment] = {}
    fresh: list[tuple[Case, str]] = []
    held: Counter[str | None] = Counter()
    for case in cases:
        treatment = _standing(case, rules, ladder, now)
        if treatment is not None:
            found[case.facts.account_id] = treatment
            held[case.owner_id] += treatment.treated_as is not None
        elif case.facts.surge is not None and (tier := _aim(case, ladder)) is not None:
            fresh.append((case, tier))
    fresh.sort(key=lambda pair: _best_first(pair[0]))
    for case, tier in fresh:
        found[case.facts.account_id] = _admit(case, tier, held, rules, now)
    return found


def _best_first(case: Case) -> tuple[float, str, str]:
    ratio = case.facts.surge.ratio if case.facts.surge is not None else 0.0
    return (-ratio, case.facts.natural_key, case.facts.account_id)


def _aim(case: Case, ladder: Ladder) -> str | None:
    """The best tier that its fit allows, when that is better than the one it has."""
    if case.barred or case.facts.gated:
        return None
    place = ladder.place(case.tier)
    name = next((tier.name for tier in ladder.tiers if fits(case.facts, tier)), RECYCLE)
    return name if place is not None and ladder.places[name] < place else None


def _standing(case: Case, rules: Surge, ladder: Ladder, now: datetime) -> Treatment | None:
    """What a treatment that stands comes to; None when there is none and nothing has to rest."""
    was = case.was
    if was is None or was.treated_until is None:
        return None
    until, renewals = was.treated_until, was.treated_renewals
    if was.treated_as is None:
        rest = until + rules.expires
        said = f"It surges again; treatment rests until {day(rest)}." if case.facts.surge is not None else ""
        return Treatment(None, None, until, renewals, said) if now < rest else None
    if case.barred or not ladder.better(was.treated_as, case.tier):
        why = case.barred or f"it is in {case.tier} by itself"
        return Treatment(None, None, min(until, now), 0, f"Treatment as {was.treated_as} ends: {why}.")
    if now < until:
        return Treatment(was.treated_as, was.treated_since, until, renewals)
    if case.facts.surge is not None and renewals < rules.renew:
        until += rules.expires
        said = f"It still surges: treated as {was.treated_as} until {day(until)}."
        return Treatment(was.treated_as, was.treated_since, until, renewals + 1, said)
    return Treatment(None, None, until, 0, f"Treatment as {was.treated_as} ended on {day(until)}.")


def _admit(case: Case, tier: str, held: Counter[str | None], rules: Surge, now: datetime) -> Treatment:
    surge = case.facts.surge
    assert surge is not None
    if held[case.owner_id] >= rules.per_owner:
        text = (
            f"It surges ({surge.ratio:.1f}x its normal), but its owner has {rules.per_owner} surging accounts already."
        )
        return Treatment(sentence=text)
    held[case.owner_id] += 1
    until = now + rules.expires
    text = f"Activity {surge.ratio:.1f}x its normal: treated as {tier} until {day(until)}."
    return Treatment(tier, _EPOCH + timedelta(days=surge.first_day), until, 0, text)
