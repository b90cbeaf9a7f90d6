from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import NeedsPerson, Refused, Retryable, Unavailable
from connectors.patience import LONGEST_WAIT_S, Patience, pause_s


@dataclass
class PretendTime:
    now_s: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def monotonic(self) -> float:
        return self.now_s


def a_patience(time: PretendTime, *, attempts: int = 6, total_s: float = 300.0) -> Patience:
    return Patience(attempts, total_s, sleep=time.sleep, monotonic=time.monotonic, dice=lambda: 0.0)


def busy(after_s: float | None = None) -> Retryable:
    return Retryable("acme", doing="read accounts", said="busy", after_s=after_s, code="503", request_id="r1")


def answers(*steps: Exception | str) -> Callable[[], str]:
    left = list(steps)

    def call() -> str:
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    return call


def test_a_call_that_answers_is_made_once() -> None:
    time = PretendTime()

    assert a_patience(time).call("read", answers("done")) == "done"
    assert time.slept == []


def test_a_busy_crm_is_asked_again_after_growing_waits() -> None:
    time = PretendTime()

    said = a_patience(time).call("read", answers(busy(), busy(), busy(), "done"))

    assert said == "done"
    assert time.slept == [0.25, 0.5, 1.0]


def test_the_wait_that_the_crm_asks_for_is_honoured() -> None:
    time = PretendTime()

    a_patience(time).call("read", answers(busy(after_s=17.0), "done"))

    assert time.slept == [17.0]


def test_patience_ends_after_its_attempts_and_says_what_the_crm_said() -> None:
    time = PretendTime()

    with pytest.raises(Unavailable, match="could not read accounts twice: busy") as caught:
        a_patience(time, attempts=3).call("read accounts twice", answers(busy(), busy(), busy(), "never"))

    assert len(time.slept) == 2
    assert (caught.value.code, caught.value.request_id) == ("503", "r1")


def test_patience_does_not_wait_beyond_its_time() -> None:
    time = PretendTime()

    with pytest.raises(Unavailable):
        a_patience(time, total_s=100).call("read", answers(busy(60), busy(60), "never"))

    assert time.slept == [60]


def test_an_asked_wait_longer_than_our_time_gives_up_at_once() -> None:
    time = PretendTime()

    with pytest.raises(Unavailable) as caught:
        a_patience(time).call("read", answers(busy(3600), "never"))

    assert time.slept == []
    assert caught.value.after_s == 3600


@pytest.mark.parametrize(
    "error",
    [
        Refused("acme", doing="x", said="no"),
        NeedsPerson("acme", doing="x", said="no"),
        Unavailable("acme", doing="x", said="gone"),
        ValueError("a slip of ours"),
    ],
    ids=["refused", "needs a person", "already out of patience", "not of a CRM"],
)
def test_other_errors_rise_as_they_are(error: Exception) -> None:
    time = PretendTime()

    with pytest.raises(type(error)) as caught:
        a_patience(time).call("read", answers(error, "never"))

    assert caught.value is error
    assert time.slept == []


@given(attempt=st.integers(1, 50), dice=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_the_longest_nor_shorter_than_half_its_step(attempt: int, dice: float) -> None:
    step = min(LONGEST_WAIT_S, 0.5 * 2.0 ** (attempt - 1))

    assert step / 2 <= pause_s(busy(), attempt, dice) <= step
