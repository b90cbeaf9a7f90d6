"""CSV, JSON Lines and Parquet as columns: DuckDB converts whole columns; errors name file, line and column."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from connectors.errors import NeedsPerson
from engine.tables import Kind

CRM: Final = "files"
ENDINGS: Final = (".csv", ".jsonl", ".ndjson", ".parquet")
Array = NDArray[Any]
_KINDS: Final = {
    Kind.WHOLE: "a whole number",
    Kind.NUMBER: "a number",
    Kind.TIME: "a time; write for example 2026-11-02T09:00:00Z",
    Kind.FLAG: "yes or no; write true or false",
}
_INTEGERS: Final = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One column to be had from a file: its name there, what it holds, and what an empty cell stands for."""

    source: str
    kind: Kind
    required: bool = False
    words: Mapping[str, str] = field(default_factory=dict)  # their words to ours


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file in DuckDB: the name of its table, the types of its columns, the number of its rows."""

    path: Path
    types: Mapping[str, str]
    rows: int


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB in memory, in UTC."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 2")
    return connection


def load(connection: duckdb.DuckDBPyConnection, path: Path) -> Sheet:
    """Read a file into the table ``loaded``, rows in order; ``NeedsPerson`` when it cannot be read."""
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE loaded AS SELECT * FROM {_reader(path)}")  # noqa: S608
        described = connection.execute("DESCRIBE loaded").fetchall()
        counted = connection.execute("SELECT count(*) FROM loaded").fetchone()
    except duckdb.Error as error:
        raise NeedsPerson(
            CRM,
            doing=f"read {path.name}",
            said="it is not a readable CSV, JSON Lines or Parquet file",
            hint="open it and look for cut-off lines or a wrong ending",
            code=type(error).__name__,
        ) from None
    return Sheet(path, {row[0]: row[1] for row in described}, counted[0] if counted else 0)


def require(sheet: Sheet, names: Sequence[str], *, where: str) -> None:
    """``NeedsPerson`` unless the file has these columns; ``where`` says who named them."""
    missing = [name for name in names if name not in sheet.types]
    if missing:
        close = difflib.get_close_matches(missing[0], list(sheet.types), n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(sheet.types)}"
        raise NeedsPerson(
            CRM,
            doing=f"read {sheet.path.name}",
            said=f"{sheet.path.name}:1: no column {', '.join(missing)}, which {where} needs",
            hint=hint,
            code="NO_COLUMN",
        )


def read(
    connection: duckdb.DuckDBPyConnection, sheet: Sheet, wanted: Mapping[str, Wanted], *, zone: str
) -> dict[str, Array]:
    """Converted columns: int64 microseconds for times, object arrays with None for everything that may be unknown."""
    present = {name: column for name, column in wanted.items() if column.source in sheet.types}
    values = {name: _value(sheet.types[column.source], column, zone) for name, column in present.items()}
    _validate(connection, sheet, present, values)
    if not present:
        return {}
    select = ", ".join(f"{sql} AS {_quoted(name)}" for name, sql in values.items())
    found = connection.execute(f"SELECT {select} FROM loaded ORDER BY rowid").fetchnumpy()  # noqa: S608
    return {name: _plain(found[name], present[name]) for name in present}


def _validate(
    connection: duckdb.DuckDBPyConnection, sheet: Sheet, wanted: Mapping[str, Wanted], values: Mapping[str, str]
) -> None:
    checks = {}
    for name, column in wanted.items():
        raw = _quoted(column.source)
        empty = f"coalesce(trim(CAST({raw} AS VARCHAR)), '') = ''"
        if column.required:
            checks[name, "is empty"] = empty
        if column.kind in _KINDS:
            checks[name, f"is not {_KINDS[column.kind]}"] = f"NOT ({empty}) AND {values[name]} IS NULL"
    if not checks:
        return
    firsts = ", ".join(f"min(rowid) FILTER (WHERE {check})" for check in checks.values())
    found = connection.execute(f"SELECT {firsts} FROM loaded").fetchone() or ()  # noqa: S608
    problems = [
        f"{_place(sheet.path, row)}: {wanted[name].source} {said}"
        for (name, said), row in zip(checks, found, strict=True)
        if row is not None
    ]
    if problems:
        raise NeedsPerson(
            CRM,
            doing=f"read {sheet.path.name}",
            said="; ".join(problems),
            hint="each is the first of its kind: correct the column, then run again",
            code="BAD_VALUE",
        )


def _place(path: Path, row: int) -> str:
    """``file:line`` of a row; a CSV record may span lines, so they are counted."""
    if path.suffix == ".parquet":
        return f"{path.name}: row {row + 1}"
    if path.suffix != ".csv":
        return f"{path.name}:{row + 1}"
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.reader(file)
        line = 1
        for place, _ in enumerate(reader):
            if place == row + 1:
                return f"{path.name}:{line + 1}"
            line = reader.line_num
    return f"{path.name}:{row + 2}"


def _reader(path: Path) -> str:
    quoted = "'" + str(path).replace("'", "''") + "'"
    if path.suffix == ".parquet":
        return f"read_parquet({quoted})"
    if path.suffix == ".csv":
        return f"read_csv({quoted}, header=true, all_varchar=true)"
    # Types are guessed from every line: a column whose first values are null must not change the later ones.
    return f"read_json({quoted}, format='newline_delimited', sample_size=-1, convert_strings_to_integers=false)"


def _value(type_: str, column: Wanted, zone: str) -> str:
    raw = _quoted(column.source)
    text = _trimmed(raw)
    match column.kind:
        case Kind.TIME:
            sql = _time(raw, type_, zone)
        case Kind.FLAG:
            sql = _flag(raw, type_)
        case Kind.WHOLE:
            sql = f"CAST(trunc(TRY_CAST({text} AS DOUBLE)) AS BIGINT)"
        case Kind.NUMBER:
            sql = f"TRY_CAST({text} AS DOUBLE)"
        case Kind.TEXTS:
            sql = raw if type_.endswith("[]") else text
        case Kind.TREE:
            sql = text if type_ in ("VARCHAR", "JSON") else f"CAST(to_json({raw}) AS VARCHAR)"
        case Kind.ID | Kind.TEXT:
            sql = text
    return sql


def _trimmed(raw: str) -> str:
    return f"nullif(trim(CAST({raw} AS VARCHAR)), '')"


def _time(raw: str, type_: str, zone: str) -> str:
    quoted = "'" + zone.replace("'", "''") + "'"
    if type_ in _INTEGERS:
        return f"CAST({raw} AS BIGINT)"
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"epoch_us({raw})"
    if type_ == "DATE":
        return f"epoch_us(timezone({quoted}, CAST({raw} AS TIMESTAMP) + INTERVAL 12 HOUR))"
    if type_.startswith("TIMESTAMP"):
        return f"epoch_us(timezone({quoted}, CAST({raw} AS TIMESTAMP)))"
    text = _trimmed(raw)
    local = f"epoch_us(timezone({quoted}, TRY_CAST({text} AS TIMESTAMP)))"
    noon = f"epoch_us(timezone({quoted}, TRY_CAST({text} AS TIMESTAMP) + INTERVAL 12 HOUR))"
    return (
        f"CASE WHEN {text} LIKE '%Z' THEN epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)) "
        f"WHEN length({text}) = 10 AND {text} LIKE '____-__-__' THEN {noon} "
        f"WHEN regexp_matches({text}, '[+-][0-9][0-9]:?([0-9][0-9])?$') AND length({text}) > 10 "
        f"THEN epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)) ELSE {local} END"
    )


def _flag(raw: str, type_: str) -> str:
    if type_ == "BOOLEAN":
        return raw
    folded = f"lower({_trimmed(raw)})"
    yes, no = "('true', 'yes', 'y', '1')", "('false', 'no', 'n', '0')"
    return f"CASE WHEN {folded} IN {yes} THEN true WHEN {folded} IN {no} THEN false END"


def _plain(values: Array, column: Wanted) -> Array:
    """A masked array as what a page carries: numbers as such where all are known, else objects with None."""
    mask = np.ma.getmaskarray(values)
    known = np.ma.getdata(values)
    if column.kind is Kind.TEXTS:
        return _lists(known, mask, column.words)
    if not mask.any() and known.dtype != object:
        return known
    out = known.astype(object)
    out[mask] = None
    if column.words:
        words = column.words
        out = _objects([words.get(value, value) if value is not None else None for value in out])
    return out


def _lists(known: Array, mask: Array, words: Mapping[str, str]) -> Array:
    rows: list[list[str]] = []
    for value, unknown in zip(known, mask, strict=True):
        items = [] if unknown or value is None else value.split(";") if isinstance(value, str) else list(value)
        rows.append([words.get(item, item) for each in items if each is not None and (item := str(each).strip())])
    return _objects(rows)


def _objects(values: Sequence[object]) -> Array:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
