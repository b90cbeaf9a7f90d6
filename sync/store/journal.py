"""The journal: one row per change, written before its call and completed after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, func, select, update

from connectors.base import Key, Outcome, Receipt
from sync.changes import Kind, after_of, before_of, key_of
from sync.digest import instant
from sync.planned import Planned, planned_from, row_of
from sync.store.errors import StoreError
from sync.store.leases import Lease, Leases
from sync.store.rows import Rows, chunks, insert_new
from sync.store.tables import JOURNAL

PLANNED: Final = "planned"
SENDING: Final = "sending"  # left by a crash it reads as unknown
UNSETTLED: Final = (SENDING, "unknown")
STATE_OF: Final = {
    Outcome.APPLIED: "applied",
    Outcome.STALE: "stale",
    Outcome.REJECTED: "rejected",
    Outcome.UNKNOWN: "unknown",
    Outcome.UNSENT: PLANNED,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal."""

    run: str
    seq: int
    planned: Planned
    state: str
    attempt: int = 0
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    job: str | None = None
    crm_id: str | None = None
    code: str = ""
    said: str = ""


class Journal(Rows):
    """The journal of one connection, inside a transaction."""

    __slots__ = ()

    def lay(self, run: str, changes: Sequence[Planned]) -> None:
        """Write down what a run will do. Rows that stand already are left as they are, so laying twice is harmless."""
        insert_new(self.sql, JOURNAL, [self._new(run, planned) for planned in changes])

    def intend(self, lease: Lease, until: datetime, run: str, seqs: Sequence[int], sent_at: datetime) -> None:
        """Mark as sending, and prolong the lease. LeaseLost, or StoreError when a row is not planned: nothing is sent.

        ``sent_at`` is the CRM's time, ``until`` the machine's.
        """
        Leases(self.sql, self.connection).keep(lease, until)
        going = 0
        for some in chunks(seqs):
            values = {"state": SENDING, "attempt": JOURNAL.c.attempt + 1, "term": lease.term, "sent_at": sent_at}
            where = self._rows(run, some) & (JOURNAL.c.state == PLANNED)
            going += self.sql.execute(update(JOURNAL).where(where).values(values)).rowcount
        if going != len(seqs):
            raise StoreError(f"{len(seqs) - going} of {len(seqs)} changes of run {run} are not waiting to be sent")

    def remember(self, run: str, seqs: Sequence[int], job: str) -> None:
        """The CRM's name of the job that carries these changes."""
        for some in chunks(seqs):
            self.sql.execute(update(JOURNAL).where(self._rows(run, some)).values(job=job))

    def receive(self, run: str, receipts: Mapping[int, Receipt], term: int, at: datetime) -> set[int]:
        """How changes ended, by seq; ``unsent`` puts them back to planned. Returns the seqs that were still open.

        A row that ended before, or that a later holder of the lease has sent, is left as it is.
        """
        waiting = self._open(run, sorted(receipts), term)
        rows = [
            {
                "in_run": run,
                "in_seq": seq,
                "state": STATE_OF[receipt.outcome],
                "crm_id": receipt.crm_id,
                "code": receipt.code,
                "said": receipt.said,
                "ended_at": at,
            }
            for seq, receipt in sorted(receipts.items())
            if seq in waiting
        ]
        if rows:
            where = (JOURNAL.c.run == bindparam("in_run")) & (JOURNAL.c.seq == bindparam("in_seq"))
            names = ("state", "crm_id", "code", "said", "ended_at")
            self.sql.execute(update(JOURNAL).where(where).values({name: bindparam(name) for name in names}), rows)
        return waiting

    def _open(self, run: str, seqs: Sequence[int], term: int) -> set[int]:
        found: set[int] = set()
        ours = JOURNAL.c.term.is_(None) | (JOURNAL.c.term <= term)
        for some in chunks(seqs):
            where = self._rows(run, some) & JOURNAL.c.state.in_([PLANNED, *UNSETTLED]) & ours
            found.update(self.sql.execute(select(JOURNAL.c.seq).where(where).with_for_update()).scalars())
        return found

    def entries(self, run: str, *states: str) -> list[Entry]:
        """Rows of a run in order; only those in ``states`` when any are named."""
        where = JOURNAL.c.run == run
        return self._read(where & JOURNAL.c.state.in_(states) if states else where)

    def unsettled(self) -> list[Entry]:
        """Rows of any run whose call went out and whose end is not known."""
        return self._read(JOURNAL.c.state.in_(UNSETTLED))

    def open_keys(self) -> frozenset[Key]:
        """Creation keys of tasks that may exist although nobody has seen them yet."""
        where = self._of() & (JOURNAL.c.kind == str(Kind.OPEN_TASK)) & JOURNAL.c.state.in_(UNSETTLED)
        return frozenset(self.sql.execute(select(JOURNAL.c.key).where(where)).scalars())

    def drop(self, run: str, why: str, at: datetime) -> list[Entry]:
        """Give up what a run has not sent: planned -> stale. Returns those rows."""
        dropped = self.entries(run, PLANNED)
        where = self._of() & (JOURNAL.c.run == run) & (JOURNAL.c.state == PLANNED)
        values = {"state": "stale", "code": "dropped", "said": why, "ended_at": at}
        self.sql.execute(update(JOURNAL).where(where).values(values))
        return dropped

    def next_seq(self, run: str) -> int:
        """A seq that no row of the run has."""
        newest = self.sql.execute(select(func.max(JOURNAL.c.seq)).where(JOURNAL.c.run == run)).scalar()
        return (newest or 0) + 1

    def counts(self, run: str) -> dict[tuple[str, str], int]:
        """How many rows of a run are of each kind and state."""
        columns = (JOURNAL.c.kind, JOURNAL.c.state)
        query = select(*columns, func.count()).where(self._of() & (JOURNAL.c.run == run)).group_by(*columns)
        return {(kind, state): count for kind, state, count in self.sql.execute(query)}

    def _of(self) -> ColumnElement[bool]:
        return JOURNAL.c.connection == self.connection

    def _rows(self, run: str, seqs: Sequence[int]) -> ColumnElement[bool]:
        return self._of() & (JOURNAL.c.run == run) & JOURNAL.c.seq.in_(seqs)

    def _read(self, where: ColumnElement[bool]) -> list[Entry]:
        query = select(JOURNAL).where(self._of() & where).order_by(JOURNAL.c.run, JOURNAL.c.seq)
        return list(_entries(self.sql.execute(query)))

    def _new(self, run: str, planned: Planned) -> dict[str, Any]:
        row = row_of(planned)
        return {
            "run": run,
            "seq": planned.seq,
            "connection": self.connection,
            "kind": str(planned.kind),
            "account_id": planned.account_id,
            "record": planned.change.record,
            "key": key_of(planned.change),
            "before": _plain(before_of(planned.change)),
            "after": _plain(after_of(planned.change)),
            "planned": row,
            "attempt": 0,
            "code": "",
            "said": "",
            "state": PLANNED,
        }


def _plain(fields: Mapping[str, object]) -> dict[str, Any]:
    return {name: instant(value) if isinstance(value, datetime) else value for name, value in fields.items()}


def _entries(rows: Iterable[Row[Any]]) -> Iterator[Entry]:
    for row in rows:
        yield Entry(
            run=row.run,
            seq=row.seq,
            planned=planned_from(row.planned),
            state=row.state,
            attempt=row.attempt,
            sent_at=row.sent_at,
            ended_at=row.ended_at,
            job=row.job,
            crm_id=row.crm_id,
            code=row.code,
            said=row.said,
        )
