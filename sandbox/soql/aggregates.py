"""COUNT, SUM and their kin with GROUP BY and HAVING."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from sandbox.soql import paths
from sandbox.soql.checks import check_of
from sandbox.soql.data import Data
from sandbox.soql.datefuncs import PART_FIELD, part_of
from sandbox.soql.errors import SoqlError, pointed
from sandbox.soql.grammar import AGGREGATES, DATE_PARTS
from sandbox.soql.ids import Positions
from sandbox.soql.nodes import All, Call, Compare, Condition, Joined, Name, Never, Query, Some
from sandbox.soql.ordering import directed, ranks_of
from sandbox.soql.schema import Field, SObject

_MOST_GROUPS: Final = 2_000
_COUNTED: Final = Field("count", "int", "count")
Row = dict[str, Any]  # one group: label of an expression to its value


def is_aggregate(query: Query) -> bool:
    """Whether the query yields groups rather than records."""
    return bool(query.group) or any(isinstance(each, Call) and each.function in AGGREGATES for each in query.select)


def label_of(item: Name | Call) -> str:
    """An expression as a key: the same however it is cased."""
    if isinstance(item, Name):
        return ".".join(item.path).lower()
    return f"{item.function}({'.'.join(item.arg.path).lower() if item.arg else ''})"


def run(data: Data, entity: SObject, query: Query, at: Positions) -> list[dict[str, Any]]:
    """The groups as REST answers show them. Raises SoqlError."""
    grouping = _Grouping(data, entity, query, at)
    groups = grouping.groups()
    if query.having is not None:
        keep = grouping.compile_having(query.having)
        groups = [each for each in groups if keep(each)]
    groups = _ordered(query, groups)
    groups = groups[query.offset :][: query.limit]
    if len(groups) > _MOST_GROUPS:
        raise SoqlError("EXCEEDED_MAX_SIZE", "Aggregate query does not support queryMore(), use LIMIT to restrict")
    names = _shown_names(query)
    return [
        {"attributes": {"type": "AggregateResult"}, **{name: each[label] for name, label in names}} for each in groups
    ]


def _shown_names(query: Query) -> list[tuple[str, str]]:
    names: list[tuple[str, str]] = []
    unnamed = 0
    for item in query.select:
        if not isinstance(item, Name | Call):
            raise SoqlError("MALFORMED_QUERY", "Grouped query fields must be fields or aggregates")
        name = item.alias
        if name is None and isinstance(item, Name):
            name = item.path[-1]
        elif name is None:
            name, unnamed = f"expr{unnamed}", unnamed + 1
        names.append((name, label_of(item)))
    return names


def _ordered(query: Query, groups: list[Row]) -> list[Row]:
    if not query.order or not groups:
        return groups
    keys = []
    for order in query.order:
        label = label_of(order.key)
        if label not in groups[0]:
            words = f"Ordered field must be grouped or aggregated: {label}"
            raise pointed("MALFORMED_QUERY", query.text, order.key.at, words)
        keys.append(directed(ranks_of([each[label] for each in groups]), order))
    return [groups[index] for index in np.lexsort(tuple(reversed(keys)))]


class _Grouping:
    """One query's grouping: binds all expressions first, then walks the rows once."""

    def __init__(self, data: Data, entity: SObject, query: Query, at: Positions) -> None:
        self._data, self._entity, self._query, self._at = data, entity, query, at
        self._kinds: dict[str, Field] = {}
        self._keys = [self._key_column(each) for each in query.group]
        self._calls: dict[str, Call] = {}
        for item in query.select:
            self._accept(item)
        for order in query.order:
            self._accept_call(order.key)
        if query.having is not None:
            self._accept_having(query.having)

    def _accept(self, item: object) -> None:
        if isinstance(item, Name) or (isinstance(item, Call) and item.function in DATE_PARTS):
            if label_of(item) not in self._kinds:
                words = f"Field must be grouped or aggregated: {label_of_shown(item)}"
                raise pointed("MALFORMED_QUERY", self._query.text, item.at, words)
        else:
            self._accept_call(item)

    def _accept_call(self, item: object) -> None:
        if isinstance(item, Call) and item.function in AGGREGATES:
            self._calls[label_of(item)] = item

    def _accept_having(self, condition: Condition) -> None:
        match condition:
            case Compare(left):
                self._accept_call(left)
            case Never(part):
                self._accept_having(part)
            case All(parts) | Some(parts):
                for each in parts:
                    self._accept_having(each)
            case Joined():
                raise SoqlError("MALFORMED_QUERY", "Semi join sub-selects are not allowed in HAVING")

    def _key_column(self, key: Name | Call) -> list[Any]:
        name = key if isinstance(key, Name) else key.arg
        if name is None or (isinstance(key, Call) and key.function not in DATE_PARTS):
            raise pointed("MALFORMED_QUERY", self._query.text, key.at, "unexpected token in GROUP BY")
        bound = paths.bind(self._data, self._entity, name, self._query.text, self._query.alias)
        if isinstance(key, Name) and (bound.field.long_text or bound.field.type in {"datetime", "multipicklist"}):
            words = f"field '{bound.field.name}' can not be grouped in a query call"
            raise pointed("INVALID_FIELD", self._query.text, key.at, words)
        values = paths.read(self._data, bound, self._at)
        if isinstance(key, Call):
            zone = self._data.moment.zone
            values = [part_of(key.function, each, zone) for each in values]
        self._kinds[label_of(key)] = bound.field if isinstance(key, Name) else PART_FIELD[key.function]
        return values

    def _call_column(self, call: Call) -> list[Any]:
        if call.arg is None:
            self._kinds[label_of(call)] = _COUNTED
            return [1] * len(self._at)
        bound = paths.bind(self._data, self._entity, call.arg, self._query.text, self._query.alias)
        if call.function in {"SUM", "AVG"} and not bound.field.is_number:
            words = f"field {bound.field.name} does not support aggregate operator {call.function}"
            raise pointed("INVALID_FIELD", self._query.text, call.at, words)
        self._kinds[label_of(call)] = _COUNTED if call.function.startswith("COUNT") else bound.field
        return paths.read(self._data, bound, self._at)

    def groups(self) -> list[Row]:
        """All groups, in the order of first appearance; without GROUP BY exactly one."""
        columns = {label: self._call_column(call) for label, call in self._calls.items()}
        members: dict[tuple[Any, ...], list[int]] = {}
        if self._keys:
            for index, key in enumerate(zip(*self._keys, strict=True)):
                members.setdefault(key, []).append(index)
        else:
            members[()] = list(range(len(self._at)))
        labels = [label_of(each) for each in self._query.group]
        return [self._group(dict(zip(labels, key, strict=True)), indices, columns) for key, indices in members.items()]

    def _group(self, row: Row, indices: list[int], columns: dict[str, list[Any]]) -> Row:
        for label, call in self._calls.items():
            column = columns[label]
            values = [column[index] for index in indices if column[index] is not None]
            row[label] = _aggregate(call.function, values)
        return row

    def compile_having(self, condition: Condition) -> Callable[[Row], bool]:
        """A test of one group."""
        match condition:
            case Compare(left):
                label = label_of(left)
                if label not in self._kinds:
                    words = f"Field must be grouped or aggregated: {label}"
                    raise pointed("MALFORMED_QUERY", self._query.text, left.at, words)
                check = check_of(condition, self._kinds[label], self._data.moment, self._query.text, left.at)
                return lambda row: check(row[label])
            case Never(part):
                inner = self.compile_having(part)
                return lambda row: not inner(row)
            case All(parts):
                every = [self.compile_having(each) for each in parts]
                return lambda row: all(each(row) for each in every)
            case Some(parts):
                some = [self.compile_having(each) for each in parts]
                return lambda row: any(each(row) for each in some)
            case Joined():
                raise SoqlError("MALFORMED_QUERY", "Semi join sub-selects are not allowed in HAVING")


def label_of_shown(item: Name | Call) -> str:
    """An expression as it was written."""
    return ".".join(item.path) if isinstance(item, Name) else item.function


def _aggregate(function: str, values: list[Any]) -> Any:
    if function == "COUNT":
        return len(values)
    if function == "COUNT_DISTINCT":
        return len({each.casefold() if isinstance(each, str) else each for each in values})
    if not values:
        return None
    if function == "SUM":
        return float(sum(values)) if isinstance(values[0], float) else sum(values)
    if function == "AVG":
        return float(sum(values)) / len(values)
    return min(values) if function == "MIN" else max(values)
