"""Writes a world as files: evidence from outside the CRM, the canonical tables, and the hidden truth beside them.

Layout under the folder: ``signals/web.*`` and ``signals/intent.*``; ``tables/accounts.*`` and its sisters, one file a
table; ``truth/accounts.*`` (latent values, see ``truth.py``); ``world.json``. Forms of values:

- times: ISO 8601 with ``Z`` in CSV and JSON Lines, ``TIMESTAMP WITH TIME ZONE`` in Parquet
- lists: joined by ``;`` in CSV, arrays elsewhere; an empty list is an empty text in CSV
- trees (``owned``, ``attributes``, ``working_hours``, ``away``): JSON text in CSV and Parquet, the value in JSON Lines
- unknown: empty in CSV, null elsewhere
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from sandbox.generate import chunks
from sandbox.rawtables import (
    Raw,
    account_columns,
    activity_columns,
    contact_columns,
    intent_columns,
    opportunity_columns,
    owner_columns,
    truth_columns,
    web_columns,
)
from sandbox.truth import Truth
from sandbox.world import World, empty_world

_COPY: Final = {
    "csv": "FORMAT csv, HEADER true",
    "jsonl": "FORMAT json",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
ACTIVITY_SPAN: Final = 2_000_000  # activity numbers are unique across chunks of a world


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: its columns in order, each with the form its raw column takes."""

    folder: str
    columns: tuple[tuple[str, str], ...]  # (name, form)


def _sheet(folder: str, text: str) -> Sheet:
    """``name`` or ``name:form``; forms are those of ``_value``."""
    pairs = (part.partition(":") for part in text.split())
    return Sheet(folder, tuple((name, form or "as_is") for name, _, form in pairs))


SHEETS: Final = {
    "accounts": _sheet(
        "tables",
        "account_id name domains:texts parent_id owner_id industry naics:none sic:none employees:whole annual_revenue "
        "country region tech:texts lifecycle arr health adoption renewal_at:time potential strategic created_at:time "
        "modified_at:time owned:empty_tree override_tier:none override_until:none override_by:none "
        "override_reason:none attributes:empty_tree",
    ),
    "contacts": _sheet(
        "tables",
        "contact_id record:contact account_id name email title role seniority call_opt_out mail_opt_out "
        "created_at:time modified_at:time",
    ),
    "activities": _sheet(
        "tables",
        "activity_id:row_id kind occurred_at:time logged_at:time contact_id account_id email:none domain:none actor_id "
        "direction automated url:none topic:none subject modified_at:logged",
    ),
    "opportunities": _sheet(
        "tables",
        "opportunity_id account_id name stage amount is_closed is_won owner_id created_at:time closed_at:time "
        "stage_changed_at:time modified_at:time",
    ),
    "owners": _sheet(
        "tables",
        "owner_id name email active team manager_id time_zone working_hours:tree away:tree modified_at:time",
    ),
    "web": _sheet("signals", "id:row_id email domain kind url occurred_at:time"),
    "intent": _sheet("signals", "row_id domain source family topic strength seen_on:time"),
    "truth": _sheet("truth", "account_id fit interest open_chance win_chance"),
}
_FILE_NAMES: Final = {"truth": "accounts"}


def write_world(size: str, seed: int, now: int, out: Path, form: str) -> dict[str, Any]:
    """Writes all files and returns what ``world.json`` says: size, seed, now, format and rows by file."""
    parts = out / ".parts"
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True)
    if size == "empty":
        _write_part(empty_world(now), None, parts, 0)
    else:
        for chunk, (world, truth) in enumerate(chunks(size, seed, now)):
            _write_part(world, truth, parts, chunk)
    rows = {name: _join(name, sheet, parts, out, form) for name, sheet in SHEETS.items() if _has(parts, name)}
    shutil.rmtree(parts)
    told = {"size": size, "seed": seed, "now": now, "format": form, "rows": rows}
    (out / "world.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return told


def _has(parts: Path, name: str) -> bool:
    return any(parts.glob(f"{name}-*.parquet"))


def _write_part(world: World, truth: Truth | None, parts: Path, chunk: int) -> None:
    """The raw columns of one chunk as Parquet; owners are the same in every chunk, so the first writes them."""
    first_row = chunk * ACTIVITY_SPAN
    raws: dict[str, Raw] = {
        "accounts": account_columns(world.accounts),
        "contacts": contact_columns(world.contacts),
        "activities": activity_columns(world, first_row),
        "opportunities": opportunity_columns(world.opportunities),
        "web": web_columns(world, first_row),
        "intent": intent_columns(world.signals),
    }
    if chunk == 0:
        raws["owners"] = owner_columns(world.owners)
    if truth is not None:
        raws["truth"] = truth_columns(world, truth)
    for name, raw in raws.items():
        _spill(raw, parts / f"{name}-{chunk:03d}.parquet")


def _spill(raw: Raw, path: Path) -> None:
    """One table to one file. Columns of objects are text, so that an all-unknown one keeps its type."""
    named = ", ".join(f'"{name}"::VARCHAR AS "{name}"' if raw[name].dtype == object else f'"{name}"' for name in raw)
    with duckdb.connect() as base:
        base.execute(f"COPY (SELECT {named} FROM raw) TO '{path}' (FORMAT parquet)")  # noqa: S608


def _join(name: str, sheet: Sheet, parts: Path, out: Path, form: str) -> int:
    """All parts of one table to its one file, ordered by key; returns the number of rows."""
    folder = out / sheet.folder
    folder.mkdir(exist_ok=True)
    target = folder / f"{_FILE_NAMES.get(name, name)}.{form}"
    columns = ", ".join(f'{_value(column, kind, form)} AS "{column}"' for column, kind in sheet.columns)
    files = sorted(str(part) for part in parts.glob(f"{name}-*.parquet"))  # parts follow one another in order of keys
    query = f"SELECT {columns} FROM read_parquet({files})"  # noqa: S608
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(parts)}) as base:
        found = base.execute(f"COPY ({query}) TO '{target}' ({_COPY[form]})").fetchone()
    assert found is not None
    return int(found[0])


def _value(column: str, kind: str, form: str) -> str:
    """The SQL that gives a raw column its form."""
    if kind in {"time", "logged"}:
        seconds = "logged_at" if kind == "logged" else f'"{column}"'
        if form == "parquet":
            return f"to_timestamp({seconds})"
        return f"strftime(make_timestamp(({seconds} * 1000000)::BIGINT), '%Y-%m-%dT%H:%M:%SZ')"
    if kind == "texts":
        return f'"{column}"' if form == "csv" else f"list_filter(string_split(\"{column}\", ';'), lambda x: x <> '')"
    if kind in {"tree", "empty_tree"}:
        text = f'"{column}"' if kind == "tree" else "'{}'"
        return f"{text}::JSON" if form == "jsonl" else text
    return {
        "as_is": f'"{column}"',
        "whole": f'"{column}"::BIGINT',
        "none": "NULL::VARCHAR",
        "contact": "'contact'",
        "row_id": f"printf('V%08d', \"{column}\")",
    }[kind]
