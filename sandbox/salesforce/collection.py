"""Up to 200 records in one call, each with an outcome of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import numpy as np

from sandbox.salesforce.coerce import coerce
from sandbox.salesforce.describe import entity_of
from sandbox.salesforce.errors import ROLLED_BACK, Refusal, RowRefusal, deleted
from sandbox.salesforce.records import key_of, tree_of, writer_of
from sandbox.salesforce.web import Answer, Call, ok
from sandbox.salesforce.writes import MultipleChoices, Writer
from sandbox.soql.ids import full, is_id
from sandbox.soql.projection import render
from sandbox.soql.schema import Field, SObject

MOST: Final = 200
_MOST_READ: Final = 2_000
_MOST_RUNS: Final = 10
Save = Callable[[Writer, Any], dict[str, Any]]


def create(call: Call) -> Answer:
    """``POST /composite/sobjects``."""
    records, whole = _records(call)

    def save(writer: Writer, record: dict[str, Any]) -> dict[str, Any]:
        return _saved(writer.create(_typed(call, record), record))

    return _answer(call, records, save, whole)


def update(call: Call) -> Answer:
    """``PATCH /composite/sobjects``."""
    records, whole = _records(call)
    twice = _repeated(str(_id_of(each) or "")[:15] for each in records)

    def save(writer: Writer, record: dict[str, Any]) -> dict[str, Any]:
        record_id = _id_of(record)
        if not record_id:
            raise RowRefusal("MISSING_ARGUMENT", "Id not specified in an update call")
        if str(record_id)[:15] in twice:
            raise RowRefusal("DUPLICATE_VALUE", f"Duplicate id in list: {record_id}")
        entity = _typed(call, record)
        position = writer.locate(entity, record_id)
        writer.update(entity, record_id, record)
        return _saved(call.view.rows(entity).record_id(position))

    return _answer(call, records, save, whole)


def delete(call: Call) -> Answer:
    """``DELETE /composite/sobjects?ids=``."""
    ids = [each for each in call.params.get("ids", "").split(",") if each]
    _checked_size(ids, "ids")

    def save(writer: Writer, record_id: str) -> dict[str, Any]:
        if not is_id(record_id):
            raise RowRefusal("MALFORMED_ID", f"malformed id {record_id}")
        table = call.org.table_of(record_id)
        if table is None or table.position(full(record_id)) < 0:
            raise RowRefusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if table.is_dead(table.position(full(record_id))):
            raise deleted()
        writer.delete(table.entity, full(record_id))
        return _saved(full(record_id))

    return _answer(call, ids, save, call.params.get("allOrNone", "").lower() == "true")


def upsert(call: Call) -> Answer:
    """``PATCH /composite/sobjects/{type}/{field}``."""
    entity = entity_of(call)
    field = key_of(call, entity, call.args["field"])
    records, whole = _records(call)
    values = [_key_value(each, field) for each in records]
    twice = _repeated(str(each).casefold() for each in values if each not in {None, ""})

    def save(writer: Writer, record: dict[str, Any]) -> dict[str, Any]:
        if _typed(call, record).name != entity.name:
            words = f"Record type does not match the resource: {entity.name}"
            raise RowRefusal("INVALID_TYPE", words)
        return _upserted(writer, entity, field, record, twice)

    return _answer(call, records, save, whole)


def _upserted(
    writer: Writer, entity: SObject, field: Field, record: dict[str, Any], twice: frozenset[str]
) -> dict[str, Any]:
    value = _key_value(record, field)
    if str(value).casefold() in twice:
        raise RowRefusal("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [field.name])
    body = {name: each for name, each in record.items() if name.lower() != field.name.lower()}
    if field.name == "Id":
        if not value:
            return _saved(writer.create(entity, body)) | {"created": True}
        writer.update(entity, str(value), body)
        return _saved(full(str(value))) | {"created": False}
    if value in {None, ""}:
        raise RowRefusal("MISSING_ARGUMENT", f"{field.name} not specified")
    try:
        record_id, created = writer.upsert(entity, field, coerce(field, value), body)
    except MultipleChoices as several:
        words = f"{field.name}: more than one record found for external id field: [{', '.join(several.record_ids)}]"
        raise RowRefusal("DUPLICATE_EXTERNAL_ID", words) from None
    return _saved(record_id) | {"created": created}


def retrieve(call: Call) -> Answer:
    """``POST /composite/sobjects/{type}`` with ids and fields, and the same as GET."""
    entity = entity_of(call)
    if call.method == "POST":
        body = call.object()
        ids, names = body.get("ids"), body.get("fields")
    else:
        ids = [each for each in call.params.get("ids", "").split(",") if each]
        names = [each for each in call.params.get("fields", "").split(",") if each]
    if not isinstance(ids, list) or not isinstance(names, list) or not ids or not names:
        missing = "ids" if not ids else "fields"
        raise Refusal(400, "MISSING_ARGUMENT", f"{missing} is a required parameter")
    if len(ids) > _MOST_READ:
        raise Refusal(400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {_MOST_READ} records")
    return ok(_retrieved(call, entity, [str(each) for each in ids], [str(each) for each in names]))


def _retrieved(call: Call, entity: SObject, ids: list[str], names: list[str]) -> list[dict[str, Any] | None]:
    tree = tree_of(call, entity, names)
    table = call.view.rows(entity)
    at = table.find([full(each) if is_id(each) else None for each in ids])
    alive = at >= 0
    alive[alive] = ~table.dead_among(at[alive])
    shown = iter(render(call.view, tree, at[alive], f"{call.root}/sobjects/"))
    return [next(shown) if each else None for each in np.asarray(alive).tolist()]


# ---- the frame around each row --------------------------------------------------------------------------------------
def _records(call: Call) -> tuple[list[dict[str, Any]], bool]:
    body = call.object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise Refusal(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of list: records is missing or no array")
    _checked_size(records, "records")
    types = [str((each.get("attributes") or {}).get("type", "")).lower() for each in records]
    runs = 1 + sum(one != other for one, other in pairwise(types))
    if runs > _MOST_RUNS:
        words = f"Cannot have more than {_MOST_RUNS} chunks in a single operation. Please rearrange the data"
        raise Refusal(400, "LIMIT_EXCEEDED", words)
    return records, body.get("allOrNone") is True


def _checked_size(items: list[Any], what: str) -> None:
    if not items:
        raise Refusal(
            400, "REQUIRED_FIELD_MISSING", f"At least 1 {'record' if what == 'records' else 'id'} is required"
        )
    if len(items) > MOST:
        words = f"record limit reached. cannot submit more than {MOST} records into this call"
        raise Refusal(400, "EXCEEDED_ID_LIMIT", words)


def _typed(call: Call, record: dict[str, Any]) -> SObject:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not name:
        raise RowRefusal("INVALID_TYPE", "The type attribute of a record is missing")
    entity = call.view.entity(str(name))
    if entity is None:
        words = f"sObject type '{name}' is not supported."
        raise RowRefusal("INVALID_TYPE", words)
    return entity


def _id_of(record: dict[str, Any]) -> Any:
    return next((value for name, value in record.items() if name.lower() == "id"), None)


def _key_value(record: dict[str, Any], field: Field) -> Any:
    return next((value for name, value in record.items() if name.lower() == field.name.lower()), None)


def _repeated(keys: Any) -> frozenset[str]:
    return frozenset(key for key, count in Counter(keys).items() if count > 1 and key)


def _saved(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def _answer(call: Call, items: list[Any], save: Save, whole: bool) -> Answer:
    writer = writer_of(call)
    start = writer.mark()
    rows: list[dict[str, Any]] = []
    failed: list[bool] = []
    for item in items:
        mark = writer.mark()
        try:
            rows.append(save(writer, item))
            failed.append(False)
        except RowRefusal as refusal:
            writer.back_to(mark)
            rows.append(refusal.row())
            failed.append(True)
    if whole and any(failed):
        writer.back_to(start)
        bystander = RowRefusal("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK).row()
        rows = [row if bad else bystander for row, bad in zip(rows, failed, strict=True)]
    writer.commit()
    return ok(rows)
