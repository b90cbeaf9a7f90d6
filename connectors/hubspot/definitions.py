"""What HubSpot says of its properties: which exist, of which type, unique or not. Asked once per object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from connectors.errors import NeedsPerson
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.columns import Layout
from connectors.hubspot.errors import CRM
from connectors.hubspot.owned import Names
from connectors.hubspot.paths import Paths

SETUP_HINT: Final = "run `tierline setup` to see what is missing, or correct mapping in the config"


OBJECTS: Final = ("companies", "contacts", "deals", "calls", "emails", "meetings", "notes", "communications", "tasks")


class Option(msgspec.Struct):
    """One value of an enumeration."""

    value: str
    label: str = ""


class Locks(msgspec.Struct):
    """What may not be changed, in this portal."""

    readOnlyValue: bool = False  # noqa: N815 - HubSpot's name


class Definition(msgspec.Struct):
    """One property."""

    name: str
    type: str = ""
    fieldType: str = ""  # noqa: N815 - HubSpot's name
    description: str | None = None
    hasUniqueValue: bool = False  # noqa: N815 - HubSpot's name
    options: list[Option] | None = None
    modificationMetadata: Locks | None = None  # noqa: N815 - HubSpot's name

    @property
    def read_only(self) -> bool:
        """Whether the API may not set its value."""
        return self.modificationMetadata is not None and self.modificationMetadata.readOnlyValue


class _Listed(msgspec.Struct):
    results: list[Definition]


_DECODER: Final = msgspec.json.Decoder(_Listed)


class Definitions:
    """The portal's property definitions, kept until ``forget``."""

    def __init__(self, client: HubSpotClient, paths: Paths) -> None:
        self._client, self._paths = client, paths
        self._kept: dict[str, Mapping[str, Definition]] = {}

    def of(self, kind: str) -> Mapping[str, Definition]:
        """Properties of one object by name."""
        if kind not in self._kept:
            path, doing = self._paths.properties(kind), f"read the properties of {kind}"
            found = self._client.call("GET", path, _DECODER.decode, doing=doing)
            self._kept[kind] = {definition.name: definition for definition in found.results}
        return self._kept[kind]

    def types(self, kind: str) -> Mapping[str, str]:
        """Property name to type."""
        return {name: definition.type for name, definition in self.of(kind).items()}

    def labels(self, kind: str, name: str) -> Mapping[str, str]:
        """Values of an enumeration as people read them."""
        there = self.of(kind).get(name)
        options = (there.options or []) if there is not None else []
        return {option.value: option.label for option in options if option.label}

    def key_on_tasks(self, names: Names) -> tuple[str | None, bool]:
        """The property that carries our creation key, and whether HubSpot keeps it unique.

        The first name that is unique; else the first that exists; else None.
        """
        there = [name for name in key_names(names) if name in self.of("tasks")]
        unique = [name for name in there if self.of("tasks")[name].hasUniqueValue]
        best = unique or there
        return (best[0] if best else None), bool(unique)

    def missing_mapped(self, layout: Layout) -> list[str]:
        """Mapped properties that do not exist, as object.property."""
        return [f"{kind}.{name}" for kind, name in layout.mapped() if name not in self.of(kind)]

    def require_mapped(self, layout: Layout) -> None:
        """``NeedsPerson`` unless all mapped properties exist: a misspelt one would look like no data."""
        missing = self.missing_mapped(layout)
        if missing:
            named = ", ".join(missing)
            raise NeedsPerson(
                CRM, doing="read the portal", said=f"no such property: {named}", hint=SETUP_HINT, code="NO_PROPERTY"
            )

    def forget(self) -> None:
        """Ask again next time."""
        self._kept.clear()


class LazyTypes(Mapping[str, Mapping[str, str]]):
    """Property types by object, asked for when they are looked at: a write needs no definitions of calls."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def __getitem__(self, kind: str) -> Mapping[str, str]:
        return self._definitions.types(kind)

    def __iter__(self) -> Iterator[str]:
        return iter(OBJECTS)

    def __len__(self) -> int:
        return len(OBJECTS)


def key_names(names: Names) -> tuple[str, ...]:
    """Names for the key property, in the order in which they are tried."""
    return (names.key, *(f"{names.key}_{number}" for number in range(2, 6)))


def plain(body: bytes) -> Any:
    """Any JSON as Python values."""
    return msgspec.json.decode(body)
