"""Properties API: definitions and groups of one object type."""

from __future__ import annotations

from typing import Any

from sandbox.hubspot import answers
from sandbox.hubspot.call import Answer, Call, inputs_of, required
from sandbox.hubspot.definitions import Definition, Definitions, Group, no_property
from sandbox.hubspot.errors import RefusalError, invalid
from sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, ObjectKind

MAX_CUSTOM = 1_000


def _schema_scopes(kind: ObjectKind, verb: str) -> tuple[str, ...]:
    named = kind.plural if kind in {COMPANIES, CONTACTS, DEALS} else CONTACTS.plural
    own = kind.read if verb == "read" else ()
    return (f"crm.schemas.{named}.{verb}", *own)


def _definitions(call: Call, verb: str = "read") -> Definitions:
    kind = call.kind()
    call.demand(_schema_scopes(kind, verb))
    return call.portal.table(kind).definitions


def list_properties(call: Call) -> Answer:
    """GET /properties/{type}: all at once."""
    listed = _definitions(call).listed(archived=call.flag("archived"))
    return Answer(200, {"results": [item.as_json() for item in listed]})


def read_property(call: Call) -> Answer:
    """GET /properties/{type}/{name}."""
    definitions = _definitions(call)
    found = definitions.any(call.parts[1])
    if found is None or (found.archived_ms is not None) != call.flag("archived"):
        raise no_property(call.parts[1])
    return Answer(200, found.as_json())


def create_property(call: Call) -> Answer:
    """POST /properties/{type}: 201; 409 when the name is taken."""
    definitions = _definitions(call, "write")
    made = _create(call, definitions, call.body())
    return Answer(201, made.as_json(), {"location": f"{call.base}{call.path}/{made.name}"})


def _create(call: Call, definitions: Definitions, body: dict[str, Any]) -> Definition:
    made = definitions.create(body, call.portal.now_ms(), str(call.caller.user_id))
    _journal(call, "create", made.name, None, made.as_json())
    return made


def _journal(call: Call, verb: str, name: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    portal, plural = call.portal, call.kind().plural
    portal.note(call.author, verb, f"properties/{plural}", name, before, after)


def change_property(call: Call) -> Answer:
    """PATCH /properties/{type}/{name}: 200; options are replaced as a list."""
    definitions = _definitions(call, "write")
    held = definitions.get(call.parts[1])
    before = held.as_json() if held is not None else None
    found = definitions.change(call.parts[1], call.body(), call.portal.now_ms(), str(call.caller.user_id))
    _journal(call, "update", found.name, before, found.as_json())
    return Answer(200, found.as_json())


def archive_property(call: Call) -> Answer:
    """DELETE /properties/{type}/{name}: 204."""
    _definitions(call, "write").archive(call.parts[1], call.portal.now_ms())
    _journal(call, "delete", call.parts[1], {"archived": False}, {"archived": True})
    return Answer(204)


def create_batch(call: Call) -> Answer:
    """POST batch/create: 201, or 207 naming what could not be made."""
    started, definitions = call.portal.now_ms(), _definitions(call, "write")
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for item in inputs_of(call.body()):
        try:
            results.append(_create(call, definitions, item).as_json())
        except RefusalError as refusal:
            errors.append(refusal.row())
    if call.portal.switches.shuffle:
        call.portal.dice.shuffle(results)
    return Answer(207 if errors else 201, answers.batch(results, errors, (started, call.portal.now_ms())))


def read_batch(call: Call) -> Answer:
    """POST batch/read: 200, or 207 when some names are not there."""
    started, definitions, body = call.portal.now_ms(), _definitions(call), call.body()
    names = [str(required(item, "name")) for item in inputs_of(body)]
    found = {name: definitions.any(name) for name in names}
    archived = bool(body.get("archived"))
    kept = [item for item in found.values() if item is not None and (item.archived_ms is not None) == archived]
    there = {item.name for item in kept}
    errors = [no_property(name).row() for name in names if name not in there]
    rows = [item.as_json() for item in kept]
    return Answer(207 if errors else 200, answers.batch(rows, errors, (started, call.portal.now_ms())))


def archive_batch(call: Call) -> Answer:
    """POST batch/archive: 204."""
    definitions = _definitions(call, "write")
    for item in inputs_of(call.body()):
        name = str(required(item, "name"))
        if definitions.get(name) is not None:
            definitions.archive(name, call.portal.now_ms())
            _journal(call, "delete", name, {"archived": False}, {"archived": True})
    return Answer(204)


# ---- groups ---------------------------------------------------------------------------------------------------------
def list_groups(call: Call) -> Answer:
    """GET /properties/{type}/groups."""
    return Answer(200, {"results": [group.as_json() for group in _definitions(call).groups.values()]})


def read_group(call: Call) -> Answer:
    """GET /properties/{type}/groups/{name}."""
    return Answer(200, _group(_definitions(call), call.parts[1]).as_json())


def _group(definitions: Definitions, name: str) -> Group:
    found = definitions.groups.get(name)
    if found is None:
        message = f"Property group '{name}' does not exist"
        raise RefusalError(404, message, "OBJECT_NOT_FOUND", context={"name": [name]})
    return found


def create_group(call: Call) -> Answer:
    """POST /properties/{type}/groups: 201; 409 when the name is taken."""
    definitions, body = _definitions(call, "write"), call.body()
    name, label = str(required(body, "name")), str(required(body, "label"))
    if name in definitions.groups:
        message = f"A property group named '{name}' already exists."
        code = "PropertyGroupError.PROPERTY_GROUP_WITH_NAME_EXISTS"
        raise RefusalError(409, message, "OBJECT_ALREADY_EXISTS", subCategory=code, context={"name": [name]})
    made = Group(name, label, int(body.get("displayOrder") or -1))
    definitions.groups[name] = made
    _journal(call, "create", f"group/{name}", None, made.as_json())
    return Answer(201, made.as_json())


def change_group(call: Call) -> Answer:
    """PATCH /properties/{type}/groups/{name}: 200."""
    group, body = _group(_definitions(call, "write"), call.parts[1]), call.body()
    before = group.as_json()
    group.label = str(body.get("label", group.label))
    group.display_order = int(body.get("displayOrder", group.display_order))
    _journal(call, "update", f"group/{group.name}", before, group.as_json())
    return Answer(200, group.as_json())


def archive_group(call: Call) -> Answer:
    """DELETE /properties/{type}/groups/{name}: 204 unless properties live in it."""
    definitions = _definitions(call, "write")
    group = _group(definitions, call.parts[1])
    if any(item.group == group.name for item in definitions.listed(archived=False)):
        message = f"Property group '{group.name}' has active properties."
        raise invalid(message, subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES")
    del definitions.groups[group.name]
    _journal(call, "delete", f"group/{group.name}", group.as_json(), None)
    return Answer(204)


def custom_limits(call: Call) -> Answer:
    """GET /limits/custom-properties: how many are made and how many may be."""
    call.demand(("crm.objects.companies.read", "crm.objects.contacts.read", "crm.objects.deals.read"))
    rows = []
    for type_id, table in call.portal.tables.items():
        used = sum(1 for item in table.definitions.listed(archived=False) if not item.standard)
        rows.append(
            {
                "objectTypeId": type_id,
                "limit": MAX_CUSTOM,
                "usage": used,
                "percentage": 100 * used / MAX_CUSTOM,
            }
        )
    total = sum(row["usage"] for row in rows if isinstance(row["usage"], int))
    overall = {"overallLimit": 10 * MAX_CUSTOM, "overallUsage": total, "overallPercentage": total / (MAX_CUSTOM / 10)}
    return Answer(200, {**overall, "byObjectType": rows})
