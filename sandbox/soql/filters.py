"""WHERE over positions: which rows of an object a condition keeps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sandbox.soql import paths
from sandbox.soql.checks import Check, check_of
from sandbox.soql.data import Data, Flags
from sandbox.soql.datefuncs import PART_FIELD, part_of
from sandbox.soql.errors import SoqlError, no_such_entity, pointed
from sandbox.soql.grammar import AGGREGATES
from sandbox.soql.ids import Positions
from sandbox.soql.nodes import All, Call, Compare, Condition, Joined, Name, Never, Query, Some
from sandbox.soql.schema import SObject

Filter = Callable[[Positions], Flags]


def compile_filter(data: Data, entity: SObject, condition: Condition, query: Query) -> Filter:
    """A function from positions to flags. All names and values are checked here, before any row is looked at.

    Raises SoqlError.
    """
    match condition:
        case Compare():
            return _comparison(data, entity, condition, query)
        case Joined():
            return _joined(data, entity, condition, query)
        case Never(part):
            inner = compile_filter(data, entity, part, query)
            return lambda at: ~inner(at)
        case All(parts):
            return _narrowing([compile_filter(data, entity, each, query) for each in parts])
        case Some(parts):
            return _widening([compile_filter(data, entity, each, query) for each in parts])


def _narrowing(filters: list[Filter]) -> Filter:
    def keep(at: Positions) -> Flags:
        flags = filters[0](at)
        for each in filters[1:]:
            alive = np.flatnonzero(flags)
            flags[alive] = each(at[alive])
        return flags

    return keep


def _widening(filters: list[Filter]) -> Filter:
    def keep(at: Positions) -> Flags:
        flags = filters[0](at)
        for each in filters[1:]:
            left = np.flatnonzero(~flags)
            flags[left] = each(at[left])
        return flags

    return keep


def _comparison(data: Data, entity: SObject, compare: Compare, query: Query) -> Filter:
    if isinstance(compare.left, Call):
        return _call_comparison(data, entity, compare, compare.left, query)
    bound = paths.bind(data, entity, compare.left, query.text, query.alias)
    _must_filter(bound, compare.left, query)
    check = check_of(compare, bound.field, data.moment, query.text, compare.left.at)
    return _value_filter(data, bound, check)


def _must_filter(bound: paths.Bound, name: Name, query: Query) -> None:
    if not bound.field.filterable or bound.field.long_text:
        words = f"field '{bound.field.name}' can not be filtered in a query call"
        raise pointed("INVALID_FIELD", query.text, name.at, words)


def _value_filter(data: Data, bound: paths.Bound, check: Callable[[object], bool]) -> Filter:
    if not bound.parents:
        rows = data.rows(bound.entity)
        return lambda at: rows.test(bound.field.name, at, check)

    def keep(at: Positions) -> Flags:
        values = paths.read(data, bound, at)
        verdicts = {value: check(value) for value in set(values)}
        return np.fromiter((verdicts[value] for value in values), np.bool_, len(values))

    return keep


def _call_comparison(data: Data, entity: SObject, compare: Compare, call: Call, query: Query) -> Filter:
    if call.function in AGGREGATES:
        words = f"Aggregate functions are not allowed in WHERE: {call.function}"
        raise SoqlError("MALFORMED_QUERY", words)
    if call.function not in PART_FIELD or call.arg is None:
        raise SoqlError("MALFORMED_QUERY", f"{call.function} is not allowed in WHERE")
    bound = paths.bind(data, entity, call.arg, query.text, query.alias)
    check = check_of(compare, PART_FIELD[call.function], data.moment, query.text, call.at)
    zone = data.moment.zone

    def of_part(value: object) -> bool:
        return check(part_of(call.function, value, zone))

    return _value_filter(data, bound, of_part)


def _joined(data: Data, entity: SObject, joined: Joined, query: Query) -> Filter:
    bound = paths.bind(data, entity, joined.left, query.text, query.alias)
    if not bound.field.is_id:
        words = f"Semi join sub-selects can only query id fields, cannot use: '{bound.field.name}'"
        raise pointed("MALFORMED_QUERY", query.text, joined.left.at, words)
    wanted = frozenset(_selected_ids(data, joined.query))
    return _value_filter(data, bound, Check("not in" if joined.negated else "in", wanted))


def _selected_ids(data: Data, inner: Query) -> set[str]:
    if len(inner.select) != 1 or not isinstance(inner.select[0], Name):
        raise SoqlError("MALFORMED_QUERY", "Semi join sub-selects must select a single field")
    child = data.entity(inner.entity)
    if child is None:
        raise no_such_entity(inner.text, inner.entity_at, inner.entity)
    bound = paths.bind(data, child, inner.select[0], inner.text, inner.alias)
    if not bound.field.is_id:
        words = f"Semi join sub-selects can only query id fields, cannot use: '{bound.field.name}'"
        raise pointed("MALFORMED_QUERY", inner.text, inner.select[0].at, words)
    at = data.rows(child).everything(deleted=False)
    if inner.where is not None:
        at = at[compile_filter(data, child, inner.where, inner)(at)]
    return {each for each in paths.read(data, bound, at) if each}
