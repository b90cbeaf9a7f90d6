"""Owners of accounts: only where the owner is empty, inactive or a placeholder, or, in move mode, after its rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from engine.business_time import calendar_for
from engine.facts import Facts, OwnerChoice, OwnerFacts, Standing
from engine.ladder import Draft, Ladder
from engine.motion import Motion
from engine.phrasing import day
from engine.policy import RECYCLE, SUPPRESS, Policy
from engine.routing import Loads, Rules, Waiting, choose

OWNER_SLOT: Final = "ae"


def owner_slot(motion: Motion) -> str:
    """The slot that is the CRM's own owner field: ``ae``, or the first one configured."""
    return OWNER_SLOT if OWNER_SLOT in motion.slots else next(iter(motion.slots), OWNER_SLOT)


def choose_owners(
    drafts: Sequence[Draft],
    standing: Mapping[str, Standing],
    owners: Mapping[str, OwnerFacts],
    policy: Policy,
    motion: Motion,
    now: datetime,
    zone: str = "UTC",
) -> dict[str, OwnerChoice]:
    """The choice or non-choice of an owner for every account, given best first; each with its reason."""
    rules = Rules.of(motion, owners, now, limits=motion.owner.limits, per_day=motion.owner.per_day)
    loads = account_loads(drafts, standing, rules, zone)
    slot, ladder = owner_slot(motion), Ladder.of(policy)
    choices: dict[str, OwnerChoice] = {}
    for draft in drafts:
        choice = _choose(draft, slot, loads, rules, ladder)
        if choice.moved and choice.owner_id is not None:
            if rules.works(draft.facts.owner_id) and draft.facts.owner_id is not None:
                loads.held[draft.facts.owner_id] -= 1
                loads.by_tier[draft.facts.owner_id, draft.tier] -= 1
            loads.give(choice.owner_id, draft.tier)
        choices[draft.facts.account_id] = choice
    return choices


def is_worked(tier: str) -> bool:
    """True for tiers that somebody works: all but Recycle and Suppress."""
    return tier not in {RECYCLE, SUPPRESS}


def account_loads(drafts: Sequence[Draft], standing: Mapping[str, Standing], rules: Rules, zone: str) -> Loads:
    """What everybody holds in the snapshot: worked accounts, by tier, and those that we gave them today."""
    loads = Loads()
    for draft in drafts:
        owner_id = draft.facts.owner_id
        if owner_id is None or not rules.works(owner_id):
            continue
        if is_worked(draft.tier):
            loads.held[owner_id] += 1
            loads.by_tier[owner_id, draft.tier] += 1
        was = standing.get(draft.facts.account_id)
        if was is not None and was.owner_set_at is not None:
            loads.today[owner_id] += _same_day(was.owner_set_at, rules, owner_id, zone)
    return loads


def _same_day(when: datetime, rules: Rules, owner_id: str, zone: str) -> bool:
    if abs(rules.now - when) > timedelta(days=2):
        return False
    one = rules.owners[owner_id]
    calendar = calendar_for(rules.motion, zone, email=one.email, team=one.team, time_zone=one.time_zone)
    return calendar.local_day(when) == calendar.local_day(rules.now)


def _choose(draft: Draft, slot: str, loads: Loads, rules: Rules, ladder: Ladder) -> OwnerChoice:
    facts = draft.facts
    holder = facts.owner_id if rules.works(facts.owner_id) else None
    if not is_worked(draft.tier):
        return _leave(facts, f"{draft.tier}: nobody has to own it" if holder is None else "kept")
    if holder is not None:
        stays = _stays(draft, rules, ladder)
        if stays:
            return _leave(facts, stays)
    choice = choose(Waiting(facts, draft.tier, slot, holder), loads, rules)
    if choice.owner_id is None:
        text = f"waiting for owner: {choice.reason}" if holder is None else f"kept: {choice.reason}"
        return _leave(facts, text)
    if choice.owner_id == facts.owner_id:
        return _leave(facts, choice.reason)
    return OwnerChoice(
        facts.account_id, choice.owner_id, f"{_why_empty(facts, holder, rules)}; {choice.reason}", moved=True
    )


def _leave(facts: Facts, reason: str) -> OwnerChoice:
    return OwnerChoice(facts.account_id, None, reason, moved=False)


def _why_empty(facts: Facts, holder: str | None, rules: Rules) -> str:
    if holder is not None:
        return "moved by the rules"
    if facts.owner_id is None:
        return "it had no owner"
    one = rules.owners.get(facts.owner_id)
    if one is None:
        return "its owner is not a user any more"
    return f"{one.name} stands for nobody" if rules.is_placeholder(one) else f"{one.name} is not active"


def _stays(draft: Draft, rules: Rules, ladder: Ladder) -> str:
    """Why an active owner keeps the account, in words; empty when the rules may move it."""
    facts, was, settings = draft.facts, draft.was, rules.motion.owner
    if settings.mode == "fill_only":
        return "kept: its owner is active"
    if facts.open_opportunity:
        return "kept: an opportunity is open"
    if facts.last_two_way_at is not None and rules.now - facts.last_two_way_at < settings.active_within:
        return f"kept: in contact on {day(facts.last_two_way_at)}"
    if was is not None and was.owner_set_at is not None and rules.now - was.owner_set_at < settings.own_rest:
        return f"kept: we moved it on {day(was.owner_set_at)}"
    if was is not None and ladder.better(was.tier, draft.tier):
        return "kept: a fall never moves the owner"
    return ""
