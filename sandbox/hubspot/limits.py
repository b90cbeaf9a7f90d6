"""The three rate limits: ten rolling seconds per token, one second of searches and one day per account."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.frame import Options
from sandbox.hubspot.auth import Caller
from sandbox.hubspot.errors import RefusalError

BURST_MS = 10_000
SECOND_MS = 1_000


class Limits:
    """Counts calls and refuses those above a limit; refused calls do not count."""

    def __init__(self, options: Options, portal_id: int, time_zone: str, search_wording: Callable[[], str]) -> None:
        self._options = options
        self._portal_id = portal_id
        self._zone = ZoneInfo(time_zone)
        self._search_wording = search_wording
        self._bursts: dict[str, deque[int]] = {}
        self._searches: deque[int] = deque()
        self._day = ""
        self.used_today = 0

    def clear(self) -> None:
        """Forgets all calls."""
        self._bursts.clear()
        self._searches.clear()
        self.used_today = 0

    @property
    def burst(self) -> int:
        """Calls per ten seconds and token."""
        return int(self._options.limit("hubspot.burst", 190))

    @property
    def daily(self) -> int:
        """Calls per day and account."""
        return int(self._options.limit("hubspot.daily", 625_000))

    @property
    def search(self) -> int:
        """Searches per second and account."""
        return int(self._options.limit("hubspot.search", 5))

    def eat(self, calls: int, now_ms: int) -> None:
        """Another app of the account uses up part of the day's calls."""
        self._turn(now_ms)
        self.used_today += calls

    def resets_at(self, now_ms: int) -> datetime:
        """The next midnight of the account's time zone."""
        local = datetime.fromtimestamp(now_ms / 1000, self._zone)
        midnight = datetime(local.year, local.month, local.day, tzinfo=self._zone) + timedelta(days=1)
        return midnight.astimezone(UTC)

    def _turn(self, now_ms: int) -> None:
        today = f"{datetime.fromtimestamp(now_ms / 1000, self._zone):%Y-%m-%d}"
        if today != self._day:
            self._day, self.used_today = today, 0

    @staticmethod
    def _slide(window: deque[int], now_ms: int, length_ms: int) -> None:
        while window and not now_ms - length_ms < window[0] <= now_ms:
            window.popleft()

    def take(self, caller: Caller, now_ms: int, *, search: bool) -> None:
        """Counts one call, or refuses it with the 429 of the limit it would pass."""
        self._turn(now_ms)
        window, length_ms, most = self._searches, SECOND_MS, self.search
        if not search:
            window, length_ms, most = self._bursts.setdefault(caller.token, deque()), BURST_MS, self.burst
        self._slide(window, now_ms, length_ms)
        if self._options.limits_on:
            if self.used_today >= self.daily:
                raise self._daily_refusal()
            if len(window) >= most:
                raise self._search_refusal(caller) if search else self._burst_refusal(caller)
            window.append(now_ms)
        self.used_today += 1

    def headers(self, caller: Caller, now_ms: int, *, search: bool, daily: bool) -> dict[str, str]:
        """Rate-limit headers of one answer: none of the burst ones on searches, no daily ones for OAuth."""
        shown: dict[str, str] = {}
        if daily and not caller.oauth:
            shown["x-hubspot-ratelimit-daily"] = str(self.daily)
            shown["x-hubspot-ratelimit-daily-remaining"] = str(max(0, self.daily - self.used_today))
        if not search:
            window = self._bursts.get(caller.token, deque())
            last_second = sum(1 for at in window if at > now_ms - SECOND_MS)
            secondly = self.burst // 10
            shown["x-hubspot-ratelimit-interval-milliseconds"] = str(BURST_MS)
            shown["x-hubspot-ratelimit-max"] = str(self.burst)
            shown["x-hubspot-ratelimit-remaining"] = str(max(0, self.burst - len(window)))
            shown["x-hubspot-ratelimit-secondly"] = str(secondly)
            shown["x-hubspot-ratelimit-secondly-remaining"] = str(max(0, secondly - last_second))
        return shown

    def _refusal(self, message: str, policy: str, group: str) -> RefusalError:
        return RefusalError(429, message, errorType="RATE_LIMIT", policyName=policy, groupName=group)

    def _burst_refusal(self, caller: Caller) -> RefusalError:
        group = f"publicapi:private-apps-api-calls-ten-secondly:{caller.app_id}:{self._portal_id}"
        return self._refusal("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING", group)

    def _search_refusal(self, caller: Caller) -> RefusalError:
        message = "You have reached your secondly limit."
        if self._search_wording() == "category":
            return RefusalError(429, message, "RATE_LIMITS")
        return self._refusal(message, "SECONDLY", f"publicapi:crm:search:oauth:{caller.app_id}:{self._portal_id}")

    def _daily_refusal(self) -> RefusalError:
        group = f"publicapi:private-apps-api-calls-daily:{self._portal_id}"
        return self._refusal("You have reached your daily limit.", "DAILY", group)
