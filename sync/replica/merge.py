"""From a generation and a finished pull to the next generation: newest row per id, deletions and merges followed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np

from sync.replica.layout import has_modified, key_of
from sync.replica.manifest import Manifest, Part, next_generation
from sync.replica.spool import SpoolState

SMALL_PART_ROWS = 100_000
MANY_PARTS = 12


def merge(
    folder: Path, base: Manifest, state: SpoolState, as_of: int, connection: duckdb.DuckDBPyConnection
) -> tuple[Manifest, frozenset[str]]:
    """The next generation, not yet current; and the tables whose rows changed."""
    work = _Merge(folder, base.number + 1, connection)
    gone = {table: set(ids) for table, ids in state.deleted.items()}
    for table, losers in state.merged.items():
        gone.setdefault(table, set()).update(losers)
    parts: list[Part] = []
    changed: set[str] = set()
    for table, stream in _streams(base, state):
        old = () if stream in state.whole else base.of(table, stream)
        new = [part for part in state.parts if (part.table, part.stream) == (table, stream)]
        now = list(work.stream(table, stream, old, new, gone.get(table, set())))
        if now != list(base.of(table, stream)):
            changed.add(table)
        parts.extend(now)
    generation = next_generation(base)
    generation = type(base)(
        number=generation.number,
        as_of=as_of,
        parts=tuple(parts),
        cursors={**base.cursors, **state.cursors},
        dictionaries={**base.dictionaries, **state.dictionaries},
        aliases=work.aliases(base.aliases, state),
        touches=base.touches,
        sieve=base.sieve,
        org=base.org,
    )
    return generation, frozenset(changed)


def _streams(base: Manifest, state: SpoolState) -> list[tuple[str, str]]:
    seen = {(part.table, part.stream): None for part in (*base.parts, *state.parts)}
    return list(seen)


class _Merge:
    def __init__(self, folder: Path, number: int, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder, self.number, self.connection = folder, number, connection
        self.made = 0

    def stream(
        self, table: str, stream: str, old: Sequence[Part], new: Sequence[Part], gone: set[str]
    ) -> Iterable[Part]:
        """Parts of one stream: old ones without what is superseded or gone, then the new rows, once each."""
        key = key_of(table)
        fresh = self._unlike(table, stream, self._deduplicated(table, stream, new, gone), old)
        self._superseded(key, fresh, gone)
        kept = [part for part in (self._without(table, key, part) for part in old) if part.rows]
        self.connection.execute("DROP TABLE superseded")
        return self._compacted(table, stream, [*kept, *fresh])

    def _deduplicated(self, table: str, stream: str, new: Sequence[Part], gone: set[str]) -> list[Part]:
        if not new:
            return []
        key = key_of(table)
        files = self._files(new)
        rows, distinct = self._one(f"SELECT count(*), count(DISTINCT {key}) FROM read_parquet({files})")
        self._ids("gone_ids", gone)
        hit = self._one(f"SELECT count(*) FROM read_parquet({files}) WHERE {key} IN (SELECT id FROM gone_ids)")[0]
        if rows == distinct and not hit:
            return list(new)
        order = "modified_at DESC, " if has_modified(table) else ""
        select = (
            f"SELECT * EXCLUDE (filename, file_row_number) FROM read_parquet({files}, filename=true, "
            f"file_row_number=true) WHERE {key} NOT IN (SELECT id FROM gone_ids) "
            f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}"
            f"CAST(regexp_extract(filename, 's([0-9]+)[.]parquet$', 1) AS INTEGER) DESC, file_row_number DESC) = 1"
        )
        return [part for part in (self._write(table, stream, select),) if part.rows]

    def _unlike(self, table: str, stream: str, new: list[Part], old: Sequence[Part]) -> list[Part]:
        """New rows that are not word for word what is stored: windows overlap, so most of a quiet pull is old."""
        if not new or not old:
            return new
        key, fresh = key_of(table), f"SELECT * FROM read_parquet({self._files(new)})"
        stored = f"SELECT * FROM read_parquet({self._files(old)}) WHERE {key} IN (SELECT {key} FROM ({fresh}))"
        part = self._write(table, stream, f"{fresh} EXCEPT {stored}")
        return [part] if part.rows else []

    def _superseded(self, key: str, fresh: Sequence[Part], gone: set[str]) -> None:
        self._ids("gone_ids", gone)
        union = "SELECT id FROM gone_ids"
        if fresh:
            union += f" UNION SELECT {key} FROM read_parquet({self._files(fresh)})"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE superseded AS SELECT DISTINCT id FROM ({union}) t(id)")

    def _without(self, table: str, key: str, part: Part) -> Part:
        files = self._files([part])
        where = f"{key} IN (SELECT id FROM superseded)"
        if not self._one(f"SELECT count(*) FROM read_parquet({files}) WHERE {where}")[0]:
            return part
        return self._write(table, part.stream, f"SELECT * FROM read_parquet({files}) WHERE NOT ({where})")

    def _compacted(self, table: str, stream: str, parts: list[Part]) -> list[Part]:
        small = [part for part in parts if part.rows < SMALL_PART_ROWS]
        if len(small) <= MANY_PARTS:
            return parts
        joined = self._write(table, stream, f"SELECT * FROM read_parquet({self._files(small)})")
        return [*(part for part in parts if part not in small), joined]

    def _write(self, table: str, stream: str, select: str) -> Part:
        slug = "".join(letter if letter.isalnum() else "_" for letter in stream)
        file = f"{table}-{slug}-{self.number}-m{self.made}.parquet"
        self.made += 1
        to = f"TO '{self.folder / file}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        rows = self._one(f"COPY ({select}) {to}")[0]
        return Part(table, stream, file, int(rows))

    def aliases(self, before: str, state: SpoolState) -> str:
        """All merges ever seen, as a file: table, loser, winner (CRM ids)."""
        pairs = [(table, loser, winner) for table, of in state.merged.items() for loser, winner in of.items()]
        if not pairs:
            return before
        union = "SELECT * FROM new_pairs"
        if before:
            union += f" UNION SELECT * FROM read_parquet('{self.folder / before}')"
        columns = np.array(pairs, dtype=object).T
        self.connection.register("new_pairs", dict(zip(("kind", "loser", "winner"), columns, strict=True)))
        file = f"aliases-{self.number}.parquet"
        self.connection.execute(f"COPY ({union}) TO '{self.folder / file}' (FORMAT parquet)")
        self.connection.unregister("new_pairs")
        return file

    def _ids(self, name: str, ids: set[str]) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (id VARCHAR)")
        if ids:
            self.connection.register("id_rows", {"id": np.array(sorted(ids), dtype=object)})
            self.connection.execute(f"INSERT INTO {name} SELECT id FROM id_rows")
            self.connection.unregister("id_rows")

    def _files(self, parts: Sequence[Part]) -> str:
        return "[" + ", ".join(f"'{self.folder / part.file}'" for part in parts) + "]"

    def _one(self, sql: str) -> tuple[int, ...]:
        row = self.connection.execute(sql).fetchone()
        if row is None:
            raise LookupError(f"no answer to {sql[:60]}")
        return row
