"""Saving one record: what a create, an update, a delete and an undelete check, change and note down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from sandbox.salesforce import rules
from sandbox.salesforce.coerce import coerce
from sandbox.salesforce.errors import RowRefusal, deleted, no_such_column
from sandbox.salesforce.org import View
from sandbox.salesforce.table import Table
from sandbox.soql.checks import Check
from sandbox.soql.ids import Positions, full, is_id
from sandbox.soql.schema import Field, SObject

_READ_ONLY: Final = (
    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is "
    "read/write for your profile or permission set."
)
_CROSS: Final = "INVALID_CROSS_REFERENCE_KEY"


@dataclass(slots=True)
class Writer:
    """Writes of one call, as one user. ``undo`` takes everything back, newest first."""

    view: View
    auto_assign: bool = True
    who: str = ""
    held: bool = False  # part of a larger transaction: commit waits for ``settle``
    undo: list[Callable[[], None]] = field(default_factory=list)
    notes: list[tuple[Any, ...]] = field(default_factory=list)  # for the journal, once the call is committed

    def __post_init__(self) -> None:
        self.who = self.who or self.view.org.username(self.view.user_id)

    # ---- the end of a call ------------------------------------------------------------------------------------------
    def commit(self) -> None:
        """Puts what was written into the journal, unless a larger transaction holds it."""
        if not self.held:
            self.settle()

    def settle(self) -> None:
        """Puts everything into the journal."""
        for verb, name, record_id, before, after in self.notes:
            self.view.org.journal.add("salesforce", self.who, verb, name, record_id, before=before, after=after)
        self.notes.clear()
        self.undo.clear()

    def mark(self) -> tuple[int, int]:
        """A point that ``back_to`` returns to."""
        return len(self.undo), len(self.notes)

    def back_to(self, mark: tuple[int, int] = (0, 0)) -> None:
        """Takes back what was written since a mark, newest first; by default since the last commit."""
        while len(self.undo) > mark[0]:
            self.undo.pop()()
        del self.notes[mark[1] :]

    # ---- verbs ------------------------------------------------------------------------------------------------------
    def create(self, entity: SObject, body: Mapping[str, Any]) -> str:
        """Saves a new record; returns its id. Raises RowRefusal."""
        if not entity.createable:
            words = f"entity type {entity.name} does not support create"
            raise RowRefusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", words)
        values = self._values(entity, body, creating=True)
        rules.defaults(self.view, entity, values, auto_assign=self.auto_assign)
        _require(entity, values)
        table = self.view.rows(entity)
        rules.before_save(self.view, entity, values, {})
        self._unique(entity, values, -1)
        stamp = self.view.org.stamp()
        author = self.view.user_id
        system = {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}
        row = values | system | {"CreatedById": author, "LastModifiedById": author}
        position = table.add(row)
        record_id = table.record_id(position)
        self.undo.append(lambda: table.discard(position))
        self.notes.append(("create", entity.name, record_id, None, dict(values)))
        rules.after_save(self.view, entity)
        return record_id

    def update(self, entity: SObject, record_id: str, body: Mapping[str, Any]) -> None:
        """Changes fields of a record. Raises RowRefusal."""
        if not entity.updateable:
            words = f"entity type {entity.name} does not support update"
            raise RowRefusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", words)
        table = self.view.rows(entity)
        position = self.locate(entity, record_id)
        if table.is_dead(position):
            raise deleted()
        rules.may_update(entity, table, position)
        values = self._values(entity, body, creating=False)
        _require_kept(entity, values)
        old = {name: table.value(position, name) for name in values}
        rules.before_save(self.view, entity, values, _Old(table, position))
        self._unique(entity, values, position)
        self._save(table, position, entity, values, old)
        if "OwnerId" in values and values["OwnerId"] != old.get("OwnerId"):
            rules.owner_changed(self, entity, record_id)
        rules.after_save(self.view, entity)

    def _save(self, table: Table, position: int, entity: SObject, values: dict[str, Any], old: dict[str, Any]) -> None:
        old = {name: old[name] if name in old else table.value(position, name) for name in values}
        if old != values or self.view.org.switch("noop_bumps", default=True):
            stamp = self.view.org.stamp()
            system = {"LastModifiedDate": stamp, "SystemModstamp": stamp, "LastModifiedById": self.view.user_id}
            before = old | {name: table.value(position, name) for name in system}
            table.patch(position, values | system)
            self.undo.append(lambda: table.patch(position, before))
        self.notes.append(("update", entity.name, table.record_id(position), old, dict(values)))

    def upsert(self, entity: SObject, key: Field, value: Any, body: Mapping[str, Any]) -> tuple[str, bool]:
        """Updates the record that holds an external id, or creates it; returns its id and whether it is new.

        Raises RowRefusal; MultipleChoices where several records hold the value.
        """
        stored = coerce(key, value)
        if stored is None:
            words = f"{key.name} not specified"
            raise RowRefusal("MISSING_ARGUMENT", words)
        held = self.holders(entity, key, stored)
        if len(held) > 1:
            raise MultipleChoices([self.view.rows(entity).record_id(int(each)) for each in held])
        if len(held):
            record_id = self.view.rows(entity).record_id(int(held[0]))
            self.update(entity, record_id, body)
            return record_id, False
        return self.create(entity, {**body, key.name: value}), True

    def holders(self, entity: SObject, key: Field, stored: Any) -> Positions:
        """Live rows that hold a value of an external-id field."""
        table = self.view.rows(entity)
        if key.unique:
            position = table.holder(key.name, stored)
            return np.array([position] if position >= 0 else [], np.int64)
        at = table.everything(deleted=False)
        folds = isinstance(stored, str) and not key.case_sensitive
        wanted = stored.casefold() if folds else stored
        return at[table.test(key.name, at, Check("=", frozenset([wanted]), folds))]

    def delete(self, entity: SObject, record_id: str) -> None:
        """Moves a record, and what hangs on it, into the recycle bin. Raises RowRefusal."""
        if not entity.deletable:
            words = f"entity type {entity.name} does not support delete"
            raise RowRefusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", words)
        table = self.view.rows(entity)
        position = self.locate(entity, record_id)
        if table.is_dead(position):
            raise deleted()
        self._bury(entity, table, position, {})
        for child, reference in self.view.child_fields(entity):
            if reference.cascade or child.name in {"Task", "Event"}:
                self._bury_children(child, reference, table.record_id(position))
        rules.after_save(self.view, entity)

    def _bury_children(self, child: SObject, reference: Field, parent: str) -> None:
        if reference.name == "AccountId" and child.name in {"Task", "Event"}:
            return  # derived from WhoId or WhatId: the record hangs on those
        for position in self.children(child, reference, parent).tolist():
            table = self.view.rows(child)
            if not table.is_dead(position):
                self.delete(child, table.record_id(position))

    def children(self, child: SObject, reference: Field, parent: str) -> Positions:
        """Live rows of an object that point at a record."""
        table = self.view.rows(child)
        at = table.everything(deleted=False)
        return at[table.test(reference.name, at, Check("=", frozenset([parent])))]

    def _bury(self, entity: SObject, table: Table, position: int, extra: dict[str, Any]) -> None:
        stamp = self.view.org.stamp()
        system = {"LastModifiedDate": stamp, "SystemModstamp": stamp, "LastModifiedById": self.view.user_id} | extra
        before = {name: table.value(position, name) for name in system}
        table.kill(position)
        table.patch(position, system)

        def dig_out() -> None:
            table.patch(position, before)
            table.kill(position, dead=False)

        self.undo.append(dig_out)
        note = {"IsDeleted": True} | extra
        self.notes.append(("delete", entity.name, table.record_id(position), {"IsDeleted": False}, note))

    def bury(self, entity: SObject, record_id: str, extra: dict[str, Any]) -> None:
        """Puts one record alone into the recycle bin with some fields set, as a merge does with its losers."""
        self._bury(entity, self.view.rows(entity), self.locate(entity, record_id), extra)

    def undelete(self, entity: SObject, record_id: str) -> None:
        """Takes a record out of the recycle bin. Raises RowRefusal."""
        table = self.view.rows(entity)
        position = self.locate(entity, record_id)
        if not table.is_dead(position):
            raise RowRefusal("UNDELETE_FAILED", "Entity is not in the recycle bin")
        self._unique(entity, {each.name: table.value(position, each.name) for each in _uniques(entity)}, position)
        table.kill(position, dead=False)
        table.patch(position, {"SystemModstamp": self.view.org.stamp()})
        self.notes.append(("undelete", entity.name, record_id, {"IsDeleted": True}, {"IsDeleted": False}))

    # ---- checks -----------------------------------------------------------------------------------------------------
    def locate(self, entity: SObject, record_id: Any) -> int:
        """The position of a record by id, deleted ones too. Raises RowRefusal."""
        if not is_id(record_id):
            raise RowRefusal("MALFORMED_ID", f"malformed id {record_id}")
        if str(record_id)[:3] != entity.prefix:
            words = f"{entity.label} ID: id value of incorrect type: {full(record_id)}"
            raise RowRefusal("MALFORMED_ID", words, ["Id"])
        position = self.view.rows(entity).position(full(record_id))
        if position < 0:
            raise RowRefusal(_CROSS, "invalid cross reference id")
        return position

    def _values(self, entity: SObject, body: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
        values: dict[str, Any] = {}
        unwritable: list[str] = []
        for name, given in body.items():
            if name.lower() in {"attributes", "id"}:
                continue
            known, value = self._field_of(entity, name, given)
            if not (known.createable if creating else known.updateable) or not self.view.editable(entity, known):
                unwritable.append(known.name)
                continue
            values[known.name] = self._checked(entity, known, value)
        if unwritable:
            raise RowRefusal("INVALID_FIELD_FOR_INSERT_UPDATE", _READ_ONLY.format(", ".join(unwritable)), unwritable)
        return values

    def _field_of(self, entity: SObject, name: str, value: Any) -> tuple[Field, Any]:
        known = self.view.field(entity, name)
        if known is not None:
            return known, value
        reference = self.view.relation(entity, name)
        if reference is None or not isinstance(value, Mapping):
            raise no_such_column(name, entity.name)
        return reference, self._by_key(reference, value)

    def _by_key(self, reference: Field, value: Mapping[str, Any]) -> str:
        """The record that ``{"World_Key__c": "A000001"}`` under a relationship's name means."""
        attributes = value.get("attributes") or {}
        target = self.view.entity(attributes.get("type") or reference.refs[0])
        pairs = [(name, each) for name, each in value.items() if name != "attributes"]
        key = self.view.field(target, pairs[0][0]) if target is not None and len(pairs) == 1 else None
        if target is None or key is None or not (key.external_id or key.id_lookup):
            raise RowRefusal("INVALID_FIELD", f"Foreign key external ID: {reference.name} is not usable here")
        held = self.holders(target, key, coerce(key, pairs[0][1]))
        if not len(held):
            words = f"Foreign key external ID: {pairs[0][1]} not found for field {key.name} in entity {target.name}"
            raise RowRefusal("INVALID_FIELD", words)
        return self.view.rows(target).record_id(int(held[0]))

    def _checked(self, entity: SObject, known: Field, value: Any) -> Any:
        stored = coerce(known, value)
        if stored is not None and known.refs:
            self._pointed(entity, known, stored)
        return stored

    def _pointed(self, entity: SObject, known: Field, target: str) -> None:
        table = self.view.org.table_of(target)
        if table is None or table.entity.name not in known.refs:
            words = f"{known.label}: id value of incorrect type: {target}"
            raise RowRefusal("FIELD_INTEGRITY_EXCEPTION", words, [known.name])
        position = table.position(target)
        if position < 0 or table.is_dead(position):
            raise RowRefusal(_CROSS, "invalid cross reference id", [known.name])
        if known.name == "OwnerId" and table.entity.name == "User" and not table.value(position, "IsActive"):
            words = f"operation performed with inactive user [{target[:15]}] as owner of {entity.name.lower()}"
            raise RowRefusal("INACTIVE_OWNER_OR_USER", words, [known.name])

    def _unique(self, entity: SObject, values: Mapping[str, Any], position: int) -> None:
        table = self.view.rows(entity)
        for each in _uniques(entity):
            value = values.get(each.name)
            if value is None:
                continue
            holder = table.holder(each.name, value)
            if holder not in {-1, position}:
                words = f"duplicate value found: {each.name} duplicates value on record with id: "
                raise RowRefusal("DUPLICATE_VALUE", words + table.record_id(holder)[:15], [])


class MultipleChoices(Exception):
    """Several records hold the value of an external id."""

    def __init__(self, record_ids: list[str]) -> None:
        super().__init__(f"{len(record_ids)} records")
        self.record_ids = record_ids


class _Old(Mapping[str, Any]):
    """A stored row as a mapping, read field by field."""

    def __init__(self, table: Table, position: int) -> None:
        self._table, self._position = table, position

    def __getitem__(self, name: str) -> Any:
        return self._table.value(self._position, name)

    def __iter__(self) -> Any:
        return iter(each.name for each in self._table.entity.fields.values())

    def __len__(self) -> int:
        return len(self._table.entity.fields)


def _uniques(entity: SObject) -> list[Field]:
    return [each for each in entity.fields.values() if each.unique]


def _require(entity: SObject, values: Mapping[str, Any]) -> None:
    missing = [
        each.name
        for each in entity.fields.values()
        if not each.nillable and not each.defaulted and each.createable and values.get(each.name) is None
    ]
    if missing:
        words = f"Required fields are missing: [{', '.join(missing)}]"
        raise RowRefusal("REQUIRED_FIELD_MISSING", words, missing)


def _require_kept(entity: SObject, values: Mapping[str, Any]) -> None:
    emptied = [name for name, value in values.items() if value is None and not entity.fields[name.lower()].nillable]
    if emptied:
        words = f"Required fields are missing: [{', '.join(emptied)}]"
        raise RowRefusal("REQUIRED_FIELD_MISSING", words, emptied)
