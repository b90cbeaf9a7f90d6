"""What must survive a run: standing decisions, the journal, plans, tasks, timers, runs, leases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine

from connectors.base import Key
from engine.facts import KnownTask, Standing, Timer
from sync.diff import Written
from sync.store import meta
from sync.store.database import open_engine, writing
from sync.store.decisions import Decisions, Past
from sync.store.errors import LeaseHeld, LeaseLost, PlanRefused, StoreError
from sync.store.journal import Entry, Journal
from sync.store.leases import Lease, Leases
from sync.store.plans import Plans, PlanState, StoredPlan
from sync.store.runs import RunRow, Runs
from sync.store.standing import LastWritten, Standings
from sync.store.tasks import Tasks
from sync.store.timers import Timers

__all__: Final = [
    "Book",
    "Entry",
    "Lease",
    "LeaseHeld",
    "LeaseLost",
    "Past",
    "PlanRefused",
    "PlanState",
    "RunRow",
    "Store",
    "StoreError",
    "StoredPlan",
    "Tx",
    "open_store",
]


class Tx:
    """One transaction on one connection's rows, by group."""

    def __init__(self, sql: Connection, connection: str) -> None:
        self.runs = Runs(sql, connection)
        self.plans = Plans(sql, connection)
        self.journal = Journal(sql, connection)
        self.standing = Standings(sql, connection)
        self.last_written = LastWritten(sql, connection)
        self.decisions = Decisions(sql, connection)
        self.tasks = Tasks(sql, connection)
        self.timers = Timers(sql, connection)
        self.leases = Leases(sql, connection)


class Book:
    """What the store holds of one connection."""

    def __init__(self, engine: Engine, connection: str) -> None:
        self._engine, self.connection = engine, connection

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        """A transaction that writes: all of it, or nothing when the block raises."""
        with writing(self._engine).begin() as sql:
            yield Tx(sql, self.connection)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A transaction that reads one state of things; what it writes is lost."""
        with self._engine.connect() as sql:
            yield Tx(sql, self.connection)

    def standing(self) -> dict[str, Standing]:
        """What stands, by account."""
        with self.reading() as tx:
            return tx.standing.all()

    def last_written(self) -> dict[str, dict[str, Written]]:
        """What we last wrote, by account and field."""
        with self.reading() as tx:
            return tx.last_written.all()

    def tasks(self) -> dict[Key, KnownTask]:
        """Every task we ever opened, by creation key."""
        with self.reading() as tx:
            return tx.tasks.all()

    def timers(self, *, only_open: bool = True) -> list[Timer]:
        """SLA timers, oldest first."""
        with self.reading() as tx:
            return tx.timers.all(only_open=only_open)

    def open_keys(self) -> frozenset[Key]:
        """Creation keys of tasks that may exist although nobody has seen them yet."""
        with self.reading() as tx:
            return tx.journal.open_keys()


class Store:
    """The database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def of(self, connection: str) -> Book:
        """The part of one connection."""
        return Book(self.engine, connection)

    def installation(self) -> str:
        """Id of this installation: made once, kept for ever."""
        with writing(self.engine).begin() as sql:
            return meta.installation(sql)

    def close(self) -> None:
        """End all database connections."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The store at ``sqlite:///PATH`` or ``postgresql+psycopg://...``: made when missing, upgraded when behind."""
    return Store(open_engine(url))
