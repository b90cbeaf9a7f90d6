"""What stands: the decision that a live run last recorded for each account, and what we last wrote into each field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, select, update

from connectors.base import Fields
from engine.facts import Standing
from sync.changes import value_from
from sync.diff import Written
from sync.digest import instant
from sync.store.rows import Rows, chunks, upsert
from sync.store.tables import LAST_WRITTEN, STANDING


class Standings(Rows):
    """Standing decisions of one connection, inside a transaction."""

    __slots__ = ()

    def all(self) -> dict[str, Standing]:
        """By account."""
        query = select(STANDING.c.account_id, STANDING.c.body).where(STANDING.c.connection == self.connection)
        return {account: msgspec.convert(body, Standing) for account, body in self.sql.execute(query)}

    def of(self, accounts: Collection[str]) -> dict[str, Standing]:
        """Those of some accounts."""
        found: dict[str, Standing] = {}
        for some in chunks(sorted(accounts)):
            query = select(STANDING.c.account_id, STANDING.c.body).where(
                STANDING.c.connection == self.connection, STANDING.c.account_id.in_(some)
            )
            found |= {account: msgspec.convert(body, Standing) for account, body in self.sql.execute(query)}
        return found

    def record(self, standings: Mapping[str, Standing], run: str, at: datetime) -> None:
        """Let decisions stand. When we last moved an owner is a fact of receipts: what is stored of it stays."""
        known = self.of(standings.keys())
        rows = []
        for account, standing in sorted(standings.items()):
            before = known.get(account)
            moved = before.owner_set_at if before else None
            rows.append(self._row(account, standing, moved, run, at))
        upsert(self.sql, STANDING, rows)

    def owners_moved(self, accounts: Collection[str], run: str, at: datetime) -> None:
        """We have moved the owners of these accounts; nothing is remembered where no decision stands."""
        rows = [self._row(account, standing, at, run, at) for account, standing in sorted(self.of(accounts).items())]
        upsert(self.sql, STANDING, rows)

    def forget(self, accounts: Collection[str]) -> None:
        """Accounts that are gone, such as the losers of merges."""
        for some in chunks(sorted(accounts)):
            where = (STANDING.c.connection == self.connection) & STANDING.c.account_id.in_(some)
            self.sql.execute(delete(STANDING).where(where))

    def _row(self, account: str, standing: Standing, moved: datetime | None, run: str, at: datetime) -> dict[str, Any]:
        body = msgspec.to_builtins(standing)
        body["owner_set_at"] = None if moved is None else instant(moved)
        return {
            "connection": self.connection,
            "account_id": account,
            "tier": standing.tier,
            "since": standing.since,
            "run": run,
            "recorded_at": at,
            "body": body,
        }


class LastWritten(Rows):
    """What we last wrote, by account and field, inside a transaction."""

    __slots__ = ()

    def all(self) -> dict[str, dict[str, Written]]:
        """By account and field; ``owner_id`` is kept like a field."""
        table = LAST_WRITTEN.c
        query = select(table.account_id, table.field, table.value, table.at, table.overruled_at).where(
            table.connection == self.connection
        )
        found: dict[str, dict[str, Written]] = {}
        for account, field, value, at, overruled_at in self.sql.execute(query):
            found.setdefault(account, {})[field] = Written(value_from(field, value), at, overruled_at)
        return found

    def wrote(self, values: Mapping[str, Fields], run: str, at: datetime) -> None:
        """The CRM has taken these values from us: by account and field."""
        rows = [
            {
                "connection": self.connection,
                "account_id": account,
                "field": name,
                "value": instant(value) if isinstance(value, datetime) else value,
                "at": at,
                "run": run,
                "overruled_at": None,
            }
            for account, fields in sorted(values.items())
            for name, value in sorted(fields.items())
        ]
        upsert(self.sql, LAST_WRITTEN, rows)

    def overruled(self, seen: Iterable[tuple[str, str]], at: datetime) -> None:
        """Fields where a pass saw somebody else's value: the first sight is kept."""
        table = LAST_WRITTEN.c
        for account, field in seen:
            where = (
                (table.connection == self.connection)
                & (table.account_id == account)
                & (table.field == field)
                & table.overruled_at.is_(None)
            )
            self.sql.execute(update(LAST_WRITTEN).where(where).values(overruled_at=at))
