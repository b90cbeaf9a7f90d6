"""Merging records: losers go to the recycle bin and name the winner, their children follow it."""

from __future__ import annotations

from typing import Final

from sandbox.salesforce.errors import RowRefusal
from sandbox.salesforce.writes import Writer
from sandbox.soql.schema import SObject

_MOST_LOSERS: Final = 2
_DERIVED: Final = frozenset({"MasterRecordId", "CreatedById", "LastModifiedById"})


def merge(writer: Writer, entity: SObject, winner: str, losers: list[str]) -> None:
    """Merges up to two losers into a winner of the same object. Raises RowRefusal."""
    if not entity.mergeable:
        raise RowRefusal("INVALID_TYPE", f"{entity.name} records cannot be merged")
    if not 1 <= len(losers) <= _MOST_LOSERS:
        raise RowRefusal("INVALID_NUM_1_PARAM", "Only three records can be merged at a time")
    for loser in losers:
        _move_children(writer, entity, loser, winner)
        writer.bury(entity, loser, {"MasterRecordId": winner})
    table = writer.view.rows(entity)
    table.patch(table.position(winner), {"SystemModstamp": writer.view.org.stamp()})
    writer.notes.append(("merge", entity.name, winner, {"merged": losers}, {"winner": winner}))


def _move_children(writer: Writer, entity: SObject, loser: str, winner: str) -> None:
    stamp = writer.view.org.stamp()
    for child, reference in writer.view.child_fields(entity):
        if reference.name in _DERIVED or child.tooling:
            continue
        table = writer.view.rows(child)
        for position in writer.children(child, reference, loser).tolist():
            before = {reference.name: loser, "SystemModstamp": table.value(position, "SystemModstamp")}
            table.patch(position, {reference.name: winner, "SystemModstamp": stamp})
            writer.undo.append(lambda table=table, position=position, before=before: table.patch(position, before))  # type: ignore[misc]
            note = ("update", child.name, table.record_id(position), {reference.name: loser}, {reference.name: winner})
            writer.notes.append(note)
