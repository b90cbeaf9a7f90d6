"""Tasks of ours: what we asked for, and what the CRM last showed of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, update

from connectors.base import Fields, Key
from engine.facts import KnownTask, TaskWanted
from sync.store.rows import Rows, chunks, insert_new
from sync.store.tables import TASKS

_NAMES = (
    "key",
    "task_id",
    "account_id",
    "play",
    "epoch",
    "assignee_id",
    "subject",
    "opened_at",
    "state",
    "closed_at",
    "due_at",
    "touched",
)


class Tasks(Rows):
    """Tasks of one connection, inside a transaction."""

    __slots__ = ()

    def all(self) -> dict[Key, KnownTask]:
        """Every task we ever opened, by creation key."""
        rows = self.sql.execute(select(TASKS).where(self._of()).order_by(TASKS.c.opened_at, TASKS.c.key))
        return {row.key: KnownTask(**{name: getattr(row, name) for name in _NAMES}) for row in rows}

    def existing(self, keys: Sequence[Key]) -> frozenset[Key]:
        """Those of the keys under which we opened a task."""
        found: set[Key] = set()
        for some in chunks(keys):
            query = select(TASKS.c.key).where(self._of() & TASKS.c.key.in_(some))
            found.update(self.sql.execute(query).scalars())
        return frozenset(found)

    def opened(self, wanted: TaskWanted, task_id: str | None, at: datetime, state: str = "open") -> None:
        """A task exists; the first word on a key counts."""
        row = {
            "connection": self.connection,
            "key": wanted.key,
            "account_id": wanted.account_id,
            "play": wanted.play,
            "epoch": wanted.epoch,
            "assignee_id": wanted.assignee_id,
            "subject": wanted.subject,
            "opened_at": at,
            "due_at": wanted.due_at,
            "task_id": task_id,
            "state": state,
            "closed_at": None if state == "open" else at,
            "touched": False,
            "sla": wanted.sla_due,
        }
        insert_new(self.sql, TASKS, [row])

    def taken_over(self, key: Key, wanted: TaskWanted, after: Fields) -> None:
        """An open task now says what another play, or the same one in new words, wants; or has another holder."""
        values: dict[str, Any] = {"play": wanted.play, "epoch": wanted.epoch, "subject": wanted.subject}
        if isinstance(after.get("due_at"), datetime):
            values["due_at"] = after["due_at"]
        if after.get("assignee_id") is not None:
            values["assignee_id"] = after["assignee_id"]
        self.sql.execute(update(TASKS).where(self._one(key)).values(values))

    def closed(self, key: Key, state: str, at: datetime) -> None:
        """A task is done, withdrawn or deleted."""
        where = self._one(key) & (TASKS.c.state == "open")
        self.sql.execute(update(TASKS).where(where).values(state=state, closed_at=at))

    def seen(self, tasks: Iterable[KnownTask]) -> None:
        """What the CRM shows of tasks now: state, and whether a person touched them.

        What we asked for stays as it is: a later pass compares with it again.
        """
        values = [
            {"of_key": task.key} | {name: getattr(task, name) for name in ("task_id", "state", "closed_at", "touched")}
            for task in tasks
        ]
        if values:
            where = self._of() & (TASKS.c.key == bindparam("of_key"))
            names: dict[str, Any] = {name: bindparam(name) for name in values[0] if name != "of_key"}
            self.sql.execute(update(TASKS).where(where).values(names), values)

    def opened_since(self, moment: datetime) -> Mapping[str, int]:
        """How many tasks each person was given since then."""
        query = (
            select(TASKS.c.assignee_id, func.count().label("opened"))
            .where(self._of() & (TASKS.c.opened_at >= moment))
            .group_by(TASKS.c.assignee_id)
        )
        return Counter({row.assignee_id: row.opened for row in self.sql.execute(query)})

    def _of(self) -> ColumnElement[bool]:
        return TASKS.c.connection == self.connection

    def _one(self, key: Key) -> ColumnElement[bool]:
        return self._of() & (TASKS.c.key == key)
