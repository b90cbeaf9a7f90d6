"""Pages laid over each other as the port says they may be: what a replica of any kind has to end up with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Cursors, Page, RecordId
from engine.tables import TABLES

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows by table, stream and id; where each stream ended; and who was merged into whom, by table."""

    streams: Mapping[tuple[str, str], Mapping[RecordId, Row]] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, Mapping[RecordId, RecordId]] = field(default_factory=dict)

    @property
    def cursors(self) -> Cursors:
        """For the next pull."""
        return Cursors(dict(self.ends))

    def table(self, name: str) -> dict[RecordId, Row]:
        """All rows of one table, by id."""
        return {key: row for (table, _), rows in self.streams.items() if table == name for key, row in rows.items()}

    def tables(self) -> dict[str, dict[RecordId, Row]]:
        """All rows."""
        return {name: self.table(name) for name in TABLES}

    def laid_over(self, pages: Iterable[Page]) -> Fold:
        """With one more pull on top: new rows replace old ones, what is gone or merged away leaves."""
        told = list(pages)
        streams = {name: dict(rows) for name, rows in self.streams.items()}
        for stream in {(page.table, page.stream) for page in told if page.whole}:
            streams[stream] = {}
        for page in told:
            streams.setdefault((page.table, page.stream), {}).update(rows_of(page))
        merged = {table: dict(pairs) for table, pairs in self.merged.items()}
        for page in told:
            merged.setdefault(page.table, {}).update(page.merged)
            for gone in (*page.deleted, *page.merged):
                for (table, _), rows in streams.items():
                    if table == page.table:
                        rows.pop(gone, None)
        ends = {**self.ends, **{page.stream: page.cursor for page in told if page.last}}
        return Fold(streams, ends, merged)


def rows_of(page: Page) -> dict[RecordId, Row]:
    """The rows of a page by id; every column has as many values as the others."""
    key = TABLES[page.table].key
    rows = [dict(zip(page.columns, values, strict=True)) for values in zip(*page.columns.values(), strict=True)]
    return {row[key]: {name: plain(value) for name, value in row.items()} for row in rows}


def plain(value: Any) -> Any:
    """A value without the array library round it."""
    return value.item() if hasattr(value, "item") else value
