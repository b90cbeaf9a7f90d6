"""Keeps our calls under HubSpot's bursts: at most 70% of the app's window, at most three searches a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Final

from pyrate_limiter import InMemoryBucket, Rate, RateItem

SHARE: Final = 0.7
SEARCHES: Final = Rate(3, 1000)
UNTOLD: Final = Rate(70, 10_000)  # 70% of the smallest edition's window, until HubSpot has told its own


class Pace:
    """Waits before a call where the window is full; learns the window from the headers of each answer.

    On loopback nothing is held back until the server has turned a call away: a pretend CRM may have its limits off.
    """

    def __init__(self, *, monotonic: Callable[[], float], sleep: Callable[[float], None], loopback: bool) -> None:
        self._monotonic, self._sleep, self._lock = monotonic, sleep, Lock()
        self._burst, self._search = InMemoryBucket([UNTOLD]), InMemoryBucket([SEARCHES])
        self._on = not loopback

    def wait(self, *, search: bool = False) -> None:
        """Return when the call may go out."""
        bucket = self._search if search else self._burst
        while self._on:
            with self._lock:
                now_ms = int(self._monotonic() * 1000)
                bucket.leak(now_ms)
                item = RateItem("call", now_ms)
                if bucket.put(item):
                    return
                full_for_ms = bucket.waiting(item)
            self._sleep(max(1, int(str(full_for_ms))) / 1000)

    def refused(self) -> None:
        """The server counts calls: from now on we do."""
        self._on = True

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take in the window that an answer names; search answers name none."""
        limit = headers.get("x-hubspot-ratelimit-max")
        interval_ms = headers.get("x-hubspot-ratelimit-interval-milliseconds")
        if limit is None or interval_ms is None or not (limit.isdigit() and interval_ms.isdigit()):
            return
        rate = Rate(max(1, int(int(limit) * SHARE)), max(1, int(interval_ms)))
        with self._lock:
            if (self._burst.rates[0].limit, self._burst.rates[0].interval) != (rate.limit, rate.interval):
                self._burst.rates = [rate]
