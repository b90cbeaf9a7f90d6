"""What commands share: options, the config, the store, and one line per connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from config.load import Loaded, load
from sync.clock import SystemClock
from sync.connect import AnyConnection, connect, signals_of
from sync.replica.replica import Replica
from sync.run import Line
from sync.store import Store, open_store

_OPTIONS = (
    click.option(
        "--config",
        "file",
        type=click.Path(path_type=Path),
        default="tierline.yaml",
        envvar="TIERLINE_CONFIG",
        show_default=True,
        help="The config file.",
    ),
    click.option("--connection", "name", help="Name of one connection; default: all, one after the other."),
    click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command on connections takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_config(file: Path) -> Loaded:
    """The config with its environment. ConfigError lists every problem."""
    return load(file, os.environ)


def chosen(loaded: Loaded, name: str | None) -> tuple[AnyConnection, ...]:
    """The named connection, or all. UsageError when there is none of that name."""
    found = tuple(one for one in loaded.settings.connections if name in (None, one.name))
    if not found:
        known = ", ".join(one.name for one in loaded.settings.connections)
        raise click.UsageError(f"no connection is named {name!r}; there are: {known}")
    return found


@contextmanager
def opened_store(loaded: Loaded) -> Iterator[Store]:
    """The store of the config, relative paths counted from the config file."""
    store = open_store(_from_folder(loaded))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened(loaded: Loaded, connection: AnyConnection, store: Store) -> Iterator[Line]:
    """Everything a pass over one connection works with."""
    clock = SystemClock()
    crm = connect(loaded, connection, clock, spent_before=_spent_today(store, connection, clock.now()))
    folder = loaded.file.resolve().parent
    try:
        yield Line(
            loaded=loaded,
            connection=connection,
            crm=crm,
            signals=signals_of(loaded, connection),
            store=store,
            replica=Replica(folder / loaded.settings.replica / connection.name),
            clock=clock,
        )
    finally:
        crm.close()


def _spent_today(store: Store, connection: AnyConnection, now: datetime) -> int:
    """API calls of the last 24 hours' runs: our share of the quota is a share of the day, not of a run."""
    with store.of(connection.name).reading() as tx:
        return tx.runs.calls_since(now - timedelta(days=1))


def runs_folder(loaded: Loaded) -> Path:
    """Where run folders go."""
    return loaded.file.resolve().parent / loaded.settings.runs


def _from_folder(loaded: Loaded) -> str:
    url = loaded.settings.state
    plain = url.removeprefix("sqlite:///")
    if plain == url or Path(plain).is_absolute() or plain == ":memory:":
        return url
    return f"sqlite:///{loaded.file.resolve().parent / plain}"
