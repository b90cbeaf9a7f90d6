"""What a query may name: objects and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

TEXT_TYPES: Final = frozenset(
    {"string", "picklist", "textarea", "email", "phone", "url", "combobox", "multipicklist", "encryptedstring"},
)
NUMBER_TYPES: Final = frozenset({"int", "double", "currency", "percent", "long"})
ID_TYPES: Final = frozenset({"id", "reference"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a picklist."""

    value: str
    label: str
    default: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object, with the facts that describes, queries and writes rest on."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    defaulted: bool = False  # filled by the platform when a create leaves it out
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    custom: bool = False
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    name_field: bool = False
    id_lookup: bool = False
    calculated: bool = False
    restricted: bool = False
    refs: tuple[str, ...] = ()
    relation: str | None = None
    children: str | None = None  # the relationship's name seen from the parent
    cascade: bool = False
    choices: tuple[Choice, ...] = ()
    help: str | None = None
    default: Any = None
    guarded: bool = False  # nobody sees it until a permission set grants it
    compound: str | None = None
    extra: str | None = None

    @property
    def is_text(self) -> bool:
        """True for all kinds that hold a string a person typed or picked."""
        return self.type in TEXT_TYPES

    @property
    def is_id(self) -> bool:
        """True for record ids and references to records."""
        return self.type in ID_TYPES

    @property
    def is_number(self) -> bool:
        """True for all numeric kinds."""
        return self.type in NUMBER_TYPES

    @property
    def polymorphic(self) -> bool:
        """True for a reference that may point at several objects."""
        return len(self.refs) > 1

    @property
    def long_text(self) -> bool:
        """True for text areas over 255 characters, which can be neither filtered nor sorted."""
        return self.type == "textarea" and self.length > 255


@dataclass(frozen=True, slots=True)
class SObject:
    """One object: its key prefix and its fields in order."""

    name: str
    label: str
    plural: str
    prefix: str
    fields: Mapping[str, Field]  # by lower-case name, in order
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    mergeable: bool = False
    tooling: bool = False
    bulk: bool = True  # False: the Bulk API does not know it
    relations: Mapping[str, Field] = field(default_factory=dict)  # by lower-case relationship name

    @property
    def custom(self) -> bool:
        """True for objects an admin made."""
        return self.name.endswith("__c")
