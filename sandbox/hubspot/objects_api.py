"""Objects API, one record or one page at a time: list, read, create, update, archive, merge, forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.hubspot import answers
from sandbox.hubspot.call import Answer, Call, record_id, required
from sandbox.hubspot.errors import Problem, RefusalError, bad_values, invalid, no_type, not_found
from sandbox.hubspot.kinds import CONTACTS, kind_named
from sandbox.hubspot.links import Pair, code_of
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.table import Table
from sandbox.hubspot.values import Clean, clean_values

MAX_PAGE, MAX_PAGE_WITH_HISTORY = 100, 50
Links = list[tuple[Pair, int, list[int]]]


def list_records(call: Call) -> Answer:
    """GET /objects/{type}: a page in id order; ``after`` is the id of the next record."""
    table = call.table()
    history = call.listed("propertiesWithHistory")
    limit = call.whole("limit", 10, MAX_PAGE_WITH_HISTORY if history else MAX_PAGE)
    after = _list_cursor(call, table)
    archived = call.flag("archived")
    ids = (table.archived_from if archived else table.live_from)(after, limit + 1)
    names = answers.wanted_names(table, call.listed("properties"))
    shown = answers.records(call.portal, table, ids[:limit], names)
    _decorate(call, table, ids[:limit], shown, history)
    body: dict[str, Any] = {"results": shown}
    if len(ids) > limit:
        cursor = str(ids[limit])
        body["paging"] = {"next": {"after": cursor, "link": call.link(cursor)}}
    return Answer(200, body)


def _list_cursor(call: Call, table: Table) -> int:
    text = call.query.get("after") or "0"
    cursor = record_id(text)
    if cursor is None or (0 < cursor <= 10_000 < table.kind.first_id):
        raise invalid(f"Invalid paging cursor: {text}")
    return cursor


def _decorate(call: Call, table: Table, ids: Sequence[int], shown: list[dict[str, Any]], history: list[str]) -> None:
    to_types = [_type_id(name) for name in call.listed("associations")]
    link = f"{call.base}/crm/v3/objects/{table.kind.plural}"
    for number, item in zip(ids, shown, strict=True):
        if history:
            answers.with_history(table, item, number, history)
        if to_types:
            linked = answers.inline(call.portal, table, number, to_types, link)
            if linked:
                item["associations"] = linked


def _type_id(name: str) -> str:
    found = kind_named(name)
    if found is None:
        raise no_type(name)
    return found.type_id


def find(call: Call, table: Table, text: str, id_property: str | None, *, archived: bool) -> int:
    """The record that a path or an input names; a 404 when there is none. Merged ids lead to their winner."""
    number = by_property(call.portal, table, text, id_property, archived=archived)
    if number is None:
        raise not_found(text)
    return number


def by_property(portal: Portal, table: Table, text: str, id_property: str | None, *, archived: bool) -> int | None:
    """The record with this id, or this unique value; None when there is none."""
    if id_property and id_property not in {"hs_object_id", "id"}:
        must_be_unique(portal, table, id_property)
        held = table.archived_holder(id_property, text) if archived else table.holder(id_property, text)
        if held is None and id_property == "email" and not archived:
            return table.further_holder(text)
        return held
    number = record_id(text)
    if number is None or not table.known(number):
        return None
    if archived:
        return number if number in table.gone else None
    number = table.resolve(number)
    return number if table.live(number) else None


def must_be_unique(portal: Portal, table: Table, name: str) -> None:
    """A 400 unless values of this property name one record."""
    if name not in portal.unique_names(table):
        raise not_unique(portal, table, name)


def not_unique(portal: Portal, table: Table, name: str) -> RefusalError:
    """The refusal to write by a property that does not name one record."""
    message = f"Unable to perform update/upsert by non-unique {table.kind.type_id} property {name} in portal ID "
    return invalid(f"{message}{portal.switches.portal_id}")


def read_record(call: Call) -> Answer:
    """GET /objects/{type}/{id}."""
    table = call.table()
    number = find(call, table, call.parts[1], call.query.get("idProperty"), archived=call.flag("archived"))
    names = answers.wanted_names(table, call.listed("properties"))
    shown = answers.records(call.portal, table, [number], names)
    _decorate(call, table, [number], shown, call.listed("propertiesWithHistory"))
    return Answer(200, shown[0])


def create_record(call: Call) -> Answer:
    """POST /objects/{type}: 201 with everything that is set."""
    table, body = call.table(write=True), call.body()
    clean, links = prepared_create(call, table, body)
    call.portal.check_unique(table, 0, clean, named=True)
    made = call.portal.create(table, clean, call.author, links)
    return Answer(201, answers.whole(call.portal, table, made.id))


def prepared_create(call: Call, table: Table, body: Mapping[str, Any]) -> tuple[Clean, Links]:
    """Checked values and links of a create; raises for everything but taken unique values."""
    given = body.get("properties") or {}
    if not isinstance(given, dict):
        raise invalid("Invalid input JSON on line 1, column 2: Cannot deserialize value of type")
    clean, problems = clean_values(table.definitions, given, call.portal.owner_known, lambda _: None)
    if problems:
        raise bad_values(problems, call.portal.switches.portal_id)
    _demand_required(table, clean)
    _demand_by_rules(call, table, clean)
    return clean, _links_of(call.portal, table, body.get("associations") or [])


def _demand_required(table: Table, clean: Clean) -> None:
    kind = table.kind
    missing = [name for name in kind.all_of if clean.get(name) is None]
    if kind.any_of and all(clean.get(name) is None for name in kind.any_of):
        missing = list(kind.any_of)
    if missing:
        message = f"Error creating {kind.upper}. Some required properties were not set."
        raise invalid(message, context={"properties": missing})


def _demand_by_rules(call: Call, table: Table, clean: Clean) -> None:
    """An admin's create form is enforced on the newest path version alone."""
    switches = call.portal.switches
    asked = [name.partition(".") for name in switches.required_on_create]
    missing = [name for plural, _, name in asked if plural == table.kind.plural and clean.get(name) is None]
    if missing and call.version[:1].isdigit() and call.version >= switches.min_validation_version:
        problems = [Problem(name, "MISSING_REQUIRED_PROPERTY", f'Property "{name}" is required.') for name in missing]
        raise bad_values(problems, switches.portal_id)


def _links_of(portal: Portal, table: Table, asked: Any) -> Links:
    links: Links = []
    for item in asked if isinstance(asked, list) else []:
        target = record_id(str(required(required(item, "to"), "id")))
        types = required(item, "types")
        codes = [code_of(str(t.get("associationCategory")), int(t.get("associationTypeId", 0))) for t in types]
        known = [portal.associations.types.by_code.get(code) for code in codes]
        pairs = {found.pair for found in known if found is not None}
        if None in known or len(pairs) != 1 or target is None:
            raise invalid("One or more associations are invalid")
        pair = pairs.pop()
        if pair[0] != table.kind.type_id:
            message = (
                f"invalid from object type {pair[0]} for associations to be created. expected: {table.kind.type_id}"
            )
            raise invalid(message)
        if not portal.tables[pair[1]].live(target):
            raise invalid("One or more associations are invalid", context={"id": [str(target)]})
        links.append((pair, target, codes))
    return links


def update_record(call: Call) -> Answer:
    """PATCH /objects/{type}/{id}: 200 with what was sent."""
    table, body = call.table(write=True), call.body()
    number = find(call, table, call.parts[1], call.query.get("idProperty"), archived=False)
    clean = prepared_update(call, table, number, body)
    call.portal.check_unique(table, number, clean, named=True)
    call.portal.update(table, number, clean, call.author)
    return Answer(200, answers.echo(call.portal, table, number, clean))


def prepared_update(call: Call, table: Table, number: int, body: Mapping[str, Any]) -> Clean:
    """Checked values of an update."""
    given = body.get("properties")
    if not isinstance(given, dict) or not given:
        raise invalid("No properties found to update, please provide at least one.")
    before = table.value
    clean, problems = clean_values(table.definitions, given, call.portal.owner_known, lambda name: before(number, name))
    if problems:
        raise bad_values(problems, call.portal.switches.portal_id)
    return clean


def archive_record(call: Call) -> Answer:
    """DELETE /objects/{type}/{id}: 204, for one already archived too."""
    table = call.table(write=True)
    number = record_id(call.parts[1])
    if number is None or not table.known(number):
        raise not_found(call.parts[1])
    if table.live(number):
        call.portal.archive(table, number, call.author)
    return Answer(204)


def merge_records(call: Call) -> Answer:
    """POST /objects/{type}/merge: 200 with the new record."""
    table, body = call.table(write=True), call.body()
    ids = []
    for name in ("primaryObjectId", "objectIdToMerge"):
        text = str(required(body, name))
        number = record_id(text)
        if number is None or not table.live(table.resolve(number)):
            raise not_found(text)
        ids.append(table.resolve(number))
    if ids[0] == ids[1]:
        raise invalid("Cannot merge an object with itself.")
    made = call.portal.merge(table, ids[0], ids[1], call.author)
    return Answer(200, answers.whole(call.portal, table, made.id))


def forget_contact(call: Call) -> Answer:
    """POST /objects/contacts/gdpr-delete: 204, for good."""
    table, body = call.table(write=True), call.body()
    if table.kind is not CONTACTS:
        raise not_found("gdpr-delete")
    number = by_property(call.portal, table, str(required(body, "objectId")), body.get("idProperty"), archived=False)
    if number is not None:
        call.portal.purge(table, number, call.author)
    return Answer(204)
