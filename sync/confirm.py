"""What an applied change leaves in the store: what we last wrote, what stands, tasks and timers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.base import AssignOwner, OpenTask, SetFields, UpdateTask, WithdrawTask
from engine.facts import Decision, TaskWanted, Timer
from sync import owned
from sync.planned import Planned
from sync.store import Tx

StartTimer = Callable[[TaskWanted, datetime], Timer | None]  # the timer that a confirmed task starts, if any
DUPLICATE: Final = "duplicate"  # rule of a withdrawal that removes a second task under one key


@dataclass(frozen=True, slots=True)
class Done:
    """An applied change; ``found``: the state in which a task was found when its answer was lost."""

    planned: Planned
    crm_id: str | None
    found: str = "open"


def confirm(
    tx: Tx, run: str, done: Sequence[Done], decisions: Mapping[str, Decision], at: datetime, start: StartTimer
) -> None:
    """Keep what applied changes mean, in the transaction that journals them.

    A decision stands from here on when the fields of its account were written.
    """
    sets = [one.planned.change for one in done if isinstance(one.planned.change, SetFields)]
    moves = [one.planned.change for one in done if isinstance(one.planned.change, AssignOwner)]
    tx.last_written.wrote({change.account_id: change.after for change in sets}, run, at)
    tx.last_written.wrote({change.account_id: {owned.OWNER: change.after} for change in moves}, run, at)
    stands = {change.account_id: decisions[change.account_id].standing for change in sets}
    tx.standing.record(stands, run, at)
    tx.standing.owners_moved([change.account_id for change in moves], run, at)
    for one in done:
        _task(tx, one, at, start)


def _task(tx: Tx, done: Done, at: datetime, start: StartTimer) -> None:
    wanted = done.planned.wanted
    match done.planned.change:
        case OpenTask() if wanted is not None:
            tx.tasks.opened(wanted, done.crm_id, at, done.found)
            if done.found == "open":
                _promise(tx, wanted, at, start)
        case UpdateTask(key=key, after=after) if wanted is not None:
            tx.tasks.taken_over(key, wanted, after)
            if wanted.key != key:
                _promise(tx, wanted, at, start)
        case WithdrawTask(key=key) if done.planned.rule != DUPLICATE:
            tx.tasks.closed(key, "withdrawn", at)
            tx.timers.cancel(key)
        case _:
            pass


def _promise(tx: Tx, wanted: TaskWanted, at: datetime, start: StartTimer) -> None:
    """Start the timer of a task that promises a first touch; one that ran or runs under this key stays as it is."""
    timer = start(wanted, at) if wanted.sla_due else None
    if timer is not None:
        tx.timers.start(timer)
