"""Holdout: accounts left alone, drawn once per family, so that the effect of working the others can be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from engine.facts import POINT, Facts, Standing
from engine.keys import draw
from engine.motion import Holdout
from engine.policy import Policy

_DAY: Final = timedelta(days=1)
_BANDS: Final = ((80, "A"), (60, "B"), (40, "C"))


def band(points: int | None) -> str:
    """The band of a part of the score: A from 80, B from 60, C from 40, else D; unknown is its own."""
    if points is None:
        return "unknown"
    return next((name for bar, name in _BANDS if points >= bar * POINT), "D")


def held_out(
    facts: Sequence[Facts],
    tiers: Mapping[str, str],
    standing: Mapping[str, Standing],
    barred: frozenset[str],
    policy: Policy,
    rules: Holdout,
    now: datetime,
) -> dict[str, datetime]:
    """Since when each account that was ever drawn is held out; whoever stands longer than the epoch is released.

    ``barred``: accounts that are not eligible; one of them keeps its whole family out of the draw.
    """
    kept = {one.account_id: since for one in facts if (since := _since(standing.get(one.account_id))) is not None}
    shares = {tier.name: _share(rules, tier.name) for tier in policy.tiers}
    if not any(shares.values()):
        return kept
    roots = {one.account_id: one.natural_key for one in facts}  # neutral names, so that every CRM draws alike
    closed = {one.family for one in facts if one.account_id in barred}
    number = int(now.timestamp() // max(rules.epoch, _DAY).total_seconds())
    for one in facts:
        if one.account_id in kept or one.family in closed:
            continue
        stratum = {"fit_band": band(one.fit), "segment": one.segment or ""}
        parts = [stratum.get(name, str(one.attributes.get(name, ""))) for name in rules.stratify]
        if draw(rules.salt, str(number), roots.get(one.family, one.family), *parts) < shares.get(
            tiers[one.account_id], 0.0
        ):
            kept[one.account_id] = now
    return kept


def is_held(since: datetime | None, rules: Holdout, now: datetime) -> bool:
    """True while the epoch of a draw lasts."""
    return since is not None and now - since < rules.epoch


def _since(was: Standing | None) -> datetime | None:
    return None if was is None else was.held_out_since


def _share(rules: Holdout, tier: str) -> float:
    """The share held out of a prospect tier; one number stands for all of them."""
    return rules.share.get(tier, 0.0) if isinstance(rules.share, dict) else rules.share
