"""The canonical tables from a folder: one CSV, JSON Lines or Parquet file each, under the admin's mapping."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec
import numpy as np

from config.settings import FieldMap, Mapping
from connectors.errors import NeedsPerson
from connectors.files.sheets import CRM, ENDINGS, Array, Sheet, Wanted, connect, load, read, require
from engine.tables import TABLES, Kind

Columns = dict[str, Any]
NAMES: Final = ("owners", "accounts", "contacts", "activities", "opportunities", "tasks", "signals")
# A column that a table must know, where a file leaves it out or empty: another column, else a fixed value.
_OTHER: Final = {
    "logged_at": "occurred_at",
    "modified_at": "created_at",
    "created_at": "modified_at",
}
_FIXED: Final[dict[str, Any]] = {
    "record": "contact",
    "lifecycle": "prospect",
    "direction": "none",
    "source": "files",
    "family": "files",
    "state": "open",
    "owned": "{}",
    "attributes": "{}",
    "away": "[]",
    "active": True,
    "automated": False,
    "call_opt_out": False,
    "mail_opt_out": False,
    "is_closed": False,
    "is_won": False,
    "modified_at": 0,
}
_ATTRIBUTE: Final = "attribute:"


def file_of(folder: Path, table: str) -> Path | None:
    """The file of a table, or None; ``NeedsPerson`` when there are two."""
    found = [path for ending in ENDINGS if (path := folder / f"{table}{ending}").is_file()]
    if len(found) > 1:
        raise NeedsPerson(
            CRM,
            doing=f"read {table}",
            said=f"there are two: {', '.join(path.name for path in found)}",
            hint="keep one",
            code="TWO_FILES",
        )
    return found[0] if found else None


def read_table(path: Path, table: str, mapping: Mapping, zone: str) -> Columns:
    """All columns of a canonical table; what the file leaves out is unknown, or stands at its usual value."""
    with connect() as connection:
        sheet = load(connection, path)
        wanted = _wanted(table, mapping)
        _no_strangers(sheet, wanted)
        key = wanted[TABLES[table].key]
        require(sheet, [key.source, *_named_by_admin(table, mapping)], where=f"the table {table}")
        found = read(connection, sheet, wanted, zone=zone)
        _no_doubles(connection, sheet, key.source)
    return _complete(table, sheet, found)


def _wanted(table: str, mapping: Mapping) -> dict[str, Wanted]:
    mapped = _mapped(table, mapping)
    wanted: dict[str, Wanted] = {}
    for column in TABLES[table].columns:
        source = mapped.get(column.name) or FieldMap(field=column.name)
        required = column.name in (TABLES[table].key, "occurred_at", "kind", "topic", "key") and not column.optional
        wanted[column.name] = Wanted(source.field, column.kind, required, source.values)
    if table == "accounts":
        for name, source_name in mapping.attributes.items():
            wanted[f"{_ATTRIBUTE}{name}"] = Wanted(source_name, Kind.TEXT)
    return wanted


def _mapped(table: str, mapping: Mapping) -> dict[str, FieldMap]:
    found: dict[str, FieldMap] = getattr(mapping, table, {})
    return found


def _named_by_admin(table: str, mapping: Mapping) -> list[str]:
    named = [source.field for source in _mapped(table, mapping).values()]
    return named + (list(mapping.attributes.values()) if table == "accounts" else [])


def _no_strangers(sheet: Sheet, wanted: dict[str, Wanted]) -> None:
    """A misspelt column would look like no data."""
    known = {column.source for column in wanted.values()}
    for name in sheet.types:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if name not in known and close and close[0] not in sheet.types:
            raise NeedsPerson(
                CRM,
                doing=f"read {sheet.path.name}",
                said=f"{sheet.path.name}:1: column {name} is not known",
                hint=f"did you mean {close[0]}?",
                code="UNKNOWN_COLUMN",
            )


def _no_doubles(connection: duckdb.DuckDBPyConnection, sheet: Sheet, key: str) -> None:
    quoted = '"' + key.replace('"', '""') + '"'
    select = f"SELECT count(*) - count(DISTINCT {quoted}) FROM loaded"  # noqa: S608
    counted = connection.execute(select).fetchone()
    if counted and counted[0]:
        raise NeedsPerson(
            CRM,
            doing=f"read {sheet.path.name}",
            said=f"{counted[0]} rows repeat the {key} of another",
            hint=f"each {key} may stand once",
            code="DOUBLE_ID",
        )


def _complete(table: str, sheet: Sheet, found: dict[str, Array]) -> Columns:
    made: Columns = {}
    for column in TABLES[table].columns:
        values = found.get(column.name)
        if values is None and column.kind is Kind.TEXTS:
            values = _repeated([], sheet.rows)
        if not column.optional:
            values = _filled(column.name, sheet, found, values)
        made[column.name] = values if values is not None else np.full(sheet.rows, None, dtype=object)
    if table == "accounts":
        made["attributes"] = _attributes(sheet, found, made["attributes"])
    return made


def _filled(name: str, sheet: Sheet, found: dict[str, Array], values: Array | None) -> Array | None:
    other = found.get(_OTHER.get(name, ""))
    for instead in (other, _repeated(_FIXED[name], sheet.rows) if name in _FIXED else None):
        if instead is None:
            continue
        if values is None:
            values = instead
        elif values.dtype == object:
            unknown = np.array([value is None for value in values], dtype=np.bool_)
            values = np.where(unknown, instead, values)
    if values is not None and values.dtype == object and name.endswith("_at"):
        values = _whole_times(name, sheet, values)
    if values is None:
        raise NeedsPerson(
            CRM,
            doing=f"read {sheet.path.name}",
            said=f"{sheet.path.name}:1: no column {name}",
            hint="add it",
            code="NO_COLUMN",
        )
    return values


def _whole_times(name: str, sheet: Sheet, values: Array) -> Array:
    if any(value is None for value in values):
        raise NeedsPerson(
            CRM,
            doing=f"read {sheet.path.name}",
            said=f"{sheet.path.name}: {name} is empty in some rows",
            hint="fill it in",
            code="BAD_VALUE",
        )
    return values.astype(np.int64)


def _repeated(value: object, count: int) -> Array:
    out = np.empty(count, dtype=object)
    for place in range(count):
        out[place] = value
    return out


def _attributes(sheet: Sheet, found: dict[str, Array], given: Array) -> Array:
    named = {name.removeprefix(_ATTRIBUTE): values for name, values in found.items() if name.startswith(_ATTRIBUTE)}
    if not named:
        return given
    rows = [_tree(text) for text in given]
    for name, values in named.items():
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                row[name] = _scalar(value)
    out = np.empty(sheet.rows, dtype=object)
    out[:] = [msgspec.json.encode(row, order="sorted").decode() for row in rows]
    return out


def _tree(text: str | None) -> dict[str, Any]:
    tree = msgspec.json.decode(text) if text else {}
    return tree if isinstance(tree, dict) else {}


def _scalar(text: str) -> str | int | float | bool:
    """A cell as what it looks like: files have no types."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def sliced(columns: Columns, size: int) -> Iterator[Columns]:
    """The columns in pieces of at most ``size`` rows."""
    count = max((len(values) for values in columns.values()), default=0)
    for place in range(0, count, size):
        yield {name: values[place : place + size] for name, values in columns.items()}


def empty(table: str) -> dict[str, Sequence[object]]:
    """No rows."""
    return {name: [] for name in TABLES[table].names()}
