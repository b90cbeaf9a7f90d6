"""The fields we own in the CRM: their kinds, their names in each set, and when two values are the same."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

from connectors.base import Fields, Value

CORE: Final = frozenset(
    {"tier", "tier_since", "treated_as", "score", "why", "next_action", "sla_due", "sla_status"},
)
FULL: Final = CORE | {"fit", "signal", "falls_on", "what_changed", "first_touch", "play"}
SCORED_AT: Final = "scored_at"  # HubSpot only: Salesforce tells freshness by one setting for the whole org
OWNER: Final = "owner_id"  # not a field of ours, but remembered like one

NUMBERS: Final = frozenset({"score", "fit", "signal"})
TIMES: Final = frozenset(
    {"tier_since", "sla_due", "falls_on", "first_touch", SCORED_AT, "due_at", "closed_at", "created_at"},
)
TRANSIENT: Final = frozenset({"treated_as", "next_action", "falls_on", "sla_due", "sla_status", "play"})
MOTION: Final = frozenset({"tier", "treated_as", "play"})  # a change of these changes what somebody does
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def owned_fields(which: str, vendor: str) -> frozenset[str]:
    """Canonical names of the fields that we write: ``which`` is core or full, ``vendor`` as the port names it."""
    fields = FULL if which == "full" else CORE
    return fields | {SCORED_AT} if vendor.casefold() == "hubspot" else fields


def normal(name: str, value: object) -> Value:
    """The value as it is compared: times to whole seconds, whole numbers as such, text without stray blanks.

    An empty text is unknown. A time may come as a datetime, as ISO text or as microseconds since 1970.
    """
    if value is None or value == "":
        return None
    if name in TIMES:
        return _time(value)
    if isinstance(value, bool | datetime):
        return value
    if isinstance(value, int | float):
        return int(value) if float(value).is_integer() else value
    text = _text(str(value))
    return _number(text) if name in NUMBERS else text


def same(name: str, one: object, other: object) -> bool:
    """Whether two values of a field mean the same to whoever reads the CRM."""
    return normal(name, one) == normal(name, other)


def all_same(shown: Fields, expected: Fields) -> bool:
    """Whether every expected field is shown so; fields that are not expected do not matter."""
    return all(same(name, shown.get(name), value) for name, value in expected.items())


def _time(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, datetime | str | int):
        raise TypeError(f"not a time: a value of type {type(value).__name__}")
    if isinstance(value, int):
        moment = _EPOCH + timedelta(microseconds=value)
    else:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without zone cannot be compared")
    return moment.astimezone(UTC).replace(microsecond=0)


def _text(value: str) -> str | None:
    lines = unicodedata.normalize("NFC", value).replace("\r\n", "\n").split("\n")
    return "\n".join(" ".join(line.split()) for line in lines).strip() or None


def _number(text: str | None) -> Value:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if math.isfinite(number) and number.is_integer() else text
