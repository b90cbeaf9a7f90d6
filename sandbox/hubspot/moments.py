"""How a portal writes moments: milliseconds since 1970 as ISO text with milliseconds and Z, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

DAY_MS = 86_400_000


def iso(ms: int) -> str:
    """One moment as ``2024-01-17T19:55:04.281Z``."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def iso_many(ms: NDArray[np.int64]) -> list[str]:
    """Many moments at once."""
    return [f"{text}Z" for text in np.datetime_as_string(ms.astype("datetime64[ms]")).tolist()]


def day(seconds: int) -> str:
    """The UTC day of a moment in unix seconds, as ``2026-11-02``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def ms_of(text: str) -> int | None:
    """Milliseconds since 1970 of an ISO moment, an ISO day or a number of milliseconds; None when it is neither."""
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        if len(text) == 10:
            moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000
