"""Leases: one run at a time per connection; every new holder gets a higher term, which fences the old one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, select, update

from sync.store.errors import LeaseHeld, LeaseLost
from sync.store.rows import Rows, insert_new
from sync.store.tables import LEASES


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one connection. ``term`` grows with every holder."""

    connection: str
    holder: str
    term: int


class Leases(Rows):
    """The lease of one connection, inside a transaction."""

    __slots__ = ()

    def take(self, holder: str, now: datetime, lasts: timedelta, gone: Callable[[str], bool]) -> Lease:
        """The lease, under a new term. LeaseHeld when somebody else has it, it runs on, and they are not ``gone``."""
        never = datetime.fromtimestamp(0, tz=now.tzinfo)
        first = {"connection": self.connection, "holder": "", "term": 0, "expires_at": never}
        insert_new(self.sql, LEASES, [first])
        row = self.sql.execute(select(LEASES).where(LEASES.c.connection == self.connection).with_for_update()).one()
        if row.expires_at > now and not gone(row.holder):
            raise LeaseHeld(self.connection, row.holder, row.expires_at)
        term = row.term + 1
        self.sql.execute(self._mine().values(holder=holder, term=term, expires_at=now + lasts))
        return Lease(self.connection, holder, term)

    def keep(self, lease: Lease, until: datetime) -> None:
        """Prolong the lease. LeaseLost when its term is no longer the newest: somebody has taken over."""
        kept = self.sql.execute(self._mine().where(LEASES.c.term == lease.term).values(expires_at=until))
        if kept.rowcount != 1:
            raise LeaseLost(self.connection)

    def give_back(self, lease: Lease, now: datetime) -> None:
        """End the lease; without effect when somebody has taken over."""
        self.sql.execute(self._mine().where(LEASES.c.term == lease.term).values(expires_at=now))

    def _mine(self) -> Update:
        return update(LEASES).where(LEASES.c.connection == self.connection)
