"""SLA timers: running promises, and how earlier ones ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import msgspec
from sqlalchemy import select

from connectors.base import Key
from engine.facts import Timer, TimerState
from sync.store.rows import Rows, insert_new, upsert
from sync.store.tables import TIMERS

OPEN: Final = (TimerState.RUNNING, TimerState.WARNED, TimerState.BREACHED)


class Timers(Rows):
    """Timers of one connection, inside a transaction."""

    __slots__ = ()

    def all(self, *, only_open: bool = False) -> list[Timer]:
        """Timers in order of start; ``only_open``: those not yet met or cancelled."""
        query = select(TIMERS.c.body).where(TIMERS.c.connection == self.connection)
        if only_open:
            query = query.where(TIMERS.c.state.in_([str(state) for state in OPEN]))
        rows = self.sql.execute(query.order_by(TIMERS.c.started_at, TIMERS.c.key)).scalars()
        return [msgspec.convert(body, Timer) for body in rows]

    def start(self, timer: Timer) -> bool:
        """Start a timer. False when one is open for the account and play already: a repeat does not restart it."""
        where = (
            (TIMERS.c.connection == self.connection)
            & (TIMERS.c.account_id == timer.account_id)
            & (TIMERS.c.play == timer.play)
            & TIMERS.c.state.in_([str(state) for state in OPEN])
        )
        if self.sql.execute(select(TIMERS.c.key).where(where)).first() is not None:
            return False
        insert_new(self.sql, TIMERS, [self._row(timer)])
        return True

    def keep(self, timers: Iterable[Timer]) -> None:
        """What timers have become."""
        upsert(self.sql, TIMERS, [self._row(timer) for timer in timers])

    def cancel(self, key: Key) -> None:
        """End the timer of a withdrawn task, unless it was met or cancelled before."""
        for timer in self.all(only_open=True):
            if timer.key == key:
                self.keep([replace(timer, state=TimerState.CANCELLED)])

    def _row(self, timer: Timer) -> dict[str, Any]:
        return {
            "connection": self.connection,
            "key": timer.key,
            "account_id": timer.account_id,
            "play": timer.play,
            "state": str(timer.state),
            "started_at": timer.started_at,
            "body": msgspec.to_builtins(timer),
        }
