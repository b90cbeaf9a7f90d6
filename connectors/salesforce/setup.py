"""Making our fields: created through the Tooling API, then granted, as nobody may use a new field until it is.

Every step looks first, so doing it twice does nothing the second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from connectors.base import SetupStep
from connectors.errors import NeedsPerson, Refused
from connectors.salesforce.client import Client
from connectors.salesforce.faults import CRM
from connectors.salesforce.org import Org, Shape
from connectors.salesforce.owned import Names, Owned, key_metadata, metadata
from connectors.salesforce.soql import equals, select

PERMISSION_SET: Final = "Tierline"
DOING: Final = "set up our fields"
_INSTALLATION: Final = re.compile(r"Installation ([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field to have: on which object it is made and seen, and what the Tooling API takes."""

    made_on: str  # Account, or Activity for what tasks show
    seen_on: str
    api_name: str
    metadata: dict[str, Any]
    tiers: tuple[str, ...] = ()  # values that a picklist must offer

    @property
    def full_name(self) -> str:
        """As the Tooling API names it."""
        return f"{self.made_on}.{self.api_name}"


@dataclass(frozen=True, slots=True)
class Setup:
    """Compares one org with what we need, and makes what is missing."""

    client: Client
    org: Org
    names: Names
    tiers: tuple[str, ...]

    def installation(self) -> str | None:
        """The installation id in the help text of our key field."""
        field = self.org.must("Task").fields.get(self.names.key)
        match = _INSTALLATION.search((field.inline_help_text if field else None) or "")
        return match[1] if match else None

    def run(self, *, act: bool, installation: str) -> list[SetupStep]:
        """Every step, as it was found; made when ``act``. Whoever else works on the org is overruled: ask before."""
        self.org.forget()
        wanted = self._wanted(installation)
        steps = [self._field(field, act=act, installation=installation) for field in wanted]
        steps.append(self._grants(wanted, act=act))
        if act:
            self.org.forget()
        return steps

    def _wanted(self, installation: str) -> list[Wanted]:
        fields = [
            Wanted("Account", "Account", self.names.field(owned), metadata(owned, self.tiers), self._choices(owned))
            for owned in self.names.wanted()
            if not self.names.is_mapped(owned.name)
        ]
        return [*fields, Wanted("Activity", "Task", self.names.key, key_metadata(installation))]

    def _choices(self, owned: Owned) -> tuple[str, ...]:
        return self.tiers if owned.form == "tier" else ()

    # ---- fields
    def _field(self, wanted: Wanted, *, act: bool, installation: str) -> SetupStep:
        what = f"field {wanted.full_name}"
        shape = self.org.must(wanted.seen_on)
        state = self._state(wanted, shape, installation)
        if state == "exists" or not act:
            return SetupStep(what, state, missing=state != "exists")
        if state == "missing":
            self._make(wanted)
        elif state.startswith("differs"):
            self._change(wanted)
        return SetupStep(what, state, missing=True)

    def _state(self, wanted: Wanted, shape: Shape, installation: str) -> str:
        field = shape.fields.get(wanted.api_name)
        if field is None:
            return "hidden from us" if self._tooling_id(wanted) else "missing"
        absent = [tier for tier in wanted.tiers if tier not in field.choices]
        if absent:
            return f"differs: does not offer {', '.join(absent)}"
        if wanted.api_name == self.names.key:
            if not field.unique:
                return "differs: not unique"
            if f"Installation {installation}" not in (field.inline_help_text or ""):
                return "differs: no installation id"
        return "exists"

    def _make(self, wanted: Wanted) -> None:
        body = {"FullName": wanted.full_name, "Metadata": wanted.metadata}
        try:
            self._post("tooling/sobjects/CustomField", body)
        except Refused as error:
            if error.code not in {"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"}:
                raise

    def _change(self, wanted: Wanted) -> None:
        record = self._tooling_id(wanted)
        if record is None:
            raise NeedsPerson(
                CRM,
                doing=DOING,
                said=f"{wanted.full_name} is not ours to change",
                hint="add the missing values to it by hand",
            )
        path = f"{self.client.base}/tooling/sobjects/CustomField/{record}"
        body = {"FullName": wanted.full_name, "Metadata": wanted.metadata}
        self.client.patience.call(DOING, lambda: self.client.once("PATCH", path, doing=DOING, body=body))

    def _tooling_id(self, wanted: Wanted) -> str | None:
        developer_name = wanted.api_name.removesuffix("__c")
        where = f"{equals('DeveloperName', developer_name)} AND {equals('TableEnumOrId', wanted.made_on)}"
        soql = select(["Id"], "CustomField", where=where)
        path = f"{self.client.base}/tooling/query"
        found = self.client.read(path, dict[str, Any], doing=DOING, params={"q": soql})["records"]
        return str(found[0]["Id"]) if found else None

    # ---- grants
    def _grants(self, wanted: Iterable[Wanted], *, act: bool) -> SetupStep:
        what = f"permission set {PERMISSION_SET}, assigned to our user"
        me = self.client.ticket().user_id
        found = self._ids(select(["Id"], "PermissionSet", where=equals("Name", PERMISSION_SET)))
        fields = {f"{field.seen_on}.{field.api_name}": field.seen_on for field in wanted}
        granted = self._granted(found[0]) if found else set()
        assigned = bool(found) and self._assigned(found[0], me)
        lacking = sorted(fields.keys() - granted)
        if found and assigned and not lacking:
            return SetupStep(what, "exists", missing=False)
        said = "missing" if not found else f"differs: {len(lacking)} fields not granted" if lacking else "not assigned"
        if act:
            holder = (
                found[0]
                if found
                else self._post_id("sobjects/PermissionSet", {"Name": PERMISSION_SET, "Label": PERMISSION_SET})
            )
            for name in lacking:
                self._post("sobjects/FieldPermissions", _grant(holder, fields[name], name))
            if not assigned:
                self._post("sobjects/PermissionSetAssignment", {"AssigneeId": me, "PermissionSetId": holder})
        return SetupStep(what, said, missing=True)

    def _granted(self, holder: str) -> set[str]:
        where = f"{equals('ParentId', holder)} AND {equals('PermissionsEdit', True)}"
        return {row["Field"] for row in self.org.select(select(["Field"], "FieldPermissions", where=where))}

    def _assigned(self, holder: str, me: str) -> bool:
        where = f"{equals('PermissionSetId', holder)} AND {equals('AssigneeId', me)}"
        return bool(self._ids(select(["Id"], "PermissionSetAssignment", where=where)))

    def _ids(self, soql: str) -> list[str]:
        return [row["Id"] for row in self.org.select(soql)]

    def _post_id(self, resource: str, body: dict[str, Any]) -> str:
        return str(self._post(resource, body)["id"])

    def _post(self, resource: str, body: dict[str, Any]) -> dict[str, Any]:
        """One create; what it makes has a unique name, so a repeated one is refused, not doubled."""
        return self.client.tell("POST", f"{self.client.base}/{resource}", body, dict[str, Any], doing=DOING)


def _grant(holder: str, kind: str, field: str) -> dict[str, Any]:
    return {
        "ParentId": holder,
        "SobjectType": kind,
        "Field": field,
        "PermissionsRead": True,
        "PermissionsEdit": True,
    }
