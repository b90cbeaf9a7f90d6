"""Binds field paths to fields, and reads values along them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sandbox.soql.data import Data
from sandbox.soql.errors import no_such_column, no_such_parent, pointed
from sandbox.soql.ids import Positions
from sandbox.soql.nodes import Name
from sandbox.soql.schema import Field, SObject

LEVELS: Final = 5
_POINTED: Final = {  # what every record that a polymorphic reference can point at shows under its relationship
    name.lower(): Field(name, kind, label)
    for name, kind, label in (
        ("Id", "id", "Name ID"),
        ("Name", "string", "Name"),
        ("Type", "picklist", "Type"),
        ("Email", "email", "Email"),
        ("Phone", "phone", "Phone"),
        ("Title", "string", "Title"),
        ("FirstName", "string", "First Name"),
        ("LastName", "string", "Last Name"),
        ("Alias", "string", "Alias"),
        ("Username", "string", "Username"),
        ("IsActive", "boolean", "Active"),
        ("UserRoleId", "reference", "Role ID"),
        ("ProfileId", "reference", "Profile ID"),
    )
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A path tied to the catalogue: reference fields to follow, then the field itself."""

    entity: SObject
    parents: tuple[Field, ...]
    field: Field

    @property
    def label(self) -> str:
        """The path in the catalogue's own spelling."""
        return ".".join([*(each.relation or "" for each in self.parents), self.field.name])


def bind(data: Data, entity: SObject, name: Name, text: str, alias: str | None) -> Bound:
    """The path of a name, seen from an object. Raises SoqlError INVALID_FIELD."""
    path = _without_alias(data, entity, name, alias)
    parents: list[Field] = []
    here: SObject | None = entity
    for step in path[:-1]:
        reference = data.relation(here, step) if here is not None else None
        if reference is None:
            raise no_such_parent(text, name.at, step)
        parents.append(reference)
        here = None if reference.polymorphic else data.entity(reference.refs[0])
    if len(parents) > LEVELS:
        raise pointed("INVALID_FIELD", text, name.at, "Maximum 5 relationship levels exceeded in field path")
    field = data.field(here, path[-1]) if here is not None else _POINTED.get(path[-1].lower())
    if field is None:
        raise no_such_column(text, name.at, path[-1], here.name if here is not None else "Name")
    return Bound(entity, tuple(parents), field)


def _without_alias(data: Data, entity: SObject, name: Name, alias: str | None) -> tuple[str, ...]:
    first = name.path[0].lower()
    if len(name.path) > 1 and (
        first == (alias or "").lower() or (first == entity.name.lower() and data.relation(entity, first) is None)
    ):
        return name.path[1:]
    return name.path


def read(data: Data, bound: Bound, at: Positions) -> list[Any]:
    """Values at the end of a path for these rows; None where a reference on the way is empty."""
    rows = data.rows(bound.entity)
    if not bound.parents:
        return rows.take(bound.field.name, at)
    ids = rows.take(bound.parents[0].name, at)
    wanted = {each for each in ids if each}
    values = _read_parents(data, bound.parents, bound.field, sorted(wanted))
    return [values.get(each) for each in ids]


def _read_parents(data: Data, parents: tuple[Field, ...], field: Field, ids: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for entity, members, at in parents_of(data, parents[0], ids):
        if len(parents) > 1:
            inner = read(data, Bound(entity, parents[1:], field), at)
        elif parents[0].polymorphic:
            inner = pointed_values(data, entity, field.name, at)
        else:
            inner = data.rows(entity).take(field.name, at)
        values.update(zip(members, inner, strict=True))
    return values


def parents_of(data: Data, reference: Field, ids: list[str]) -> list[tuple[SObject, list[str], Positions]]:
    """The records behind references, by object: the object, the ids that exist, their positions."""
    groups: dict[str, list[str]] = {}
    for record_id in ids:
        groups.setdefault(record_id[:3], []).append(record_id)
    found: list[tuple[SObject, list[str], Positions]] = []
    for members in groups.values():
        entity = data.owner_of(members[0]) if reference.polymorphic else data.entity(reference.refs[0])
        if entity is None:
            continue
        at = data.rows(entity).find(members)
        known = at >= 0
        found.append((entity, [each for each, ok in zip(members, known, strict=True) if ok], at[known]))
    return found


def pointed_values(data: Data, entity: SObject, name: str, at: Positions) -> list[Any]:
    """A field of the pseudo-object ``Name`` for records of one object."""
    if name == "Type":
        return [entity.name] * len(at)
    field = entity.fields.get(name.lower())
    if field is None and name == "Name":
        field = next((each for each in entity.fields.values() if each.name_field), None)
    if field is None:
        return [None] * len(at)
    return data.rows(entity).take(field.name, at)


def no_rows() -> Positions:
    """Zero positions."""
    return np.empty(0, np.int64)
