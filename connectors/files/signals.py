"""Outside evidence from files: topics become signals, kinds become activities; whole columns at a time."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from config.settings import SignalSource
from connectors.base import Cursors, Page
from connectors.errors import NeedsPerson
from connectors.files.sheets import CRM, ENDINGS, Array, Sheet, Wanted, connect, load, read, require
from engine.tables import TABLES, Kind

PAGE: Final = 200_000


def stream_of(source: SignalSource) -> str:
    """The stream that a source fills."""
    return f"signals:{source.name}"


def read_signals(
    sources: Sequence[SignalSource], folder: Path, cursors: Cursors, *, zone: str = "UTC"
) -> Iterator[Page]:
    """Pages of every source; a source whose files have not changed since its cursor gives one empty page.

    ``folder`` is the config file's; ``zone`` is that of times without one. A page's columns are arrays.
    """
    for source in sources:
        files = files_of(source, folder)
        known, mark = cursors.by_stream.get(stream_of(source), ""), _mark(source, files, zone)
        if known.startswith(f"{mark}|"):
            yield Page(stream_of(source), _table(source), _empty(_table(source)), cursor=known, last=True)
            continue
        yield from _pages(source, files, mark, zone)


def newest(cursors: Cursors, source: SignalSource) -> int | None:
    """Microseconds of a source's newest row as of its cursor; None before it was read, or when it is empty."""
    _, _, text = cursors.by_stream.get(stream_of(source), "").rpartition("|")
    return int(text) if text else None


def files_of(source: SignalSource, folder: Path) -> list[Path]:
    """The files that a source names, in order; ``NeedsPerson`` when there is none."""
    pattern = source.path if Path(source.path).is_absolute() else str(Path(glob.escape(str(folder))) / source.path)
    found = sorted(Path(name) for name in glob.glob(pattern, recursive=True))  # noqa: PTH207 - patterns may be absolute
    files = [path for path in found if path.is_file() and path.suffix in ENDINGS]
    if not files:
        raise NeedsPerson(
            CRM,
            doing=f"read the signals {source.name}",
            said=f"no CSV, JSON Lines or Parquet file fits {source.path}",
            hint="paths count from the config file's folder",
            code="NO_FILE",
        )
    return files


def _pages(source: SignalSource, files: Iterable[Path], mark: str, zone: str) -> Iterator[Page]:
    table, stream = _table(source), stream_of(source)
    latest: int | None = None
    with connect() as connection:
        for path in files:
            made = _columns(connection, source, path, zone)
            occurred = made["occurred_at"]
            if len(occurred):
                latest = max(int(occurred.max()), latest if latest is not None else int(occurred.max()))
            for place in range(0, len(occurred), PAGE):
                part: dict[str, Any] = {name: values[place : place + PAGE] for name, values in made.items()}
                yield Page(stream, table, part)
    cursor = f"{mark}|{'' if latest is None else latest}"
    yield Page(stream, table, _empty(table), cursor=cursor, last=True, whole=True)


def _columns(connection: duckdb.DuckDBPyConnection, source: SignalSource, path: Path, zone: str) -> dict[str, Array]:
    sheet = load(connection, path)
    wanted = _wanted(source)
    require(sheet, [column.source for column in wanted.values()], where=f"signal source {source.name}")
    found = read(connection, sheet, wanted, zone=zone)
    made = _signals(source, sheet, found) if _table(source) == "signals" else _activities(source, sheet, found)
    nothing = np.full(sheet.rows, None, dtype=object)
    return {name: made.get(name, nothing) for name in TABLES[_table(source)].names()}


def _wanted(source: SignalSource) -> dict[str, Wanted]:
    named = {
        "id": (source.id, Kind.ID, True),
        "occurred_at": (source.occurred_at, Kind.TIME, True),
        "account_domain": (source.account_domain, Kind.TEXT, False),
        "account_id": (source.account_id, Kind.ID, False),
        "email": (source.email, Kind.TEXT, False),
        "topic": (source.topic, Kind.TEXT, True),
        "kind": (source.kind, Kind.TEXT, True),
        "url": (source.url, Kind.TEXT, False),
        "strength": (source.strength, Kind.NUMBER, False),
        "family": (source.family_column, Kind.TEXT, True),
        "source": (source.source_column, Kind.TEXT, True),
    }
    return {name: Wanted(place, kind, must) for name, (place, kind, must) in named.items() if place is not None}


def _signals(source: SignalSource, sheet: Sheet, found: dict[str, Array]) -> dict[str, Array]:
    domains = found.get("account_domain")
    if domains is None and "email" in found:
        domains = _hosts(found["email"])
    return (
        {
            "signal_id": _named(source, found["id"]),
            "source": found.get("source", _same(sheet, source.name)),
            "family": found.get("family", _same(sheet, source.family or source.name)),
            "topic": found["topic"] if source.topic is not None else _same(sheet, source.topic_is),
            "occurred_at": found["occurred_at"],
        }
        | _given(found, account_id="account_id", strength="strength")
        | ({} if domains is None else {"domain": domains})
    )


def _activities(source: SignalSource, sheet: Sheet, found: dict[str, Array]) -> dict[str, Array]:
    return {
        "activity_id": _named(source, found["id"]),
        "kind": found["kind"] if source.kind is not None else _same(sheet, source.kind_is),
        "occurred_at": found["occurred_at"],
        "logged_at": found["occurred_at"],
        "modified_at": found["occurred_at"],
        "direction": _same(sheet, "inbound"),
        "automated": np.zeros(sheet.rows, dtype=np.bool_),
    } | _given(found, account_id="account_id", email="email", domain="account_domain", url="url")


def _given(found: dict[str, Array], **columns: str) -> dict[str, Array]:
    return {name: found[place] for name, place in columns.items() if place in found}


def _named(source: SignalSource, ids: Array) -> Array:
    # Ids are unique within their source only.
    prefix = f"{source.name}:"
    out = np.empty(len(ids), dtype=object)
    out[:] = [prefix + name for name in ids.tolist()]
    return out


def _hosts(emails: Array) -> Array:
    out = np.empty(len(emails), dtype=object)
    out[:] = [email.rpartition("@")[2] or None if email else None for email in emails.tolist()]
    return out


def _same(sheet: Sheet, word: str | None) -> Array:
    return np.full(sheet.rows, word, dtype=object)


def _table(source: SignalSource) -> str:
    return "signals" if source.topic is not None or source.topic_is is not None else "activities"


def _empty(table: str) -> dict[str, list[object]]:
    return {name: [] for name in TABLES[table].names()}


def _mark(source: SignalSource, files: Iterable[Path], zone: str) -> str:
    """Changes when the files do, or how they are to be read."""
    seen = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return blake2b(repr((source.model_dump_json(), zone, seen)).encode(), digest_size=16).hexdigest()
