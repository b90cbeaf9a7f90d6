"""Tasks of ours as they are now: what we asked for, what the CRM shows, and whether a person has changed them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from connectors.base import Key
from engine.facts import KnownTask
from sync import owned

LAG: Final = timedelta(hours=2)  # search indexes may show what was true so long ago


class SeenTask(Protocol):
    """A task that carries our key, as the CRM shows it."""

    @property
    def task_id(self) -> str:
        """The CRM's id."""

    @property
    def assignee_id(self) -> str | None:
        """Who holds it."""

    @property
    def subject(self) -> str | None:
        """As shown."""

    @property
    def due_at(self) -> datetime | None:
        """As shown."""

    @property
    def state(self) -> str:
        """One of open, done, withdrawn, deleted."""

    @property
    def closed_at(self) -> datetime | None:
        """As shown."""


def known_tasks(stored: Mapping[Key, KnownTask], shown: Mapping[Key, SeenTask], now: datetime) -> dict[Key, KnownTask]:
    """Stored tasks with what the CRM shows of them. One that is not shown stays as it was last seen.

    ``touched``: a person has changed subject, assignee or due time since we wrote them. Tasks that only the CRM knows
    are left out: without our record of their play they are nobody's to change.
    """
    return {key: _seen(task, shown[key], now) if key in shown else task for key, task in stored.items()}


def _seen(task: KnownTask, shown: SeenTask, now: datetime) -> KnownTask:
    if shown.state == "open" and task.closed_at is not None and now - task.closed_at < LAG:
        return task  # an index that lags behind shows it as it was before we closed it
    differs = (
        not owned.same("subject", shown.subject, task.subject)
        or shown.assignee_id != task.assignee_id
        or (task.due_at is not None and not owned.same("due_at", shown.due_at, task.due_at))
    )
    return replace(
        task,
        task_id=shown.task_id,
        assignee_id=shown.assignee_id or task.assignee_id,
        subject=shown.subject or task.subject,
        due_at=shown.due_at or task.due_at,
        state=shown.state,
        closed_at=None if shown.state == "open" else shown.closed_at or task.closed_at,
        touched=differs,
    )
