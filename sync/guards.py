"""Guards: a plan that moves too much waits for a person; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from config.settings import Limits
from connectors.base import AssignOwner, OpenTask, SetFields
from sync import owned
from sync.planned import Plan

GUARDS: Final = (
    "canary",
    "accounts_updated",
    "tier_changes",
    "owners_moved",
    "tasks_per_owner_per_day",
    "fields_cleared",
    "minimum_population",
    "shrinking_pull",
)


@dataclass(frozen=True, slots=True)
class Trip:
    """A guard that a plan is over: how much, how much is allowed, and a sentence for people.

    For percentage guards ``share`` and ``limit`` are parts of one and ``count`` the records; else ``share`` is None.
    """

    guard: str
    count: int
    limit: float
    sentence: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a plan may be applied; ``forced``: tripped guards that a person named and took responsibility for."""

    allows: bool
    tripped: tuple[Trip, ...] = ()
    forced: tuple[str, ...] = ()

    @property
    def holding(self) -> tuple[str, ...]:
        """Guards that still hold the plan."""
        return tuple(trip.guard for trip in self.tripped if trip.guard not in self.forced)


def check(
    plan: Plan,
    limits: Limits,
    *,
    rows: int,
    rows_before: int | None = None,
    opened_today: Mapping[str, int] | None = None,
    force: Collection[str] = (),
) -> Verdict:
    """Whether the plan moves no more than it may. A plan without changes is always allowed.

    ``rows``: accounts in the CRM now; ``rows_before``: at the last pass that was not held (None: never).
    ``opened_today``: tasks that each person was given today before this plan.
    On a first pass the canary stands for accounts, tiers and filled owners, which all move at once then.
    """
    if not plan.changes:
        return Verdict(allows=True)
    tripped = tuple(_trips(plan, limits, rows, rows_before, opened_today or {}))
    forced = tuple(trip.guard for trip in tripped if trip.guard in force)
    return Verdict(allows=len(forced) == len(tripped), tripped=tripped, forced=forced)


def _trips(
    plan: Plan, limits: Limits, rows: int, rows_before: int | None, opened_today: Mapping[str, int]
) -> Iterator[Trip]:
    if plan.first_pass and limits.canary:
        sentence = f"This is the first pass: it waits for approval, then starts with {limits.canary} accounts."
        yield Trip("canary", plan.totals.accounts, limits.canary, sentence)
    else:
        yield from _share("accounts_updated", _moved_accounts(plan), plan, limits.accounts_updated)
        yield from _share("tier_changes", _tier_changes(plan), plan, limits.tier_changes)
    yield from _share("owners_moved", _owners_moved(plan), plan, limits.owners_moved)
    yield from _tasks(plan, limits.tasks_per_owner_per_day, opened_today)
    if plan.cleared > limits.fields_cleared:
        sentence = f"{plan.cleared} fields would be blanked; {limits.fields_cleared} may be."
        yield Trip("fields_cleared", plan.cleared, limits.fields_cleared, sentence)
    if plan.population < limits.minimum_population:
        sentence = f"Only {plan.population} accounts are in scope; at least {limits.minimum_population} are expected."
        yield Trip("minimum_population", plan.population, limits.minimum_population, sentence)
    yield from _shrunk(rows, rows_before, limits.shrinking_pull)


_WORDS: Final = {
    "accounts_updated": "accounts get another tier, owner or task",
    "tier_changes": "accounts change tier",
    "owners_moved": "accounts change owner",
}


def _share(guard: str, count: int, plan: Plan, limit: float) -> Iterator[Trip]:
    share = count / plan.population if plan.population else float(count > 0)
    if share > limit:
        sentence = f"{count} of {plan.population} {_WORDS[guard]} ({share:.1%}); {limit:.1%} may."
        yield Trip(guard, count, limit, sentence, share)


def _moved_accounts(plan: Plan) -> int:
    """Accounts where somebody's work changes. Refreshed numbers and texts move nobody and are not counted."""
    return len(
        {
            planned.account_id
            for planned in plan.changes
            if not isinstance(planned.change, SetFields) or planned.change.after.keys() & owned.MOTION
        }
    )


def _tier_changes(plan: Plan) -> int:
    moved = ("entered", "rose", "fell")
    return sum(
        planned.movement in moved and isinstance(planned.change, SetFields) and "tier" in planned.change.after
        for planned in plan.changes
    )


def _owners_moved(plan: Plan) -> int:
    return sum(
        isinstance(planned.change, AssignOwner) and not (plan.first_pass and planned.rule == "owner fill")
        for planned in plan.changes
    )


def _tasks(plan: Plan, limit: int, opened_today: Mapping[str, int]) -> Iterator[Trip]:
    """New tasks a person would have today; hand-raises count, since a flood of them is a flood."""
    new = Counter(one.change.assignee_id for one in plan.changes if isinstance(one.change, OpenTask))
    over = {who: count + opened_today.get(who, 0) for who, count in new.items()}
    over = {who: count for who, count in over.items() if count > limit}
    if over:
        most = max(over.values())
        people = "1 person" if len(over) == 1 else f"{len(over)} people"
        sentence = f"{people} would get more than {limit} new tasks today, the most {most}."
        yield Trip("tasks_per_owner_per_day", most, limit, sentence)


def _shrunk(rows: int, rows_before: int | None, limit: float) -> Iterator[Trip]:
    if not rows_before or rows >= rows_before:
        return
    share = 1 - rows / rows_before
    if share > limit:
        sentence = f"The CRM showed {rows_before} accounts at the last pass and {rows} now ({share:.1%} fewer)."
        yield Trip("shrinking_pull", rows_before - rows, limit, sentence, share)


def unknown_guards(force: Collection[str]) -> tuple[str, ...]:
    """Names that are no guard's, for a usage error."""
    return tuple(sorted(set(force) - set(GUARDS)))
