"""Values on their way into Salesforce, and the texts of a task."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from connectors.base import OpenTask, Value, WithdrawTask
from connectors.salesforce.org import WITHDRAWN_SUBJECT, TaskWords

LONGEST_SUBJECT: Final = 255
LONGEST_BODY: Final = 31_000  # Description holds 32,000


def to_wire(value: Value, vendor_type: str, zone: tzinfo) -> Any:
    """A value as JSON for a field of this type; empty text and None clear the field."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return _moment(value) if vendor_type != "date" else value.astimezone(zone).date().isoformat()
    return value


def reference(key: str) -> str:
    """The line in a task's body that names its creation key."""
    return f"Ref TL-{key[:12]}"


def body_text(body: str, key: str) -> str:
    """A task's body with its reference line, once, at the end."""
    line = reference(key)
    if body.endswith(line) and body.count(line) == 1 and len(body) <= LONGEST_BODY:
        return body
    text = body.replace(line, "").rstrip()[:LONGEST_BODY]
    return f"{text}\n\n{line}" if text else line


def due_fields(due_at: datetime, zone: tzinfo) -> dict[str, Any]:
    """The day in ActivityDate, as the assignee's calendar names it; the hour in the reminder, which can hold it."""
    return {
        "ActivityDate": due_at.astimezone(zone).date().isoformat(),
        "ReminderDateTime": _moment(due_at),
        "IsReminderSet": True,
    }


def new_task(change: OpenTask, key_field: str, words: TaskWords, zone: tzinfo) -> dict[str, Any]:
    """The record of a new task. A lead's task names no account: Salesforce takes only one of the two."""
    return {
        "Subject": change.subject[:LONGEST_SUBJECT],
        "Description": body_text(change.body, change.key),
        "OwnerId": change.assignee_id,
        "WhoId": change.contact_id,
        "WhatId": None if change.contact_is_lead and change.contact_id else change.account_id,
        "Status": words.opening,
        "Priority": words.priorities[change.priority],
        key_field: change.key,
        **due_fields(change.due_at, zone),
    }


def task_update(after: Mapping[str, Value], key: str, words: TaskWords, zone: tzinfo) -> dict[str, Any]:
    """What changes in a task: any of subject, body, due_at, priority, assignee_id."""
    fields: dict[str, Any] = {}
    if "subject" in after:
        fields["Subject"] = str(after["subject"] or "")[:LONGEST_SUBJECT]
    if "body" in after:
        fields["Description"] = body_text(str(after["body"] or ""), key)
    if "priority" in after:
        fields["Priority"] = words.priorities[str(after["priority"])]
    if "assignee_id" in after:
        fields["OwnerId"] = after["assignee_id"]
    due_at = after.get("due_at")
    if isinstance(due_at, datetime):
        fields |= due_fields(due_at, zone)
    return fields


def withdrawal(change: WithdrawTask, words: TaskWords, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Closes a task with its own status and puts the note above the body, once.

    An org without such a status gets its ordinary closed one, and the subject says that the task was taken back.
    """
    body = str(shown.get("Description") or "")
    note = change.note.strip()
    fields: dict[str, Any] = {
        "Status": words.withdrawn or words.closing,
        "Description": body if note in body else f"{note}\n\n{body}".strip()[: LONGEST_BODY + 500],
    }
    subject = str(shown.get("Subject") or "")
    if words.withdrawn is None and not subject.startswith(WITHDRAWN_SUBJECT):
        fields["Subject"] = f"{WITHDRAWN_SUBJECT}{subject}"[:LONGEST_SUBJECT]
    return fields


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
