"""History of decisions with their ledgers: one row where a decision differs from the one before, or was written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, select

from engine.facts import Decision
from sync.digest import digest
from sync.store.rows import Rows
from sync.store.tables import DECISIONS


@dataclass(frozen=True, slots=True)
class Past:
    """A stored decision. ``stood``: it became standing; else it was only thought of (dry, held or rejected)."""

    run: str
    decided_at: datetime
    policy: str
    stood: bool
    decision: Decision
    ledger: str


class Decisions(Rows):
    """Decisions of one connection over time, inside a transaction."""

    __slots__ = ()

    def add(
        self,
        decisions: Mapping[str, Decision],
        ledger_of: Callable[[str], str],
        *,
        run: str,
        policy: str,
        at: datetime,
        stood: Collection[str],
        wrote: Collection[str],
    ) -> int:
        """Store the decisions that differ from the last stored ones, and those of ``wrote``; returns how many.

        ``ledger_of`` is asked only for what is stored.
        """
        last = self._prints()
        rows = [
            {
                "connection": self.connection,
                "account_id": account,
                "run": run,
                "decided_at": at,
                "policy": policy,
                "stood": account in stood,
                "print": mark,
                "body": msgspec.to_builtins(decision),
                "ledger": ledger_of(account),
            }
            for account, decision in sorted(decisions.items())
            if (mark := _print(decision, policy, account in stood)) != last.get(account) or account in wrote
        ]
        if rows:
            self.sql.execute(insert(DECISIONS), rows)
        return len(rows)

    def of(self, account: str, until: datetime | None = None) -> list[Past]:
        """Stored decisions of an account, newest first; those known at ``until`` when given."""
        query = (
            select(DECISIONS)
            .where(DECISIONS.c.connection == self.connection, DECISIONS.c.account_id == account)
            .order_by(DECISIONS.c.id.desc())
        )
        if until is not None:
            query = query.where(DECISIONS.c.decided_at <= until)
        return [_past(row) for row in self.sql.execute(query)]

    def ledgers(self, run: str) -> dict[str, str]:
        """The ledgers that a run stored, by account."""
        where = (DECISIONS.c.connection == self.connection) & (DECISIONS.c.run == run)
        query = select(DECISIONS.c.account_id, DECISIONS.c.ledger).where(where).order_by(DECISIONS.c.id)
        return {row.account_id: row.ledger for row in self.sql.execute(query)}

    def _prints(self) -> dict[str, str]:
        newest = (
            select(func.max(DECISIONS.c.id))
            .where(DECISIONS.c.connection == self.connection)
            .group_by(DECISIONS.c.account_id)
        )
        query = select(DECISIONS.c.account_id, DECISIONS.c.print).where(DECISIONS.c.id.in_(newest))
        return {row.account_id: row.print for row in self.sql.execute(query)}


def _print(decision: Decision, policy: str, stood: bool) -> str:
    """Digest of what matters: the rank moves with everybody else's score, the movement is told by the standing."""
    plain = msgspec.to_builtins(replace(decision, rank=0, movement="", sentences=()))
    return digest({"decision": plain, "policy": policy, "stood": stood})


def _past(row: Any) -> Past:
    decision = msgspec.convert(row.body, Decision)
    return Past(row.run, row.decided_at, row.policy, row.stood, decision, row.ledger)
