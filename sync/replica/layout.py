"""How each canonical table lies in Parquet: its columns with their SQL types, and the surrogates beside the ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evidence import NO_TIME, Columns, raw_columns
from engine.tables import DIRECTIONS, TABLES, Column, Kind
from sync.replica.names import Dictionaries

_SQL = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.TEXTS: "VARCHAR",  # a JSON list
    Kind.TREE: "VARCHAR",  # a JSON document
    Kind.WHOLE: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.TIME: "BIGINT",
    Kind.FLAG: "BOOLEAN",
}
_RAW_SQL = {np.object_: "VARCHAR", np.int32: "INTEGER", np.int64: "BIGINT", np.int8: "TINYINT", np.bool_: "BOOLEAN"}
_DIRECTION = {name: code for code, name in enumerate(DIRECTIONS)}


@dataclass(frozen=True, slots=True)
class Surrogate:
    """An int32 column made from a text column through a dictionary."""

    name: str
    source: str
    dictionary: str
    prefix: str = ""


SURROGATES: Mapping[str, tuple[Surrogate, ...]] = {
    "accounts": (
        Surrogate("account", "account_id", "accounts"),
        Surrogate("parent", "parent_id", "accounts"),
        Surrogate("owner", "owner_id", "owners"),
    ),
    "contacts": (
        Surrogate("person", "contact_id", "people"),
        Surrogate("account", "account_id", "accounts"),
        Surrogate("address", "email", "people", "e:"),
    ),
    "opportunities": (
        Surrogate("account", "account_id", "accounts"),
        Surrogate("owner", "owner_id", "owners"),
    ),
    "owners": (
        Surrogate("owner", "owner_id", "owners"),
        Surrogate("manager", "manager_id", "owners"),
    ),
    "signals": (Surrogate("account", "account_id", "accounts"),),
    "tasks": (
        Surrogate("account", "account_id", "accounts"),
        Surrogate("assignee", "assignee_id", "owners"),
    ),
}


def sql_columns(table: str) -> list[tuple[str, str]]:
    """Column names and SQL types of a table's Parquet files."""
    if table == "activities":
        return [(name, _RAW_SQL[dtype]) for name, dtype in raw_columns()]
    plain = [(column.name, _sql_type(column)) for column in TABLES[table].columns]
    return plain + [(surrogate.name, "INTEGER") for surrogate in SURROGATES[table]]


def _sql_type(column: Column) -> str:
    if column.optional and column.kind in (Kind.WHOLE, Kind.FLAG):
        return "DOUBLE"  # NaN is unknown
    return _SQL[column.kind]


def key_of(table: str) -> str:
    """The column that names a row."""
    return TABLES[table].key


def has_modified(table: str) -> bool:
    """Whether rows carry the time of their last change."""
    return "modified_at" in TABLES[table].names()


def encode(table: str, columns: Mapping[str, Sequence[Any]], count: int, names: Dictionaries) -> Columns:
    """Canonical Python values (None = unknown) as the arrays that are stored."""
    if table == "activities":
        return _encode_activities(columns, count, names)
    out: Columns = {}
    for column in TABLES[table].columns:
        values = columns.get(column.name)
        out[column.name] = _ENCODERS[column.kind](column, values if values is not None else [None] * count, count)
    for surrogate in SURROGATES[table]:
        texts: Any = out[surrogate.source]
        if surrogate.prefix:
            texts = [None if text is None else surrogate.prefix + text.strip().lower() for text in texts]
        out[surrogate.name] = names[surrogate.dictionary].codes(texts, count)
    return out


def _encode_activities(columns: Mapping[str, Sequence[Any]], count: int, names: Dictionaries) -> Columns:
    empty: list[Any] = [None] * count

    def column(name: str) -> Sequence[Any]:
        values = columns.get(name)
        return empty if values is None else values

    return {
        "activity_id": _objects(column("activity_id"), count),
        "kind": names["kinds"].codes(column("kind"), count),
        "occurred_at": np.asarray(column("occurred_at"), np.int64),
        "logged_at": np.asarray(column("logged_at"), np.int64),
        "person": names["people"].codes(_people(column, count), count),
        "account": names["accounts"].codes(column("account_id"), count),
        "actor": names["owners"].codes(column("actor_id"), count),
        "direction": np.fromiter(map(_DIRECTION.__getitem__, column("direction")), np.int8, count),
        "automated": np.asarray(column("automated"), np.bool_),
        "url": names["urls"].codes(column("url"), count),
        "subject": names["subjects"].codes(column("subject"), count),
        "topic": names["topics"].codes(column("topic"), count),
        "modified_at": np.asarray(column("modified_at"), np.int64),
    }


def _people(column: Callable[[str], Sequence[Any]], count: int) -> Sequence[Any]:
    """Whom each activity names: a contact id, else an address, else a domain."""
    contacts, addresses, domains = column("contact_id"), column("email"), column("domain")
    if not _any(addresses) and not _any(domains):
        return contacts
    out: list[str | None] = [None] * count
    for row, (contact, address, domain) in enumerate(zip(contacts, addresses, domains, strict=True)):
        if contact is not None:
            out[row] = contact
        elif address:
            out[row] = "e:" + address.strip().lower()
        elif domain:
            out[row] = "d:" + domain.strip().lower()
    return out


def _any(values: Sequence[Any]) -> bool:
    return any(value is not None for value in values)


def _objects(values: Sequence[Any], count: int) -> NDArray[np.object_]:
    out = np.empty(count, dtype=object)
    out[:] = values
    return out


def _texts(_column: Column, values: Sequence[Any], count: int) -> NDArray[Any]:
    return _objects(values, count)


def _trees(_column: Column, values: Sequence[Any], count: int) -> NDArray[Any]:
    """Lists and documents as JSON text; text that is JSON already stays."""
    return _objects([_tree(value) for value in values], count)


def _tree(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, tuple | np.ndarray) else value, sort_keys=True)


def _numbers(column: Column, values: Sequence[Any], _count: int) -> NDArray[Any]:
    if column.kind is Kind.WHOLE and not column.optional:
        return np.asarray(values, np.int64)
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _times(_column: Column, values: Sequence[Any], _count: int) -> NDArray[Any]:
    if isinstance(values, np.ndarray) and values.dtype == np.int64:
        return values
    return np.array([NO_TIME if value is None else value for value in values], np.int64)


def _flags(column: Column, values: Sequence[Any], count: int) -> NDArray[Any]:
    if column.optional:
        return _numbers(column, values, count)
    return np.asarray(values, np.bool_)


_ENCODERS: Mapping[Kind, Callable[[Column, Sequence[Any], int], NDArray[Any]]] = {
    Kind.ID: _texts,
    Kind.TEXT: _texts,
    Kind.TEXTS: _trees,
    Kind.TREE: _trees,
    Kind.WHOLE: _numbers,
    Kind.NUMBER: _numbers,
    Kind.TIME: _times,
    Kind.FLAG: _flags,
}
