from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobExecutionEvent

from sync.schedule import GRACE, Job, scheduler_of, trigger_of
from tests.fakes import MONDAY

FRIDAY = datetime(2026, 11, 6, 9, tzinfo=UTC)


def slots(when: str, count: int = 3, start: datetime = MONDAY) -> list[str]:
    """The next times of a schedule line after ``start``."""
    trigger, found, last = trigger_of(when), list[str](), None
    now = start
    for _ in range(count):
        last = trigger.get_next_fire_time(last, now)
        now = last
        found.append(f"{last.astimezone(UTC):%a %d %H:%M:%S}")
    return found


@pytest.mark.parametrize(
    ("when", "span"),
    [("every 15m", timedelta(minutes=15)), ("every 1s", timedelta(seconds=1)), (" every  2h ", timedelta(hours=2))],
)
def test_every_so_often_is_just_that(when: str, span: timedelta) -> None:
    assert trigger_of(when).interval == span


@pytest.mark.parametrize(
    ("when", "first"),
    [
        pytest.param("0 2 * * *", ["Tue 03 02:00:00", "Wed 04 02:00:00", "Thu 05 02:00:00"], id="daily"),
        pytest.param("30 */6 * * *", ["Mon 02 12:30:00", "Mon 02 18:30:00", "Tue 03 00:30:00"], id="every six hours"),
        pytest.param("0 6 1 * *", ["Tue 01 06:00:00", "Fri 01 06:00:00", "Mon 01 06:00:00"], id="monthly"),
        pytest.param("0 6 * * fri", ["Fri 06 06:00:00", "Fri 13 06:00:00", "Fri 20 06:00:00"], id="a named weekday"),
    ],
)
def test_cron_fields_are_read_in_utc(when: str, first: list[str]) -> None:
    assert slots(when) == first


@pytest.mark.parametrize(
    ("when", "first"),
    [
        pytest.param("0 6 * * 1", ["Mon 09 06:00:00", "Mon 16 06:00:00"], id="one is Monday"),
        pytest.param("0 6 * * 0", ["Sun 08 06:00:00", "Sun 15 06:00:00"], id="nought is Sunday"),
        pytest.param("0 6 * * 7", ["Sun 08 06:00:00", "Sun 15 06:00:00"], id="so is seven"),
        pytest.param("0 6 * * 1-5", ["Mon 09 06:00:00", "Tue 10 06:00:00"], id="working days"),
    ],
)
def test_weekdays_are_counted_as_cron_counts_them(when: str, first: list[str]) -> None:
    assert slots(when, 2, FRIDAY) == first


@pytest.mark.parametrize("when", ["", "hourly", "61 * * * *", "0 2 * *", "every 5 days"])
def test_what_is_no_schedule_is_refused(when: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        trigger_of(when)


class Running:
    """A scheduler that runs, with what it did and missed."""

    def __init__(self, *jobs: Job) -> None:
        self.missed: list[str] = []
        self.told = threading.Event()
        self.scheduler = scheduler_of(list(jobs), missed=self._missed)

    def _missed(self, job: str) -> None:
        self.missed.append(job)
        self.told.set()


@pytest.fixture
def ended() -> Iterator[list[Any]]:
    """Schedulers that the test started, ended after it."""
    made: list[Any] = []
    yield made
    for scheduler in made:
        scheduler.shutdown(wait=True)


@pytest.mark.slow
def test_a_job_that_is_wanted_at_once_runs_when_the_scheduler_starts(ended: list[Any]) -> None:
    done = {name: threading.Event() for name in ("now", "later")}
    jobs = [Job(name, "every 24h", event.set, at_once=name == "now") for name, event in done.items()]
    running = Running(*jobs)
    ended.append(running.scheduler)

    running.scheduler.start()

    assert done["now"].wait(10)
    assert not done["later"].is_set()


@pytest.mark.slow
def test_jobs_run_one_after_the_other(ended: list[Any]) -> None:
    at_work, most, both = [0], [0], threading.Semaphore(0)
    free = threading.Event()

    def work() -> None:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        free.wait(0.05)
        at_work[0] -= 1
        both.release()

    running = Running(*(Job(name, "every 24h", work, at_once=True) for name in ("one", "two")))
    ended.append(running.scheduler)
    running.scheduler.start()

    assert both.acquire(timeout=10)
    assert both.acquire(timeout=10)
    assert most == [1]


def test_late_slots_are_run_once_and_only_very_late_ones_are_missed() -> None:
    running = Running(Job("prod sync", "every 15m", lambda: None))
    running.scheduler.start(paused=True)
    (job,) = running.scheduler.get_jobs()

    assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, GRACE.total_seconds())

    running.scheduler.shutdown()


def test_a_missed_slot_is_told_by_name() -> None:
    running = Running(Job("prod sync", "every 15m", lambda: None))

    for code in (EVENT_JOB_EXECUTED, EVENT_JOB_MISSED):
        running.scheduler._dispatch_event(JobExecutionEvent(code, "prod sync", "default", MONDAY))

    assert running.missed == ["prod sync"]
