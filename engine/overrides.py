"""A leader's word against the score's: valid with a reason, on the same ladder, for a while, and within limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.customers import is_customer
from engine.facts import Facts, Override, Standing
from engine.ladder import Ladder
from engine.phrasing import day
from engine.policy import CUSTOMER_TIERS, Overrides


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an override comes to. ``tier`` is None when it does not count; ``since`` is when it was first seen."""

    tier: str | None
    sentence: str
    since: datetime


def judge_all(
    facts: Mapping[str, Facts],
    standing: Mapping[str, Standing],
    rules: Overrides,
    ladder: Ladder,
    limits: Mapping[str, int],
    now: datetime,
) -> dict[str, Verdict]:
    """The verdict on each override that the CRM shows; the oldest ones count first against the limits."""
    verdicts: dict[str, Verdict] = {}
    good: list[tuple[datetime, str, Facts, Override]] = []
    for account_id, one in facts.items():
        if one.override is None or (one.excluded is not None and one.excluded[1]):
            continue
        since = first_seen(one.override, standing.get(account_id), now)
        fault = _fault(one, one.override, since, rules, ladder, now)
        if fault:
            verdicts[account_id] = Verdict(None, fault, since)
        else:
            good.append((since, f"{one.natural_key}|{account_id}", one, one.override))
    verdicts.update(_within_limits(good, rules, limits))
    return verdicts


def first_seen(override: Override, was: Standing | None, now: datetime) -> datetime:
    """When this override was first seen; a change of its tier makes it a new one."""
    if was is None or was.override_since is None or was.override_tier != override.tier:
        return now
    return was.override_since


def ends_at(override: Override, since: datetime, rules: Overrides) -> datetime:
    """The last moment of an override: as asked, by default 90 days, at most 180 days."""
    longest = since + rules.longest
    return min(override.until, longest) if override.until is not None else min(since + rules.default, longest)


def _fault(one: Facts, override: Override, since: datetime, rules: Overrides, ladder: Ladder, now: datetime) -> str:
    same_ladder = override.tier in CUSTOMER_TIERS if is_customer(one, now) else override.tier in ladder.places
    if not same_ladder:
        return f"Override to {override.tier} is not followed: it is on another ladder than this account."
    if not (override.reason or "").strip():
        return f"Override to {override.tier} is not followed: it gives no reason."
    end = ends_at(override, since, rules)
    if now >= end:
        return f"Override to {override.tier} ended on {day(end)}; the score decides again."
    return ""


def _within_limits(
    good: list[tuple[datetime, str, Facts, Override]], rules: Overrides, limits: Mapping[str, int]
) -> dict[str, Verdict]:
    """Each leader may hold so many, and each limited tier so large a share."""
    verdicts: dict[str, Verdict] = {}
    by_leader: Counter[str] = Counter()
    by_tier: Counter[str] = Counter()
    for since, _, one, override in sorted(good, key=lambda row: row[:2]):
        most = max(1, int(rules.share_of_tier * limits[override.tier])) if override.tier in limits else None
        if override.by is not None and by_leader[override.by] >= rules.per_leader:
            text = f"Override to {override.tier} is not followed: its leader has {rules.per_leader} open already."
            verdicts[one.account_id] = Verdict(None, text, since)
        elif most is not None and by_tier[override.tier] >= most:
            text = f"Override to {override.tier} is not followed: overrides hold their {most} seats already."
            verdicts[one.account_id] = Verdict(None, text, since)
        else:
            by_tier[override.tier] += 1
            if override.by is not None:
                by_leader[override.by] += 1
            text = f"Set to {override.tier} by a person until {day(ends_at(override, since, rules))}: {override.reason}"
            verdicts[one.account_id] = Verdict(override.tier, text, since)
    return verdicts
