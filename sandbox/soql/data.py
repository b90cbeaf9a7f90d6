"""What the evaluator needs from whoever holds the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sandbox.soql.checks import Moment
from sandbox.soql.ids import Positions
from sandbox.soql.schema import Field, SObject

Flags = NDArray[np.bool_]


class Rows(Protocol):
    """The rows of one object, addressed by position."""

    def everything(self, *, deleted: bool) -> Positions:
        """Positions of all rows, ascending; deleted ones only when asked for."""
        ...

    def take(self, field: str, at: Positions) -> list[Any]:
        """Values of one field in wire form."""
        ...

    def test(self, field: str, at: Positions, check: Callable[[Any], bool]) -> Flags:
        """Which of these rows pass a check of one field."""
        ...

    def ranks(self, field: str, at: Positions) -> Positions | None:
        """Integers that sort like the field, or None when it has no such short cut."""
        ...

    def find(self, record_ids: Sequence[str | None]) -> Positions:
        """Positions of records by id of 18; -1 where there is none."""
        ...


class Data(Protocol):
    """The catalogue and the rows as one user sees them."""

    @property
    def moment(self) -> Moment:
        """Now, and the user's time zone."""
        ...

    def entity(self, name: str) -> SObject | None:
        """An object by name in any case, or None when it is unknown."""
        ...

    def fields(self, entity: SObject) -> Sequence[Field]:
        """The fields that the user may see, in order."""
        ...

    def field(self, entity: SObject, name: str) -> Field | None:
        """A visible field by name in any case."""
        ...

    def relation(self, entity: SObject, name: str) -> Field | None:
        """The visible reference field behind a parent relationship's name."""
        ...

    def children(self, entity: SObject, name: str) -> tuple[SObject, Field] | None:
        """The child object and its reference field behind a child relationship's name."""
        ...

    def owner_of(self, record_id: str) -> SObject | None:
        """The object that a record id belongs to, by its prefix."""
        ...

    def rows(self, entity: SObject) -> Rows:
        """The rows of an object."""
        ...
