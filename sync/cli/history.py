"""``tierline runs``: what was done when, and what did not go through."""

from __future__ import annotations

from pathlib import Path

import click

from sync import exits
from sync.cli import output, parts
from sync.store import RunRow, Store, StoreError


@click.group()
def runs() -> None:
    """History: list, show."""


@runs.command("list")
@parts.options
@click.option("--limit", default=20, show_default=True, help="So many runs of each connection.")
def list_(file: Path, name: str | None, *, as_json: bool, limit: int) -> int:
    """The newest runs first."""
    loaded = parts.read_config(file)
    with parts.opened_store(loaded) as store:
        rows: list[RunRow] = []
        for connection in parts.chosen(loaded, name):
            with store.of(connection.name).reading() as tx:
                rows += tx.runs.list(limit)
    if as_json:
        output.document([_plain(row) for row in rows])
        return exits.DONE
    output.table(
        ("run", "connection", "started", "mode", "ended as", "plan", "updated", "tasks", "rejected"),
        [_cells(row) for row in rows],
        right=("updated", "tasks", "rejected"),
    )
    return exits.DONE


@runs.command()
@click.argument("run")
@parts.options
def show(run: str, file: Path, name: str | None, *, as_json: bool) -> int:
    """One run: its numbers, its guards, and each change that did not go through."""
    loaded = parts.read_config(file)
    with parts.opened_store(loaded) as store:
        row = _find(store, [one.name for one in parts.chosen(loaded, name)], run)
    if as_json:
        output.document(_plain(row))
        return exits.DONE
    summary = row.summary or {}
    output.answer(f"Run {row.run} on {row.connection}: {row.state}, started {row.started_at:%d %b %Y %H:%M} UTC")
    for key, value in (summary.get("counts") or {}).items():
        if value:
            output.answer(f"  {key.replace('_', ' '):<16}{value:>10,}")
    for guard, sentence in (summary.get("tripped") or {}).items():
        output.answer(f"  ! {guard}: {sentence}")
    for reject in summary.get("rejects") or []:
        output.answer(
            f"  x {reject['record']} {reject['kind']}: {reject['outcome']}, {reject['said']} {reject['code']}"
        )
    if summary.get("error"):
        output.answer(f"  error: {summary['error']}")
    return exits.DONE


def _find(store: Store, connections: list[str], run: str) -> RunRow:
    failed: Exception | None = None
    for connection in connections:
        with store.of(connection).reading() as tx:
            try:
                return tx.runs.get(run)
            except StoreError as error:
                failed = error
    raise failed or click.UsageError(f"no run is named {run!r}")


def _plain(row: RunRow) -> dict[str, object]:
    return {
        "run": row.run,
        "connection": row.connection,
        "live": row.live,
        "state": row.state,
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "digest": row.digest,
        "summary": row.summary,
    }


def _cells(row: RunRow) -> tuple[object, ...]:
    counts = (row.summary or {}).get("counts") or {}
    tasks = sum(counts.get(name, 0) for name in ("tasks_opened", "tasks_updated", "tasks_withdrawn"))
    return (
        row.run,
        row.connection,
        f"{row.started_at:%d %b %Y %H:%M}",
        "live" if row.live else "dry",
        row.state,
        (row.digest or "-")[:12],
        counts.get("updated", 0),
        tasks,
        counts.get("rejected", 0),
    )
