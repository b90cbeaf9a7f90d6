"""Calls for one record: create, read, update, delete, upsert by external id."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sandbox.salesforce.coerce import coerce
from sandbox.salesforce.describe import entity_of
from sandbox.salesforce.errors import Refusal, RowRefusal, not_found
from sandbox.salesforce.web import Answer, Call, no_content, ok
from sandbox.salesforce.writes import MultipleChoices, Writer
from sandbox.soql.errors import CUSTOM_FIELD_HINT
from sandbox.soql.ids import full, is_id
from sandbox.soql.projection import Tree, render
from sandbox.soql.schema import Field, SObject

_ID_IN_BODY: Final = "The Id field should not be specified in the sobject data."


def writer_of(call: Call) -> Writer:
    """A writer for this call: its user, its headers."""
    auto_assign = call.flag("sforce-auto-assign", default=True)
    if call.shared is not None:
        call.shared.auto_assign = auto_assign
        return call.shared
    return Writer(call.view, auto_assign=auto_assign)


def create(call: Call) -> Answer:
    """``POST /sobjects/{type}``."""
    entity, body, writer = entity_of(call), call.object(), writer_of(call)
    if any(name.lower() == "id" for name in body):
        raise Refusal(400, "INVALID_FIELD", _ID_IN_BODY)
    try:
        record_id = writer.create(entity, body)
    except RowRefusal as refusal:
        raise refusal.whole() from None
    writer.commit()
    return _created(call, entity, record_id, {})


def _created(call: Call, entity: SObject, record_id: str, more: dict[str, Any]) -> Answer:
    location = {"Location": f"{call.root}/sobjects/{entity.name}/{record_id}"}
    return Answer(201, {"id": record_id, "success": True, "errors": [], **more}, location)


def read(call: Call) -> Answer:
    """``GET /sobjects/{type}/{id}?fields=``."""
    entity = entity_of(call)
    return ok(_shown(call, entity, position_of(call, entity, call.args["id"])))


def position_of(call: Call, entity: SObject, record_id: str) -> int:
    """The live row of an id in a path. Raises Refusal NOT_FOUND or ENTITY_IS_DELETED."""
    if not is_id(record_id) or record_id[:3] != entity.prefix:
        words = f"Provided external ID field does not exist or is not accessible: {record_id}"
        raise not_found(words)
    table = call.view.rows(entity)
    position = table.position(full(record_id))
    if position < 0:
        raise not_found()
    if table.is_dead(position):
        raise Refusal(404, "ENTITY_IS_DELETED", "entity is deleted")
    return position


def _shown(call: Call, entity: SObject, position: int) -> dict[str, Any]:
    asked = call.params.get("fields")
    names = [each.name for each in call.view.fields(entity)] if asked is None else asked.split(",")
    tree = tree_of(call, entity, names)
    return render(call.view, tree, np.array([position], np.int64), f"{call.root}/sobjects/")[0]


def tree_of(call: Call, entity: SObject, names: list[str]) -> Tree:
    """What to show of an object, from a plain list of field names. Raises Refusal INVALID_FIELD."""
    tree = Tree(entity)
    for name in names:
        field = call.view.field(entity, name.strip())
        if field is None:
            words = f"\n{name}\n^\nERROR at Row:1:Column:1\nNo such column '{name}' on entity '{entity.name}'. "
            raise Refusal(400, "INVALID_FIELD", words + CUSTOM_FIELD_HINT)
        tree.note(field.name)
        tree.columns[field.name] = (field.name, "")
    return tree


def update(call: Call) -> Answer:
    """``PATCH /sobjects/{type}/{id}``."""
    entity, body = entity_of(call), call.object()
    if any(name.lower() == "id" for name in body):
        raise Refusal(400, "INVALID_FIELD", _ID_IN_BODY)
    position_of(call, entity, call.args["id"])
    writer = writer_of(call)
    try:
        writer.update(entity, call.args["id"], body)
    except RowRefusal as refusal:
        raise refusal.whole() from None
    writer.commit()
    return no_content()


def delete(call: Call) -> Answer:
    """``DELETE /sobjects/{type}/{id}``."""
    entity = entity_of(call)
    position_of(call, entity, call.args["id"])
    writer = writer_of(call)
    mark = writer.mark()
    try:
        writer.delete(entity, full(call.args["id"]))
    except RowRefusal as refusal:
        writer.back_to(mark)
        raise refusal.whole() from None
    writer.commit()
    return no_content()


# ---- by external id -------------------------------------------------------------------------------------------------
def key_of(call: Call, entity: SObject, name: str) -> Field:
    """The external-id field that a path names. Raises Refusal NOT_FOUND."""
    field = call.view.field(entity, name)
    if field is None or not (field.external_id or field.id_lookup):
        words = f"Provided external ID field does not exist or is not accessible: {name}"
        raise not_found(words)
    return field


def read_by_key(call: Call) -> Answer:
    """``GET /sobjects/{type}/{field}/{value}``."""
    entity = entity_of(call)
    field = key_of(call, entity, call.args["field"])
    held = writer_of(call).holders(entity, field, coerce(field, call.args["value"]))
    if not len(held):
        raise not_found()
    if len(held) > 1:
        return _choices(call, entity, [call.view.rows(entity).record_id(int(each)) for each in held])
    return ok(_shown(call, entity, int(held[0])))


def upsert(call: Call) -> Answer:
    """``PATCH /sobjects/{type}/{field}/{value}``."""
    entity, body = entity_of(call), call.object()
    field = key_of(call, entity, call.args["field"])
    if any(name.lower() in {"id", field.name.lower()} for name in body):
        words = f"The {field.name} field should not be specified in the sobject data."
        raise Refusal(400, "INVALID_FIELD", words)
    writer = writer_of(call)
    try:
        if call.params.get("updateOnly", "").lower() == "true":
            _must_exist(writer, entity, field, call.args["value"])
        record_id, created = writer.upsert(entity, field, call.args["value"], body)
    except RowRefusal as refusal:
        raise refusal.whole() from None
    except MultipleChoices as several:
        return _choices(call, entity, several.record_ids)
    writer.commit()
    if created:
        return _created(call, entity, record_id, {"created": True})
    if float(call.version) < 46:
        return no_content()
    return ok({"id": record_id, "success": True, "errors": [], "created": False})


def _must_exist(writer: Writer, entity: SObject, field: Field, value: str) -> None:
    if not len(writer.holders(entity, field, coerce(field, value))):
        raise not_found()


def _choices(call: Call, entity: SObject, record_ids: list[str]) -> Answer:
    return Answer(300, [f"{call.root}/sobjects/{entity.name}/{each}" for each in record_ids])
