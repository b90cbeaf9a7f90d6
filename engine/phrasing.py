"""Dates, sums and lists as a rep reads them: absolute, short, the same in every locale."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNKNOWN = "unknown"


def day(when: datetime | date | None, zone: tzinfo = UTC) -> str:
    """A date such as ``28 Oct 2026``."""
    if when is None:
        return UNKNOWN
    local = when.astimezone(zone) if isinstance(when, datetime) else when
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def moment(when: datetime | None, zone: tzinfo = UTC) -> str:
    """A date and time such as ``28 Oct 2026 14:05 CET``."""
    if when is None:
        return UNKNOWN
    local = when.astimezone(zone)
    return f"{day(local.date())} {local:%H:%M} {local.tzname()}"


def number(value: float | None) -> str:
    """A number without a needless fraction: ``42``, ``0.5``, ``1,200,000``."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def spoken(name: str) -> str:
    """A code name in words: ``decision_maker`` becomes ``decision maker``."""
    return name.replace("_", " ")


def clipped(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters, cut between words."""
    if len(text) <= limit:
        return text
    if limit < 2:
        return text[:limit]
    head = text[: limit - 1]
    cut = head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head
    return cut.rstrip(" ,;:-") + "…"


def joined(parts: Iterable[str], limit: int, glue: str = "; ") -> str:
    """As many whole parts as fit into ``limit`` characters, the first one clipped if it must be."""
    text = ""
    for part in parts:
        longer = f"{text}{glue}{part}" if text else clipped(part, limit)
        if len(longer) > limit:
            break
        text = longer
    return text
