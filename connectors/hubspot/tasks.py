"""Tasks of ours, read live: by id, by creation key, and what a create or an update of one carries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

from connectors.base import FoundTask, Key, KeyAsk, OpenTask, UpdateTask, Value
from connectors.hubspot import wire
from connectors.hubspot.activities import ref_in, ref_line, task_state
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.columns import Layout
from connectors.hubspot.definitions import plain
from connectors.hubspot.owned import WITHDRAWN_SUBJECT, moment_of, to_wire
from connectors.hubspot.paths import Paths
from connectors.hubspot.reads import PAGE, Reader

TO_COMPANY: Final = 192
TO_CONTACT: Final = 204
_PRIORITIES: Final = {"high": "HIGH", "normal": "MEDIUM", "low": "LOW"}
_PRIORITY_WORDS: Final = {wire_word: word for word, wire_word in _PRIORITIES.items()} | {"NONE": "low"}
_LONGEST_BODY: Final = 60_000
_MACHINES: Final = frozenset({"INTEGRATION", "API", "CALCULATED", "INTERNAL_PROCESSING", "MIGRATION", "BACKFILL"})
_HISTORY: Final = ("hs_task_status", "hs_task_subject", "hs_timestamp", "hubspot_owner_id")
_HISTORY_PAGE: Final = 50
_SOON: Final = timedelta(minutes=1)


# ---- what goes out --------------------------------------------------------------------------------------------------
def create_input(change: OpenTask, key_property: str | None) -> dict[str, Any]:
    """One input of a batch create: the key twice, as property and in the body, and both associations."""
    properties = {
        "hs_task_subject": change.subject,
        "hs_task_body": body_html(change.body, change.key),
        "hs_task_status": "NOT_STARTED",
        "hs_task_priority": _PRIORITIES.get(change.priority, "MEDIUM"),
        "hs_task_type": "CALL" if change.subject.casefold().startswith("call ") else "TODO",
        "hs_timestamp": to_wire(change.due_at),
        "hubspot_owner_id": change.assignee_id,
    }
    if key_property is not None:
        properties[key_property] = change.key
    associations = [_association(change.account_id, TO_COMPANY)]
    if change.contact_id is not None and not change.contact_is_lead:
        associations.append(_association(change.contact_id, TO_CONTACT))
    return {"properties": properties, "associations": associations, "objectWriteTraceId": change.key}


def update_properties(change: UpdateTask) -> dict[str, str]:
    """The properties of a task that an update sets."""
    properties: dict[str, str] = {}
    for name, value in change.after.items():
        if name == "body":
            properties["hs_task_body"] = body_html(str(value or ""), change.key)
        elif name == "priority":
            properties["hs_task_priority"] = _PRIORITIES.get(str(value), "MEDIUM")
        else:
            properties[_TASK_FIELDS[name]] = to_wire(value)
    return properties


def withdraw_properties(note: str, subject: str, body: str, mark: str | None) -> dict[str, str]:
    """What closes a task of ours with a mark of its own: HubSpot's statuses are fixed, so completed, but marked."""
    marked = subject if subject.startswith(WITHDRAWN_SUBJECT) else WITHDRAWN_SUBJECT + subject
    told = f"<p>{escape(WITHDRAWN_SUBJECT + note, quote=False)}</p>"
    properties = {"hs_task_status": "COMPLETED", "hs_task_subject": marked, "hs_task_body": body + told}
    return properties | ({mark: "true"} if mark is not None else {})


def body_html(text: str, key: Key) -> str:
    """A body as HubSpot shows it, with the line that names the key once, at its end."""
    ref = ref_line(key)
    lines = escape(text.removesuffix(ref)[:_LONGEST_BODY], quote=False).splitlines()
    return "<br>".join([*lines, ref] if text.endswith(ref) else [*lines, "", ref])


def _association(record_id: str, type_id: int) -> dict[str, Any]:
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
    return {"to": {"id": record_id}, "types": [kind]}


# ---- what is there --------------------------------------------------------------------------------------------------
_TASK_FIELDS: Final = {
    "subject": "hs_task_subject",
    "body": "hs_task_body",
    "due_at": "hs_timestamp",
    "assignee_id": "hubspot_owner_id",
    "priority": "hs_task_priority",
    "created_at": "hs_createdate",
    "closed_at": "hs_task_completion_date",
}
_TIMES: Final = ("due_at", "created_at", "closed_at")
_STATE: Final = ("hs_task_status", "hs_task_subject")


class Tasks:
    """Tasks of one portal, read live; never through the search index."""

    def __init__(self, client: HubSpotClient, paths: Paths, layout: Layout, reader: Reader, *, unique: bool) -> None:
        self._client, self._paths, self._layout, self._reader = client, paths, layout, reader
        self._unique = unique

    def read(self, ids: Sequence[str], fields: Iterable[str]) -> dict[str, dict[str, Value]]:
        """Canonical task fields by id; tasks that are gone are absent."""
        wanted = sorted(set(fields))
        names = [_TASK_FIELDS[field] for field in wanted if field in _TASK_FIELDS]
        keyed = [self._layout.key] if self._layout.key else []
        decoding = wire.decoders([*names, *_STATE, self._layout.names.withdrawn, *keyed, "hs_task_body"])
        records, _, _ = self._reader.records("tasks", decoding, ids)
        return {record.id: self._fields(wire.Sheet([record], decoding.places), wanted) for record in records}

    def _fields(self, sheet: wire.Sheet, wanted: Iterable[str]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for field in wanted:
            text = sheet.raw(_TASK_FIELDS.get(field))[0]
            if field == "state":
                found[field] = self._state(sheet)
            elif field == "key":
                found[field] = sheet.raw(self._layout.key)[0] or ref_in(sheet.raw("hs_task_body")[0])
            elif field == "priority":
                found[field] = _PRIORITY_WORDS.get(text or "", "normal")
            else:
                found[field] = moment_of(text) if text and field in _TIMES else text
        return found

    def _state(self, sheet: wire.Sheet) -> str:
        mark = sheet.raw(self._layout.names.withdrawn)[0]
        status, subject = (sheet.raw(name)[0] for name in _STATE)
        return task_state(status, subject, mark, archived=sheet.records[0].archived)

    def find(self, asks: Sequence[KeyAsk]) -> dict[Key, list[FoundTask]]:
        """Tasks by key: by the unique property where there is one, else over the account's tasks; deleted ones too."""
        found: dict[Key, list[FoundTask]] = defaultdict(list)
        decoding = wire.decoders(self._find_properties())
        asked = {ask.key: ask for ask in asks}
        for key, record in self._by_key(decoding, list(asked)) if self._unique else self._by_account(decoding, asked):
            found[key].append(self._found(key, wire.Sheet([record], decoding.places)))
        several = [task.task_id for tasks in found.values() if len(tasks) > 1 for task in tasks]
        touched = self._touched(several)
        return {key: [_marked(task, touched) for task in _in_order(tasks)] for key, tasks in found.items()}

    def _find_properties(self) -> list[str]:
        keyed = [self._layout.key] if self._layout.key else []
        stamps = ["hs_createdate", "hs_lastmodifieddate", "hubspot_owner_id"]
        return [*_STATE, "hs_task_body", *stamps, self._layout.names.withdrawn, *keyed]

    def _by_key(self, decoding: wire.Decoders, keys: Sequence[Key]) -> Iterable[tuple[Key, Any]]:
        for archived in ("false", "true"):
            for place in range(0, len(keys), PAGE):
                body = {
                    "properties": list(decoding.places),
                    "idProperty": self._layout.key,
                    "inputs": [{"id": key} for key in keys[place : place + PAGE]],
                }
                answer = self._client.call(
                    "POST",
                    self._paths.batch("tasks", "read"),
                    decoding.batch.decode,
                    doing="look for tasks by key",
                    query=[("archived", archived)],
                    body=body,
                )
                named = wire.Sheet(answer.results, decoding.places).raw(self._layout.key)
                yield from (
                    (key, record)
                    for key, record in zip(named, answer.results, strict=True)
                    if key is not None and key in keys
                )

    def _by_account(self, decoding: wire.Decoders, asked: Mapping[Key, KeyAsk]) -> Iterable[tuple[Key, Any]]:
        accounts = list(dict.fromkeys(ask.account_id for ask in asked.values()))
        linked = self._reader.linked("companies", "tasks", accounts)
        ids = list(dict.fromkeys(str(target.toObjectId) for targets in linked.values() for target in targets))
        records, _, _ = self._reader.records("tasks", decoding, ids)
        sheet = wire.Sheet(records, decoding.places)
        by_ref = {key[:12]: key for key in asked}
        for record, key, body in zip(records, sheet.raw(self._layout.key), sheet.raw("hs_task_body"), strict=True):
            known = key if key in asked else by_ref.get(ref_in(body) or "")
            if known is not None:
                yield known, record

    def _found(self, key: Key, sheet: wire.Sheet) -> FoundTask:
        created = moment_of(sheet.raw("hs_createdate")[0] or "") or datetime(1970, 1, 1, tzinfo=UTC)
        changed = moment_of(sheet.raw("hs_lastmodifieddate")[0] or "") or created
        state = self._state(sheet)
        return FoundTask(
            task_id=sheet.records[0].id,
            key=key,
            state=state,
            created_at=created,
            assignee_id=sheet.raw("hubspot_owner_id")[0],
            touched=state != "open" or changed - created > _SOON,
        )

    def _touched(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """Whether a person changed them, by their history; asked only where it decides which duplicate stays."""
        said: dict[str, bool] = {}
        for place in range(0, len(ids), _HISTORY_PAGE):
            chunk = ids[place : place + _HISTORY_PAGE]
            body = {"propertiesWithHistory": list(_HISTORY), "properties": [], "inputs": [{"id": one} for one in chunk]}
            path = self._paths.batch("tasks", "read")
            answer = self._client.call("POST", path, plain, doing="read the history of tasks", body=body)
            for record in answer.get("results", []):
                past = record.get("propertiesWithHistory")
                if isinstance(past, dict):
                    entries = [entry for entries in past.values() for entry in entries]
                    said[record["id"]] = any(entry.get("sourceType") not in _MACHINES for entry in entries)
        return said


def _marked(task: FoundTask, touched: Mapping[str, bool]) -> FoundTask:
    by_hand = touched.get(task.task_id, task.touched)
    return FoundTask(task.task_id, task.key, task.state, task.created_at, task.assignee_id, by_hand)


def _in_order(tasks: Iterable[FoundTask]) -> list[FoundTask]:
    return sorted(tasks, key=lambda task: (task.created_at, int(task.task_id)))
