"""One pretend org: its objects, their rows, and what each user may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.frame import Clock, Journal, Options
from sandbox.salesforce.activity import ACTIVITIES, SETTINGS, TOOLING
from sandbox.salesforce.catalogue import read_object, with_fields, without_field
from sandbox.salesforce.computed import COMPUTED
from sandbox.salesforce.permissions import Permissions
from sandbox.salesforce.standard import STANDARD
from sandbox.salesforce.table import Table
from sandbox.soql.checks import Moment
from sandbox.soql.dates import wire_datetime
from sandbox.soql.schema import Field, SObject

USERNAME: Final = "tierline@sandbox.example"


def _standard_objects() -> list[SObject]:
    written = {**STANDARD, **ACTIVITIES, **SETTINGS, **TOOLING}
    return [read_object(heading, body) for heading, body in written.items()]


_OBJECTS: Final = tuple(_standard_objects())


class Org:
    """All state of the pretend org but sessions, cursors and jobs."""

    def __init__(self, clock: Clock, journal: Journal, options: Options) -> None:
        self.clock, self.journal, self.options = clock, journal, options
        self.reset()

    def reset(self) -> None:
        """An org with its objects and nobody in it."""
        self.tables: dict[str, Table] = {each.name.lower(): Table(each, COMPUTED.get(each.name)) for each in _OBJECTS}
        self._by_prefix = {table.entity.prefix: table for table in self.tables.values()}
        self.permissions = Permissions(self.table)
        self._views: dict[tuple[str, bool, bool], View] = {}
        self._version = 0

    # ---- objects ----------------------------------------------------------------------------------------------------
    def table(self, name: str) -> Table:
        """The rows of an object that is known to exist."""
        return self.tables[name.lower()]

    def table_of(self, record_id: str) -> Table | None:
        """The rows of the object that an id belongs to."""
        return self._by_prefix.get(record_id[:3])

    def extend(self, name: str, fields: Sequence[Field]) -> None:
        """Adds or replaces fields of an object."""
        table = self.table(name)
        table.entity = with_fields(table.entity, list(fields))
        self.changed()

    def withdraw(self, name: str, field: str) -> None:
        """Takes a custom field away."""
        table = self.table(name)
        table.entity = without_field(table.entity, field)
        self.changed()

    def changed(self) -> None:
        """Says that fields or permissions changed: what users see is worked out anew."""
        self._version += 1
        self._views.clear()
        self.permissions.forget()

    @property
    def version(self) -> int:
        """Grows with each change of fields or permissions."""
        return self._version

    def view(self, user_id: str, *, tooling: bool = False, whole: bool = False) -> View:
        """The org as one user sees it; ``whole`` sees and edits every field."""
        key = (user_id, tooling, whole)
        if key not in self._views:
            self._views[key] = View(self, user_id, tooling=tooling, whole=whole)
        return self._views[key]

    # ---- people and time --------------------------------------------------------------------------------------------
    def stamp(self) -> str:
        """Now in wire form, whole seconds."""
        return wire_datetime(self.clock.now().replace(microsecond=0))

    def user(self, username: str) -> int:
        """The position of a user by user name, -1 when there is none."""
        return self.table("User").holder("Username", username)

    def username(self, user_id: str) -> str:
        """The user name behind a user id."""
        users = self.table("User")
        position = users.position(user_id)
        return str(users.value(position, "Username")) if position >= 0 else user_id

    def switch(self, name: str, default: Any) -> Any:
        """An unconfirmed behaviour by name, as it is set."""
        return self.options.switches.get(f"salesforce.{name}", default)

    @property
    def org_id(self) -> str:
        """The id of the org."""
        return self.table("Organization").record_id(0)


class View:
    """The catalogue and the rows as one user sees them: hidden fields do not exist."""

    def __init__(self, org: Org, user_id: str, *, tooling: bool, whole: bool) -> None:
        self.org = org
        self.user_id = user_id
        self._tooling, self._whole = tooling, whole
        self._seen: dict[str, Mapping[str, Field]] = {}
        self._zone = self._zone_of(user_id)

    def _zone_of(self, user_id: str) -> ZoneInfo:
        users = self.org.table("User")
        position = users.position(user_id)
        key = users.value(position, "TimeZoneSidKey") if position >= 0 else None
        return ZoneInfo(str(key or "UTC"))

    @property
    def moment(self) -> Moment:
        """Now, and the user's time zone."""
        return Moment(self.org.clock.now(), self._zone)

    def entity(self, name: str) -> SObject | None:
        """A queryable object by name in any case."""
        table = self.org.tables.get(name.lower())
        if table is None or (table.entity.tooling and not self._tooling):
            return None
        return table.entity

    def entities(self) -> list[SObject]:
        """All objects that the user may see."""
        return [each.entity for each in self.org.tables.values() if not each.entity.tooling]

    def visible(self, entity: SObject) -> Mapping[str, Field]:
        """The visible fields of an object by lower-case name."""
        seen = self._seen.get(entity.name)
        if seen is None:
            may = self.org.permissions.may_read
            seen = {
                key: each
                for key, each in entity.fields.items()
                if self._whole or not each.guarded or may(self.user_id, entity.name, each.name)
            }
            self._seen[entity.name] = seen
        return seen

    def fields(self, entity: SObject) -> list[Field]:
        """The visible fields of an object in order."""
        return list(self.visible(entity).values())

    def field(self, entity: SObject, name: str) -> Field | None:
        """A visible field by name in any case."""
        return self.visible(entity).get(name.lower())

    def editable(self, entity: SObject, field: Field) -> bool:
        """Whether the user may write a visible field."""
        if self._whole or not field.guarded:
            return True
        return self.org.permissions.may_edit(self.user_id, entity.name, field.name)

    def relation(self, entity: SObject, name: str) -> Field | None:
        """The visible reference field behind a parent relationship's name."""
        field = entity.relations.get(name.lower())
        return field if field is not None and self.field(entity, field.name) is not None else None

    def children(self, entity: SObject, name: str) -> tuple[SObject, Field] | None:
        """The child object and reference behind a child relationship's name."""
        for child, field in self.child_fields(entity):
            if (field.children or "").lower() == name.lower():
                return child, field
        return None

    def child_fields(self, entity: SObject) -> list[tuple[SObject, Field]]:
        """All references to an object, with the objects that hold them."""
        return [
            (table.entity, field)
            for table in self.org.tables.values()
            for field in table.entity.fields.values()
            if entity.name in field.refs and (not table.entity.tooling or self._tooling)
        ]

    def owner_of(self, record_id: str) -> SObject | None:
        """The object that a record id belongs to."""
        table = self.org.table_of(record_id)
        return table.entity if table is not None else None

    def rows(self, entity: SObject) -> Table:
        """The rows of an object."""
        return self.org.table(entity.name)
