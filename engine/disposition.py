"""What to do with an account in Recycle, and which stage of a purchase an account is in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from engine.facts import POINT, Facts
from engine.policy import Policy

ENRICH, PARTNER, EDUCATE, REVIVE, WAIT = "enrich", "partner", "educate", "revive", "wait"

HAND_RAISE_ACTIVE: Final = timedelta(days=14)
SLACK: Final = 5 * POINT
_BARS: Final = (("active", 70 * POINT), ("engaged", 45 * POINT), ("aware", 20 * POINT))
_STAGES: Final = ("unaware", "aware", "engaged", "active")

WORDS: Final = {
    ENRICH: "too little is known about it: enrich first",
    PARTNER: "it is a partner: refer it",
    EDUCATE: "it does not fit yet: educate",
    REVIVE: "it fits but has gone quiet: revive",
    WAIT: "it waits",
}


def disposition(facts: Facts, policy: Policy, was: str | None, *, provisional: bool) -> str:
    """The first that matches: enrich, partner, educate (under the gate), revive (it fits, signal decayed), wait.

    Who is being educated stays so until fit reaches the release.
    """
    if facts.negative_trigger is not None:
        return WAIT
    gate = policy.score.gate
    if was == EDUCATE and facts.fit is not None and facts.fit < gate.release * POINT:
        return EDUCATE  # what was learnt of a misfit is not forgotten because less is known now
    if facts.fit is None or provisional:
        return ENRICH
    if facts.lifecycle == "partner":
        return PARTNER
    if facts.gated or facts.fit < gate.fit * POINT:
        return EDUCATE
    return REVIVE if facts.last_inbound_at is not None else WAIT


def stage(facts: Facts, was: str | None, now: datetime, *, customer: bool) -> str:
    """The stage of a purchase; a stage is left downwards only when the signal is 5 points under its bar."""
    if customer:
        return "customer"
    if facts.open_opportunity:
        return "opportunity"
    raised = facts.hand_raise is not None and now - facts.hand_raise.occurred_at <= HAND_RAISE_ACTIVE
    fresh = "active" if raised else _by_signal(facts.signal)
    if was not in _STAGES or _STAGES.index(was) <= _STAGES.index(fresh):
        return fresh
    kept = _by_signal(facts.signal + SLACK - 1)
    return min(was, kept, key=_STAGES.index) if _STAGES.index(kept) > _STAGES.index(fresh) else fresh


def _by_signal(signal: int) -> str:
    return next((name for name, bar in _BARS if signal >= bar), "unaware")
