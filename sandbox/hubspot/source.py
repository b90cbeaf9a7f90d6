"""The loaded world's rows of one object type: values made on demand, a column for a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sandbox.hubspot.moments import iso_many

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Rows = Int64
Values = list[str | None]
Getter = Callable[[Rows], Values]
T = TypeVar("T")
STEP = 3  # ids of neighbouring records differ by this much: nobody may count on one


class Source:
    """Rows of the world; row ``i`` has id ``first + i * STEP``. Never changes once loaded."""

    def __init__(
        self,
        first_id: int,
        created_s: Int64,
        modified_s: Int64,
        getters: Mapping[str, Getter],
        arrays: Mapping[str, Callable[[], Float64]] | None = None,
    ) -> None:
        self.first = first_id
        self.created_ms = created_s * 1000
        self.modified_ms = modified_s * 1000
        self._getters = getters
        self._arrays = dict(arrays or {})
        self._folded: dict[str, dict[str, list[int]]] = {}

    def __len__(self) -> int:
        return len(self.created_ms)

    @property
    def names(self) -> frozenset[str]:
        """Properties that some row may have a value of."""
        return frozenset(self._getters)

    @property
    def end(self) -> int:
        """The id after the last row."""
        return self.first + len(self) * STEP

    def ids(self, rows: Rows) -> Int64:
        """Record ids of rows."""
        return self.first + rows * STEP

    def row_of(self, record_id: int) -> int:
        """The row with this id, or -1."""
        row, rest = divmod(record_id - self.first, STEP)
        return row if rest == 0 and 0 <= row < len(self) else -1

    def column(self, name: str, rows: Rows) -> Values:
        """Values of one property."""
        getter = self._getters.get(name)
        return getter(rows) if getter is not None else [None] * len(rows)

    def value(self, name: str, row: int) -> str | None:
        """One value."""
        return self.column(name, np.array([row], np.int64))[0]

    def record(self, row: int) -> dict[str, str]:
        """All values of one row that are set."""
        rows = np.array([row], np.int64)
        got = ((name, getter(rows)[0]) for name, getter in self._getters.items())
        return {name: value for name, value in got if value is not None}

    def numbers(self, name: str) -> Float64 | None:
        """The property of every row as numbers (moments in ms, NaN = unset); None when it has no such form."""
        array = self._arrays.get(name)
        return array() if array is not None else None

    def where(self, name: str, folded: str) -> list[int]:
        """Rows whose value, in lower case, equals the text."""
        if name not in self._folded:
            index: dict[str, list[int]] = {}
            for row, value in enumerate(self.column(name, np.arange(len(self), dtype=np.int64))):
                if value is not None:
                    index.setdefault(value.lower(), []).append(row)
            self._folded[name] = index
        return self._folded[name].get(folded, [])


def nothing(first_id: int) -> Source:
    """A source without rows."""
    none = np.empty(0, np.int64)
    return Source(first_id, none, none, {})


def each(items: Sequence[T], get: Callable[[T], str | None]) -> Getter:
    """A getter that asks one item per row."""
    return lambda rows: [get(items[row]) for row in rows.tolist()]


def same(value: str) -> Getter:
    """A getter that gives every row one value."""
    return lambda rows: [value] * len(rows)


def moments(ms: Int64) -> Getter:
    """A getter of moments."""
    return lambda rows: list(iso_many(ms[rows]))


def named(ids: Int64) -> Getter:
    """A getter of the rows' own ids, or of ids by row; a negative one is no value."""
    return lambda rows: [str(value) if value >= 0 else None for value in ids[rows].tolist()]


def looked_up(codes: NDArray[Any], table: Sequence[str | None]) -> Getter:
    """A getter of texts by code; -1 is no value."""
    return lambda rows: [table[code] if code >= 0 else None for code in codes[rows].tolist()]
