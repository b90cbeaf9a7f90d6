"""The rows of one object: columns from the world below, edits and new rows above."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sandbox.salesforce.columns import Column, Flags, Same
from sandbox.soql.checks import Check
from sandbox.soql.dates import read_datetime
from sandbox.soql.ids import Positions, decode, decode_many, encode, encode_many
from sandbox.soql.schema import SObject

Row = dict[str, Any]
Computed = Callable[["Table", Positions], list[Any]]


class Table:
    """Rows by position; a position is for ever, and the id follows from it."""

    def __init__(self, entity: SObject, computed: Mapping[str, Computed] | None = None) -> None:
        self.entity = entity  # replaced when a custom field is added
        self._computed = dict(computed or {})
        self._columns: dict[str, Column] = {}
        self._base = 0  # rows that came with the world
        self._count = 0
        self._over: dict[int, Row] = {}  # edited fields of world rows, and whole new rows
        self._touched = np.zeros(0, np.bool_)
        self._dead = np.zeros(0, np.bool_)
        self._unique: dict[str, dict[Any, int]] = {}

    # ---- filling ----------------------------------------------------------------------------------------------------
    def fill(self, count: int, columns: Mapping[str, Column]) -> None:
        """Puts the world's rows below; only for an empty table."""
        self._base = self._count = count
        self._columns = dict(columns)
        self._touched = np.zeros(count, np.bool_)
        self._dead = np.zeros(count, np.bool_)

    def add(self, row: Row) -> int:
        """Appends a new row; returns its position."""
        position = self._count
        self._count += 1
        if position >= len(self._touched):
            room = np.zeros(max(1024, position // 2), np.bool_)
            self._touched = np.concatenate([self._touched, room])
            self._dead = np.concatenate([self._dead, room])
        self._over[position] = row
        self._touched[position] = True
        self._index(position, row)
        return position

    def patch(self, position: int, changes: Row) -> None:
        """Sets fields of one row."""
        self._unindex(position, changes)
        self._over.setdefault(position, {}).update(changes)
        self._touched[position] = True
        if not self._dead[position]:
            self._index(position, changes)

    def kill(self, position: int, *, dead: bool = True) -> None:
        """Moves one row into the recycle bin, or back; unique values are free meanwhile."""
        if dead:
            self._unindex(position, self._unique)
        self._dead[position] = dead
        if not dead:
            self._index(position, {name: self.value(position, name) for name in self._unique})

    def discard(self, position: int) -> None:
        """Takes back a new row: a create that is rolled back leaves no trace but its serial number."""
        self._unindex(position, self._unique)
        self._dead[position] = True
        self._over[position] = {"_gone": True}

    # ---- reading ----------------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        return self._count

    @property
    def live(self) -> int:
        """How many rows are not deleted."""
        return int(self._count - np.count_nonzero(self._dead[: self._count]))

    def record_id(self, position: int) -> str:
        """The id of 18 of the row at a position."""
        return encode(self.entity.prefix, position)

    def position(self, record_id: str) -> int:
        """The position of a record, deleted ones too; -1 when there is none."""
        position = decode(record_id, self.entity.prefix)
        gone = position >= self._base and "_gone" in self._over.get(position, {})
        return position if 0 <= position < self._count and not gone else -1

    def is_dead(self, position: int) -> bool:
        """Whether the row lies in the recycle bin."""
        return bool(self._dead[position])

    def dead_among(self, at: Positions) -> Flags:
        """Which of these rows lie in the recycle bin."""
        return self._dead[at]

    def everything(self, *, deleted: bool) -> Positions:
        """Positions of all rows; those in the recycle bin only when asked for."""
        if not deleted:
            return np.flatnonzero(~self._dead[: self._count]).astype(np.int64)
        gone = [position for position, row in self._over.items() if "_gone" in row]
        every = np.arange(self._count, dtype=np.int64)
        return np.delete(every, gone) if gone else every

    def find(self, record_ids: Sequence[str | None]) -> Positions:
        """Positions by id; -1 where there is none."""
        at = decode_many(record_ids, self.entity.prefix)
        at[at >= self._count] = -1
        return at

    def value(self, position: int, field: str) -> Any:
        """One value of one row."""
        row = self._over.get(position)
        if row is not None and field in row:
            return row[field]
        return self.take(field, np.array([position], np.int64))[0]

    def take(self, field: str, at: Positions) -> list[Any]:
        """Values of one field in wire form."""
        if field == "Id":
            return encode_many(self.entity.prefix, at)
        if field in self._computed:
            return self._computed[field](self, at)
        if field == "IsDeleted":
            return self._dead[at].tolist()  # type: ignore[no-any-return]
        values = self._below(field, at)
        blank = self._blank(field)
        for hit in np.flatnonzero(self._touched[at]).tolist():
            position = int(at[hit])
            row = self._over[position]
            if field in row:
                values[hit] = row[field]
            elif position >= self._base:
                values[hit] = blank
        return values

    def _blank(self, field: str) -> Any:
        known = self.entity.fields.get(field.lower())
        return False if known is not None and known.type == "boolean" else None

    def _column(self, field: str) -> Column:
        return self._columns.get(field) or Same(self._blank(field))

    def _below(self, field: str, at: Positions) -> list[Any]:
        if not self._base:
            return [self._blank(field)] * len(at)
        return self._column(field).take(np.minimum(at, self._base - 1))

    def test(self, field: str, at: Positions, check: Callable[[Any], bool]) -> Flags:
        """Which of these rows pass a check of one field."""
        if field == "Id":
            return self._test_ids(at, check)
        if field in self._computed or field == "IsDeleted":
            return np.fromiter((check(each) for each in self.take(field, at)), np.bool_, len(at))
        if self._base:
            flags = self._column(field).test(np.minimum(at, self._base - 1), check)
        else:
            flags = np.zeros(len(at), np.bool_)
        hits = np.flatnonzero(self._touched[at])
        if len(hits):
            flags[hits] = [check(each) for each in self.take(field, at[hits])]
        return flags

    def _test_ids(self, at: Positions, check: Callable[[Any], bool]) -> Flags:
        if isinstance(check, Check) and check.op in {"=", "in", "!=", "not in"}:
            wanted = decode_many(list(check.values), self.entity.prefix)
            found = np.isin(at, wanted[wanted >= 0])
            return ~found if check.op in {"!=", "not in"} else found
        return np.fromiter((check(each) for each in self.take("Id", at)), np.bool_, len(at))

    def ranks(self, field: str, at: Positions) -> Positions | None:
        """Integers that sort like the field, where the column below has them."""
        if field == "Id":
            return at
        known = self.entity.fields.get(field.lower())
        hits = np.flatnonzero(self._touched[at])
        if not self._base or field not in self._columns or (len(hits) and (known is None or known.type != "datetime")):
            return None
        ranks = self._column(field).ranks(np.minimum(at, self._base - 1))
        if ranks is None or not len(hits):
            return ranks
        ranks = ranks.copy()
        values = self.take(field, at[hits])
        ranks[hits] = [-1 if each is None else int(read_datetime(each).timestamp()) for each in values]
        return ranks

    # ---- unique values ----------------------------------------------------------------------------------------------
    def holder(self, field: str, value: Any) -> int:
        """The position of the live row that holds a value of a unique or external-id field; -1 when free."""
        return self._held(field).get(self._key(field, value), -1)

    def _held(self, field: str) -> dict[Any, int]:
        if field not in self._unique:
            at = self.everything(deleted=False)
            if field not in self._columns and field not in self._computed:
                at = at[self._touched[at]]
            values = self.take(field, at)
            pairs = zip(values, at.tolist(), strict=True)
            self._unique[field] = {self._key(field, value): where for value, where in pairs if value is not None}
        return self._unique[field]

    def _key(self, field: str, value: Any) -> Any:
        known = self.entity.fields.get(field.lower())
        folds = isinstance(value, str) and not (known is not None and known.case_sensitive)
        return value.casefold() if folds else value

    def _index(self, position: int, changes: Mapping[str, Any]) -> None:
        for field, held in self._unique.items():
            value = changes.get(field)
            if value is not None:
                held[self._key(field, value)] = position

    def _unindex(self, position: int, fields: Mapping[str, Any]) -> None:
        for field, held in self._unique.items():
            if field in fields:
                old = self._key(field, self.value(position, field))
                if held.get(old) == position:
                    del held[old]
