"""The world's activities as tasks, events and mails: arrays in, arrays out, no row is built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sandbox.salesforce.columns import NEVER, Coded, Column, Moments, References, Same, Together
from sandbox.salesforce.org import Org
from sandbox.salesforce.people import FIRST_OWNER, People
from sandbox.world import KIND_CODE, KINDS, Activities, World

Index = NDArray[np.int64]
_TASKS: Final = ("call_connected", "call_attempted", "inbound_call", "task")
_EVENTS: Final = ("meeting_held", "meeting_no_show", "meeting_scheduled")
_MAILS: Final = ("email_sent", "email_reply", "email_automated")
_MEETING_S: Final = 1_800


def fill_activities(org: Org, world: World, people: People) -> None:
    """Fills Task, Event and EmailMessage."""
    acts = world.activities
    _tasks(org, acts, _rows_of(acts, _TASKS), people)
    _events(org, acts, _rows_of(acts, _EVENTS), people)
    _mails(org, world, _rows_of(acts, _MAILS), people)


def _rows_of(acts: Activities, kinds: Sequence[str]) -> Index:
    codes = np.array([KIND_CODE[each] for each in kinds], acts.kind.dtype)
    return np.flatnonzero(acts.in_crm & np.isin(acts.kind, codes)).astype(np.int64)


def _by_kind(kinds: NDArray[np.int8], words: dict[str, str]) -> Column:
    """A word for each kind; null for kinds without one."""
    values = sorted(set(words.values()))
    code = np.array([values.index(words[kind]) if kind in words else -1 for kind in KINDS], np.int8)
    return Coded(code[kinds], values)


def _actors(acts: Activities, rows: Index, people: People) -> Index:
    actor = acts.actor[rows].astype(np.int64)
    return np.where(actor >= 0, actor + FIRST_OWNER, people.house)


def _common(acts: Activities, rows: Index, people: People) -> dict[str, Column]:
    logged = Moments(acts.logged_at[rows])
    actor = References("005", _actors(acts, rows, people))
    return {
        "Subject": Coded(acts.subject[rows], acts.subjects),
        "CreatedDate": logged,
        "LastModifiedDate": logged,
        "SystemModstamp": logged,
        "CreatedById": actor,
        "LastModifiedById": actor,
    }


def _related(acts: Activities, rows: Index, people: People) -> dict[str, Column]:
    account = References("001", acts.account[rows])
    return {
        "WhoId": References("003", acts.contact[rows]),
        "WhatId": account,
        "AccountId": account,
        "OwnerId": References("005", _actors(acts, rows, people)),
    }


def _tasks(org: Org, acts: Activities, rows: Index, people: People) -> None:
    kinds = acts.kind[rows]
    is_call = kinds != KIND_CODE["task"]
    closed = is_call | acts.done[rows]
    finished = np.where(is_call, acts.occurred_at[rows], acts.logged_at[rows])
    calls = ("call_connected", "call_attempted", "inbound_call")
    org.table("Task").fill(
        len(rows),
        {
            **_common(acts, rows, people),
            **_related(acts, rows, people),
            "TaskSubtype": _by_kind(kinds, {**dict.fromkeys(calls, "Call"), "task": "Task"}),
            "Type": _by_kind(kinds, {**dict.fromkeys(calls, "Call"), "task": "Other"}),
            "CallType": _by_kind(kinds, dict(zip(calls, ("Outbound", "Outbound", "Inbound"), strict=True))),
            "CallDisposition": _by_kind(kinds, dict(zip(calls, ("Connected", "No Answer", "Connected"), strict=True))),
            "CallDurationInSeconds": _numbers(np.where(is_call, acts.duration_s[rows], -1)),
            "Status": Coded(np.where(closed, 1, 0).astype(np.int8), ("Not Started", "Completed")),
            "Priority": Same("Normal"),
            "IsClosed": Coded(closed.astype(np.int8), (False, True)),
            "ActivityDate": Moments(acts.occurred_at[rows], dates=True),
            "CompletedDateTime": Moments(np.where(closed, finished, NEVER)),
        },
    )


def _numbers(values: NDArray[Any]) -> Column:
    distinct, codes = np.unique(values, return_inverse=True)
    return Coded(codes.astype(np.int32), [None if each < 0 else each for each in distinct.tolist()])


def _events(org: Org, acts: Activities, rows: Index, people: People) -> None:
    kinds = acts.kind[rows]
    start = acts.occurred_at[rows]
    length = np.where(acts.duration_s[rows] > 0, acts.duration_s[rows], _MEETING_S).astype(np.int64)
    outcome = {"meeting_held": "Held", "meeting_no_show": "No Show", "meeting_scheduled": "Scheduled"}
    org.table("Event").fill(
        len(rows),
        {
            **_common(acts, rows, people),
            **_related(acts, rows, people),
            "StartDateTime": Moments(start),
            "ActivityDateTime": Moments(start),
            "EndDateTime": Moments(start + length),
            "ActivityDate": Moments(start, dates=True),
            "EndDate": Moments(start + length, dates=True),
            "DurationInMinutes": _numbers(length // 60),
            "Meeting_Outcome__c": _by_kind(kinds, outcome),
            "Type": Same("Meeting"),
            "EventSubtype": Same("Event"),
            "ShowAs": Same("Busy"),
        },
    )


def _mails(org: Org, world: World, rows: Index, people: People) -> None:
    acts = world.activities
    incoming = acts.kind[rows] == KIND_CODE["email_reply"]
    ours = Coded(_actors(acts, rows, people).astype(np.int32), org.table("User").take("Email", _all(org, "User")))
    theirs = _their_addresses(world, rows)
    side = incoming.astype(np.int8)
    org.table("EmailMessage").fill(
        len(rows),
        {
            **_common(acts, rows, people),
            "RelatedToId": References("001", acts.account[rows]),
            "MessageDate": Moments(acts.occurred_at[rows]),
            "Incoming": Coded(side, (False, True)),
            "Status": Coded(side, ("3", "1")),
            "FromAddress": Together(side, (ours, theirs)),
            "ToAddress": Together(side, (theirs, ours)),
        },
    )


def _all(org: Org, name: str) -> Index:
    return org.table(name).everything(deleted=True)


def _their_addresses(world: World, rows: Index) -> Column:
    """The contact's address, or the visitor's when the CRM does not know the person."""
    acts = world.activities
    known = len(world.contacts)
    addresses: list[str | None] = [each.email for each in world.contacts]
    contact, visitor = acts.contact[rows].astype(np.int64), acts.visitor[rows].astype(np.int64)
    code = np.where(contact >= 0, contact, np.where(visitor >= 0, visitor + known, -1))
    return Coded(code, [*addresses, *acts.visitors])
