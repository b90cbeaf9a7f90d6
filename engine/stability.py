"""Time in the tier decision: how long a tier stays, and the named exceptions that break that; nothing else does."""

from __future__ import annotations

from datetime import datetime

from engine.facts import Facts, Standing
from engine.ladder import Draft, Ladder, raised_after
from engine.phrasing import day
from engine.policy import Policy, Stability


def hold(draft: Draft, policy: Policy, ladder: Ladder, now: datetime) -> Draft:
    """The draft after minimum stay, cool-down, open opportunity and lost deal."""
    rules = policy.stability
    draft = _after_loss(draft, rules, ladder, now)
    was = draft.was
    if was is None or ladder.place(was.tier) is None:
        return draft
    if ladder.better(was.tier, draft.tier):
        return _fall(draft, was, rules, now)
    if ladder.better(draft.tier, was.tier):
        return _rise(draft, was, rules, now)
    return draft


def _after_loss(draft: Draft, rules: Stability, ladder: Ladder, now: datetime) -> Draft:
    """After a lost deal an account is at most in the lowest tier, unless somebody raises a hand."""
    facts = draft.facts
    if facts.lost_at is None or facts.open_opportunity or now - facts.lost_at >= rules.lost_deal_hold:
        return draft
    lowest = ladder.tiers[ladder.lowest].name
    if raised_after(facts, facts.lost_at) or not ladder.better(draft.tier, lowest):
        return draft
    until = day(facts.lost_at + rules.lost_deal_hold)
    return draft.to(lowest, f"A deal was lost on {day(facts.lost_at)}: at most {lowest} until {until}.")


def _fall(draft: Draft, was: Standing, rules: Stability, now: datetime) -> Draft:
    facts = draft.facts
    if facts.negative_trigger is not None:
        return draft
    if facts.open_opportunity:
        return _stays(draft, was, "an opportunity is open.")
    if now - was.since >= rules.min_stay:
        return draft
    exception = _event(facts, was, rules) or ("its fit fell under the gate" if facts.gated else "")
    if exception:
        return draft.says(f"It falls before its minimum stay because {exception}.")
    return _stays(draft, was, f"its minimum stay runs until {day(was.since + rules.min_stay)}.")


def _rise(draft: Draft, was: Standing, rules: Stability, now: datetime) -> Draft:
    if was.fell_at is None or now - was.fell_at >= rules.cool_down:
        return draft
    if raised_after(draft.facts, was.fell_at):
        return draft.says("It rises at once because somebody asked to be called.")
    exception = _event(draft.facts, was, rules)
    if exception:
        return draft.says(f"It rises at once because {exception}.")
    return _stays(draft, was, f"it fell on {day(was.fell_at)} and rests until {day(was.fell_at + rules.cool_down)}.")


def _stays(draft: Draft, was: Standing, because: str) -> Draft:
    return draft.to(was.tier, f"Stays {was.tier}: {because}", disposition=was.disposition)


def _event(facts: Facts, was: Standing, rules: Stability) -> str:
    """The exception that lifts both minimum stay and cool-down, in words; empty when there is none."""
    if was.lifecycle is not None and was.lifecycle != facts.lifecycle:
        return f"it was a {was.lifecycle} and is a {facts.lifecycle} now"
    if was.overridden:
        return "its override ended"
    for what, when, amount in (("lost", facts.lost_at, facts.lost_amount), ("won", facts.won_at, facts.won_amount)):
        if when is not None and when >= was.since and (amount or 0) >= rules.event_amount:
            return f"a large deal was {what} on {day(when)}"
    return ""
