"""From Parquet files to arrays: a generation as the engine's evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from engine.evidence import US_PER_DAY, Columns, Evidence, Names, raw_columns
from engine.policy import Policy
from engine.tables import TABLES, Kind
from sync.replica.layout import key_of, sql_columns
from sync.replica.manifest import Manifest
from sync.replica.names import Dictionaries

HAND_RAISE_DAYS = 180
_DTYPES: Mapping[str, Any] = {
    "VARCHAR": object,
    "INTEGER": np.int32,
    "BIGINT": np.int64,
    "TINYINT": np.int8,
    "BOOLEAN": np.bool_,
    "DOUBLE": np.float64,
}


def files_of(folder: Path, manifest: Manifest, table: str) -> str:
    """The table's files as a DuckDB list."""
    return "[" + ", ".join(f"'{folder / part.file}'" for part in manifest.of(table)) + "]"


def fetch(connection: duckdb.DuckDBPyConnection, sql: str, types: Mapping[str, str]) -> Columns:
    """Rows as plain arrays of the declared types; NULL texts are None."""
    found = connection.execute(sql).fetchnumpy()
    out: Columns = {}
    for name, sql_type in types.items():
        out[name] = _plain(found[name], sql_type)
    return out


def _plain(values: Any, sql_type: str) -> Any:
    """An array without a mask: NULL texts are None, NULL numbers NaN (as which unknown numbers were stored)."""
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    plain = np.asarray(values)
    if sql_type == "VARCHAR":
        plain = plain.astype(object)
        if missing is not None:
            plain[missing] = None
        return plain
    if missing is not None and missing.any():
        plain = plain.copy()
        plain[missing] = np.nan
    return np.ascontiguousarray(plain, _DTYPES[sql_type])


def table(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, name: str) -> Columns:
    """All live rows of one small table, ordered by key."""
    types = dict(sql_columns(name))
    if not manifest.of(name):
        return {column: np.empty(0, _DTYPES[sql]) for column, sql in types.items()}
    sql = f"SELECT {', '.join(types)} FROM read_parquet({files_of(folder, manifest, name)}) ORDER BY {key_of(name)}"
    found = fetch(connection, sql, types)
    for column in TABLES[name].columns:
        if column.kind is Kind.TEXTS:
            found[column.name] = _lists(found[column.name])
    return found


def _lists(texts: Any) -> Any:
    """Lists of strings from their JSON; equal texts share one list."""
    seen: dict[str | None, list[str]] = {None: []}
    out = np.empty(len(texts), dtype=object)
    for row, text in enumerate(texts):
        if text not in seen:
            seen[text] = json.loads(text)
        out[row] = seen[text]
    return out


def raw(
    connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, where: str, *, ids: bool = True
) -> Columns:
    """Raw activities that match a condition on their integer columns, ordered; ``ids=False`` leaves out activity_id."""
    types = {name: sql for name, sql in sql_columns("activities") if ids or name != "activity_id"}
    if not manifest.of("activities"):
        return {name: np.empty(0, dtype) for name, dtype in raw_columns() if name in types}
    order = "ORDER BY occurred_at, activity_id" if ids else ""
    source = files_of(folder, manifest, "activities")
    return fetch(connection, f"SELECT {', '.join(types)} FROM read_parquet({source}) WHERE {where} {order}", types)


def aliases(
    connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, kind: str, codes: Mapping[str | None, int]
) -> dict[int, int]:
    """Loser -> winner as surrogates, chains followed; a ring of merges stays as it is named."""
    if not manifest.aliases:
        return {}
    sql = f"SELECT loser, winner FROM read_parquet('{folder / manifest.aliases}') WHERE kind = ? ORDER BY loser, winner"
    direct = dict(connection.execute(sql, [kind]).fetchall())
    out: dict[int, int] = {}
    for loser, first in direct.items():
        winner, seen = first, {loser}
        while winner in direct and winner not in seen:
            seen.add(winner)
            winner = direct[winner]
        if loser in codes and winner in codes:
            out[codes[loser]] = codes[winner]
    return out


def names_of(dictionaries: Dictionaries) -> Names:
    """Surrogate -> text arrays."""
    return Names(**{name: dictionaries[name].texts() for name in Names.__slots__})


def evidence(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    dictionaries: Dictionaries,
    policy: Policy,
    *,
    as_of: int,
    configured: frozenset[str],
    fresh_for: Mapping[str, int],
) -> Evidence:
    """One generation, ready for the engine."""
    tables: dict[str, Any] = {
        name: table(connection, folder, manifest, name)
        for name in ("accounts", "contacts", "opportunities", "owners", "signals", "tasks")
    }
    account_alias = aliases(connection, folder, manifest, "accounts", dictionaries["accounts"])
    for columns in tables.values():
        for column in ("account", "parent"):
            if column in columns and columns is not tables["accounts"]:
                columns[column] = _follow(columns[column], account_alias)
    tables["accounts"]["parent"] = _follow(tables["accounts"]["parent"], account_alias)
    return Evidence(
        as_of=as_of,
        names=names_of(dictionaries),
        touches=touches(connection, folder, manifest),
        hand_raises=_hand_raises(connection, folder, manifest, dictionaries, policy, as_of),
        account_alias=account_alias,
        person_alias=aliases(connection, folder, manifest, "contacts", dictionaries["people"]),
        fresh_until=_fresh_until(connection, folder, manifest),
        configured=configured,
        fresh_for=fresh_for,
        **tables,
    )


def _follow(codes: Any, alias: Mapping[int, int]) -> Any:
    if not alias:
        return codes
    out = codes.copy()
    for loser, winner in alias.items():
        out[codes == loser] = winner
    return out


TOUCH_TYPES = {
    "person": "INTEGER",
    "account": "INTEGER",
    "kind": "INTEGER",
    "inbound": "TINYINT",
    "page_class": "SMALLINT",
    "day": "INTEGER",
    "n": "INTEGER",
}


def touches(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> Columns:
    """The condensed activities."""
    types = {**TOUCH_TYPES, "page_class": "INTEGER"}
    if not manifest.touches:
        found: Columns = {name: np.empty(0, _DTYPES[sql]) for name, sql in types.items()}
    else:
        sql = f"SELECT {', '.join(types)} FROM read_parquet('{folder / manifest.touches}')"
        found = fetch(connection, sql, types)
    found["page_class"] = found["page_class"].astype(np.int16)
    return found


def _hand_raises(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    dictionaries: Dictionaries,
    policy: Policy,
    as_of: int,
) -> Columns:
    raising = {rule.kind for rule in policy.signal.engagement.rules if rule.hand_raise}
    kinds = [
        code
        for text, code in dictionaries["kinds"].items()
        if text is not None and policy.taxonomy.kinds.get(text, text) in raising
    ]
    since = as_of - HAND_RAISE_DAYS * US_PER_DAY
    among = ", ".join(map(str, kinds)) or "-1"
    where = f"kind IN ({among}) AND occurred_at >= {since} AND occurred_at <= {as_of} AND NOT automated"
    return raw(connection, folder, manifest, where)


def _fresh_until(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> dict[str, int]:
    """Newest row of each outside source; its stream is named ``signals:NAME``."""
    out: dict[str, int] = {}
    for part in manifest.parts:
        if part.stream.startswith("signals:"):
            sql = f"SELECT max(occurred_at) FROM read_parquet('{folder / part.file}')"
            newest = connection.execute(sql).fetchone()
            if newest is not None and newest[0] is not None:
                source = part.stream.removeprefix("signals:")
                out[source] = max(out.get(source, 0), int(newest[0]))
    return out
