"""What the groups of rows share: a transaction, the connection's name, and upserts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

CHUNK: Final = 500  # values in one IN list
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Rows:
    """A group of rows inside one transaction."""

    sql: Connection
    connection: str  # name of the CRM connection that the rows belong to


def upsert(sql: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those with the same primary key; only the columns given are replaced."""
    if not rows:
        return
    insert = postgresql.insert if sql.dialect.name == "postgresql" else sqlite.insert
    statement: Any = insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    sql.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest), [dict(row) for row in rows])


def insert_new(sql: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose primary key is there already are left as they are."""
    if not rows:
        return
    insert = postgresql.insert if sql.dialect.name == "postgresql" else sqlite.insert
    statement: Any = insert(table)
    sql.execute(statement.on_conflict_do_nothing(), [dict(row) for row in rows])


def chunks(items: Sequence[_Item], size: int = CHUNK) -> Iterator[Sequence[_Item]]:
    """The items in pieces."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
