"""What both pretend CRMs stand on: the sandbox's clock, the journal of writes, and the shape of a CRM."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol, runtime_checkable

from starlette.routing import BaseRoute

from sandbox.world import World


class Clock:
    """The sandbox's time: starts where it is told and ticks with real time unless frozen."""

    def __init__(self, start: datetime, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._base = start.astimezone(UTC)
        self._since = ticks()
        self.frozen = False
        self._date = (-1, "")  # the second last stated, and its text

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        passed = 0.0 if self.frozen else self._ticks() - self._since
        return self._base + timedelta(seconds=passed)

    def seconds(self) -> float:
        """The present moment in unix seconds."""
        return self.now().timestamp()

    def set(self, moment: datetime) -> None:
        """Moves the clock to a moment, forward or back."""
        self._base, self._since = moment.astimezone(UTC), self._ticks()

    def advance(self, seconds: float) -> None:
        """Moves the clock by so many seconds; negative goes back."""
        self.set(self.now() + timedelta(seconds=seconds))

    def freeze(self, *, frozen: bool) -> None:
        """Stops the ticking, or lets it go on from where it stands."""
        self.set(self.now())
        self.frozen = frozen

    def http_date(self, offset_s: float = 0.0) -> str:
        """The present moment, or one so many seconds off, as a ``Date`` header states it."""
        second = int(self.seconds() + offset_s)
        if second != self._date[0]:
            self._date = (second, format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True))
        return self._date[1]


@dataclass(frozen=True, slots=True)
class Write:
    """One write that was committed. ``before`` is None for a create, ``after`` for a hard delete."""

    seq: int  # 1, 2, 3, ...
    at: datetime
    crm: str
    who: str  # whom the CRM would name as the author: a user name, an app, or "actor:..." for scripted people
    verb: str  # create, update, delete, undelete, merge, associate, ...
    object_name: str
    record_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """The line that ``GET /_sandbox/journal`` shows."""
        return {
            "seq": self.seq,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "crm": self.crm,
            "who": self.who,
            "verb": self.verb,
            "object": self.object_name,
            "id": self.record_id,
            "before": self.before,
            "after": self.after,
        }


class Journal:
    """Every committed write in order; loading a world is no write."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writes: list[Write] = []

    def add(
        self,
        crm: str,
        who: str,
        verb: str,
        object_name: str,
        record_id: str,
        *,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> None:
        """Notes one committed write; ``before`` and ``after`` are JSON values of the changed fields only."""
        seq = len(self._writes) + 1
        self._writes.append(
            Write(seq, self._clock.now(), crm, who, verb, object_name, record_id, before, after),
        )

    def since(self, seq: int = 0) -> Sequence[Write]:
        """Writes with a number above ``seq``."""
        return self._writes[seq:]

    def clear(self) -> None:
        """Forgets all writes; the next one is number 1."""
        self._writes.clear()

    def __len__(self) -> int:
        return len(self._writes)


@dataclass(slots=True)
class Options:
    """How the pretend CRMs behave; shared by all, changed in place by the control routes."""

    limits_on: bool = True
    limits: dict[str, float] = field(default_factory=dict)  # overrides by name, e.g. {"salesforce.daily_requests": 100}
    lag_s: float = 0.0  # how far the search index trails the store
    switches: dict[str, Any] = field(default_factory=dict)  # unconfirmed vendor behaviours by name

    def limit(self, name: str, default: float) -> float:
        """The number set under this name, else the default."""
        return self.limits.get(name, default)


class BadOrderError(ValueError):
    """An order that a control route cannot carry out; its text goes to the caller with status 400."""


class Crm(Protocol):
    """One pretend CRM. Handlers never need to know about faults or the ``Date`` header: a wrapper adds both."""

    name: str  # "salesforce" or "hubspot"

    def routes(self) -> list[BaseRoute]:
        """All HTTP routes, with absolute paths."""
        ...

    def load(self, world: World) -> None:
        """Replaces all records by those of the world; journal and clock are left alone."""
        ...

    def clear(self) -> None:
        """Drops all records, sessions, counters, custom fields and open jobs."""
        ...

    def keys(self) -> dict[str, dict[str, str]]:
        """World key to record id, by table: accounts, contacts, owners, opportunities."""
        ...

    def act(self, order: dict[str, Any]) -> dict[str, Any]:
        """Does what somebody else in the org would do; returns what it did. Raises BadOrderError."""
        ...

    def credentials(self) -> dict[str, str]:
        """What a client needs to log in, as shown in the ready line."""
        ...


@runtime_checkable
class ExpiresSessions(Protocol):
    """A CRM that can invalidate every access token it has handed out."""

    def expire_sessions(self) -> int:
        """Invalidates all; returns how many."""
        ...


@runtime_checkable
class CountsRecords(Protocol):
    """A CRM that can say how many live records it holds."""

    def counts(self) -> dict[str, int]:
        """Live records by object name."""
        ...
