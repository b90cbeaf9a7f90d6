"""A pull in progress: pages become Parquet files as they come, and a broken pull goes on where it stopped."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from connectors.base import Cursors, Page
from engine.evidence import Columns
from sync.replica.layout import encode, sql_columns
from sync.replica.manifest import Part
from sync.replica.names import Dictionaries, write_dictionary

FLUSH_ROWS = 100_000
SPOOL = "spool.json"


@dataclass(slots=True)
class SpoolState:
    """What is on disk of a pull in progress."""

    base: int  # number of the generation that it builds on
    parts: list[Part] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)  # of streams that are complete
    resume: dict[str, str] = field(default_factory=dict)  # of streams that are not
    whole: list[str] = field(default_factory=list)  # streams read in full
    deleted: dict[str, list[str]] = field(default_factory=dict)  # table: ids
    merged: dict[str, dict[str, str]] = field(default_factory=dict)  # table: loser -> winner
    dictionaries: dict[str, str] = field(default_factory=dict)
    rows_read: int = 0


class Spool:
    """Takes pages, writes them out in batches; ``state`` is what a restart would find."""

    def __init__(self, folder: Path, base: int, names: Dictionaries, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder, self.names, self.connection = folder, names, connection
        self.state = _read_state(folder, base)
        self._sizes = names.sizes()
        self._waiting: dict[tuple[str, str], list[Columns]] = defaultdict(list)
        self._pending: list[Page] = []
        self._rows = 0

    def cursors(self, base: Cursors) -> Cursors:
        """Where to read from: complete streams from their new cursor, broken ones from their last page."""
        resume = {f"resume:{stream}": token for stream, token in self.state.resume.items()}
        return Cursors({**base.by_stream, **self.state.cursors, **resume})

    def add(self, page: Page) -> None:
        """Take one page; it is safe on disk after the next flush."""
        count = len(page)
        if count:
            self._waiting[page.table, page.stream].append(encode(page.table, page.columns, count, self.names))
            self._rows += count
            self.state.rows_read += count
        self._pending.append(page)
        if self._rows >= FLUSH_ROWS or page.last:
            self.flush()

    def flush(self) -> None:
        """Write what waits, then the state that names it."""
        for (table, stream), chunks in self._waiting.items():
            self._write(table, stream, chunks)
        self._waiting.clear()
        self._rows = 0
        for page in self._pending:
            _note(self.state, page)
        self._pending.clear()
        self._write_dictionaries()
        _write_state(self.folder, self.state)

    def _write(self, table: str, stream: str, chunks: list[Columns]) -> None:
        columns = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
        number = len(self.state.parts)
        file = f"{table}-{_slug(stream)}-{self.state.base + 1}-s{number}.parquet"
        write_part(columns, table, self.folder / file, self.connection)
        self.state.parts.append(Part(table, stream, file, len(next(iter(columns.values())))))

    def _write_dictionaries(self) -> None:
        for name, size in self.names.sizes().items():
            if size == self._sizes[name] and name in self.state.dictionaries:
                continue
            if size == 0:
                continue
            file = f"names-{name}-{self.state.base + 1}-{size}.parquet"
            write_dictionary(self.names[name], self.folder / file, self.connection)
            self.state.dictionaries[name] = file
            self._sizes[name] = size


def write_part(columns: Columns, table: str, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Arrays as one Parquet file with the table's declared types."""
    connection.register("part_rows", columns)
    select = ", ".join(f'CAST("{name}" AS {sql}) AS "{name}"' for name, sql in sql_columns(table))
    connection.execute(
        f"COPY (SELECT {select} FROM part_rows) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )
    connection.unregister("part_rows")


def discard(folder: Path) -> None:
    """Forget a pull in progress."""
    (folder / SPOOL).unlink(missing_ok=True)


def dictionary_files(folder: Path, base: int, of_generation: dict[str, str]) -> dict[str, Path]:
    """The newest dictionary files: those of a pull in progress, else the generation's."""
    files = {**of_generation, **_read_state(folder, base).dictionaries}
    return {name: folder / file for name, file in files.items()}


def _note(state: SpoolState, page: Page) -> None:
    if page.deleted:
        state.deleted.setdefault(page.table, []).extend(page.deleted)
    if page.merged:
        state.merged.setdefault(page.table, {}).update(page.merged)
    if page.last:
        state.resume.pop(page.stream, None)
        if page.cursor:
            state.cursors[page.stream] = page.cursor
        if page.whole and page.stream not in state.whole:
            state.whole.append(page.stream)
    elif page.resume:
        state.resume[page.stream] = page.resume


def _read_state(folder: Path, base: int) -> SpoolState:
    path = folder / SPOOL
    if not path.exists():
        return SpoolState(base)
    tree: dict[str, Any] = json.loads(path.read_text())
    if tree["base"] != base or not _all_there(folder, tree):
        discard(folder)
        return SpoolState(base)
    tree["parts"] = [Part(**part) for part in tree["parts"]]
    return SpoolState(**tree)


def _all_there(folder: Path, tree: dict[str, Any]) -> bool:
    files: Iterable[str] = [part["file"] for part in tree["parts"]] + list(tree["dictionaries"].values())
    return all((folder / file).exists() for file in files)


def _write_state(folder: Path, state: SpoolState) -> None:
    draft = folder / f"{SPOOL}.new"
    with draft.open("w") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / SPOOL)


def _slug(stream: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in stream)
