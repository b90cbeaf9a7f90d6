"""The tier state machine: pins, candidate, floor, time, capacity, surge, in this order, each with its sentence.

``settle_tiers`` does the steps that give a tier, ``conclude`` the rest; ``decide`` is both, with the owners of the
snapshot. Between the two, routing may give an account an owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine import capacity, customers, overrides, surging
from engine.candidate import propose
from engine.disposition import WAIT, WORDS, disposition, stage
from engine.facts import Decision, Facts, OwnerFacts, Standing
from engine.holdout import held_out, is_held
from engine.ladder import Draft, Ladder, score_of, whole
from engine.motion import Motion
from engine.phrasing import day
from engine.policy import RECYCLE, SUPPRESS, Policy
from engine.stability import hold


@dataclass(frozen=True, slots=True)
class Scene:
    """What the steps need beside the account."""

    policy: Policy
    motion: Motion
    ladder: Ladder
    now: datetime
    quartile: float | None
    verdicts: Mapping[str, overrides.Verdict]


def decide(
    facts: Mapping[str, Facts],
    standing: Mapping[str, Standing],
    policy: Policy,
    motion: Motion,
    owners: Mapping[str, OwnerFacts],
    now: datetime,
    *,
    first_pass: bool | None = None,
    had_motion: frozenset[str] = frozenset(),
) -> dict[str, Decision]:
    """The decision on every account, best first. ``first_pass`` defaults to: nothing stands yet."""
    drafts = settle_tiers(facts, standing, policy, motion, owners, now)
    baseline = not standing if first_pass is None else first_pass
    ids = {account_id: one.owner_id for account_id, one in facts.items()}
    return conclude(drafts, ids, standing, policy, motion, now, first_pass=baseline, had_motion=had_motion)


def settle_tiers(
    facts: Mapping[str, Facts],
    standing: Mapping[str, Standing],
    policy: Policy,
    motion: Motion,
    owners: Mapping[str, OwnerFacts],
    now: datetime,
) -> dict[str, Draft]:
    """Pins, candidate, floor, time and capacity: the tier of every account, in no particular order."""
    ladder = Ladder.of(policy)
    clients = [one for one in facts.values() if customers.is_customer(one, now)]
    prospects = sum(1 for one in facts.values() if one.excluded is None) - sum(one.excluded is None for one in clients)
    seats = capacity.limits(policy, prospects)  # shares are taken of prospects in scope that nothing excludes
    verdicts = overrides.judge_all(facts, standing, policy.overrides, ladder, seats, now)
    scene = Scene(policy, motion, ladder, now, customers.top_quartile_arr(clients), verdicts)
    drafts = {name: _base(scene, one, standing.get(name)) for name, one in facts.items()}
    drafts = capacity.seat(drafts, policy, ladder, seats, _seating(facts, owners, motion, now))
    return {name: _disposed(scene, draft) for name, draft in drafts.items()}


def _seating(
    facts: Mapping[str, Facts], owners: Mapping[str, OwnerFacts], motion: Motion, now: datetime
) -> capacity.Seating:
    placeholders = {name.lower() for name in motion.owner.placeholders}
    active = {
        owner_id
        for owner_id, one in owners.items()
        if one.active and owner_id.lower() not in placeholders and (one.email or "").lower() not in placeholders
    }
    groups = {name: one.owner_id if one.owner_id in active else capacity.POOL for name, one in facts.items()}
    return capacity.Seating({name: group or capacity.POOL for name, group in groups.items()}, sorted(active), now)


def _base(scene: Scene, facts: Facts, was: Standing | None) -> Draft:
    """Steps 1 to 4 on one account; the first pin that matches ends the base decision."""
    verdict = scene.verdicts.get(facts.account_id)
    draft = Draft(facts, was, provisional=_provisional(facts, was, scene.policy))
    if facts.excluded is not None and facts.excluded[1]:
        return _suppressed(draft, facts.excluded[0])
    if verdict is not None:
        draft = replace(draft, override_since=verdict.since)
        if verdict.tier is not None:
            cause = "set by a person" + (f": {facts.override.reason}" if facts.override is not None else "")
            return draft.to(verdict.tier, verdict.sentence, pinned=True, overridden=True, cause=cause)
        draft = draft.says(verdict.sentence)
    if facts.excluded is not None:
        return _suppressed(draft, facts.excluded[0])
    if customers.is_customer(facts, scene.now):
        tier, cause = customers.judge(facts, was, scene.quartile, scene.now)
        return draft.to(tier, f"{tier}: {cause}.", pinned=True, cause=cause)
    rest = customers.rests_as_former(facts, was, scene.now)
    if rest is not None:
        cause = f"former customer, left alone until {day(rest)}"
        return draft.to(RECYCLE, f"Waits: {cause}.", pinned=True, disposition=WAIT, cause=cause)
    return hold(propose(draft, scene.policy, scene.ladder), scene.policy, scene.ladder, scene.now)


def _suppressed(draft: Draft, name: str) -> Draft:
    return draft.to(SUPPRESS, f"Excluded: {name}.", pinned=True, suppressed_by=name, cause=f"excluded: {name}")


def _provisional(facts: Facts, was: Standing | None, policy: Policy) -> bool:
    """Too little of fit is known; the flag clears a little above the bar that sets it."""
    flagged = was is not None and was.fit_provisional
    return facts.known < (policy.fit.min_known_clears if flagged else policy.fit.min_known)


def _disposed(scene: Scene, draft: Draft) -> Draft:
    if draft.tier != RECYCLE:
        return replace(draft, disposition=None) if draft.disposition is not None else draft
    if draft.pinned or draft.facts.negative_trigger is not None:
        return draft if draft.disposition is not None else replace(draft, disposition=WAIT)
    before = draft.was.disposition if draft.was is not None else None
    kind = disposition(draft.facts, scene.policy, before, provisional=draft.provisional)
    said = f"Recycle: {WORDS[kind]}." if kind != before else ""
    return draft.to(RECYCLE, said, disposition=kind)


def conclude(
    drafts: Mapping[str, Draft],
    owners_after: Mapping[str, str | None],
    standing: Mapping[str, Standing],
    policy: Policy,
    motion: Motion,
    now: datetime,
    *,
    first_pass: bool,
    had_motion: frozenset[str] = frozenset(),
) -> dict[str, Decision]:
    """Holdout, surge and stage on settled tiers: the decisions, best account first.

    ``owners_after``: who owns each account once routing is through; ``had_motion``: accounts that already had a task.
    """
    ladder = Ladder.of(policy)
    ordered = sorted(drafts.values(), key=Draft.order)
    tiers = {draft.facts.account_id: draft.tier for draft in ordered}
    barred = frozenset(d.facts.account_id for d in ordered if _not_eligible(d, now)) | had_motion
    everyone = [draft.facts for draft in ordered]
    held = held_out(everyone, tiers, standing, barred, policy, motion.holdout, now)
    out = {name for name, since in held.items() if is_held(since, motion.holdout, now)}
    cases = [_case(d, owners_after.get(d.facts.account_id), d.facts.account_id in out, now) for d in ordered]
    treatments = surging.treat(cases, policy.signal.surge, ladder, now)
    decisions: dict[str, Decision] = {}
    for rank, draft in enumerate(ordered):
        name = draft.facts.account_id
        treatment = treatments.get(name, surging.Treatment())
        after = replace(_standing(draft, treatment, ladder, now, first_pass), held_out_since=held.get(name))
        decisions[name] = _decision(draft, after, treatment, rank, ladder, held_out=name in out)
    return decisions


def _not_eligible(draft: Draft, now: datetime) -> bool:
    facts = draft.facts
    return draft.pinned or facts.open_opportunity or facts.strategic or customers.is_customer(facts, now)


def _case(draft: Draft, owner_id: str | None, is_out: bool, now: datetime) -> surging.Case:
    facts = draft.facts
    bars = {
        "it is suppressed": draft.tier == SUPPRESS,
        "it is a customer": customers.is_customer(facts, now),
        "an opportunity is open": facts.open_opportunity,
        "it is held out": is_out,
    }
    barred = next((why for why, holds in bars.items() if holds), "")
    return surging.Case(facts, draft.was, draft.tier, owner_id, barred)


def _standing(draft: Draft, treatment: surging.Treatment, ladder: Ladder, now: datetime, first_pass: bool) -> Standing:
    facts, was = draft.facts, draft.was
    same = was is not None and was.tier == draft.tier
    fell = was is not None and ladder.better(was.tier, draft.tier) and not draft.pinned and not draft.lost_seat
    client = customers.is_customer(facts, now)
    return Standing(
        tier=draft.tier,
        since=was.since if was is not None and same else now,
        disposition=draft.disposition,
        fell_at=now if fell else (was.fell_at if was is not None else None),
        lifecycle=facts.lifecycle,
        treated_as=treatment.treated_as,
        treated_since=treatment.since,
        treated_until=treatment.until,
        treated_renewals=treatment.renewals,
        stage=stage(facts, was.stage if was is not None else None, now, customer=client),
        fit_provisional=draft.provisional,
        overridden=draft.overridden,
        baseline=first_pass if was is None else (was.baseline and same),
        owner_set_at=was.owner_set_at if was is not None else None,
        previous_tier=None if was is None else (was.previous_tier if same else was.tier),
        override_tier=facts.override.tier if facts.override is not None and draft.override_since is not None else None,
        override_since=draft.override_since,
    )


def _decision(
    draft: Draft, after: Standing, treatment: surging.Treatment, rank: int, ladder: Ladder, *, held_out: bool
) -> Decision:
    said = (*draft.sentences, treatment.sentence) if treatment.sentence else draft.sentences
    return Decision(
        account_id=draft.facts.account_id,
        standing=after,
        sentences=said,
        movement=_movement(draft, after, ladder),
        rank=rank,
        score=whole(draft.facts.unified) if score_of(draft.facts) >= 0 else None,
        suppressed_by=draft.suppressed_by,
        held_out=held_out,
        cause=draft.cause,
    )


def _movement(draft: Draft, after: Standing, ladder: Ladder) -> str:
    was = draft.was
    if was is None:
        return "baseline" if after.baseline else "entered"
    if was.tier == after.tier:
        return "stays"
    if ladder.better(after.tier, was.tier):
        return "rose"
    return "fell" if ladder.better(was.tier, after.tier) else "entered"
