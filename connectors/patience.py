"""The one retry policy: asked-for waits are honoured, other waits grow with jitter, and patience ends."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from connectors.errors import Retryable, Unavailable

T = TypeVar("T")

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a call is tried again; only ``Retryable`` errors are.

    ``attempts`` counts the first one; ``total_s`` bounds the time from the first attempt to the start of the last.
    ``dice`` gives numbers in [0, 1).
    """

    attempts: int = 6
    total_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random

    def call(self, doing: str, fn: Callable[[], T]) -> T:
        """Run ``fn`` until it answers; ``Unavailable`` when patience runs out, any other error as it is."""
        started = self.monotonic()

        def wait(state: RetryCallState) -> float:
            return pause_s(_error_of(state), state.attempt_number, self.dice())

        def enough(state: RetryCallState) -> bool:
            late = self.monotonic() - started + state.upcoming_sleep > self.total_s
            return late or state.attempt_number >= self.attempts

        policy = Retrying(
            retry=retry_if_exception(_may_be_cured),
            wait=wait,
            stop=enough,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return policy(fn)
        except Unavailable:
            raise
        except Retryable as error:
            raise _out_of_patience(doing, error) from error


def pause_s(error: BaseException | None, attempt: int, dice: float) -> float:
    """Seconds before the next attempt: what the CRM asked for, else a doubling wait with half of it by chance."""
    asked = error.after_s if isinstance(error, Retryable) else None
    if asked is not None:
        return max(0.0, asked)
    full = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempt - 1))
    return full / 2 + dice * full / 2


def _may_be_cured(error: BaseException) -> bool:
    return isinstance(error, Retryable) and not isinstance(error, Unavailable)


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _out_of_patience(doing: str, error: Retryable) -> Unavailable:
    return Unavailable(
        error.crm,
        doing=doing,
        said=error.said,
        after_s=error.after_s,
        hint=error.hint or "try again later",
        code=error.code,
        request_id=error.request_id,
    )
