"""The Tooling API for custom fields: made here, seen by nobody until a permission set grants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sandbox.salesforce.customfield import field_of, metadata_of
from sandbox.salesforce.describe import describe_object, entity_of
from sandbox.salesforce.errors import Refusal, RowRefusal, not_found
from sandbox.salesforce.org import Org, View
from sandbox.salesforce.web import Answer, Call, no_content, ok
from sandbox.soql.errors import SoqlError
from sandbox.soql.ids import full, is_id
from sandbox.soql.projection import render
from sandbox.soql.run import run
from sandbox.soql.schema import Field

_ACTIVITY: Final = ("Task", "Event")
_HEAVY: Final = frozenset({"Metadata", "FullName"})


def tooling_view(call: Call) -> View:
    """The tooling catalogue as the caller sees it."""
    return call.org.view(call.user_id, tooling=True)


def query(call: Call) -> Answer:
    """``GET /tooling/query?q=``; the answer has more keys than the data API's."""
    text = call.params.get("q", "")
    view = tooling_view(call)
    result = run(view, text)
    if result.groups is not None:
        records = result.groups
    elif result.tree is None:
        records = []
    else:
        _not_too_heavy(result.tree.columns, result.total)
        records = render(view, result.tree, result.positions, f"{call.root}/tooling/sobjects/")
    return ok(
        {
            "size": len(records),
            "totalSize": result.total,
            "done": True,
            "queryLocator": None,
            "entityTypeName": result.entity.name,
            "records": records,
        },
    )


def _not_too_heavy(columns: Mapping[str, object], size: int) -> None:
    if _HEAVY & set(columns) and size > 1:
        words = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more "
            f"than one row for retrieval. Result size: {size}"
        )
        raise SoqlError("MALFORMED_QUERY", words)


def describe(call: Call) -> Answer:
    """``GET /tooling/sobjects/{type}/describe``."""
    seen = replace(call, view=tooling_view(call))
    return ok(describe_object(seen, entity_of(seen)))


def create(call: Call) -> Answer:
    """``POST /tooling/sobjects/CustomField``."""
    _only_fields(call)
    body = call.object()
    try:
        record_id = create_field(call.org, call.user_id, body)
    except RowRefusal as refusal:
        raise refusal.whole() from None
    _note(call, "create", record_id, None, body)
    return Answer(201, {"id": record_id, "success": True, "errors": [], "warnings": [], "infos": []})


def _note(call: Call, verb: str, record_id: str, before: Any, after: Any) -> None:
    who = call.org.username(call.user_id)
    call.org.journal.add("salesforce", who, verb, "CustomField", record_id, before=before, after=after)


def create_field(org: Org, user_id: str, body: Mapping[str, Any]) -> str:
    """Makes a custom field from its full name and metadata; returns its id. Raises RowRefusal."""
    owner, name = _full_name(org, body.get("FullName"))
    metadata = body.get("Metadata")
    if not isinstance(metadata, dict):
        raise RowRefusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", ["Metadata"])
    names = _ACTIVITY if owner == "Activity" else (owner,)
    if any(name.lower() in org.table(each).entity.fields for each in names):
        words = f"There is already a field named {name.removesuffix('__c')} on {owner}."
        raise RowRefusal("DUPLICATE_DEVELOPER_NAME", words, ["DeveloperName"])
    field = field_of(name, metadata)
    for each in names:
        org.extend(each, [field])
    stamp = org.stamp()
    table = org.table("CustomField")
    row = {
        "TableEnumOrId": owner,
        "FullName": f"{owner}.{name}",
        "DeveloperName": name.removesuffix("__c"),
        "CreatedDate": stamp,
        "CreatedById": user_id,
    }
    position = table.add(row | _changing(field, metadata, user_id, stamp))
    return table.record_id(position)


def _changing(field: Field, metadata: Mapping[str, Any], user_id: str, stamp: str) -> dict[str, Any]:
    return {
        "Metadata": metadata_of(field, metadata),
        "InlineHelpText": metadata.get("inlineHelpText"),
        "Description": metadata.get("description"),
        "Length": field.length or None,
        "Precision": field.precision or None,
        "Scale": field.scale if field.precision else None,
        "LastModifiedDate": stamp,
        "SystemModstamp": stamp,
        "LastModifiedById": user_id,
    }


def _full_name(org: Org, given: Any) -> tuple[str, str]:
    owner, _, name = str(given or "").partition(".")
    known = {"activity": "Activity"} | {
        key: table.entity.name
        for key, table in org.tables.items()
        if key not in {"task", "event"} and not table.entity.tooling
    }
    if owner.lower() not in known:
        words = f"Entity Enumeration Or ID: bad value for restricted picklist field: {owner}"
        raise RowRefusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, ["TableEnumOrId"])
    plain = name.removesuffix("__c")
    if not name.endswith("__c") or not plain.isidentifier() or "__" in plain or len(plain) > 40:
        words = (
            "The Custom Field Name field can only contain underscores and alphanumeric characters. It must be unique, "
            "begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive "
            "underscores."
        )
        raise RowRefusal("INVALID_FIELD", words, ["DeveloperName"])
    return known[owner.lower()], name


# ---- one custom field -----------------------------------------------------------------------------------------------
def _only_fields(call: Call) -> None:
    if call.args["type"].lower() != "customfield":
        raise not_found()


def _position(call: Call) -> int:
    _only_fields(call)
    table = call.org.table("CustomField")
    position = table.position(full(call.args["id"])) if is_id(call.args["id"]) else -1
    if position < 0 or table.is_dead(position):
        raise not_found()
    return position


def read(call: Call) -> Answer:
    """``GET /tooling/sobjects/CustomField/{id}``."""
    position = _position(call)
    table = call.org.table("CustomField")
    url = f"{call.root}/tooling/sobjects/CustomField/{table.record_id(position)}"
    names = ["Id", *(each.name for each in table.entity.fields.values() if each.name != "Id")]
    return ok(
        {"attributes": {"type": "CustomField", "url": url}} | {name: table.value(position, name) for name in names}
    )


def update(call: Call) -> Answer:
    """``PATCH /tooling/sobjects/CustomField/{id}``; the metadata must be whole, and the type stays."""
    position = _position(call)
    table = call.org.table("CustomField")
    body = call.object()
    metadata = body.get("Metadata")
    old = table.value(position, "Metadata")
    if not isinstance(metadata, dict) or "type" not in metadata:
        raise Refusal(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", ["Metadata"])
    if metadata["type"] != old["type"]:
        words = f"Cannot change field type from {old['type']} to {metadata['type']}"
        raise Refusal(400, "FIELD_INTEGRITY_EXCEPTION", words, ["Metadata"])
    owner, _, name = str(table.value(position, "FullName")).partition(".")
    try:
        field = field_of(name, metadata)
    except RowRefusal as refusal:
        raise refusal.whole() from None
    for each in _ACTIVITY if owner == "Activity" else (owner,):
        call.org.extend(each, [field])
    table.patch(position, _changing(field, metadata, call.user_id, call.org.stamp()))
    _note(call, "update", table.record_id(position), old, metadata)
    return no_content()


def delete(call: Call) -> Answer:
    """``DELETE /tooling/sobjects/CustomField/{id}``: the field is gone from the objects, values and all."""
    position = _position(call)
    table = call.org.table("CustomField")
    owner, _, name = str(table.value(position, "FullName")).partition(".")
    for each in _ACTIVITY if owner == "Activity" else (owner,):
        call.org.withdraw(each, name)
    table.kill(position)
    _note(call, "delete", table.record_id(position), {"FullName": f"{owner}.{name}"}, None)
    return no_content()
