"""Stored plans: proposed by dry runs, held by guards, approved, applied; superseded by newer ones, or expired."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select, update

from sync.digest import SHORTEST
from sync.guards import Verdict
from sync.planned import Plan, from_dict
from sync.store.errors import PlanRefused
from sync.store.journal import Journal
from sync.store.rows import Rows
from sync.store.tables import PLANS


class PlanState(StrEnum):
    """A stored plan's life."""

    PROPOSED = "proposed"
    HELD = "held"
    APPROVED = "approved"  # being applied, or interrupted: resumed before anything new is planned
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as the store holds it. ``tripped``: guards it was over, each with its sentence."""

    run: str
    state: PlanState
    plan: Plan
    tripped: dict[str, str]
    forced: tuple[str, ...] = ()


class Plans(Rows):
    """Plans of one connection, inside a transaction."""

    __slots__ = ()

    def save(self, run: str, plan: Plan, verdict: Verdict, state: PlanState, at: datetime) -> None:
        """Store the plan of a run. Older ones that wait are superseded; an approved one also ends an unfinished one."""
        ended = [PlanState.PROPOSED, PlanState.HELD, *([PlanState.APPROVED] if state is PlanState.APPROVED else [])]
        self._supersede(PLANS.c.state.in_(ended), at)
        self.sql.execute(
            insert(PLANS).values(
                run=run,
                connection=self.connection,
                digest=plan.digest,
                state=str(state),
                created_at=plan.created_at,
                changed_at=at,
                forced=list(verdict.forced),
                tripped={trip.guard: trip.sentence for trip in verdict.tripped},
                body=plan.as_dict(),
            )
        )

    def find(self, name: str) -> StoredPlan:
        """The newest plan with this run id, or whose digest starts so (8 digits or more). PlanRefused: none."""
        where: ColumnElement[bool] = PLANS.c.run == name
        if len(name) >= SHORTEST:
            where = or_(where, PLANS.c.digest.startswith(name.lower(), autoescape=True))
        query = select(PLANS).where(self._of() & where).order_by(PLANS.c.changed_at.desc(), PLANS.c.run.desc())
        row = self.sql.execute(query).first()
        if row is None:
            raise PlanRefused(f"no stored plan is named {name!r}: use a run id, or 8 or more digits of a digest")
        return _stored(row)

    def approve(self, run: str, *, force: Collection[str], now: datetime, fresh_for: timedelta) -> StoredPlan:
        """A person approves a proposed or held plan, and names each tripped guard.

        PlanRefused: superseded, applied before, older than ``fresh_for``, or a guard is not named.
        """
        stored = self.find(run)
        if stored.state not in (PlanState.PROPOSED, PlanState.HELD):
            raise PlanRefused(
                f"plan {stored.plan.short} is {stored.state}: only the newest plan can be applied; plan again"
            )
        if now - stored.plan.created_at > fresh_for:
            raise PlanRefused(f"plan {stored.plan.short} is from {stored.plan.created_at:%d %b %H:%M} UTC: plan again")
        unnamed = sorted(set(stored.tripped) - set(force))
        if unnamed:
            named = " ".join(f"--force {guard}" for guard in unnamed)
            raise PlanRefused(f"plan {stored.plan.short} is held; to apply it all the same, add {named}")
        forced = sorted(set(stored.tripped) & set(force))
        self._supersede((PLANS.c.state == str(PlanState.APPROVED)) & (PLANS.c.run != stored.run), now)
        values = {"state": str(PlanState.APPROVED), "forced": forced, "changed_at": now}
        self.sql.execute(update(PLANS).where(self._of() & (PLANS.c.run == stored.run)).values(values))
        return StoredPlan(stored.run, PlanState.APPROVED, stored.plan, stored.tripped, tuple(forced))

    def live(self) -> StoredPlan | None:
        """The approved plan that is not finished, if there is one."""
        query = select(PLANS).where(self._of() & (PLANS.c.state == str(PlanState.APPROVED)))
        row = self.sql.execute(query.order_by(PLANS.c.changed_at.desc())).first()
        return None if row is None else _stored(row)

    def hold(self, run: str, tripped: dict[str, str], at: datetime) -> None:
        """An approved plan waits for a person again."""
        where = self._of() & (PLANS.c.run == run) & (PLANS.c.state == str(PlanState.APPROVED))
        values = {"state": str(PlanState.HELD), "tripped": tripped, "changed_at": at}
        self.sql.execute(update(PLANS).where(where).values(values))

    def end(self, run: str, state: PlanState, at: datetime) -> None:
        """An approved plan is applied or expired."""
        where = self._of() & (PLANS.c.run == run) & (PLANS.c.state == str(PlanState.APPROVED))
        self.sql.execute(update(PLANS).where(where).values(state=str(state), changed_at=at))

    def _supersede(self, which: ColumnElement[bool], at: datetime) -> None:
        """End older plans, and drop what they have not sent: only one plan at a time may live."""
        older = list(self.sql.execute(select(PLANS.c.run).where(self._of() & which)).scalars())
        values = {"state": str(PlanState.SUPERSEDED), "changed_at": at}
        for run in older:
            Journal(self.sql, self.connection).drop(run, "a newer plan has taken its place", at)
            self.sql.execute(update(PLANS).where(self._of() & (PLANS.c.run == run)).values(values))

    def _of(self) -> ColumnElement[bool]:
        return PLANS.c.connection == self.connection


def _stored(row: Any) -> StoredPlan:
    return StoredPlan(row.run, PlanState(row.state), from_dict(row.body), row.tripped, tuple(row.forced))
