"""One object type's records: the world's rows underneath, edits and new records in an overlay above."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sandbox.hubspot.definitions import Definitions
from sandbox.hubspot.kinds import ObjectKind
from sandbox.hubspot.moments import iso
from sandbox.hubspot.source import STEP, Source, Values, nothing


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a property's history; ``value`` None = cleared."""

    value: str | None
    at_ms: int
    source_type: str  # CRM_UI, INTEGRATION, IMPORT, ...
    source_id: str
    source_label: str
    user_id: int | None


@dataclass(slots=True)
class Record:
    """A record that was made or changed since the world was loaded. ``props`` is replaced, never changed in place."""

    id: int
    props: dict[str, str]
    created_ms: int
    updated_ms: int
    row: int = -1  # the world's row underneath
    archived_ms: int | None = None
    history: dict[str, list[Entry]] = field(default_factory=dict)  # newest first; the world's own value comes after
    merged: tuple[int, ...] = ()


class Table:
    """Records of one type by id; ids rise with creation."""

    def __init__(self, kind: ObjectKind, definitions: Definitions) -> None:
        self.kind = kind
        self.definitions = definitions
        self.source: Source = nothing(kind.first_id)
        self.overlay: dict[int, Record] = {}
        self.gone: set[int] = set()  # archived, merged away or purged: not live
        self.purged: set[int] = set()
        self.merged_into: dict[int, int] = {}
        self.further: dict[str, int] = {}  # secondary e-mail address to contact
        self._new: list[int] = []
        self._next = kind.first_id
        self._holders: dict[str, dict[str, int]] = {}
        self._freed: set[tuple[str, int]] = set()  # (property, row): the world's value there no longer counts

    def load(self, source: Source) -> None:
        """Puts the world's rows underneath an empty table."""
        self.source = source
        self._next = source.end

    def live_count(self) -> int:
        """How many records are neither archived nor gone."""
        return len(self.source) + len(self._new) - len(self.gone)

    def new_id(self) -> int:
        """The next free id."""
        taken, self._next = self._next, self._next + STEP
        return taken

    def known(self, record_id: int) -> bool:
        """Whether the id was ever given out and not purged."""
        exists = record_id in self.overlay or self.source.row_of(record_id) >= 0
        return exists and record_id not in self.purged

    def live(self, record_id: int) -> bool:
        """Whether the record can be read without asking for archived ones."""
        return record_id not in self.gone and self.known(record_id)

    def resolve(self, record_id: int) -> int:
        """The id that this one goes by now: a merged record's winner, else itself."""
        while record_id in self.merged_into:
            record_id = self.merged_into[record_id]
        return record_id

    # ---- order ------------------------------------------------------------------------------------------------------
    def live_from(self, after: int, count: int) -> list[int]:
        """Up to ``count`` live ids from ``after`` on, in order."""
        found: list[int] = []
        for record_id in self._ids_from(after):
            if record_id not in self.gone:
                found.append(record_id)
                if len(found) == count:
                    break
        return found

    def archived_from(self, after: int, count: int) -> list[int]:
        """Up to ``count`` archived ids from ``after`` on, in order."""
        return sorted(item for item in self.gone - self.purged if item >= after)[:count]

    def _ids_from(self, after: int) -> Iterator[int]:
        first_row = max(0, -(-(after - self.source.first) // STEP))
        yield from range(self.source.first + first_row * STEP, self.source.end, STEP)
        yield from self._new[bisect.bisect_left(self._new, after) :]

    # ---- records ----------------------------------------------------------------------------------------------------
    def add(self, record: Record) -> None:
        """Takes in a new record."""
        self.overlay[record.id] = record
        bisect.insort(self._new, record.id)

    def record(self, record_id: int) -> Record:
        """The record, lifted out of the world's rows if need be; for those about to change it."""
        found = self.overlay.get(record_id)
        if found is None:
            row = self.source.row_of(record_id)
            created, modified = int(self.source.created_ms[row]), int(self.source.modified_ms[row])
            found = Record(record_id, self.source.record(row), created, modified, row)
            self.overlay[record_id] = found
        return found

    def value(self, record_id: int, name: str) -> str | None:
        """One stored value."""
        found = self.overlay.get(record_id)
        if found is not None:
            return found.props.get(name)
        return self.source.value(name, self.source.row_of(record_id))

    def columns(self, ids: Sequence[int], names: Sequence[str]) -> list[dict[str, str | None]]:
        """The named values of each record, a column at a time for the world's own rows."""
        plain = [record_id for record_id in ids if record_id not in self.overlay]
        rows = np.array([self.source.row_of(record_id) for record_id in plain], np.int64)
        lists: list[Values] = [self.source.column(name, rows) for name in names]
        made = iter([dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)])
        if len(plain) == len(ids):
            return list(made)
        answer: list[dict[str, str | None]] = []
        for record_id in ids:
            found = self.overlay.get(record_id)
            answer.append(next(made) if found is None else {name: found.props.get(name) for name in names})
        return answer

    def stamps(self, ids: Sequence[int]) -> list[tuple[int, int, int | None]]:
        """Created, updated and archived milliseconds of each record."""
        answer: list[tuple[int, int, int | None]] = []
        for record_id in ids:
            found = self.overlay.get(record_id)
            if found is not None:
                answer.append((found.created_ms, found.updated_ms, found.archived_ms))
            else:
                row = self.source.row_of(record_id)
                answer.append((int(self.source.created_ms[row]), int(self.source.modified_ms[row]), None))
        return answer

    def history(self, record_id: int, name: str) -> list[Entry]:
        """All lines of one property, newest first."""
        found = self.overlay.get(record_id)
        lines = list(found.history.get(name, ())) if found is not None else []
        row = self.source.row_of(record_id)
        if row >= 0:
            value = self.source.value(name, row)
            if value is not None:
                lines.append(Entry(value, int(self.source.created_ms[row]), "IMPORT", "world", "Import", None))
        return lines

    def touch(self, record: Record, now_ms: int) -> None:
        """Moves the record's modification time."""
        record.updated_ms = max(now_ms, record.updated_ms)
        record.props = {**record.props, self.kind.modified: iso(record.updated_ms)}

    # ---- unique values ----------------------------------------------------------------------------------------------
    def holder(self, name: str, value: str) -> int | None:
        """The live record that has this unique value; case does not count."""
        folded = value.lower()
        found = self._holders.get(name, {}).get(folded)
        if found is not None:
            return found
        for row in self.source.where(name, folded):
            record_id = self.source.first + row * STEP
            if (name, row) not in self._freed and record_id not in self.gone:
                return record_id
        return None

    def further_holder(self, address: str) -> int | None:
        """The live contact that has this among its secondary addresses."""
        found = self.further.get(address.lower())
        return found if found is not None and self.live(self.resolve(found)) else None

    def archived_holder(self, name: str, value: str) -> int | None:
        """The newest archived record that had this unique value."""
        folded = value.lower()
        for record_id in sorted(self.gone - self.purged, reverse=True):
            if (self.value(record_id, name) or "").lower() == folded:
                return record_id
        return None

    def hold(self, record: Record, name: str, value: str | None, before: str | None) -> None:
        """Moves a unique value to a record, or frees it with None."""
        held = self._holders.setdefault(name, {})
        if before is not None and held.get(before.lower()) == record.id:
            del held[before.lower()]
        if record.row >= 0:
            self._freed.add((name, record.row))
        if value is not None:
            held[value.lower()] = record.id
