"""Counts API calls over the last 24 hours and says when they are used up."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sandbox.frame import Clock, Options
from sandbox.salesforce.errors import Refusal

_DAY_S: Final = 86_400
_SLOT_S: Final = 900
DAILY: Final = 100_000


class Usage:
    """A rolling daily count in slots of a quarter of an hour."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self._clock, self._options = clock, options
        self._slots: Counter[int] = Counter()

    def clear(self) -> None:
        """Starts at zero."""
        self._slots.clear()

    @property
    def limit(self) -> int:
        """Calls allowed in 24 hours."""
        return int(self._options.limit("salesforce.daily_requests", DAILY))

    @property
    def used(self) -> int:
        """Calls counted in the last 24 hours."""
        now = int(self._clock.seconds())
        for slot in [each for each in self._slots if not now - _DAY_S < each * _SLOT_S <= now]:
            del self._slots[slot]
        return self._slots.total()

    def spend(self, calls: int) -> None:
        """What other tools in the org have used up."""
        self._slots[int(self._clock.seconds()) // _SLOT_S] += calls

    def count(self) -> None:
        """One more call. Raises Refusal REQUEST_LIMIT_EXCEEDED where limits are on and used up."""
        if self._options.limits_on:
            if self._options.limit("salesforce.concurrent_requests", 25) <= 0:
                words = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
                raise Refusal(403, "REQUEST_LIMIT_EXCEEDED", words)
            if self.used >= self.limit:
                raise Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.spend(1)

    def header(self) -> dict[str, str]:
        """The header on every REST answer."""
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.limit}"}
