"""The world's activities as calls, emails, meetings and tasks, straight from its arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sandbox.hubspot.associations import WorldLinks
from sandbox.hubspot.catalog import TO_DO
from sandbox.hubspot.kinds import CALLS, COMPANIES, CONTACTS, EMAILS, MEETINGS, TASKS, ObjectKind
from sandbox.hubspot.links import LinkTypes
from sandbox.hubspot.seed import owner_id, system_parts
from sandbox.hubspot.source import Float64, Getter, Rows, Source, Values, looked_up, moments, same
from sandbox.world import KIND_CODE, KINDS, Activities, World

KINDS_OF: Final[dict[str, tuple[str, ...]]] = {
    CALLS.type_id: ("call_connected", "call_attempted", "inbound_call"),
    EMAILS.type_id: ("email_sent", "email_reply", "email_automated"),
    MEETINGS.type_id: ("meeting_held", "meeting_no_show", "meeting_scheduled"),
    TASKS.type_id: ("task",),
}
CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
NO_ANSWER: Final = "73a0d17f-1163-4015-bdd5-ec830791da20"
OUTCOME: Final = {"meeting_held": "COMPLETED", "meeting_no_show": "NO_SHOW", "meeting_scheduled": "SCHEDULED"}


def rows_of(world: World, kind: ObjectKind) -> NDArray[np.int64]:
    """The world's rows that this object type carries, in the order they were logged."""
    acts = world.activities
    codes = [KIND_CODE[name] for name in KINDS_OF[kind.type_id]]
    return np.flatnonzero(acts.in_crm & np.isin(acts.kind, codes)).astype(np.int64)


def _by_kind(codes: NDArray[np.int8], texts: dict[str, str]) -> Getter:
    table: list[str | None] = [texts.get(kind) for kind in KINDS]
    return looked_up(codes, table)


def activities(world: World, kind: ObjectKind) -> Source:
    """One activity object's rows."""
    acts, at = world.activities, rows_of(world, kind)
    created = acts.logged_at[at]
    system, arrays = system_parts(kind.first_id, created, created, kind.system)
    owners: list[str | None] = [str(owner_id(row)) for row in range(len(world.owners))]
    occurred = acts.occurred_at[at]
    getters = {
        "hs_timestamp": moments(occurred * 1000),
        "hubspot_owner_id": looked_up(acts.actor[at], owners),
        "hs_object_source": same("CRM_UI"),
        **system,
        **_MAKERS[kind.type_id](world, at),
    }
    arrays["hs_timestamp"] = lambda: _numbers(occurred)
    return Source(kind.first_id, created, created, getters, arrays)


def _numbers(seconds: NDArray[np.int64]) -> Float64:
    return (seconds * 1000).astype(np.float64)


def _calls(world: World, at: NDArray[np.int64]) -> dict[str, Getter]:
    acts = world.activities
    codes = acts.kind[at]
    ways = {"call_connected": "OUTBOUND", "call_attempted": "OUTBOUND", "inbound_call": "INBOUND"}
    ends = {"call_connected": "COMPLETED", "call_attempted": "NO_ANSWER", "inbound_call": "COMPLETED"}
    said = {"call_connected": CONNECTED, "call_attempted": NO_ANSWER, "inbound_call": CONNECTED}
    return {
        "hs_call_direction": _by_kind(codes, ways),
        "hs_call_status": _by_kind(codes, ends),
        "hs_call_disposition": _by_kind(codes, said),
        "hs_call_duration": _texts(acts.duration_s[at].astype(np.int64) * 1000),
        "hs_call_title": looked_up(acts.subject[at], acts.subjects),
    }


def _emails(world: World, at: NDArray[np.int64]) -> dict[str, Getter]:
    acts = world.activities
    inbound = acts.kind[at] == KIND_CODE["email_reply"]
    theirs, ours = _their_address(world, at), _our_address(world, at)

    def pick(mine: bool) -> Getter:
        def values(rows: Rows) -> Values:
            both = zip(theirs(rows), ours(rows), inbound[rows].tolist(), strict=True)
            return [buyer if came == mine else rep for buyer, rep, came in both]

        return values

    return {
        "hs_email_direction": lambda rows: ["INCOMING_EMAIL" if came else "EMAIL" for came in inbound[rows].tolist()],
        "hs_email_status": same("SENT"),
        "hs_email_subject": looked_up(acts.subject[at], acts.subjects),
        "hs_email_from_email": pick(mine=True),
        "hs_email_to_email": pick(mine=False),
    }


def _our_address(world: World, at: NDArray[np.int64]) -> Getter:
    addresses: list[str | None] = [owner.email for owner in world.owners]
    return looked_up(world.activities.actor[at], addresses)


def _their_address(world: World, at: NDArray[np.int64]) -> Getter:
    acts = world.activities

    def values(rows: Rows) -> Values:
        picked = at[rows]
        pairs = zip(acts.contact[picked].tolist(), acts.visitor[picked].tolist(), strict=True)
        return [_address(world, acts, contact, visitor) for contact, visitor in pairs]

    return values


def _address(world: World, acts: Activities, contact: int, visitor: int) -> str | None:
    if contact >= 0:
        return world.contacts[contact].email
    named = acts.visitors[visitor] if visitor >= 0 else None
    return named if named is not None and "@" in named else None


def _meetings(world: World, at: NDArray[np.int64]) -> dict[str, Getter]:
    acts = world.activities
    starts = acts.occurred_at[at]
    return {
        "hs_meeting_title": looked_up(acts.subject[at], acts.subjects),
        "hs_meeting_start_time": moments(starts * 1000),
        "hs_meeting_end_time": moments((starts + acts.duration_s[at]) * 1000),
        "hs_meeting_outcome": _by_kind(acts.kind[at], OUTCOME),
    }


def _tasks(world: World, at: NDArray[np.int64]) -> dict[str, Getter]:
    acts = world.activities
    done = acts.done[at]
    finished = np.minimum(np.maximum(acts.occurred_at[at], acts.logged_at[at]), world.now) * 1000

    def completed(rows: Rows) -> Values:
        shown = moments(finished)(rows)
        return [text if is_done else None for text, is_done in zip(shown, done[rows].tolist(), strict=True)]

    return {
        "hs_task_subject": looked_up(acts.subject[at], acts.subjects),
        "hs_task_status": lambda rows: ["COMPLETED" if value else "NOT_STARTED" for value in done[rows].tolist()],
        "hs_task_priority": same("MEDIUM"),
        "hs_task_type": same(TO_DO),
        "hs_task_completion_date": completed,
        "hs_task_is_completed": lambda rows: ["1" if value else "0" for value in done[rows].tolist()],
    }


def _texts(numbers: NDArray[Any]) -> Getter:
    return lambda rows: [str(value) for value in numbers[rows].tolist()]


_MAKERS: Final[dict[str, Callable[[World, NDArray[np.int64]], dict[str, Getter]]]] = {
    CALLS.type_id: _calls,
    EMAILS.type_id: _emails,
    MEETINGS.type_id: _meetings,
    TASKS.type_id: _tasks,
}


def links(world: World, kind: ObjectKind, types: LinkTypes) -> list[tuple[tuple[str, str], WorldLinks]]:
    """An activity object's links to people and to companies."""
    acts, at = world.activities, rows_of(world, kind)
    made = []
    for other, column in ((CONTACTS, acts.contact), (COMPANIES, acts.account)):
        mine = np.flatnonzero(column[at] >= 0).astype(np.int32)
        theirs = column[at][mine].astype(np.int32)
        pair = (kind.type_id, other.type_id)
        forward = types.default[pair]
        forms = [((forward,), (types.by_code[forward].inverse,))]
        made.append((pair, WorldLinks(mine, theirs, (kind.first_id, other.first_id), forms)))
    return made
