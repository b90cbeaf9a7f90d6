"""Three values per field: last written by us, shown by the CRM, wanted. Which are written now; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connectors.base import Fields, Value
from engine.facts import Desired
from sync import owned

MOVED: Final = 3  # whole points that are worth a write by themselves
STALE_AFTER: Final = timedelta(days=7)  # after that, one point is
FALLS_MOVED: Final = timedelta(days=7)
HEARTBEAT_DAYS: Final = 7
_CARRIES_SCORES: Final = frozenset({"tier", "treated_as", "why", "sla_due", "sla_status"})
_QUIET: Final = owned.NUMBERS | {"falls_on", owned.SCORED_AT}


@dataclass(frozen=True, slots=True)
class Written:
    """What we last wrote into a field; ``overruled_at``: when a pass first saw another value there."""

    value: Value
    at: datetime
    overruled_at: datetime | None = None


def changed_fields(
    want: Desired, shown: Fields, written: Mapping[str, Written], fields: Collection[str], now: datetime
) -> dict[str, Value]:
    """The fields to write, with their new values; empty when the CRM holds what is worth holding.

    Numbers wait until they moved by 3 points, or 7 days passed, or a tier, a reason or an SLA is written anyway.
    A value of ours that somebody replaced is set again at once.
    """
    wanted = {name: settled(name, value) for name, value in want.fields.items() if name in fields}
    wanted.pop(owned.SCORED_AT, None)
    differing = {name: value for name, value in wanted.items() if not owned.same(name, shown.get(name), value)}
    replaced = set(overruled(shown, written, fields))
    after = {
        name: value
        for name, value in differing.items()
        if name not in _QUIET or name in replaced or _loud(name, shown.get(name), value, written.get(name), now)
    }
    if after.keys() & (_CARRIES_SCORES | owned.NUMBERS):
        after |= {name: value for name, value in differing.items() if name in owned.NUMBERS}
    if owned.SCORED_AT in fields and (after or _heartbeat_due(want.account_id, shown.get(owned.SCORED_AT), now)):
        after[owned.SCORED_AT] = settled(owned.SCORED_AT, now)
    return dict(sorted(after.items()))


def overruled(shown: Fields, written: Mapping[str, Written], fields: Collection[str]) -> list[str]:
    """Those of our fields that show something else than we last wrote."""
    return sorted(
        name for name, mark in written.items() if name in fields and not owned.same(name, shown.get(name), mark.value)
    )


def people_win(shown: str | None, mark: Written | None, for_: timedelta, now: datetime) -> bool:
    """Whether somebody replaced what we wrote, so recently that their choice stands."""
    if mark is None or mark.value == shown:
        return False
    return now - (mark.overruled_at or now) < for_


def counts_as_cleared(name: str, before: Value, after: Value, written: Mapping[str, Written]) -> bool:
    """Whether a write blanks a field that matters: transient fields that hold our own value do not."""
    if before is None or after is not None:
        return False
    mark = written.get(name)
    return not (name in owned.TRANSIENT and mark is not None and owned.same(name, mark.value, before))


def quiet(after: Collection[str]) -> bool:
    """Whether a write only refreshes numbers and dates, and so moves nobody."""
    return set(after) <= _QUIET


def settled(name: str, value: object) -> Value:
    """A value as the plan states it: times as aware datetimes in whole seconds, all else as it came."""
    return owned.normal(name, value) if name in owned.TIMES else value  # type: ignore[return-value]


def _loud(name: str, shown: object, wanted: Value, mark: Written | None, now: datetime) -> bool:
    """Whether a number or date moved far enough to be written for its own sake."""
    was = owned.normal(name, shown)
    if isinstance(was, datetime) and isinstance(wanted, datetime):
        return abs(wanted - was) >= FALLS_MOVED
    if isinstance(was, int) and isinstance(wanted, int):
        moved = abs(wanted - was)
        return moved >= MOVED or (moved >= 1 and (mark is None or now - mark.at >= STALE_AFTER))
    return True


def _heartbeat_due(account_id: str, shown: object, now: datetime) -> bool:
    """One day in seven, spread by account: says that the score is looked after although nothing changed."""
    last = owned.normal(owned.SCORED_AT, shown)
    if not isinstance(last, datetime) or now - last < timedelta(days=1):
        return False
    day = (now - datetime(1970, 1, 1, tzinfo=now.tzinfo)).days
    turn = int.from_bytes(hashlib.blake2b(account_id.encode(), digest_size=4).digest(), "big")
    return (day + turn) % HEARTBEAT_DAYS == 0
