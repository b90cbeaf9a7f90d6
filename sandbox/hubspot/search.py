"""Search: filters, one sort and a window of 10,000 over the lagging index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sandbox.hubspot import answers
from sandbox.hubspot.call import Answer, Call, record_id
from sandbox.hubspot.errors import RefusalError, invalid
from sandbox.hubspot.filters import COMPARE, NEGATIVE, Filter, as_number, groups_of
from sandbox.hubspot.index import Seen
from sandbox.hubspot.moments import iso
from sandbox.hubspot.source import STEP
from sandbox.hubspot.table import Table

WINDOW, MAX_PAGE = 10_000, 200
MAX_QUERY = 3_000
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
_COMPARE: Final[Mapping[str, Callable[[NDArray[np.float64], float], Mask]]] = {
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}


def search(call: Call) -> Answer:
    """POST /objects/{type}/search."""
    table, body = call.table(), call.body()
    limit, after = _page(body)
    groups = groups_of(body, table.definitions, skip_unset=call.portal.switches.neq_skips_unset)
    sort = _sort(body, table)
    seen = call.portal.index.overrides(table, call.portal.now_ms())
    ids = _matching(call, table, groups, str(body.get("query") or ""), seen)
    total = len(ids)
    ordered = _ordered(table, ids, seen, sort)
    page = ordered[after : after + limit]
    names = answers.wanted_names(table, [str(name) for name in body.get("properties") or []])
    answer: dict[str, Any] = {"total": total, "results": _shown(call, table, page, names, seen)}
    if after + limit < total:
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return Answer(200, answer)


def _page(body: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = body.get("limit", 10), body.get("after") or 0
    try:
        size, start = int(limit), int(after)
    except (TypeError, ValueError) as error:
        message = f"Invalid input JSON on line 1, column 2: Cannot deserialize value of type `int` from String: {after}"
        raise invalid(message) from error
    if not 0 <= size <= MAX_PAGE or start < 0:
        raise invalid(f"The requested limit of {size} is not between 0 and {MAX_PAGE}.")
    if start + size > WINDOW:
        raise RefusalError(400, f"The total results of a search are limited to {WINDOW}.", "VALIDATION_ERROR")
    return size, start


def _sort(body: Mapping[str, Any], table: Table) -> tuple[str, bool]:
    """The one property to sort by, and whether descending."""
    sorts = body.get("sorts") or []
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise invalid("Only one sort is supported.")
    if not sorts:
        return "hs_object_id", False
    first = sorts[0]
    name = str(first.get("propertyName")) if isinstance(first, dict) else str(first)
    if table.definitions.get(name) is None:
        raise invalid(f"Property '{name}' cannot be sorted by: it does not exist.")
    return name, isinstance(first, dict) and first.get("direction") == "DESCENDING"


# ---- which records --------------------------------------------------------------------------------------------------
def _matching(
    call: Call, table: Table, groups: Sequence[Sequence[Filter]], query: str, seen: Mapping[int, Seen]
) -> list[int]:
    if len(query) > MAX_QUERY:
        raise invalid(f"The query is longer than {MAX_QUERY} characters.")
    linked = {item: _linked(call, table, item) for group in groups for item in group if item.linked_type}
    rows = _world_rows(table, groups, linked)
    hidden = [table.source.row_of(number) for number in {*seen, *table.gone}]
    rows = rows[~np.isin(rows, np.array(hidden, np.int64))] if hidden else rows
    ids: list[int] = table.source.ids(_asked_for(table, rows, query)).tolist()
    for number, item in seen.items():
        if number not in table.gone and _record_holds(groups, item, linked) and _mentions(table, item, query):
            ids.append(number)
    return ids


def _linked(call: Call, table: Table, item: Filter) -> set[int]:
    found: set[int] = set()
    for text in item.texts:
        number = record_id(text)
        if number is not None:
            found |= set(answers.live_targets(call.portal, (item.linked_type, table.kind.type_id), number))
    return found


def _record_holds(groups: Sequence[Sequence[Filter]], item: Seen, linked: Mapping[Filter, set[int]]) -> bool:
    def holds(one: Filter) -> bool:
        return item.id in linked[one] if one in linked else one.holds(item.props.get(one.name))

    return not groups or any(all(holds(one) for one in group) for group in groups)


def _world_rows(table: Table, groups: Sequence[Sequence[Filter]], linked: Mapping[Filter, set[int]]) -> Rows:
    every = np.arange(len(table.source), dtype=np.int64)
    if not groups:
        return every
    mask = np.zeros(len(every), np.bool_)
    for group in groups:
        mask[_rows_of_group(table, every, group, linked)] = True
    return np.flatnonzero(mask).astype(np.int64)


def _rows_of_group(table: Table, rows: Rows, group: Sequence[Filter], linked: Mapping[Filter, set[int]]) -> Rows:
    """Rows that pass all filters; those answered from arrays or an index come first, texts see what is left."""
    for item in sorted(group, key=lambda one: _cost(table, one)):
        if item in linked:
            wanted = [table.source.row_of(number) for number in linked[item]]
            rows = rows[np.isin(rows, np.array(wanted, np.int64))]
        elif _cost(table, item) == 0:
            rows = rows[_by_numbers(table, item, rows)]
        elif _cost(table, item) == 1:
            wanted = [row for text in item.texts for row in table.source.where(item.name, text.lower())]
            rows = rows[np.isin(rows, np.array(wanted, np.int64))]
            rows = _by_values(table, item, rows)
        else:
            rows = _by_values(table, item, rows)
    return rows


def _cost(table: Table, item: Filter) -> int:
    if item.linked_type:
        return -1
    if item.numbers is not None and table.source.numbers(item.name) is not None:
        return 0
    listed = table.definitions.get(item.name)
    whole_text = listed is not None and listed.field_type != "checkbox" and item.numbers is None
    return 1 if item.operator in {"EQ", "IN"} and whole_text else 2


def _by_numbers(table: Table, item: Filter, rows: Rows) -> Mask:
    every = table.source.numbers(item.name)
    if every is None or item.numbers is None:
        raise AssertionError(item.name)
    values = every[rows]
    if item.operator in _COMPARE:
        return _COMPARE[item.operator](values, item.numbers[0])
    if item.operator == "BETWEEN":
        return (values >= item.numbers[0]) & (values <= item.numbers[1])
    if item.operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        unset: Mask = np.isnan(values)
        return unset if item.operator == "NOT_HAS_PROPERTY" else ~unset
    equal: Mask = np.isin(values, np.array(item.numbers))
    if item.operator in NEGATIVE:
        return ~equal & ~np.isnan(values) if item.skip_unset else ~equal
    return equal


def _by_values(table: Table, item: Filter, rows: Rows) -> Rows:
    values = table.source.column(item.name, rows)
    return rows[np.array([item.holds(value) for value in values], np.bool_)]


def _asked_for(table: Table, rows: Rows, query: str) -> Rows:
    if not query:
        return rows
    found = np.zeros(len(rows), np.bool_)
    for name in table.kind.searchable:
        values = table.source.column(name, rows)
        found |= np.array([value is not None and query.lower() in value.lower() for value in values], np.bool_)
    return rows[found]


def _mentions(table: Table, item: Seen, query: str) -> bool:
    return not query or any(query.lower() in item.props.get(name, "").lower() for name in table.kind.searchable)


# ---- order and form -------------------------------------------------------------------------------------------------
def _ordered(table: Table, ids: list[int], seen: Mapping[int, Seen], sort: tuple[str, bool]) -> list[int]:
    name, descending = sort
    if name == "hs_object_id":
        return sorted(ids, reverse=descending)
    listed = table.definitions.get(name)
    keys = _keys(table, ids, seen, name, numeric=listed is not None and listed.type in {"number", "date", "datetime"})
    order = sorted(range(len(ids)), key=lambda at: ids[at])
    order.sort(key=lambda at: keys[at], reverse=descending)
    return [ids[at] for at in order]


def _keys(
    table: Table, ids: Sequence[int], seen: Mapping[int, Seen], name: str, *, numeric: bool
) -> list[tuple[bool, Any]]:
    """What to sort by; unset values sort below all others."""
    every = table.source.numbers(name) if numeric else None
    plain = [number for number in ids if number not in seen]
    rows = (np.array(plain, np.int64) - table.source.first) // STEP
    if every is not None:
        known = iter(every[rows].tolist())
        return [(True, next(known) if number not in seen else _number(seen[number], name)) for number in ids]
    texts = iter(table.source.column(name, rows))
    values = [next(texts) if number not in seen else seen[number].props.get(name) for number in ids]
    if numeric:
        numbers = [None if value is None else as_number(value) for value in values]
        return [(number is not None, number or 0.0) for number in numbers]
    return [(value is not None, value or "") for value in values]


def _number(item: Seen, name: str) -> float:
    value = item.props.get(name)
    number = None if value is None else as_number(value)
    return number if number is not None else float("-inf")


def _shown(
    call: Call, table: Table, page: Sequence[int], names: Sequence[str], seen: Mapping[int, Seen]
) -> list[dict[str, Any]]:
    """Records as the index has them, which may be behind the store."""
    plain = [number for number in page if number not in seen]
    fresh = {number for number in plain if number in table.overlay}
    rows = dict(zip(plain, answers.records(call.portal, table, plain, names), strict=True))
    for number in fresh:
        rows[number]["properties"] = _as_loaded(table, number, names)
        row = table.source.row_of(number)
        rows[number]["updatedAt"] = iso(int(table.source.modified_ms[row]))
    return [rows[number] if number in rows else _from_index(call, table, seen[number], names) for number in page]


def _as_loaded(table: Table, number: int, names: Sequence[str]) -> dict[str, str | None]:
    row = table.source.row_of(number)
    return {name: table.source.value(name, row) for name in names}


def _from_index(call: Call, table: Table, item: Seen, names: Sequence[str]) -> dict[str, Any]:
    return {
        "id": str(item.id),
        "properties": {name: item.props.get(name) for name in names},
        "createdAt": iso(item.created_ms),
        "updatedAt": iso(item.updated_ms),
        "archived": False,
        "url": answers.record_url(call.portal, table, item.id),
    }


assert set(_COMPARE) == set(COMPARE)
