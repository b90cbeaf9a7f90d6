"""Canonical JSON, and the digest that names a plan."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

SHOWN: Final = 12  # hex digits that people read
SHORTEST: Final = 8  # hex digits that name a stored plan


def canonical(value: object) -> str:
    """JSON in which equal things have equal bytes: keys sorted, text in NFC, times in Z; floats are refused."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def instant(moment: datetime) -> str:
    """ISO text in Z, with as many digits of a second as needed."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone has no place in a plan")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str():
            return unicodedata.normalize("NFC", value)
        case datetime():
            return instant(value)
        case Mapping():
            return {unicodedata.normalize("NFC", str(key)): _plain(item) for key, item in value.items()}
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")
