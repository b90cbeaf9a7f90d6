"""getUpdated and getDeleted: ids in a window, and how far the answer can be trusted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np

from sandbox.salesforce.describe import entity_of
from sandbox.salesforce.errors import Refusal
from sandbox.salesforce.web import Answer, Call, ok
from sandbox.soql.checks import Check
from sandbox.soql.dates import read_datetime, wire_datetime
from sandbox.soql.ids import Positions

_UPDATED_DAYS: Final = 30
_DELETED_DAYS: Final = 15
_MOST_IDS: Final = 600_000


def updated(call: Call) -> Answer:
    """``GET /sobjects/{type}/updated/?start&end``."""
    table = call.view.rows(entity_of(call))
    start, end = _window(call, _UPDATED_DAYS)
    at = _changed(call, start, end, table.everything(deleted=False))
    if len(at) > _MOST_IDS:
        raise Refusal(400, "EXCEEDED_ID_LIMIT", f"More than {_MOST_IDS} ids; narrow the window")
    return ok({"ids": table.take("Id", at), "latestDateCovered": wire_datetime(_covered(call, end))})


def deleted(call: Call) -> Answer:
    """``GET /sobjects/{type}/deleted/?start&end``."""
    table = call.view.rows(entity_of(call))
    start, end = _window(call, _DELETED_DAYS)
    every = table.everything(deleted=True)
    at = _changed(call, start, end, every[table.dead_among(every)])
    rows = zip(table.take("Id", at), table.take("SystemModstamp", at), strict=True)
    return ok(
        {
            "deletedRecords": [{"deletedDate": when, "id": record_id} for record_id, when in rows],
            "earliestDateAvailable": wire_datetime(_oldest(call, _DELETED_DAYS)),
            "latestDateCovered": wire_datetime(_covered(call, end)),
        },
    )


def _changed(call: Call, start: datetime, end: datetime, at: Positions) -> Positions:
    table = call.view.rows(entity_of(call))
    check = Check("within", (wire_datetime(start), wire_datetime(end)))
    return np.asarray(at[table.test("SystemModstamp", at, check)], np.int64)


def _window(call: Call, days: int) -> tuple[datetime, datetime]:
    try:
        start, end = (read_datetime(call.params[name].replace(" ", "+")) for name in ("start", "end"))
    except (KeyError, ValueError):
        raise Refusal(400, "INVALID_REPLICATION_DATE", "start and end have to be valid dates") from None
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if start >= end:
        raise Refusal(400, "INVALID_REPLICATION_DATE", "startDate before endDate must be at least one minute")
    if start < _oldest(call, days):
        raise Refusal(400, "INVALID_REPLICATION_DATE", f"startDate before {days} days ago is not available")
    return start, end


def _oldest(call: Call, days: int) -> datetime:
    return (call.org.clock.now() - timedelta(days=days)).replace(second=0, microsecond=0)


def _covered(call: Call, end: datetime) -> datetime:
    """How far the answer is whole: never later than now, or than the start of a transaction still open."""
    held_s = float(call.org.switch("open_transaction_s", default=0.0))
    now = call.org.clock.now().replace(second=0, microsecond=0)
    return min(end, now - timedelta(seconds=held_s))
