"""What the CRM shows of a decision: the owned fields, in words and whole numbers, with absolute dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from engine import sla
from engine.disposition import WORDS
from engine.facts import Decision, Facts, Timer
from engine.ladder import whole
from engine.phrasing import clipped, day, joined
from engine.policy import RECYCLE

TEXT_LIMIT: Final = 255


def fields(
    facts: Facts,
    decision: Decision,
    timers: Sequence[Timer],
    promised: datetime | None,
    play: str | None,
    shown: Mapping[str, object],
    now: datetime,
) -> dict[str, object]:
    """Every owned field of an account, core and full.

    ``promised``: when the first touch is due that a task opened in this pass promises; ``play``: the best play that
    holds; ``shown``: what the CRM shows, so that a promise and the last change keep their words.
    """
    standing = decision.standing
    due, status = sla.fields(timers, shown.get("sla_due"), now)
    if promised is not None and (due is None or promised < due):
        due, status = promised, sla.ON_TIME
    return {
        "tier": standing.tier,
        "tier_since": standing.since,
        "treated_as": standing.treated_as,
        "score": decision.score,
        "why": why(facts, decision),
        "next_action": clipped(next_action(facts, decision), TEXT_LIMIT) or None,
        "sla_due": due,
        "sla_status": status,
        "fit": whole(facts.fit),
        "signal": whole(facts.signal),
        "falls_on": facts.falls_on,
        "what_changed": what_changed(decision, shown),
        "first_touch": first_touch(timers) or shown.get("first_touch"),
        "play": play,
    }


def why(facts: Facts, decision: Decision) -> str:
    """Why the account is in its tier, best reason first, in at most 255 characters."""
    standing = decision.standing
    parts = [decision.cause] if decision.cause else []
    if standing.tier == RECYCLE and not decision.cause and standing.disposition is not None:
        parts.append(WORDS[standing.disposition])
    if standing.fit_provisional:
        parts.append("fit is provisional")
    if facts.family_customer:
        parts.append(f"in the family: {facts.family_customer}")
    text = joined([*parts, *facts.reasons], TEXT_LIMIT)
    return text[:1].upper() + text[1:]


def next_action(facts: Facts, decision: Decision) -> str:
    """What to do next; nothing for accounts that nobody should work."""
    return "" if decision.suppressed_by is not None else facts.next_action


def what_changed(decision: Decision, shown: Mapping[str, object]) -> object:
    """The last move of the tier and its reason; as the CRM shows it until the tier moves again."""
    standing = decision.standing
    if decision.movement == "stays":
        return shown.get("what_changed")
    reason = decision.sentences[-1] if decision.sentences else ""
    head = f"{day(standing.since)}: {_move(decision)}."
    return clipped(f"{head} {reason}".strip(), TEXT_LIMIT)


def _move(decision: Decision) -> str:
    standing, verb = decision.standing, {"rose": "rose", "fell": "fell"}.get(decision.movement, "moved")
    if decision.movement == "baseline":
        return f"first tier {standing.tier}"
    if standing.previous_tier is None:
        return f"entered {standing.tier}"
    return f"{verb} from {standing.previous_tier} to {standing.tier}"


def first_touch(timers: Sequence[Timer]) -> datetime | None:
    """When the newest promise of a first touch was kept."""
    met = [timer for timer in timers if timer.met_at is not None]
    return max(met, key=lambda one: (one.started_at, one.key)).met_at if met else None
