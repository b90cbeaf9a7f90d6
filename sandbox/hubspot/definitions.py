"""Property definitions of one object type: what exists, what was made, changed and archived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.hubspot import catalog
from sandbox.hubspot.errors import Problem, RefusalError, bad_values, invalid
from sandbox.hubspot.kinds import ObjectKind
from sandbox.hubspot.moments import iso

MAX_UNIQUE = 10
FIELD_TYPES = {
    "string": ("text", "textarea", "html", "file", "phonenumber"),
    "number": ("number",),
    "bool": ("booleancheckbox",),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox"),
    "date": ("date",),
    "datetime": ("date",),
    "phone_number": ("phonenumber",),
}
BORN_MS = 1_593_532_657_000  # 2020-06-30, when standard properties were made


@dataclass(slots=True)
class Definition:
    """One property."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    read_only: bool = False
    standard: bool = True
    owner: bool = False
    hidden: bool = False
    form_field: bool = True
    display_order: int = -1
    free: bool = False  # an enumeration whose options are not enforced
    email: bool = False
    created_ms: int = BORN_MS
    updated_ms: int = BORN_MS
    user_id: str = ""
    archived_ms: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The definition as the properties API shows it."""
        shown: dict[str, Any] = {
            "updatedAt": iso(self.updated_ms),
            "createdAt": iso(self.created_ms),
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": self.options,
            "displayOrder": self.display_order,
            "calculated": False,
            "externalOptions": self.owner,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "modificationMetadata": {
                "archivable": not self.standard,
                "readOnlyDefinition": self.standard,
                "readOnlyValue": self.read_only,
            },
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
        }
        if self.owner:
            shown["referencedObjectType"] = "OWNER"
        if self.standard:
            shown["hubspotDefined"] = True
        else:
            shown |= {"createdUserId": self.user_id, "updatedUserId": self.user_id}
            shown["archived"] = self.archived_ms is not None
        if self.archived_ms is not None:
            shown["archivedAt"] = iso(self.archived_ms)
        return shown


@dataclass(slots=True)
class Group:
    """A heading under which properties are shown."""

    name: str
    label: str
    display_order: int = -1

    def as_json(self) -> dict[str, Any]:
        """The group as the properties API shows it."""
        return {"name": self.name, "label": self.label, "displayOrder": self.display_order, "archived": False}


def _options(values: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = enumerate(values.items())
    return [{"label": label, "value": value, "displayOrder": at, "hidden": False} for at, (value, label) in rows]


def _from_line(kind: ObjectKind, name: str, line: str) -> Definition:
    words = line.split()
    listed = next((word.removeprefix("options=") for word in words if word.startswith("options=")), "")
    labels = catalog.LABELS.get(name) or {value: value.replace("_", " ").capitalize() for value in listed.split(",")}
    if words[0] == "bool":
        labels = {"true": "Yes", "false": "No"}
    made = name.startswith("+")
    clean = name.removeprefix("+")
    return Definition(
        name=clean,
        label=clean.removeprefix("hs_").replace("_", " ").capitalize(),
        type=words[0],
        field_type=words[1],
        group=catalog.group_of(kind),
        options=_options(labels) if listed or words[0] == "bool" else [],
        unique="unique" in words,
        read_only="ro" in words,
        standard=not made,
        owner="owner" in words,
        free="free" in words or "owner" in words,
        email="email" in words,
        user_id="9586504" if made else "",
    )


class Definitions:
    """The properties and groups of one object type."""

    def __init__(self, kind: ObjectKind, *, read_only: frozenset[str], can_be_unique: bool) -> None:
        self.kind = kind
        self._can_be_unique = can_be_unique
        made = [_from_line(kind, name, line) for name, line in catalog.lines_of(kind).items()]
        self._all = {item.name: item for item in made}
        for name in read_only & set(self._all):
            self._all[name].read_only = True
        group = catalog.group_of(kind)
        self.groups = {group: Group(group, f"{kind.singular.capitalize()} information", 0)}

    def get(self, name: str) -> Definition | None:
        """The live definition of this name."""
        found = self._all.get(name)
        return found if found is not None and found.archived_ms is None else None

    def any(self, name: str) -> Definition | None:
        """The definition of this name, archived or not."""
        return self._all.get(name)

    def listed(self, *, archived: bool) -> list[Definition]:
        """All live, or all archived, definitions by name."""
        kept = (item for item in self._all.values() if (item.archived_ms is not None) == archived)
        return sorted(kept, key=lambda item: item.name)

    def unique_names(self) -> list[str]:
        """Properties of which no two records may share a value."""
        return [item.name for item in self._all.values() if item.unique and item.archived_ms is None]

    def create(self, body: Mapping[str, Any], now_ms: int, user_id: str) -> Definition:
        """A new property; a name that exists archived comes back with the posted definition."""
        missing = [key for key in ("groupName", "name", "label", "type", "fieldType") if not body.get(key)]
        if missing:
            listed = ", ".join(missing)
            raise invalid(f"Invalid input JSON on line 1, column 2. Some required fields were not set: [{listed}]")
        name = str(body["name"])
        if self.get(name) is not None:
            raise name_taken(name)
        self._check(body, name)
        old = self._all.get(name)
        made = Definition(
            name=name,
            label=str(body["label"]),
            type=str(body["type"]),
            field_type=str(body["fieldType"]),
            group=str(body["groupName"]),
            standard=False,
            created_ms=old.created_ms if old is not None else now_ms,
            updated_ms=now_ms,
            user_id=user_id,
            unique=bool(body.get("hasUniqueValue")) and self._can_be_unique,
        )
        self._amend(made, body)
        self._all[name] = made
        return made

    def _check(self, body: Mapping[str, Any], name: str) -> None:
        if not name.replace("_", "").isalnum() or name != name.lower() or not name[0].isalpha():
            raise invalid(f"Property name '{name}' is not valid: lower case letters, digits and underscores only.")
        check_types(str(body["type"]), str(body["fieldType"]))
        if str(body["groupName"]) not in self.groups:
            raise invalid(f"Property group '{body['groupName']}' does not exist.")
        if body["type"] == "bool" and not body.get("options"):
            raise invalid("Boolean properties must have exactly two options: true and false.")
        if body.get("hasUniqueValue") and len(self.unique_names()) - 1 >= MAX_UNIQUE:
            raise invalid(f"You have reached the limit of {MAX_UNIQUE} unique properties for this object type.")

    def change(self, name: str, body: Mapping[str, Any], now_ms: int, user_id: str) -> Definition:
        """The property with the posted parts replaced; ``options`` replaces the whole list."""
        found = self.get(name)
        if found is None:
            raise no_property(name)
        if found.standard and set(body) - {"options", "groupName", "displayOrder", "hidden"}:
            raise invalid(f"The definition of property '{name}' is read only.")
        check_types(str(body.get("type", found.type)), str(body.get("fieldType", found.field_type)))
        found.type = str(body.get("type", found.type))
        found.field_type = str(body.get("fieldType", found.field_type))
        found.label = str(body.get("label", found.label))
        found.group = str(body.get("groupName", found.group))
        self._amend(found, body)
        found.updated_ms, found.user_id = now_ms, user_id
        return found

    @staticmethod
    def _amend(item: Definition, body: Mapping[str, Any]) -> None:
        item.description = str(body.get("description", item.description) or "")
        item.hidden = bool(body.get("hidden", item.hidden))
        item.form_field = bool(body.get("formField", item.form_field))
        item.display_order = int(body.get("displayOrder", item.display_order) or 0)
        if "options" in body:
            rows = list(enumerate(body["options"] or []))
            item.options = [{"displayOrder": at, "hidden": False, **option} for at, option in rows]

    def archive(self, name: str, now_ms: int) -> None:
        """Puts a custom property away; its values stay on the records."""
        found = self.get(name)
        if found is None:
            raise no_property(name)
        if found.standard:
            raise invalid(f"Property '{name}' cannot be archived.")
        found.archived_ms = now_ms

    def missing(self, name: str) -> Problem:
        """The problem of a write to a property that is not defined."""
        return Problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')

    def require(self, name: str, portal_id: int) -> Definition:
        """The live definition; a 400 when there is none."""
        found = self.get(name)
        if found is None:
            raise bad_values([self.missing(name)], portal_id)
        return found


def check_types(type_name: str, field_type: str) -> None:
    """A 400 unless the type exists and goes with the field type."""
    if type_name not in FIELD_TYPES or field_type not in FIELD_TYPES[type_name]:
        raise invalid(f"Type '{type_name}' and fieldType '{field_type}' cannot be combined.")


def name_taken(name: str) -> RefusalError:
    """A live property has this name."""
    return RefusalError(
        409,
        f"A property named '{name}' already exists.",
        "OBJECT_ALREADY_EXISTS",
        subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
        context={"name": [name]},
    )


def no_property(name: str) -> RefusalError:
    """No live property has this name."""
    return RefusalError(404, f'Property "{name}" does not exist', "OBJECT_NOT_FOUND", context={"name": [name]})
