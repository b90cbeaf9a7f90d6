"""``tierline serve``: passes on the schedule until told to stop."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from types import FrameType

import click
import structlog

from config.load import Loaded
from sync import exits
from sync.cli import output, parts
from sync.cli.passes import keep
from sync.clock import SystemClock
from sync.connect import AnyConnection
from sync.endings import ending_of
from sync.names import new_run_id
from sync.run import Pass, Watch, run_once
from sync.schedule import Job, scheduler_of
from sync.store import Store


@click.command()
@parts.options
def serve(file: Path, name: str | None, *, as_json: bool) -> int:
    """Run on the schedule until told to stop; SIGTERM and Ctrl-C end after the current batch."""
    loaded = parts.read_config(file)
    asked = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    log = _log(as_json=as_json)
    try:
        with parts.opened_store(loaded) as store:
            jobs = [
                job for connection in parts.chosen(loaded, name) for job in _jobs(loaded, connection, store, asked, log)
            ]
            _serve(jobs, asked, log)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return exits.DONE


def _serve(jobs: list[Job], asked: threading.Event, log: structlog.stdlib.BoundLogger) -> None:
    scheduler = scheduler_of(jobs, missed=lambda job: log.warning("missed a slot", job=job))
    scheduler.start()
    output.note(f"Serving {', '.join(f'{job.name} {job.when}' for job in jobs)}; Ctrl-C or SIGTERM ends it.")
    asked.wait()
    log.info("stopping after the current batch")
    scheduler.shutdown(wait=True)


def _jobs(
    loaded: Loaded, connection: AnyConnection, store: Store, asked: threading.Event, log: structlog.stdlib.BoundLogger
) -> list[Job]:
    schedule = loaded.settings.schedule
    one = partial(_pass, loaded, connection, store, asked, log.bind(connection=connection.name))
    return [
        Job(f"{connection.name} sync", schedule.sync, partial(one, full=False), at_once=True),
        Job(f"{connection.name} reconcile", schedule.reconcile, partial(one, full=True)),
    ]


def _pass(
    loaded: Loaded,
    connection: AnyConnection,
    store: Store,
    asked: threading.Event,
    log: structlog.stdlib.BoundLogger,
    *,
    full: bool,
) -> None:
    """One pass; whatever goes wrong is told, and the next slot tries again."""
    if asked.is_set():
        return
    run_id = new_run_id(SystemClock().now())
    try:
        with parts.opened(loaded, connection, store) as line:
            act = loaded.settings.mode == "live"
            done = run_once(line, run_id, act=act, full=full, watch=Watch(stop=asked.is_set))
        _tell(done, loaded, log)
    except exits.Halted as halted:
        log.info("pass stopped", run=run_id, said=str(halted))
    except Exception as error:  # noqa: BLE001  # a service goes on; the next slot tries again
        ending = ending_of(error)
        said = ending.said if ending else f"{type(error).__name__}: unforeseen"
        code = ending.code if ending else exits.FAILED
        log.error("pass failed", run=run_id, code=code, said=said)  # noqa: TRY400  # a traceback may hold people's data


def _tell(done: Pass, loaded: Loaded, log: structlog.stdlib.BoundLogger) -> None:
    keep(done, loaded)
    counts = done.run.counts
    log.info(
        "pass",
        run=done.run.run,
        state=done.run.state,
        at=done.run.started_at.isoformat(),
        read=counts.read,
        updated=counts.updated,
        tasks_opened=counts.tasks_opened,
        tasks_withdrawn=counts.tasks_withdrawn,
        owners_moved=counts.owners_moved,
        rejected=counts.rejected,
        held_by=",".join(done.verdict.holding),
        plan=done.plan.short if done.plan.changes else "",
    )


def _log(*, as_json: bool) -> structlog.stdlib.BoundLogger:
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    last: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=False)
    if as_json:
        last = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), last],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    found: structlog.stdlib.BoundLogger = structlog.get_logger()
    return found
