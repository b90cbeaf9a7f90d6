"""Calls, meetings, mails and tasks: from Salesforce's columns to canonical activities, and to tasks of our own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from connectors.salesforce.org import TaskWords
from connectors.salesforce.sheet import NOON, Sheet
from connectors.salesforce.sources import Source, Sources
from connectors.salesforce.wire import Columns, Frame

DRAFT: Final = "5"  # EmailMessage.Status
_NOT_REACHED: Final = re.compile(
    r"no answer|not answered|unanswered|not connect|no connect|left|voice ?mail|busy|attempt|unreach|not reach|wrong",
    re.IGNORECASE,
)
_REACHED: Final = re.compile(
    r"connect|answered|spoke|talk|reached|conversation|interested|meeting|call ?back|held", re.IGNORECASE
)
_MEETINGS: Final = (
    ("no show", "meeting_no_show"),
    ("no-show", "meeting_no_show"),
    ("did not attend", "meeting_no_show"),
    ("cancel", "meeting_cancelled"),
    ("declined", "meeting_cancelled"),
    ("held", "meeting_held"),
    ("complete", "meeting_held"),
    ("attended", "meeting_held"),
    ("scheduled", "meeting_scheduled"),
)
_SEVERAL: Final = re.compile(r"[\s<>;,\"]")
_ADDRESS: Final = re.compile(r"[^\s<>;,\"]+@[^\s<>;,\"]+")
_USER, _ACCOUNT = "005", "001"  # id prefixes

Kinded = tuple[str, str]  # kind, direction


# ---- tasks ----------------------------------------------------------------------------------------------------------
def task_activities(
    sheet: Sheet, sources: Sources, frame: Frame, *, mails_elsewhere: bool
) -> tuple[Columns, list[bool]]:
    """Canonical activities of Task rows, and which rows are one.

    Left out: series masters, internal calls, and mails where EmailMessage tells them better. ``sheet`` holds no tasks
    of ours.
    """
    outcome = sources["call_outcome"]
    closed = sheet.flags("IsClosed")
    reached = {said: _reached(said, outcome) for said in set(sheet.raw(outcome.field))}
    kinds = [
        _call_or_task(subtype, call_type, reached[said], shut)
        for subtype, call_type, said, shut in zip(
            sheet.raw("TaskSubtype"), sheet.raw("CallType"), sheet.raw(outcome.field), closed, strict=True
        )
    ]
    wanted = [
        not (series or kind == "" or (mails_elsewhere and kind == "email_sent"))
        for (kind, _), series in zip(kinds, sheet.flags("IsRecurrence"), strict=True)
    ]
    created = sheet.micros("CreatedDate", frame.zone)
    due = sheet.micros("ActivityDate", frame.zone, NOON)
    done = sheet.micros(sources["call_at"].field, frame.zone)
    occurred = [
        (moment if kind != "task" else None) or day or logged
        for (kind, _), moment, day, logged in zip(kinds, done, due, created, strict=True)
    ]
    automated = [subtype == "ListEmail" for subtype in sheet.raw("TaskSubtype")]
    return _activities(sheet, frame, kinds, occurred, automated=automated), wanted


def own_tasks(sheet: Sheet, frame: Frame, words: TaskWords) -> Columns:
    """Canonical tasks: rows that carry our key."""
    states = [
        words.state(status, closed=closed, deleted=deleted, subject=subject)
        for status, closed, deleted, subject in zip(
            sheet.raw("Status"), sheet.raw("IsClosed"), sheet.flags("IsDeleted"), sheet.raw("Subject"), strict=True
        )
    ]
    modified = sheet.micros("SystemModstamp", frame.zone)
    finished = sheet.micros("CompletedDateTime", frame.zone)
    return {
        "task_id": sheet.raw("Id"),
        "key": sheet.raw(frame.names.key),
        "account_id": sheet.raw("AccountId"),
        "contact_id": sheet.raw("WhoId"),
        "assignee_id": sheet.raw("OwnerId"),
        "subject": sheet.raw("Subject"),
        "due_at": due_micros(sheet, frame),
        "state": states,
        "closed_at": [
            (end or stamp) if state in {"done", "withdrawn"} else None
            for state, end, stamp in zip(states, finished, modified, strict=True)
        ],
        "created_at": sheet.micros("CreatedDate", frame.zone),
        "modified_at": modified,
        "modified_by": sheet.raw("LastModifiedById"),
    }


def due_micros(sheet: Sheet, frame: Frame) -> list[int | None]:
    """When tasks are due: the reminder holds the hour that ActivityDate cannot, as long as it is near that day."""
    days = sheet.micros("ActivityDate", frame.zone, NOON)
    hours = sheet.micros("ReminderDateTime", frame.zone)
    return [
        hour if hour is not None and (day is None or abs(hour - day) <= _A_DAY_US) else day
        for day, hour in zip(days, hours, strict=True)
    ]


_A_DAY_US: Final = 26 * 3600 * 1_000_000  # noon to the end of the day, and the widest zone beside ours


@lru_cache(maxsize=4096)
def _call_or_task(subtype: str | None, call_type: str | None, reached: bool, closed: bool) -> Kinded:
    if subtype in {"Email", "ListEmail"}:
        return "email_sent", "outbound"
    if subtype == "Call" or (subtype is None and call_type is not None):
        if not closed:
            return "task", "outbound"  # a call that somebody means to make
        if call_type == "Inbound":
            return "inbound_call", "inbound"
        if call_type == "Internal":
            return "", "none"
        return ("call_connected" if reached else "call_attempted"), "outbound"
    return "task", "outbound"


def _reached(outcome: str | None, source: Source) -> bool:
    if outcome is None:
        return False
    return (source.translated(outcome) or outcome_word(outcome)) in {"connected", "call_connected"}


@lru_cache(maxsize=4096)
def outcome_word(outcome: str) -> str:
    """``connected`` or ``attempted``, from the words of a call's outcome; in doubt nobody was reached."""
    if _NOT_REACHED.search(outcome):
        return "attempted"
    return "connected" if _REACHED.search(outcome) else "attempted"


# ---- meetings and mails ---------------------------------------------------------------------------------------------
def meetings(sheet: Sheet, sources: Sources, frame: Frame, now_us: int) -> tuple[Columns, list[bool]]:
    """Canonical activities of Event rows, and which rows are one: no series masters, no copies for attendees."""
    source = sources["meeting_outcome"]
    starts = sheet.micros("StartDateTime", frame.zone)
    days = sheet.micros("ActivityDate", frame.zone, NOON)
    ends = sheet.micros("EndDateTime", frame.zone)
    created = sheet.micros("CreatedDate", frame.zone)
    all_day = sheet.flags("IsAllDayEvent")
    occurred = [
        (day if whole else None) or start or day or logged
        for start, day, whole, logged in zip(starts, days, all_day, created, strict=True)
    ]
    kinds = [
        (_meeting(said, source) or ("meeting_held" if (end or at or 0) <= now_us else "meeting_scheduled"), "none")
        for said, end, at in zip(sheet.raw(source.field), ends, occurred, strict=True)
    ]
    wanted = [
        not (child or series) for child, series in zip(sheet.flags("IsChild"), sheet.flags("IsRecurrence"), strict=True)
    ]
    return _activities(sheet, frame, kinds, occurred), wanted


def mails(sheet: Sheet, frame: Frame) -> tuple[Columns, list[bool]]:
    """Canonical activities of EmailMessage rows, and which rows are one: no drafts. The buyer is named by address."""
    incoming = sheet.flags("Incoming")
    kinds = [("email_reply", "inbound") if inbound else ("email_sent", "outbound") for inbound in incoming]
    sent = sheet.micros("MessageDate", frame.zone)
    created = sheet.micros("CreatedDate", frame.zone)
    columns = _activities(sheet, frame, kinds, [at or logged for at, logged in zip(sent, created, strict=True)])
    columns["contact_id"] = [None] * len(sheet)
    columns["account_id"] = [
        record if record and record.startswith(_ACCOUNT) else None for record in sheet.raw("RelatedToId")
    ]
    columns["email"] = [
        address(sender if inbound else to)
        for inbound, sender, to in zip(incoming, sheet.raw("FromAddress"), sheet.raw("ToAddress"), strict=True)
    ]
    columns["actor_id"] = sheet.raw("CreatedById")
    return columns, [status != DRAFT for status in sheet.raw("Status")]


@lru_cache(maxsize=100_000)  # the same people write again and again
def address(text: str | None) -> str | None:
    """The first mail address in a header."""
    if text is None or not _SEVERAL.search(text):
        return text if text and "@" in text else None
    match = _ADDRESS.search(text)
    return match[0] if match else None


def _meeting(outcome: str | None, source: Source) -> str | None:
    if outcome is None:
        return None
    said = source.translated(outcome) or meeting_kind(outcome)
    return said if said is None or said.startswith("meeting_") else f"meeting_{said}"


@lru_cache(maxsize=4096)
def meeting_kind(outcome: str) -> str | None:
    """The kind that a meeting's outcome says, None when it says nothing that we know."""
    folded = outcome.casefold().replace("_", " ")
    return next((kind for sign, kind in _MEETINGS if sign in folded), None)


# ---- common ---------------------------------------------------------------------------------------------------------
def _activities(
    sheet: Sheet,
    frame: Frame,
    kinds: Sequence[Kinded],
    occurred: Sequence[int | None],
    *,
    automated: Sequence[bool] | None = None,
) -> Columns:
    nothing: list[Any] = [None] * len(sheet)
    stamps: Mapping[str, list[int | None]] = {
        "logged_at": sheet.micros("CreatedDate", frame.zone),
        "modified_at": sheet.micros("SystemModstamp", frame.zone),
    }
    actors = {owner: owner for owner in set(sheet.raw("OwnerId")) if owner and owner.startswith(_USER)}
    return {
        "activity_id": sheet.raw("Id"),
        "kind": [kind for kind, _ in kinds],
        "occurred_at": list(occurred),
        **stamps,
        "contact_id": sheet.raw("WhoId"),
        "account_id": sheet.raw("AccountId"),
        "email": nothing,
        "domain": nothing,
        "actor_id": list(map(actors.get, sheet.raw("OwnerId"))),
        "direction": [direction for _, direction in kinds],
        "automated": list(automated) if automated is not None else [False] * len(sheet),
        "url": nothing,
        "topic": nothing,
        "subject": sheet.raw("Subject"),
    }
