from __future__ import annotations

from connectors.hubspot.pace import Pace
from tests.connectors.hubspot.conftest import FakeTime

WINDOW = {"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "10000"}


def most_in(stamps: list[float], window_s: float) -> int:
    return max(sum(start <= at < start + window_s for at in stamps) for start in stamps)


def paced(pace: Pace, time: FakeTime, calls: int, *, search: bool = False) -> list[float]:
    stamps = []
    for _ in range(calls):
        pace.wait(search=search)
        stamps.append(time.at_s)
    return stamps


def test_searches_stay_at_three_a_second() -> None:
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep, loopback=False)

    stamps = paced(pace, time, 30, search=True)

    assert most_in(stamps, 1.0) <= 3
    assert stamps[-1] < 11


def test_other_calls_stay_under_seventy_percent_of_the_window_that_hubspot_names() -> None:
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep, loopback=False)
    pace.learn(WINDOW)

    stamps = paced(pace, time, 400)

    assert most_in(stamps, 10.0) == 133
    assert stamps[-1] < 41


def test_until_a_window_is_named_the_smallest_one_holds() -> None:
    time = FakeTime()

    stamps = paced(Pace(monotonic=time.monotonic, sleep=time.sleep, loopback=False), time, 100)

    assert most_in(stamps, 10.0) == 70


def test_on_loopback_nobody_waits_until_a_call_was_turned_away() -> None:
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep, loopback=True)
    pace.learn(WINDOW)

    before = paced(pace, time, 500)
    pace.refused()
    after = paced(pace, time, 200)

    assert before == [0.0] * 500
    assert most_in(after, 10.0) == 133


def test_headers_that_make_no_sense_change_nothing() -> None:
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep, loopback=False)

    pace.learn({"x-hubspot-ratelimit-max": "many", "x-hubspot-ratelimit-interval-milliseconds": "10000"})

    assert most_in(paced(pace, time, 100), 10.0) == 70
