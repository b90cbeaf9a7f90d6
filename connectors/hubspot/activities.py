"""Calls, e-mails, meetings, notes, messages and tasks as canonical activities; tasks of ours as tasks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from connectors.hubspot import wire
from connectors.hubspot.columns import Columns, Layout
from connectors.hubspot.owned import WITHDRAWN_SUBJECT
from connectors.hubspot.wire import Sheet

CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
# Dispositions that every portal has and that mean: the person asked for was not spoken to.
NOT_REACHED: Final = frozenset(
    {
        "9d9162e7-6cf3-4944-bf63-4dff82258764",  # busy
        "73a0d17f-1163-4015-bdd5-ec830791da20",  # no answer
        "b2cf5968-551e-4856-9783-52b3da59a7d0",  # left voicemail
        "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",  # left live message
        "17b47fee-58de-441e-a44c-c6300d46f273",  # wrong number
    }
)
_EMAILS: Final = {"INCOMING_EMAIL": ("email_reply", "inbound"), "FORWARDED_EMAIL": ("email_forwarded", "none")}
_UNSENT: Final = {"BOUNCED": "email_bounced", "FAILED": "email_failed", "SCHEDULED": "email_scheduled"}
_MEETINGS: Final = {
    "COMPLETED": "meeting_held",
    "NO_SHOW": "meeting_no_show",
    "CANCELED": "meeting_canceled",
    "RESCHEDULED": "meeting_rescheduled",
}
_MACHINES: Final = frozenset({"AUTOMATION_PLATFORM", "SEQUENCES", "WORKFLOWS", "MARKETING_EMAIL", "BOT"})
_SUBJECTS: Final = {
    "calls": "hs_call_title",
    "emails": "hs_email_subject",
    "meetings": "hs_meeting_title",
    "tasks": "hs_task_subject",
}
_REF: Final = re.compile(r"Ref TL-([0-9a-f]{12})")
KINDS: Final = ("calls", "emails", "meetings", "notes", "communications", "tasks")

Meaning = tuple[str, str]  # kind, direction


def call_meaning(direction: str | None, disposition: str | None, status: str | None) -> Meaning:
    """What a call was: inbound, connected or only tried."""
    if direction == "INBOUND":
        return "inbound_call", "inbound"
    if disposition == CONNECTED:
        return "call_connected", "outbound"
    if disposition in NOT_REACHED or status != "COMPLETED":
        return "call_attempted", "outbound"
    # A portal's own disposition, or none: the call itself says that it was completed.
    return "call_connected", "outbound"


def email_meaning(direction: str | None, status: str | None) -> Meaning:
    """What a one-to-one e-mail was."""
    if direction in _EMAILS:
        return _EMAILS[direction]
    return _UNSENT.get(status or "", "email_sent"), "outbound"


def meeting_meaning(outcome: str | None) -> Meaning:
    """What a meeting was; without an outcome it is only scheduled, also when its time has passed."""
    return _MEETINGS.get(outcome or "", "meeting_scheduled"), "none"


def activities(layout: Layout, sheet: Sheet, kind: str) -> Columns:
    """Engagements of one object type as activities; ids carry the object's name."""
    logged, modified = _stamps(layout, sheet)
    occurred = wire.first_known(wire.times(sheet.raw("hs_timestamp"), layout.zone), logged)
    meanings = _meanings(sheet, kind)
    contacts = sheet.linked("contacts")
    return {
        "activity_id": [f"{kind}:{record_id}" for record_id in sheet.ids()],
        "kind": [meaning[0] for meaning in meanings],
        "direction": [meaning[1] for meaning in meanings],
        "occurred_at": occurred,
        "logged_at": logged,
        "contact_id": contacts,
        "email": _addresses(sheet, meanings, contacts) if kind == "emails" else [None] * len(sheet),
        "account_id": sheet.linked("companies"),
        "actor_id": sheet.raw("hubspot_owner_id"),
        "automated": [source in _MACHINES for source in sheet.raw("hs_object_source")],
        "subject": sheet.raw(_SUBJECTS.get(kind)),
        "modified_at": modified,
    }


def _meanings(sheet: Sheet, kind: str) -> list[Meaning]:
    if kind == "calls":
        called = (sheet.raw("hs_call_direction"), sheet.raw("hs_call_disposition"), sheet.raw("hs_call_status"))
        return [call_meaning(*row) for row in zip(*called, strict=True)]
    if kind == "emails":
        mailed = (sheet.raw("hs_email_direction"), sheet.raw("hs_email_status"))
        return [email_meaning(*row) for row in zip(*mailed, strict=True)]
    if kind == "meetings":
        return [meeting_meaning(outcome) for outcome in sheet.raw("hs_meeting_outcome")]
    fixed = {"communications": ("message_sent", "outbound"), "notes": ("note", "none"), "tasks": ("task", "outbound")}
    return [fixed[kind]] * len(sheet)


def _addresses(sheet: Sheet, meanings: Sequence[Meaning], contacts: Sequence[str | None]) -> list[str | None]:
    """The buyer's address of each e-mail that is not linked to a contact."""
    theirs, ours = sheet.raw("hs_email_from_email"), sheet.raw("hs_email_to_email")
    rows = zip(meanings, contacts, theirs, ours, strict=True)
    return [None if contact else sender if way == "inbound" else to for (_, way), contact, sender, to in rows]


def keys(layout: Layout, sheet: Sheet) -> list[str | None]:
    """Our creation key on each task; the short form from the body where the portal has no key property."""
    if layout.key is not None:
        return sheet.raw(layout.key)
    return [ref_in(body) for body in sheet.raw("hs_task_body")]


def ref_in(body: str | None) -> str | None:
    """The short form of the key that a task's body ends with."""
    found = _REF.search(body) if body else None
    return found[1] if found else None


def ref_line(key: str) -> str:
    """The line that a task's body ends with."""
    return f"Ref TL-{key[:12]}"


def task_state(status: str | None, subject: str | None, withdrawn: str | None, *, archived: bool = False) -> str:
    """Open, done, withdrawn or deleted. A withdrawn task is a completed one with our mark."""
    if archived:
        return "deleted"
    if status != "COMPLETED":
        return "open"
    return "withdrawn" if withdrawn == "true" or (subject or "").startswith(WITHDRAWN_SUBJECT) else "done"


def tasks(layout: Layout, sheet: Sheet) -> Columns:
    """Tasks that carry our key."""
    created, modified = _stamps(layout, sheet)
    states = _states(layout, sheet)
    ended = wire.first_known(wire.times(sheet.raw("hs_task_completion_date"), layout.zone), modified)
    return {
        "task_id": sheet.ids(),
        "key": keys(layout, sheet),
        "account_id": sheet.linked("companies"),
        "contact_id": sheet.linked("contacts"),
        "assignee_id": sheet.raw("hubspot_owner_id"),
        "subject": sheet.raw("hs_task_subject"),
        "due_at": wire.times(sheet.raw("hs_timestamp"), layout.zone),
        "state": states,
        "closed_at": [
            moment if state in ("done", "withdrawn") else None for state, moment in zip(states, ended, strict=True)
        ],
        "created_at": created,
        "modified_at": modified,
        "modified_by": [layout.users.get(user or "") for user in sheet.raw("hs_updated_by_user_id")],
    }


def _states(layout: Layout, sheet: Sheet) -> list[str]:
    archived = [record.archived for record in sheet.records]
    names = ("hs_task_status", "hs_task_subject", layout.names.withdrawn)
    rows: Any = zip(*map(sheet.raw, names), archived, strict=True)
    return [task_state(status, subject, mark, archived=gone) for status, subject, mark, gone in rows]


def _stamps(layout: Layout, sheet: Sheet) -> tuple[list[int | None], list[int | None]]:
    created = wire.times(sheet.raw("hs_createdate"), layout.zone)
    modified = wire.times(sheet.raw("hs_lastmodifieddate"), layout.zone)
    return wire.first_known(created, modified), wire.first_known(modified, created)
