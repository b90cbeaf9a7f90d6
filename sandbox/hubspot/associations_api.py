"""Associations API: batch read with paging per input, create, default, archive, single links and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.hubspot import answers
from sandbox.hubspot.call import Answer, Call, inputs_of, record_id, required
from sandbox.hubspot.errors import RefusalError, invalid, not_found
from sandbox.hubspot.kinds import BY_ID, ObjectKind
from sandbox.hubspot.links import Pair, code_of

PAGE = 500
MAX_READ, MAX_WRITE = 1_000, 2_000
MAX_LABELS = 10


def _pair(call: Call, *, write: bool, at: tuple[int, int] = (0, 1)) -> Pair:
    """The two types of the path, the caller's scopes on both checked."""
    kinds = (call.kind(at[0]), call.kind(at[1]))
    for kind in kinds:
        call.demand(kind.write if write else kind.read)
    return kinds[0].type_id, kinds[1].type_id


def _one(call: Call, pair: Pair, number: int, after: int, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    types = call.portal.associations.types.by_code
    targets = answers.live_targets(call.portal, pair, number)
    ids = [target for target in targets if target >= after]
    shown = [
        {
            "toObjectId": target,
            "associationTypes": [
                {"category": types[code].category, "typeId": types[code].type_id, "label": types[code].label}
                for code in targets[target]
            ],
        }
        for target in ids[:limit]
    ]
    return shown, str(ids[limit]) if len(ids) > limit else None


def read_batch(call: Call) -> Answer:
    """POST batch/read: a record without associations is reported among the errors of a 207."""
    started, pair = call.portal.now_ms(), _pair(call, write=False)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for item in inputs_of(call.body(), MAX_READ):
        text = str(required(item, "id"))
        number, after = record_id(text), record_id(str(item.get("after") or "0")) or 0
        shown, more = _one(call, pair, number, after, PAGE) if number is not None else ([], None)
        if not shown:
            errors.append(_none_found(BY_ID[pair[0]], BY_ID[pair[1]], text))
            continue
        row: dict[str, Any] = {"from": {"id": text}, "to": shown}
        if more is not None:
            row["paging"] = {"next": {"after": more, "link": f"?after={more}"}}
        results.append(row)
    return Answer(207 if errors else 200, answers.batch(results, errors, (started, call.portal.now_ms())))


def _none_found(a: ObjectKind, b: ObjectKind, text: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {b.singular} is associated with {a.singular} {text}.",
        "context": {"fromObjectId": [text], "fromObjectType": [a.singular], "toObjectType": [b.singular]},
    }


def read_single(call: Call) -> Answer:
    """GET /objects/{from}/{id}/associations/{to}: numeric ids, pages of up to 500."""
    pair = _pair(call, write=False, at=(0, 2))
    number, limit = _live(call, pair[0], call.parts[1]), call.whole("limit", PAGE, PAGE)
    shown, more = _one(call, pair, number, record_id(call.query.get("after") or "0") or 0, limit)
    body: dict[str, Any] = {"results": shown}
    if more is not None:
        body["paging"] = {"next": {"after": more, "link": call.link(more)}}
    return Answer(200, body)


def _live(call: Call, type_id: str, text: str) -> int:
    number = record_id(text)
    table = call.portal.tables[type_id]
    if number is None or not table.live(table.resolve(number)):
        raise not_found(text)
    return table.resolve(number)


def _codes(call: Call, pair: Pair, asked: Any) -> list[int]:
    if not isinstance(asked, list):
        raise invalid("Invalid input JSON on line 1, column 1: Cannot deserialize value of type")
    codes = []
    for item in asked:
        code = code_of(str(item.get("associationCategory")), int(item.get("associationTypeId") or 0))
        found = call.portal.associations.types.by_code.get(code)
        if found is None:
            raise invalid("One or more associations are invalid")
        if found.pair != pair:
            message = f"invalid from object type {found.pair[0]} for associations to be created. expected: {pair[0]}"
            raise invalid(message)
        codes.append(code)
    return codes


def _between(call: Call, pair: Pair, from_id: int, to_id: int) -> dict[str, Any]:
    types = call.portal.associations.types.by_code
    codes = call.portal.associations.targets(pair, from_id).get(to_id, ())
    labels = [types[code].label for code in codes if types[code].label is not None]
    return {
        "fromObjectTypeId": pair[0],
        "fromObjectId": from_id,
        "toObjectTypeId": pair[1],
        "toObjectId": to_id,
        "labels": labels,
    }


def put_labels(call: Call) -> Answer:
    """PUT /objects/{from}/{id}/associations/{to}/{toId}: 201; the account's own labels are replaced."""
    pair = _pair(call, write=True, at=(0, 2))
    from_id, to_id = _live(call, pair[0], call.parts[1]), _live(call, pair[1], call.parts[3])
    codes = _codes(call, pair, call.json())
    held = call.portal.associations.targets(pair, from_id).get(to_id, ())
    own = [code for code in held if code < 0 and code not in codes]
    if own:
        kept = [code for code in held if code not in own]
        call.portal.set_link(pair, from_id, to_id, kept, call.author)
    call.portal.associate(pair, from_id, to_id, codes, call.author)
    return Answer(201, _between(call, pair, from_id, to_id))


def put_default(call: Call) -> Answer:
    """PUT .../associations/default/{to}/{toId}: 200 with a batch envelope."""
    started, pair = call.portal.now_ms(), _pair(call, write=True, at=(0, 2))
    from_id, to_id = _live(call, pair[0], call.parts[1]), _live(call, pair[1], call.parts[3])
    rows = _associate_default(call, pair, from_id, to_id)
    return Answer(200, answers.batch(rows, [], (started, call.portal.now_ms())))


def _associate_default(call: Call, pair: Pair, from_id: int, to_id: int) -> list[dict[str, Any]]:
    types = call.portal.associations.types
    code = types.default[pair]
    call.portal.associate(pair, from_id, to_id, [code], call.author)
    ends = ((from_id, to_id, code), (to_id, from_id, types.by_code[code].inverse))
    return [
        {
            "from": {"id": str(start)},
            "to": {"id": str(end)},
            "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": one},
        }
        for start, end, one in ends
    ]


def remove(call: Call) -> Answer:
    """DELETE /objects/{from}/{id}/associations/{to}/{toId}: 204, all labels go."""
    pair = _pair(call, write=True, at=(0, 2))
    from_id, to_id = _live(call, pair[0], call.parts[1]), _live(call, pair[1], call.parts[3])
    call.portal.set_link(pair, from_id, to_id, [], call.author)
    return Answer(204)


def _ends(call: Call, pair: Pair, item: Mapping[str, Any]) -> tuple[int, int]:
    found = []
    for part, type_id in (("from", pair[0]), ("to", pair[1])):
        text = str(required(required(item, part), "id"))
        number = record_id(text)
        if number is None or not call.portal.tables[type_id].live(number):
            message = f"{text} is not a valid ID"
            raise invalid(message, subCategory="crm.associations.INVALID_IDENTIFIER", context={"id": [text]})
        found.append(number)
    if pair[0] == pair[1] and found[0] == found[1]:
        raise invalid(f"Object {found[0]} cannot be associated to itself ({found[1]})")
    return found[0], found[1]


def create_batch(call: Call) -> Answer:
    """POST batch/create: 201, or 207 naming what could not be linked."""
    started, pair = call.portal.now_ms(), _pair(call, write=True)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for item in inputs_of(call.body(), MAX_WRITE):
        try:
            from_id, to_id = _ends(call, pair, item)
            codes = _codes(call, pair, required(item, "types"))
        except RefusalError as refusal:
            errors.append(refusal.row())
            continue
        call.portal.associate(pair, from_id, to_id, codes, call.author)
        results.append(_between(call, pair, from_id, to_id))
    return Answer(207 if errors else 201, answers.batch(results, errors, (started, call.portal.now_ms())))


def create_default_batch(call: Call) -> Answer:
    """POST batch/associate/default: 200, or 207."""
    started, pair = call.portal.now_ms(), _pair(call, write=True)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for item in inputs_of(call.body(), MAX_WRITE):
        try:
            results += _associate_default(call, pair, *_ends(call, pair, item))
        except RefusalError as refusal:
            errors.append(refusal.row())
    return Answer(207 if errors else 200, answers.batch(results, errors, (started, call.portal.now_ms())))


def archive_batch(call: Call) -> Answer:
    """POST batch/archive: 204; ``to`` is a list."""
    pair = _pair(call, write=True)
    for item in inputs_of(call.body(), MAX_WRITE):
        from_id = record_id(str(required(required(item, "from"), "id")))
        for target in _many(required(item, "to")):
            to_id = record_id(str(required(target, "id")))
            if from_id is not None and to_id is not None:
                call.portal.set_link(pair, from_id, to_id, [], call.author)
    return Answer(204)


def archive_labels_batch(call: Call) -> Answer:
    """POST batch/labels/archive: 204; only the named types go, the unlabelled one takes all with it."""
    pair = _pair(call, write=True)
    for item in inputs_of(call.body(), MAX_WRITE):
        from_id, to_id = _ends(call, pair, item)
        codes = set(_codes(call, pair, required(item, "types")))
        held = call.portal.associations.targets(pair, from_id).get(to_id, ())
        whole = call.portal.associations.types.default[pair] in codes
        kept = [] if whole else [code for code in held if code not in codes]
        call.portal.set_link(pair, from_id, to_id, kept, call.author)
    return Answer(204)


def _many(value: Any) -> Sequence[Mapping[str, Any]]:
    return value if isinstance(value, list) else [value]


# ---- labels ---------------------------------------------------------------------------------------------------------
def list_labels(call: Call) -> Answer:
    """GET .../labels: every type from one object type to another."""
    pair = _pair(call, write=False)
    found = call.portal.associations.types.of_pair(pair)
    rows = [{"category": item.category, "typeId": item.type_id, "label": item.label} for item in found]
    return Answer(200, {"results": rows})


def create_label(call: Call) -> Answer:
    """POST .../labels: 200 with both directions."""
    pair, body = _pair(call, write=True), call.body()
    types = call.portal.associations.types
    label, name = str(required(body, "label")), str(required(body, "name"))
    own = [item for item in types.of_pair(pair) if item.code < 0]
    if len(own) >= MAX_LABELS:
        raise invalid(f"The limit of {MAX_LABELS} association labels between two object types is reached.")
    made = types.make(BY_ID[pair[0]], BY_ID[pair[1]], name, (label, str(body.get("inverseLabel") or label)))
    rows = [{"category": item.category, "typeId": item.type_id, "label": item.label} for item in made]
    return Answer(200, {"results": rows})
