"""Records as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sandbox.hubspot.associations import Targets
from sandbox.hubspot.kinds import BY_ID, COMPANIES, CONTACTS
from sandbox.hubspot.moments import iso, iso_many
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.table import Record, Table

Shown = dict[str, Any]


def wanted_names(table: Table, asked: Sequence[str]) -> list[str]:
    """Properties to show, sorted: those asked for that exist, else the defaults; the system ones always."""
    kept = [name for name in asked if table.definitions.get(name) is not None] if asked else table.kind.defaults
    return sorted({*kept, *table.kind.system})


def record_url(portal: Portal, table: Table, record_id: int) -> str:
    """Where the vendor's user interface shows the record."""
    return f"https://app.hubspot.com/contacts/{portal.switches.portal_id}/record/{table.kind.type_id}/{record_id}"


def properties_of(portal: Portal, table: Table, ids: Sequence[int], names: Sequence[str]) -> list[Shown]:
    """The named properties of each record, roll-ups counted now."""
    rows: list[Shown] = list(table.columns(ids, names))
    if table.kind is COMPANIES and "num_associated_contacts" in names:
        pair = (COMPANIES.type_id, CONTACTS.type_id)
        for row, record_id in zip(rows, ids, strict=True):
            row["num_associated_contacts"] = str(portal.associations.count(pair, record_id))
    return rows


def records(portal: Portal, table: Table, ids: Sequence[int], names: Sequence[str]) -> list[Shown]:
    """Records with the named properties, in the order of the ids."""
    if not ids:
        return []
    rows = properties_of(portal, table, ids, names)
    stamps = table.stamps(ids)
    created = iso_many(np.array([stamp[0] for stamp in stamps], np.int64))
    updated = iso_many(np.array([stamp[1] for stamp in stamps], np.int64))
    base = record_url(portal, table, 0)[:-1]
    shown = [
        {
            "id": str(record_id),
            "properties": row,
            "createdAt": made,
            "updatedAt": changed,
            "archived": False,
            "url": f"{base}{record_id}",
        }
        for record_id, row, made, changed in zip(ids, rows, created, updated, strict=True)
    ]
    if table.gone:
        for item, record_id, stamp in zip(shown, ids, stamps, strict=True):
            if record_id in table.gone:
                item["archived"] = True
                item["archivedAt"] = iso(stamp[2] or 0)
    return shown


def echo(portal: Portal, table: Table, record_id: int, sent: Iterable[str]) -> Shown:
    """What an update answers: the properties that were sent, those that follow from them, and the system ones."""
    follows = {"hs_email_domain", "hs_task_completion_date", "hs_task_is_completed", "website", "hs_all_owner_ids"}
    record = table.record(record_id)
    names = sorted({*sent, *table.kind.system, *(name for name in follows if name in record.props)})
    return _one(portal, table, record, {name: record.props.get(name, "") for name in names})


def whole(portal: Portal, table: Table, record_id: int) -> Shown:
    """What a create answers: everything that is set."""
    record = table.record(record_id)
    return _one(portal, table, record, dict(sorted(record.props.items())))


def _one(portal: Portal, table: Table, record: Record, properties: Shown) -> Shown:
    return {
        "id": str(record.id),
        "properties": properties,
        "createdAt": iso(record.created_ms),
        "updatedAt": iso(record.updated_ms),
        "archived": False,
        "url": record_url(portal, table, record.id),
    }


def with_history(table: Table, item: Shown, record_id: int, names: Sequence[str]) -> Shown:
    """Adds ``propertiesWithHistory``, newest first."""
    item["propertiesWithHistory"] = {
        name: [
            {
                "value": entry.value or "",
                "timestamp": iso(entry.at_ms),
                "sourceType": entry.source_type,
                "sourceId": entry.source_id,
                "sourceLabel": entry.source_label,
                **({"updatedByUserId": entry.user_id} if entry.user_id is not None else {}),
            }
            for entry in table.history(record_id, name)
        ]
        for name in sorted(names)
        if table.definitions.get(name) is not None
    }
    return item


def live_targets(portal: Portal, pair: tuple[str, str], from_id: int) -> Targets:
    """What a record is linked to, archived ones left out."""
    found = portal.associations.targets(pair, from_id)
    gone = portal.tables[pair[1]].gone
    if not gone or gone.isdisjoint(found):
        return found
    return {target: codes for target, codes in found.items() if target not in gone}


def inline(portal: Portal, table: Table, record_id: int, to_types: Sequence[str], link: str) -> Shown:
    """The ``associations`` part of a record: ids and v3 names, a first page per type with its own paging."""
    most = portal.switches.inline_associations
    own = table.kind.type_id
    by_code = portal.associations.types.by_code
    shown: Shown = {}
    for to_type in to_types:
        targets = live_targets(portal, (own, to_type), record_id)
        if not targets:
            continue
        ids = list(targets)
        part: Shown = {
            "results": [
                {"id": str(other), "type": by_code[code].name} for other in ids[:most] for code in targets[other]
            ]
        }
        if len(ids) > most:
            after = str(ids[most])
            plural = BY_ID[to_type].plural
            url = f"{link}/{record_id}/associations/{plural}?limit={most}&after={after}"
            part["paging"] = {"next": {"after": after, "link": url}}
        shown[BY_ID[to_type].plural] = part
    return shown


def batch(results: Sequence[Any], errors: Sequence[Mapping[str, Any]], moments: tuple[int, int]) -> Shown:
    """The envelope of a batch answer; errors are counted by group."""
    body: Shown = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": iso(moments[0]),
        "completedAt": iso(moments[1]),
    }
    if errors:
        body["numErrors"] = len(errors)
        body["errors"] = list(errors)
    return body
