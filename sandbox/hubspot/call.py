"""One request as handlers see it, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from sandbox.hubspot.auth import Caller, demand
from sandbox.hubspot.errors import invalid, no_type
from sandbox.hubspot.kinds import ObjectKind, kind_named
from sandbox.hubspot.portal import Author, Portal
from sandbox.hubspot.table import Table


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: status and JSON body; None = no body at all."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request. ``parts`` are the variable path segments, ``version`` is v3, v4 or 2026-09."""

    portal: Portal
    caller: Caller
    version: str
    parts: tuple[str, ...]
    query: QueryParams
    raw: bytes
    base: str  # scheme and host the caller used
    path: str

    @property
    def author(self) -> Author:
        """The caller as author of writes."""
        return Author.app(self.caller)

    def kind(self, at: int = 0) -> ObjectKind:
        """The object type that a path segment names."""
        found = kind_named(self.parts[at])
        if found is None:
            raise no_type(self.parts[at])
        return found

    def table(self, *, write: bool = False) -> Table:
        """The records of the path's type, the caller's scopes checked."""
        kind = self.kind()
        self.demand(kind.write if write else kind.read)
        return self.portal.table(kind)

    def demand(self, scopes: tuple[str, ...]) -> None:
        """A 403 unless the caller has one of the scopes."""
        demand(self.caller, scopes, wording=self.portal.switches.scope_wording)

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        found = self.json()
        if not isinstance(found, dict):
            raise invalid("Invalid input JSON on line 1, column 1: Cannot deserialize value of type")
        return found

    def json(self) -> Any:
        """The JSON that was sent."""
        try:
            return msgspec.json.decode(self.raw)
        except msgspec.DecodeError as error:
            raise invalid("Invalid input JSON on line 1, column 1: unable to parse JSON") from error

    def listed(self, name: str) -> list[str]:
        """A query parameter that may be repeated and may hold commas."""
        return [part for value in self.query.getlist(name) for part in value.split(",") if part]

    def flag(self, name: str) -> bool:
        """A yes-or-no query parameter in any case."""
        text = self.query.get(name, "false").lower()
        if text not in {"true", "false", ""}:
            raise invalid(f"Cannot parse content. {name} must be true or false.")
        return text == "true"

    def whole(self, name: str, default: int, most: int) -> int:
        """A positive whole number from the query."""
        text = self.query.get(name)
        if text is None or text == "":
            return default
        if not text.isdigit() or not 0 < int(text) <= most:
            raise invalid(f"Paging {name} must be between 1 and {most}.")
        return int(text)

    def link(self, after: str) -> str:
        """The address of the call with another cursor."""
        query = [(key, value) for key, value in self.query.multi_items() if key != "after"]
        return f"{self.base}{self.path}?{QueryParams([*query, ('after', after)])}"


def inputs_of(body: Mapping[str, Any], most: int = 100) -> list[dict[str, Any]]:
    """The ``inputs`` of a batch: at least one, at most so many, all objects."""
    inputs = body.get("inputs")
    if inputs is None:
        raise invalid("Invalid input JSON on line 1, column 2. Some required fields were not set: [inputs]")
    if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
        raise invalid("Invalid input JSON on line 1, column 11: Cannot deserialize value of type")
    if not inputs:
        raise invalid("Batch input provided should have at least one object.")
    if len(inputs) > most:
        message = f"The maximum number of inputs supported in a batch is {most}. "
        raise invalid(message + "Please reduce the number of items and try again")
    return inputs


def required(item: Mapping[str, Any], name: str) -> Any:
    """A field that must be there."""
    if item.get(name) is None:
        raise invalid(f"Invalid input JSON on line 1, column 2. Some required fields were not set: [{name}]")
    return item[name]


def record_id(text: str) -> int | None:
    """A record id, or None when the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
