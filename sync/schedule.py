"""When passes run: the config's schedule on APScheduler, one pass at a time, missed slots told and not made up for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

GRACE = timedelta(hours=6)  # the library's own default of one second would drop every late pass
_EVERY = re.compile(r"every\s+(\d+)\s*(s|m|h)")
_DAY_RANGE = re.compile(r"([0-7])(?:-([0-7])(?:/([1-7]))?)?")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours"}


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do on a schedule; ``when`` is ``every 15m`` or five cron fields in UTC."""

    name: str
    when: str
    do: Callable[[], None]
    at_once: bool = False  # run when the scheduler starts, not only at the first slot


def trigger_of(when: str) -> Any:
    """The trigger of a schedule line; cron fields are read in UTC."""
    match = _EVERY.fullmatch(when.strip())
    if match:
        return IntervalTrigger(**{_UNIT[match[2]]: int(match[1])}, timezone="UTC")
    minute, hour, day, month, weekday = when.split()
    return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday), timezone="UTC")


def _weekdays(field: str) -> str:
    """Cron counts Sunday as 0 and as 7; the library counts from Monday: names leave no doubt."""
    return ",".join(_days_of(part) for part in field.split(","))


def _days_of(part: str) -> str:
    match = _DAY_RANGE.fullmatch(part)
    if match is None:
        return part
    first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
    return ",".join(_DAYS[day % 7] for day in range(first, last + 1, step))


def scheduler_of(jobs: list[Job], missed: Callable[[str], None]) -> BackgroundScheduler:
    """A scheduler that is not started yet. Jobs run one after the other: passes of one machine share its two cores."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": int(GRACE.total_seconds()),
        },
        timezone="UTC",
    )
    for job in jobs:
        at_once = {"next_run_time": _now(scheduler)} if job.at_once else {}
        scheduler.add_job(job.do, trigger_of(job.when), id=job.name, replace_existing=True, **at_once)
    scheduler.add_listener(lambda event: _told(event, missed), EVENT_JOB_MISSED)
    return scheduler


def _now(scheduler: BackgroundScheduler) -> Any:
    from sync.clock import SystemClock  # noqa: PLC0415  # the only reader of the wall clock

    return SystemClock().now().astimezone(scheduler.timezone)


def _told(event: JobEvent, missed: Callable[[str], None]) -> None:
    missed(str(event.job_id))
