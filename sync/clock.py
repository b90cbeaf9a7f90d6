"""The only reader of the wall clock; everything else takes the time as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

Now = Callable[[], datetime]  # tells the time, aware UTC


class Clock(Protocol):
    """What a machine offers: the time of day, a count of seconds that never goes back, and waiting."""

    def now(self) -> datetime:
        """The machine's time, aware UTC. For leases and logs; the time of a pass is the CRM's."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The real one."""

    def now(self) -> datetime:
        """The machine's time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def ticking(start: datetime, clock: Clock) -> Now:
    """The CRM's present time, carried on from ``start`` by the seconds that pass here; costs no call."""
    since = clock.monotonic()
    return lambda: start + timedelta(seconds=clock.monotonic() - since)
