"""The properties we need in a portal: listed, and made where they are missing. Safe to repeat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.base import SetupStep
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.definitions import Definition, Definitions, key_names, plain
from connectors.hubspot.errors import TurnedAway
from connectors.hubspot.owned import VERDICTS, Names, Owned, Shape
from connectors.hubspot.paths import Paths

GROUP_LABEL: Final = "Account priority"
_INSTALLATION: Final = re.compile(r"Installation ([0-9A-Za-z-]+)")
_TRIED: Final = 2  # names for the key property before we live with one that is not unique
_TYPES: Final[Mapping[Shape, tuple[str, str]]] = {
    "tier": ("enumeration", "select"),
    "text": ("string", "text"),
    "long_text": ("string", "textarea"),
    "number": ("number", "number"),
    "time": ("datetime", "date"),
    "date": ("date", "date"),
    "flag": ("bool", "booleancheckbox"),
    "verdict": ("enumeration", "select"),
}
_WITHDRAWN_HELP: Final = "Set when Tierline took the task back because its reason was gone; not work that was done."
_KEY_HELP: Final = "Names the task for Tierline, so that it is never created twice. Do not edit. Installation {}"


@dataclass(frozen=True, slots=True)
class _Need:
    """One thing to have: how it is, and what makes it so."""

    what: str
    said: str
    make: Callable[[], None] | None = None

    def step(self) -> SetupStep:
        return SetupStep(self.what, self.said, self.make is not None)


class Setup:
    """What is needed in one portal, and the making of it."""

    def __init__(
        self, client: HubSpotClient, paths: Paths, names: Names, definitions: Definitions, tiers: Sequence[str]
    ) -> None:
        self._client, self._paths, self._names, self._definitions = client, paths, names, definitions
        self._tiers = tuple(tiers)

    def run(self, *, act: bool, installation: str) -> list[SetupStep]:
        """What is there and what is missing; made when ``act``. Another installation is overruled: ask before."""
        steps: list[SetupStep] = []
        for need in self._needs(installation):
            steps.append(need.step())
            if act and need.make is not None:
                need.make()
        self._definitions.forget()
        return steps

    def installation(self) -> str | None:
        """The installation id in the description of the key property."""
        for name in key_names(self._names):
            definition = self._definitions.of("tasks").get(name)
            found = _INSTALLATION.search(definition.description or "") if definition is not None else None
            if found is not None:
                return found[1]
        return None

    def missing(self) -> list[str]:
        """Owned properties that do not exist or that we may not set, as object.property."""
        there = self._definitions.of("companies")
        names = [self._names.company(owned.name) for owned in self._names.wanted()]
        written = {self._names.company(owned.name) for owned in self._names.wanted() if not owned.human}
        lacking = [name for name in names if name not in there or (name in written and there[name].read_only)]
        key, _ = self._definitions.key_on_tasks(self._names)
        return [f"companies.{name}" for name in lacking] + ([] if key else [f"tasks.{self._names.key}"])

    def _needs(self, installation: str) -> Iterator[_Need]:
        for kind in ("companies", "tasks"):
            yield self._group(kind)
        for owned in self._names.wanted():
            yield self._owned(owned)
        yield self._mark()
        yield self._key(installation)

    # ---- groups and company properties -------------------------------------------------------------------------------
    def _group(self, kind: str) -> _Need:
        path, what = self._paths.groups(kind), f"property group {self._names.group} of {kind}"
        found = self._client.call("GET", path, plain, doing=f"read the property groups of {kind}")
        if any(group.get("name") == self._names.group for group in found.get("results", [])):
            return _Need(what, "exists")
        body = {"name": self._names.group, "label": GROUP_LABEL, "displayOrder": -1}
        return _Need(what, "missing", lambda: self._post(path, body, what))

    def _owned(self, owned: Owned) -> _Need:
        name, (kind, field) = self._names.company(owned.name), _TYPES[owned.shape]
        what = f"property companies.{name}"
        there = self._definitions.of("companies").get(name)
        if there is None:
            body = {"name": name, "label": owned.label, "description": owned.help, "type": kind, "fieldType": field}
            body |= self._options(owned)
            return _Need(what, "missing", lambda: self._property("companies", body, what))
        if there.type != kind and owned.shape == "tier" and there.type == "string":
            return _Need(what, "exists, as text")
        if there.type != kind:
            return _Need(what, f"exists, but is of type {there.type} instead of {kind}: map another property")
        lacking = self._lacking(owned, there)
        if lacking:
            said = f"lacks the values {', '.join(lacking)}"
            return _Need(what, said, lambda: self._add_options(name, there, what))
        return _Need(what, "exists")

    def _options(self, owned: Owned) -> dict[str, Any]:
        if owned.shape == "tier":
            return {"options": [_option(tier, place) for place, tier in enumerate(self._tiers)]}
        if owned.shape == "verdict":
            return {"options": [_option(verdict, place) for place, verdict in enumerate(VERDICTS)]}
        return {}

    def _lacking(self, owned: Owned, there: Definition) -> list[str]:
        if owned.shape != "tier":
            return []
        known = {option.value for option in there.options or []}
        return [tier for tier in self._tiers if tier not in known]

    def _add_options(self, name: str, there: Definition, what: str) -> None:
        # A PATCH replaces the whole list, so the values that people added are sent again, after ours.
        theirs = [option for option in there.options or [] if option.value not in self._tiers]
        options = [_option(tier, place) for place, tier in enumerate(self._tiers)]
        options += [
            {**_option(option.value, place), "label": option.label or option.value}
            for place, option in enumerate(theirs, start=len(options))
        ]
        self._patch("companies", name, {"options": options}, what)

    # ---- tasks -------------------------------------------------------------------------------------------------------
    def _mark(self) -> _Need:
        name = self._names.withdrawn
        what = f"property tasks.{name}"
        if name in self._definitions.of("tasks"):
            return _Need(what, "exists")
        options = [{**_option("true", 0), "label": "Yes"}, {**_option("false", 1), "label": "No"}]
        body = {
            "name": name,
            "label": "Withdrawn by Tierline",
            "description": _WITHDRAWN_HELP,
            "type": "bool",
            "fieldType": "booleancheckbox",
            "options": options,
        }
        return _Need(what, "missing", lambda: self._property("tasks", body, what))

    def _key(self, installation: str) -> _Need:
        name, unique = self._definitions.key_on_tasks(self._names)
        tried = [one for one in key_names(self._names)[:_TRIED] if one in self._definitions.of("tasks")]
        what = f"property tasks.{name or self._names.key}"
        if name is None or (not unique and len(tried) < _TRIED):
            said = "missing" if name is None else "exists, but is not unique: the next name is tried"
            return _Need(what, said, lambda: self._make_key(installation, what))
        if self.installation() != installation:
            said = "does not name this installation"
            return _Need(what, said, lambda: self._patch("tasks", name, _described(installation), what))
        said = "exists, unique" if unique else "exists, not unique: tasks are found by reading back"
        return _Need(what, said)

    def _make_key(self, installation: str, what: str) -> None:
        for name in key_names(self._names)[:_TRIED]:
            if name not in self._definitions.of("tasks"):
                self._make_one_key(name, installation, what)
                self._definitions.forget()
            found = self._definitions.of("tasks").get(name)
            if found is not None and found.hasUniqueValue:
                return

    def _make_one_key(self, name: str, installation: str, what: str) -> None:
        body = {
            "name": name,
            "label": "Tierline key",
            "type": "string",
            "fieldType": "text",
            **_described(installation),
        }
        try:
            self._property("tasks", {**body, "hasUniqueValue": True}, what)
        except TurnedAway as error:
            if error.status != 400:
                raise
            # Ten unique properties for each object is HubSpot's limit; a plain one still lets us read back.
            self._property("tasks", body, what)

    # ---- calls -------------------------------------------------------------------------------------------------------
    def _property(self, kind: str, body: Mapping[str, Any], what: str) -> None:
        self._post(self._paths.properties(kind), {"groupName": self._names.group, "formField": False, **body}, what)

    def _post(self, path: str, body: Mapping[str, Any], what: str) -> None:
        try:
            self._client.call("POST", path, plain, doing=f"make the {what}", body=dict(body))
        except TurnedAway as error:
            if error.status != 409:  # it was made meanwhile, or by an attempt whose answer was lost
                raise

    def _patch(self, kind: str, name: str, body: Mapping[str, Any], what: str) -> None:
        path = f"{self._paths.properties(kind)}/{name}"
        self._client.call("PATCH", path, plain, doing=f"change the {what}", body=dict(body))


def _option(value: str, place: int) -> dict[str, Any]:
    return {"label": value, "value": value, "displayOrder": place, "hidden": False}


def _described(installation: str) -> dict[str, str]:
    return {"description": _KEY_HELP.format(installation)}
