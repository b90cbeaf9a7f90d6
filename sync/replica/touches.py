"""Touches kept beside the raw activities: condensed whole under a new sieve, else only the actor-days that changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np

from engine.condense import Sieve, condense
from engine.dirty import dirty_days, needed, replace_days
from engine.evidence import Columns, Names
from sync.replica.layout import sql_columns
from sync.replica.load import TOUCH_TYPES, fetch, raw, touches
from sync.replica.manifest import Manifest, Part

_TYPES = {name: sql for name, sql in sql_columns("activities") if name != "activity_id"}


def refresh(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    base: Manifest,
    generation: Manifest,
    names: Names,
    sieve: Sieve,
) -> Manifest:
    """The generation with touches that fit its raw activities and the sieve."""
    fingerprint = sieve.fingerprint()
    gone, come = _difference(base, generation)
    if base.touches and base.sieve == fingerprint:
        if not gone and not come:
            return replace(generation, touches=base.touches, sieve=fingerprint)
        before = touches(connection, folder, base)
        found = _replaced(connection, folder, generation, before, (gone, come), names, sieve)
    else:
        found = condense(raw(connection, folder, generation, "true", ids=False), names, sieve)
    return replace(generation, touches=_write(connection, folder, generation.number, found), sieve=fingerprint)


def _difference(base: Manifest, generation: Manifest) -> tuple[list[Part], list[Part]]:
    old, new = base.of("activities"), generation.of("activities")
    return [part for part in old if part not in new], [part for part in new if part not in old]


def _replaced(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    generation: Manifest,
    before: Columns,
    parts: tuple[list[Part], list[Part]],
    names: Names,
    sieve: Sieve,
) -> Columns:
    changed = _changed(connection, folder, *parts)
    if not len(changed["occurred_at"]):
        return before
    dirty = dirty_days(changed)
    near = _near(connection, folder, generation, changed)
    chosen = needed(near, dirty)
    return replace_days(before, dirty, {name: column[chosen] for name, column in near.items()}, names, sieve)


def _changed(connection: duckdb.DuckDBPyConnection, folder: Path, gone: list[Part], come: list[Part]) -> Columns:
    """Rows, old and new versions, in which two generations differ."""

    def rows(parts: list[Part]) -> str:
        files = ", ".join(f"'{folder / part.file}'" for part in parts)
        columns = ", ".join(name for name, _ in sql_columns("activities"))
        return f"SELECT {columns} FROM read_parquet([{files}])" if parts else ""

    old, new = rows(gone), rows(come)
    if not old or not new:
        return fetch(connection, old or new, _TYPES)
    return fetch(connection, f"({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old})", _TYPES)


def _near(connection: duckdb.DuckDBPyConnection, folder: Path, generation: Manifest, changed: Columns) -> Columns:
    """All raw rows of the actors whose rows changed."""
    people = np.unique(changed["person"][changed["person"] >= 0])
    accounts = np.unique(changed["account"][changed["person"] < 0])
    connection.register("near_people", {"person": people})
    connection.register("near_accounts", {"account": accounts})
    where = (
        "person IN (SELECT person FROM near_people) OR (person < 0 AND account IN (SELECT account FROM near_accounts))"
    )
    found = raw(connection, folder, generation, where, ids=False)
    connection.unregister("near_people")
    connection.unregister("near_accounts")
    return found


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, number: int, found: Columns) -> str:
    file = f"touches-{number}.parquet"
    connection.register("touch_rows", found)
    select = ", ".join(f"CAST({name} AS {sql}) AS {name}" for name, sql in TOUCH_TYPES.items())
    to = f"TO '{folder / file}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    connection.execute(f"COPY (SELECT {select} FROM touch_rows) {to}")
    connection.unregister("touch_rows")
    return file
