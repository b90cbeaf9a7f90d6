"""Runs a parsed query: the positions of its records, or its groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sandbox.soql import aggregates
from sandbox.soql.data import Data
from sandbox.soql.errors import SoqlError, no_such_entity
from sandbox.soql.filters import compile_filter
from sandbox.soql.grammar import parse
from sandbox.soql.ids import Positions
from sandbox.soql.nodes import Call, Query
from sandbox.soql.ordering import sort
from sandbox.soql.projection import Tree, compile_tree
from sandbox.soql.schema import SObject

_MOST_OFFSET: Final = 2_000


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found: either positions to render by ``tree``, or finished ``groups``, or only a count."""

    query: Query
    entity: SObject
    positions: Positions
    tree: Tree | None = None
    groups: list[dict[str, Any]] | None = None

    @property
    def total(self) -> int:
        """The size that the answer states."""
        return len(self.positions) if self.groups is None else len(self.groups)


def run(data: Data, text: str, *, deleted: bool = False) -> Result:
    """Runs the text of a query as the user of ``data``; ``deleted`` also finds rows in the recycle bin.

    Raises SoqlError.
    """
    query = parse(text)
    if query.offset > _MOST_OFFSET:
        raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MOST_OFFSET}")
    entity = data.entity(query.entity)
    if entity is None:
        raise no_such_entity(text, query.entity_at, query.entity)
    only_count = _is_count(query)
    grouped = not only_count and aggregates.is_aggregate(query)
    tree = None if only_count or grouped else compile_tree(data, entity, query)
    keep = compile_filter(data, entity, query.where, query) if query.where is not None else None
    at = data.rows(entity).everything(deleted=deleted)
    if keep is not None:
        at = at[keep(at)]
    if grouped:
        return Result(query, entity, at, groups=aggregates.run(data, entity, query, at))
    at = sort(data, entity, query, at)
    return Result(query, entity, _window(query, at), tree)


def _window(query: Query, at: Positions) -> Positions:
    end = None if query.limit is None else query.offset + query.limit
    return np.ascontiguousarray(at[query.offset : end])


def _is_count(query: Query) -> bool:
    first = query.select[0]
    return len(query.select) == 1 and not query.group and isinstance(first, Call) and first.arg is None
