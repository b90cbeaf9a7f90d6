"""The tier that score and bars ask for: two bars, conditions of entry and of staying, and floors."""

from __future__ import annotations

from typing import Final

from engine.disposition import EDUCATE, WAIT
from engine.facts import POINT, Confidence, Facts
from engine.ladder import Draft, Ladder, score_of, whole
from engine.policy import RECYCLE, Policy, Require, Tier

LOW_WIDENS: Final = 3 * POINT
KEEP_SLACK: Final = 5


def propose(draft: Draft, policy: Policy, ladder: Ladder) -> Draft:
    """The best tier whose entry holds, or the standing one while staying holds; floors lift, never to the top."""
    facts = draft.facts
    if facts.negative_trigger is not None:
        cause = f"negative trigger {facts.negative_trigger}"
        return draft.to(RECYCLE, f"Waits: {cause}.", disposition=WAIT, cause=cause)
    if facts.unified is None or facts.fit is None:
        return draft.to(RECYCLE, "Nothing is known that fit could be judged by.")
    if facts.gated:
        bar = policy.score.gate.fit
        return draft.to(RECYCLE, f"Fit {whole(facts.fit)} is under the gate of {bar:g}: signals do not lift it.")
    if _still_educated(draft, policy):
        bar = policy.score.gate.release
        return draft.to(RECYCLE, f"Fit {whole(facts.fit)} has to reach {bar:g} before it enters a tier again.")
    return _lift(_by_bars(draft, ladder), ladder)


def _still_educated(draft: Draft, policy: Policy) -> bool:
    educated = draft.was is not None and draft.was.disposition == EDUCATE
    return educated and (draft.facts.fit or 0) < policy.score.gate.release * POINT


def _by_bars(draft: Draft, ladder: Ladder) -> Draft:
    stopped: list[str] = []
    for place, tier in enumerate(ladder.tiers):
        held = draft.was is not None and draft.was.tier == tier.name
        if draft.provisional and place < ladder.lowest:
            if held or _at(draft.facts, tier.enter, 1):
                stopped.append(f"Too little is known of its fit for {tier.name}.")
            continue
        if held and not _blocks_staying(draft.facts, tier):
            return _moved(draft, tier.name, stopped)
        blocks = _blocks_entry(draft.facts, tier)
        if not blocks:
            return _moved(draft, tier.name, stopped)
        if held:
            stopped.append(f"{tier.name} is no longer held: {_blocks_staying(draft.facts, tier)}.")
        elif _at(draft.facts, tier.enter, 1):
            stopped.append(f"{tier.name} waits: {blocks}.")
    return _moved(draft, RECYCLE, stopped)


def _moved(draft: Draft, tier: str, stopped: list[str]) -> Draft:
    for sentence in stopped:
        draft = draft.says(sentence)
    if draft.was is not None and draft.was.tier == tier:
        return draft.to(tier)
    score = whole(draft.facts.unified)
    return draft.to(tier, f"Score {score} reaches {tier}." if tier != RECYCLE else f"Score {score} is below every bar.")


def _at(facts: Facts, bar: int, sign: int) -> bool:
    """True when the exact score meets a bar; low confidence widens it: entry up, leaving down."""
    widened = LOW_WIDENS if facts.confidence is Confidence.LOW else 0
    return score_of(facts) >= bar * POINT + sign * widened


def _blocks_entry(facts: Facts, tier: Tier) -> str:
    """What keeps an account from entering, in words; empty when nothing does."""
    if not _at(facts, tier.enter, 1):
        return f"score {whole(facts.unified)} is under its bar of {tier.enter}"
    return _unmet(facts, tier.require)


def _blocks_staying(facts: Facts, tier: Tier) -> str:
    """What keeps an account from staying, in words; empty when nothing does."""
    if not _at(facts, tier.leave, -1):
        return f"score {whole(facts.unified)} is under its leaving bar of {tier.leave}"
    keep = tier.keep
    if keep.fit is None and tier.require.fit is not None:
        keep = keep.model_copy(update={"fit": max(tier.require.fit - KEEP_SLACK, 0)})
    return _unmet(facts, keep)


def _unmet(facts: Facts, need: Require) -> str:
    for name, least, value in (
        ("fit", need.fit, facts.fit),
        ("signal", need.signal, facts.signal),
        ("engagement", need.engagement, facts.engagement),
    ):
        if least is not None and (value is None or value < least * POINT):
            return f"{name} {whole(value)} is under the {least:g} it asks for"
    if need.known is not None and facts.known < need.known:
        return f"only {facts.known:.0%} of fit is known, it asks for {need.known:.0%}"
    if need.roles is not None and roles_share(facts) < need.roles:
        missing = ", ".join(role.replace("_", " ") for role in facts.roles_missing)
        return f"the buying group lacks {missing or 'roles'}"
    return ""


def roles_share(facts: Facts) -> float:
    """Share of the required buying roles that were reached."""
    required = len(facts.roles_reached) + len(facts.roles_missing)
    return len(facts.roles_reached) / required if required else facts.roles / (100 * POINT)


def fits(facts: Facts, tier: Tier) -> bool:
    """True when fit and knowledge of it allow a tier, whatever the signals."""
    return not _unmet(facts, Require(fit=tier.require.fit, known=tier.require.known))


def _lift(draft: Draft, ladder: Ladder) -> Draft:
    """A floor lifts the tier, not the score; a provisional fit is lifted to the lowest tier at most."""
    places = [place for name in draft.facts.floors if (place := ladder.place(name)) is not None]
    if not places:
        return draft
    floor = max(min(places), ladder.lowest if draft.provisional else 1)
    if floor >= ladder.places[draft.tier]:
        return draft
    name = ladder.tiers[floor].name
    return draft.to(name, f"A floor lifts it to {name}.")
