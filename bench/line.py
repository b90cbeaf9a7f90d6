"""A child of the bench: passes of our own line over one sandbox, every stage measured, every request noted."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import sync.approve
import sync.compute
import sync.pull
import sync.run
from bench.meter import Meter, pages_of, peak_mb, used_cpu_s
from bench.requests_made import PAGES, Recorder
from config.load import load
from connectors.base import Cursors, Outcome
from sync.approve import apply_stored
from sync.cli import parts
from sync.cli.passes import keep
from sync.clock import SystemClock
from sync.names import new_run_id
from sync.run import Line, Pass, run_once
from sync.store import Store

STAGES = (
    (sync.run, "pull", "replica: write"),
    (sync.pull, "refresh", "replica: condense"),
    (sync.pull, "_snapshot", "replica: load"),
    (sync.compute, "score", "score"),
    (sync.compute, "judge", "decide"),
    (sync.run, "plan_of", "plan"),
    (sync.run, "store_plan", "store plan"),
    (sync.run, "_recorded", "record"),
    (sync.run, "apply", "apply"),
    (sync.approve, "apply", "apply"),
    (sync.approve, "record", "record"),
)
Which = Literal["first", "pull", "next"]


def main(which: Which, config: Path, requests: Path) -> dict[str, Any]:
    """``first``: set up, plan from nothing, apply that plan. ``next``: one live pass on what the first has left.

    ``pull``: only the connector's pages of a full pull, dropped as they come.
    """
    start_cpu_s = used_cpu_s()
    meter = Meter(tell=lambda text: print(f"    {text}", file=sys.stderr, flush=True))
    for module, function, name in STAGES:
        meter.wrap(module, function, name)
    recorder = Recorder(lambda: meter.current)
    recorder.start()
    with _line(config, meter) as (line, store):
        told = (
            _first(line, store, meter) if which == "first" else _pull(line) if which == "pull" else _next(line, meter)
        )
    lines = [json.dumps(one.as_dict()) for one in recorder.made if one.stage == "connector" and one.purpose in PAGES]
    requests.touch(mode=0o600)
    requests.write_text("\n".join(lines))
    return {
        "start_cpu_s": start_cpu_s,
        "stages": {name: asdict(spent) for name, spent in meter.spent.items()},
        "calls": [(one.stage, one.purpose, one.about) for one in recorder.made],
        "peak_mb": peak_mb(),
        **told,
    }


@contextmanager
def _line(config: Path, meter: Meter) -> Iterator[tuple[Line, Store]]:
    loaded = load(config, os.environ)
    with (
        parts.opened_store(loaded) as store,
        parts.opened(loaded, loaded.settings.connections[0], store) as line,
    ):
        crm: Any = line.crm
        crm.pull = pages_of(meter, crm.pull, "connector")
        yield replace(line, signals=pages_of(meter, line.signals, "signal files")), store


def _first(line: Line, store: Store, meter: Meter) -> dict[str, Any]:
    with meter.stage("setup"):
        line.crm.setup(act=True, installation=store.installation())
    with meter.stage("rest of the pass"):
        planned = run_once(line, new_run_id(SystemClock().now()), act=False)
        with meter.stage("run folder"):
            keep(planned, line.loaded)
        pull_peak = max(spent.peak_mb for name, spent in meter.spent.items() if name.startswith("replica"))
        done = apply_stored(
            line, planned.plan.short, [trip.guard for trip in planned.verdict.tripped], sync.run.Watch()
        )
    outcomes = {str(outcome): done.applied.count(outcome) for outcome in Outcome if done.applied.count(outcome)}
    return {**_numbers(planned), "pull_peak_mb": pull_peak, "outcomes": outcomes, "left": done.applied.left}


def _pull(line: Line) -> dict[str, Any]:
    with sync.pull.few_collections():
        rows = sum(len(page) for page in line.crm.pull(Cursors(), line.crm.server_time()))
    return {"rows_read": rows}


def _next(line: Line, meter: Meter) -> dict[str, Any]:
    with meter.stage("rest of the pass"):
        done = run_once(line, new_run_id(SystemClock().now()), act=True)
        with meter.stage("run folder"):
            keep(done, line.loaded)
    return _numbers(done)


def _numbers(done: Pass) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for planned in done.plan.changes:
        kinds[str(planned.kind)] = kinds.get(str(planned.kind), 0) + 1
    return {
        "accounts": done.snapshot.accounts,
        "rows_read": done.snapshot.rows_read,
        "touches": len(done.snapshot.evidence.touches["n"]),
        "changes": kinds,
        "run": done.run.run,
    }


if __name__ == "__main__":
    modes: dict[str, Which] = {"first": "first", "pull": "pull", "next": "next"}
    print(json.dumps(main(modes[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[3]))))
