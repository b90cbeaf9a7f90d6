"""Runs: what each pass set out to do, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from sync.store.errors import StoreError
from sync.store.rows import Rows
from sync.store.tables import RUNS


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as stored; ``summary`` is ``Run.as_dict()``, None while it runs or when it was cut off."""

    run: str
    connection: str
    live: bool
    state: str  # running, done, held, failed, interrupted
    started_at: datetime
    ended_at: datetime | None
    policy: str
    digest: str | None
    rows: int | None
    accepted: bool
    summary: dict[str, Any] | None


class Runs(Rows):
    """Runs of one connection, inside a transaction."""

    __slots__ = ()

    def start(self, run: str, *, live: bool, policy: str, at: datetime) -> None:
        """A run begins. Earlier ones of this connection that never ended are marked interrupted."""
        cut = self._of() & (RUNS.c.state == "running")
        self.sql.execute(update(RUNS).where(cut).values(state="interrupted"))
        row = {"run": run, "connection": self.connection, "live": live, "state": "running", "started_at": at}
        self.sql.execute(insert(RUNS).values(**row, policy=policy, accepted=False))

    def end(
        self,
        run: str,
        *,
        state: str,
        at: datetime,
        digest: str | None = None,
        rows: int | None = None,
        accepted: bool = False,
        live: bool = False,
        summary: dict[str, Any] | None = None,
    ) -> None:
        """A run is over. ``accepted``: its pull was whole and no guard held it; the next pull is compared with it.

        ``live``: it wrote, also when it began dry and a person approved its plan.
        """
        values: dict[str, Any] = {"state": state, "ended_at": at, "digest": digest, "rows": rows, "accepted": accepted}
        if live:
            values["live"] = True
        self.sql.execute(update(RUNS).where(self._of() & (RUNS.c.run == run)).values(**values, summary=summary))

    def list(self, limit: int = 20) -> list[RunRow]:
        """The newest runs first."""
        query = select(RUNS).where(self._of()).order_by(RUNS.c.started_at.desc(), RUNS.c.run.desc()).limit(limit)
        return [_row(row) for row in self.sql.execute(query)]

    def get(self, run: str) -> RunRow:
        """One run by its id, or by the start of its id if no other starts so. StoreError: none, or several."""
        query = select(RUNS).where(self._of() & RUNS.c.run.startswith(run, autoescape=True)).limit(2)
        found = [_row(row) for row in self.sql.execute(query)]
        if len(found) != 1:
            raise StoreError(f"{'no run starts' if not found else 'several runs start'} with {run!r}")
        return found[0]

    def rows_before(self) -> int | None:
        """Accounts that the CRM showed at the last run that no guard held; None: there was none."""
        query = select(RUNS.c.rows).where(self._of() & RUNS.c.accepted).order_by(RUNS.c.started_at.desc())
        return self.sql.execute(query.limit(1)).scalar()

    def calls_since(self, at: datetime) -> int:
        """API calls of the runs that were recorded since a moment of the CRM's time."""
        rows = self.sql.execute(select(RUNS.c.summary).where(self._of() & (RUNS.c.started_at >= at)))
        return sum((row.summary or {}).get("counts", {}).get("api_calls", 0) for row in rows)

    def any_live(self) -> bool:
        """Whether a live run was ever done with its whole plan: until then the baseline is not complete."""
        where = self._of() & RUNS.c.live & RUNS.c.accepted & (RUNS.c.state == "done")
        return self.sql.execute(select(RUNS.c.run).where(where).limit(1)).first() is not None

    def _of(self) -> ColumnElement[bool]:
        return RUNS.c.connection == self.connection


def _row(row: Any) -> RunRow:
    names = RunRow.__dataclass_fields__
    return RunRow(**{name: getattr(row, name) for name in names})
