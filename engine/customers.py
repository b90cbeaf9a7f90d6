"""The customer ladder: who to defend, who to grow, who to watch. Unknown never satisfies Grow."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from engine.facts import POINT, Facts, Standing
from engine.phrasing import day, number
from engine.policy import CUSTOMER_DEFEND, CUSTOMER_GROW, CUSTOMER_MONITOR, RECYCLE

HEALTH_DEFEND: Final = 50.0
HEALTH_RENEWAL: Final = 70.0
HEALTH_GROW: Final = 70.0
ADOPTION_DEFEND: Final = 40.0
ADOPTION_GROW: Final = 60.0
RENEWAL_NEAR: Final = timedelta(days=120)
SILENCE: Final = timedelta(days=90)
POTENTIAL_SHARE: Final = 0.3
SIGNAL_GROW: Final = 50 * POINT
DEFEND_STAY: Final = timedelta(days=30)
DEFEND_SLACK: Final = 5.0
FORMER_REST: Final = timedelta(days=90)


def is_customer(facts: Facts, now: datetime) -> bool:
    """True for a mapped customer, recurring revenue, or a renewal that is not past."""
    renews = facts.renewal_at is not None and facts.renewal_at.date() >= now.date()
    return facts.lifecycle == "customer" or (facts.arr or 0) > 0 or renews


def top_quartile_arr(everyone: Iterable[Facts]) -> float | None:
    """Recurring revenue from which a customer is in the top quartile (nearest rank), None without any."""
    known = sorted(facts.arr for facts in everyone if facts.arr is not None and facts.arr > 0)
    return known[math.ceil(0.75 * len(known)) - 1] if known else None


def judge(facts: Facts, was: Standing | None, quartile: float | None, now: datetime) -> tuple[str, str]:
    """The customer tier, and why in a few words."""
    danger = _danger(facts, quartile, now, slack=0.0)
    if danger:
        return CUSTOMER_DEFEND, danger
    if was is not None and was.tier == CUSTOMER_DEFEND:
        if now - was.since < DEFEND_STAY:
            return CUSTOMER_DEFEND, f"better, but watched until {day(was.since + DEFEND_STAY)}"
        lingering = _danger(facts, quartile, now, slack=DEFEND_SLACK)
        if lingering:
            return CUSTOMER_DEFEND, f"{lingering}, not yet {DEFEND_SLACK:g} points clear"
    chance = _chance(facts)
    return (CUSTOMER_GROW, chance) if chance else (CUSTOMER_MONITOR, "no danger and no opening seen")


def _danger(facts: Facts, quartile: float | None, now: datetime, slack: float) -> str:
    """The first reason to defend; ``slack`` raises the bars that must be cleared to leave."""
    if facts.health is not None and facts.health < HEALTH_DEFEND + slack:
        return f"health {number(facts.health)} of 100"
    if facts.adoption is not None and facts.adoption < ADOPTION_DEFEND + slack:
        return f"adoption {number(facts.adoption)} of 100"
    if _renews_soon(facts, now) and (facts.health is None or facts.health < HEALTH_RENEWAL + slack):
        return f"renewal {day(facts.renewal_at)}, health {number(facts.health)}"
    large = quartile is not None and facts.arr is not None and facts.arr >= quartile
    if large and (facts.last_human_contact_at is None or now - facts.last_human_contact_at >= SILENCE):
        return f"no human contact since {day(facts.last_human_contact_at)}"
    return ""


def _renews_soon(facts: Facts, now: datetime) -> bool:
    return facts.renewal_at is not None and now.date() <= facts.renewal_at.date() <= (now + RENEWAL_NEAR).date()


def _chance(facts: Facts) -> str:
    healthy = facts.health is not None and facts.health >= HEALTH_GROW
    if not healthy or facts.adoption is None or facts.adoption < ADOPTION_GROW:
        return ""
    if facts.potential is not None and facts.arr is not None and facts.potential >= POTENTIAL_SHARE * facts.arr > 0:
        return f"room to grow: potential {number(facts.potential)} a year"
    if facts.signal >= SIGNAL_GROW:
        return f"signal {facts.signal // POINT} of 100"
    return "named strategic" if facts.strategic else ""


def rests_as_former(facts: Facts, was: Standing | None, now: datetime) -> datetime | None:
    """Until when a former customer is left alone, or None when the rest is over or there is none."""
    if facts.lifecycle != "former":
        return None
    if was is None or was.tier != RECYCLE:
        left = was is None or was.lifecycle != "former"
        return now + FORMER_REST if left else None
    resting = was.disposition == "wait" or was.lifecycle != "former"
    return was.since + FORMER_REST if resting and now < was.since + FORMER_REST else None
