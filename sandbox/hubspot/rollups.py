"""Company properties that sum up its activities: last contact and next thing to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sandbox.hubspot.kinds import CALLS, EMAILS, MEETINGS, TASKS, ObjectKind
from sandbox.hubspot.moments import iso, iso_many, ms_of
from sandbox.hubspot.source import Getter, Rows, Values
from sandbox.world import KIND_CODE, World

LAST, NEXT = "notes_last_contacted", "notes_next_activity_date"
_CONTACT_KINDS = ("call_connected", "call_attempted", "inbound_call", "email_sent", "email_reply", "meeting_held")


class WorldRollups:
    """The roll-ups of the loaded accounts; counted when first asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def getters(self) -> dict[str, Getter]:
        """One getter per roll-up."""
        return {LAST: self._getter(0), NEXT: self._getter(1)}

    def _getter(self, which: int) -> Getter:
        def values(rows: Rows) -> Values:
            picked = self._counted()[which][rows]
            texts = iso_many(picked * 1000)
            return [text if at > 0 else None for text, at in zip(texts, picked.tolist(), strict=True)]

        return values

    def _counted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if self._found is None:
            world = self._world
            acts, count = world.activities, len(world.accounts)
            last, far = np.zeros(count, np.int64), np.iinfo(np.int64).max
            coming = np.full(count, far, np.int64)
            linked = acts.in_crm & (acts.account >= 0)
            codes = [KIND_CODE[kind] for kind in _CONTACT_KINDS]
            past = linked & np.isin(acts.kind, codes) & (acts.occurred_at <= world.now)
            np.maximum.at(last, acts.account[past], acts.occurred_at[past])
            open_kinds = [KIND_CODE["task"], KIND_CODE["meeting_scheduled"]]
            ahead = linked & np.isin(acts.kind, open_kinds) & ~acts.done & (acts.occurred_at > world.now)
            np.minimum.at(coming, acts.account[ahead], acts.occurred_at[ahead])
            coming[coming == far] = 0
            self._found = (last, coming)
        return self._found


def moved_by(
    kind: ObjectKind, activity: Mapping[str, str], held: Mapping[str, str | None], now_ms: int
) -> dict[str, str]:
    """Roll-ups of a company that a new activity moves."""
    at_ms = ms_of(activity.get("hs_timestamp", ""))
    if at_ms is None:
        return {}
    if kind in (CALLS, EMAILS, MEETINGS) and at_ms <= now_ms:
        known = _known((held.get(LAST),))
        return {LAST: iso(at_ms)} if not known or at_ms > known[0] else {}
    if kind in (TASKS, MEETINGS) and at_ms > now_ms and activity.get("hs_task_status") != "COMPLETED":
        known = [ms for ms in _known((held.get(NEXT),)) if ms > now_ms]
        return {NEXT: iso(at_ms)} if not known or at_ms < known[0] else {}
    return {}


def _known(texts: Iterable[str | None]) -> list[int]:
    moments = (ms_of(text) for text in texts if text is not None)
    return [ms for ms in moments if ms is not None]
