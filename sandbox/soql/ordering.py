"""ORDER BY over positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sandbox.soql import paths
from sandbox.soql.data import Data
from sandbox.soql.datefuncs import part_of
from sandbox.soql.errors import pointed
from sandbox.soql.grammar import DATE_PARTS
from sandbox.soql.ids import Positions
from sandbox.soql.nodes import Call, Order, Query
from sandbox.soql.schema import SObject


def sort_key(value: Any) -> Any:
    """A value as ordering sees it: text without case."""
    return value.casefold() if isinstance(value, str) else value


def ranks_of(values: Sequence[Any]) -> Positions:
    """Integers that sort like the values; null is -1."""
    keys = [sort_key(value) for value in values]
    order = {key: rank for rank, key in enumerate(sorted({key for key in keys if key is not None}))}
    return np.fromiter((-1 if key is None else order[key] for key in keys), np.int64, len(keys))


def directed(ranks: Positions, order: Order) -> Positions:
    """Ranks turned so that ascending order is the order asked for; nulls first unless descending or told."""
    first = order.nulls_first if order.nulls_first is not None else not order.descending
    null = ranks < 0
    turned = -ranks if order.descending else ranks.copy()
    turned[null] = np.iinfo(np.int64).min if first else np.iinfo(np.int64).max
    return turned


def sort(data: Data, entity: SObject, query: Query, at: Positions) -> Positions:
    """Positions in the order that the query asks for; ties keep position order. Raises SoqlError."""
    keys = [directed(_ranks(data, entity, order, query, at), order) for order in query.order]
    if not keys:
        return at
    return at[np.lexsort(tuple(reversed(keys)))]


def _ranks(data: Data, entity: SObject, order: Order, query: Query, at: Positions) -> Positions:
    key = order.key
    if isinstance(key, Call):
        if key.function not in DATE_PARTS or key.arg is None:
            raise pointed("MALFORMED_QUERY", query.text, key.at, f"{key.function} can not be sorted by here")
        bound = paths.bind(data, entity, key.arg, query.text, query.alias)
        zone = data.moment.zone
        return ranks_of([part_of(key.function, each, zone) for each in paths.read(data, bound, at)])
    bound = paths.bind(data, entity, key, query.text, query.alias)
    if bound.field.long_text or bound.field.type in {"multipicklist", "address", "complexvalue"}:
        words = f"field '{bound.field.name}' can not be sorted in a query call"
        raise pointed("INVALID_FIELD", query.text, key.at, words)
    if not bound.parents:
        ranks = data.rows(entity).ranks(bound.field.name, at)
        if ranks is not None:
            return ranks
    return ranks_of(paths.read(data, bound, at))
