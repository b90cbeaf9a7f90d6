"""What the platform itself does around a save: defaults, derived fields, and side effects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sandbox.salesforce.errors import RowRefusal
from sandbox.salesforce.org import View
from sandbox.salesforce.table import Table
from sandbox.soql.dates import read_datetime, wire_datetime
from sandbox.soql.schema import SObject

if TYPE_CHECKING:
    from sandbox.salesforce.writes import Writer

_GRANTS: Final = frozenset({"FieldPermissions", "PermissionSet", "PermissionSetAssignment", "ObjectPermissions"})


def defaults(view: View, entity: SObject, values: dict[str, Any], *, auto_assign: bool) -> None:
    """Fills what a create left out."""
    for each in entity.fields.values():
        if each.name in values or not each.createable:
            continue
        picked = next((choice.value for choice in each.choices if choice.default), None)
        if each.default is not None or picked is not None:
            values[each.name] = each.default if each.default is not None else picked
    if "ownerid" in entity.fields and values.get("OwnerId") is None:
        values["OwnerId"] = view.user_id
    if entity.name == "PermissionSet":
        values |= {"IsCustom": True, "IsOwnedByProfile": False}
    if entity.name == "User":
        values |= {"UserType": "Standard", "IsActive": values.get("IsActive", True)}
        values.setdefault("TimeZoneSidKey", "UTC")
        values.setdefault("ProfileId", view.org.table("Profile").record_id(1))
    assigned = view.org.switch("auto_assign_owner", default=None)
    if auto_assign and assigned and entity.name in {"Account", "Lead"}:
        values["OwnerId"] = assigned


def may_update(entity: SObject, table: Table, position: int) -> None:
    """Refuses updates of records that are locked for good."""
    if entity.name == "Lead" and table.value(position, "IsConverted"):
        raise RowRefusal("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def before_save(view: View, entity: SObject, values: dict[str, Any], old: Mapping[str, Any]) -> None:
    """Derives fields from those that change. Raises RowRefusal."""
    match entity.name:
        case "Task":
            _task(view, values, old)
        case "Event":
            _event(view, values, old)
        case "Opportunity":
            _opportunity(view, values, old)
        case "FieldPermissions":
            _field_permission(view, values, old)
        case "PermissionSetAssignment":
            _assignment(view, values)
        case "Account" if values.get("ParentId") and values["ParentId"] == old.get("Id"):
            words = "Account's parent is itself"
            raise RowRefusal("CIRCULAR_DEPENDENCY", words, ["ParentId"])
        case _:
            pass


def after_save(view: View, entity: SObject) -> None:
    """Lets changed permissions take effect."""
    if entity.name in _GRANTS or entity.name == "User":
        view.org.changed()


def owner_changed(writer: Writer, entity: SObject, record_id: str) -> None:
    """A new owner of an account costs it its account team."""
    if entity.name != "Account":
        return
    team = writer.view.org.table("AccountTeamMember")
    for position in writer.children(team.entity, team.entity.fields["accountid"], record_id).tolist():
        writer.delete(team.entity, team.record_id(position))


def _merged(values: Mapping[str, Any], old: Mapping[str, Any], name: str) -> Any:
    return values[name] if name in values else old.get(name)


# ---- activities -----------------------------------------------------------------------------------------------------
def _task(view: View, values: dict[str, Any], old: Mapping[str, Any]) -> None:
    if not old:
        values.setdefault("TaskSubtype", "Task")
        values |= {"IsClosed": False, "IsArchived": False}
    if "Status" in values:
        closed = _closes(view, values["Status"])
        if closed and not (old and old.get("IsClosed")):
            values["CompletedDateTime"] = view.org.stamp()
        elif not closed:
            values["CompletedDateTime"] = None
        values["IsClosed"] = closed
    _related(view, values, old)


def _closes(view: View, status: str | None) -> bool:
    table = view.org.table("TaskStatus")
    at = table.everything(deleted=False)
    return any(
        label == status and closed
        for label, closed in zip(table.take("MasterLabel", at), table.take("IsClosed", at), strict=True)
    )


def _related(view: View, values: dict[str, Any], old: Mapping[str, Any]) -> None:
    if "WhoId" not in values and "WhatId" not in values:
        return
    who, what = _merged(values, old, "WhoId"), _merged(values, old, "WhatId")
    if who and what and who.startswith("00Q"):
        words = "If the Name is a Lead, Related To must be empty"
        raise RowRefusal("FIELD_INTEGRITY_EXCEPTION", words, ["WhatId"])
    values["AccountId"] = _account_of(view, who, what)


def _account_of(view: View, who: str | None, what: str | None) -> str | None:
    if what and what.startswith("001"):
        return what
    for record_id in (what, who):
        table = view.org.table_of(record_id) if record_id else None
        if record_id and table is not None and "accountid" in table.entity.fields:
            account = table.value(table.position(record_id), "AccountId")
            return str(account) if account else None
    return None


def _event(view: View, values: dict[str, Any], old: Mapping[str, Any]) -> None:
    _related(view, values, old)
    if not old:
        values |= {"IsChild": False, "IsGroupEvent": False, "IsArchived": False}
        values.setdefault("EventSubtype", "Event")
    start = _merged(values, old, "StartDateTime") or _merged(values, old, "ActivityDateTime")
    if start is None:
        if not old and not values.get("ActivityDate"):
            words = "Required fields are missing: [DurationInMinutes, ActivityDateTime]"
            raise RowRefusal("REQUIRED_FIELD_MISSING", words, ["DurationInMinutes", "ActivityDateTime"])
        return
    begins = read_datetime(start)
    if values.get("EndDateTime"):
        ends = read_datetime(values["EndDateTime"])
    else:
        ends = begins + timedelta(minutes=_merged(values, old, "DurationInMinutes") or 60)
    if ends < begins:
        words = "Event duration cannot be negative"
        raise RowRefusal("FIELD_INTEGRITY_EXCEPTION", words, ["DurationInMinutes"])
    values |= {
        "StartDateTime": start,
        "ActivityDateTime": start,
        "ActivityDate": start[:10],
        "EndDateTime": wire_datetime(ends),
        "EndDate": ends.date().isoformat(),
        "DurationInMinutes": int((ends - begins).total_seconds() // 60),
    }


def _opportunity(view: View, values: dict[str, Any], old: Mapping[str, Any]) -> None:
    if "StageName" not in values:
        return
    table = view.org.table("OpportunityStage")
    labels = table.take("MasterLabel", table.everything(deleted=False))
    if values["StageName"] in labels:
        position = labels.index(values["StageName"])
        for name in ("IsClosed", "IsWon", "ForecastCategory", "ForecastCategoryName"):
            values[name] = table.value(position, name)
        values.setdefault("Probability", table.value(position, "DefaultProbability"))
    else:
        values |= {"IsClosed": False, "IsWon": False}
    if values["StageName"] != old.get("StageName"):
        values["LastStageChangeDate"] = view.org.stamp()


# ---- permissions ----------------------------------------------------------------------------------------------------
def _field_permission(view: View, values: dict[str, Any], old: Mapping[str, Any]) -> None:
    read, edit = _merged(values, old, "PermissionsRead"), _merged(values, old, "PermissionsEdit")
    path = str(_merged(values, old, "Field"))
    if edit and not read:
        words = f"Read permission must be granted with edit permission: {path}"
        raise RowRefusal("FIELD_INTEGRITY_EXCEPTION", words, ["PermissionsEdit"])
    if old:
        return
    entity_name, _, name = path.partition(".")
    entity = view.entity(entity_name)
    known = entity.fields.get(name.lower()) if entity is not None else None
    if entity is None or known is None or entity.name != values.get("SobjectType"):
        words = f"Field Name: bad value for restricted picklist field: {path}"
        raise RowRefusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, ["Field"])
    if not known.custom and not known.nillable:
        words = f"You cannot deploy to a required field: {path}"
        raise RowRefusal("FIELD_INTEGRITY_EXCEPTION", words, ["Field"])
    values["Field"] = f"{entity.name}.{known.name}"
    _no_twin(view, "FieldPermissions", values, ("ParentId", "Field"), "Duplicate FieldPermissions")


def _assignment(view: View, values: dict[str, Any]) -> None:
    words = (
        f"Duplicate PermissionSetAssignment.  Assignee: {str(values.get('AssigneeId'))[:15]}; "
        f"Permission Set: {str(values.get('PermissionSetId'))[:15]}"
    )
    _no_twin(view, "PermissionSetAssignment", values, ("AssigneeId", "PermissionSetId"), words)


def _no_twin(view: View, name: str, values: Mapping[str, Any], keys: tuple[str, ...], words: str) -> None:
    table = view.org.table(name)
    at = table.everything(deleted=False)
    same = np.ones(len(at), np.bool_)
    for key in keys:
        same &= np.array([each == values.get(key) for each in table.take(key, at)], np.bool_)
    if same.any():
        raise RowRefusal("DUPLICATE_VALUE", words, keys)
