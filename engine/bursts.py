"""Which raw rows were made by machines: bursts of one kind, scanner clicks, clicks in the moment of delivery."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.evidence import Columns

MAILED: Final = frozenset({"email_sent", "email_automated", "email_delivered"})
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class BotRules:
    """What no person does. A window is whole: all rows of a window with more than the limit are rejected."""

    acts: int = 20  # more acts of one kind by one person ...
    acts_within_s: int = 60
    clicks: int = 3  # more clicks by one person ...
    clicks_within_s: int = 10
    after_delivery_s: int = 5  # a click this soon after a mail was sent

    def told(self) -> tuple[int, ...]:
        """The numbers, for the fingerprint."""
        return astuple(self)


def actors(rows: Columns) -> NDArray[np.int64]:
    """Who acted: the person, or -2 - account for anonymous acts."""
    person = rows["person"].astype(np.int64)
    return np.where(person >= 0, person, -2 - rows["account"].astype(np.int64))


def bursts(raw: Columns, taken: Flags, clicks: Flags, mails: Flags, bots: BotRules) -> Flags:
    """Rows among ``taken`` that a machine made."""
    out = np.zeros(len(taken), dtype=np.bool_)
    actor, when = actors(raw), raw["occurred_at"]
    kind = raw["kind"].astype(np.int64)
    rows = np.flatnonzero(taken)
    _mark(out, _crowded(rows, actor, kind, when, bots.acts, bots.acts_within_s), (actor, kind), when, bots.acts,
          bots.acts_within_s)  # fmt: skip
    clicked = np.flatnonzero(taken & clicks)
    crowded = _crowded(clicked, actor, np.zeros_like(kind), when, bots.clicks, bots.clicks_within_s)
    _mark(out, crowded, (actor,), when, bots.clicks, bots.clicks_within_s)
    _mark_deliveries(out, clicked, np.flatnonzero(mails), raw, bots.after_delivery_s)
    return out


def _crowded(
    rows: NDArray[np.intp], actor: Ints, kind: Ints, when: NDArray[Any], limit: int, within_s: int
) -> NDArray[np.intp]:
    """Rows of the groups (actor, kind) that may hold a burst: few, so that only they are sorted exactly.

    Groups and whole seconds are packed into one integer, which sorts many times faster than rows; a window in whole
    seconds is a second wider than the real one, so nothing is missed.
    """
    if len(rows) <= limit:
        return rows[:0]
    second = when[rows] // _US
    parts = [actor[rows] - int(actor[rows].min()), kind[rows] - int(kind[rows].min()), second - int(second.min())]
    bits = [int(part.max()).bit_length() for part in parts]
    if sum(bits) > 62:  # one bit is kept for the window
        return rows
    group = (parts[0] << bits[1]) | parts[1]
    key = np.sort((group << (bits[2] + 1)) | parts[2])
    close = np.flatnonzero(key[limit:] - key[:-limit] <= within_s + 1)
    if len(close) == 0:
        return rows[:0]
    found: NDArray[np.intp] = rows[np.isin(group, np.unique(key[close] >> (bits[2] + 1)))]
    return found


def _mark(
    out: Flags, rows: NDArray[np.intp], by: tuple[NDArray[Any], ...], when: NDArray[Any], limit: int, within_s: int
) -> None:
    """Mark every row inside a window of ``within_s`` that holds more than ``limit`` rows of the same group."""
    if len(rows) <= limit:
        return
    rows = rows[np.lexsort((when[rows], *(column[rows] for column in by)))]
    near = when[rows[limit:]] - when[rows[:-limit]] <= within_s * _US
    for column in by:
        near &= column[rows[limit:]] == column[rows[:-limit]]
    starts = np.flatnonzero(near)
    steps = np.zeros(len(rows) + 1, dtype=np.int64)
    np.add.at(steps, starts, 1)
    np.add.at(steps, starts + limit + 1, -1)
    out[rows[np.cumsum(steps[:-1]) > 0]] = True


def _mark_deliveries(
    out: Flags, clicked: NDArray[np.intp], mailed: NDArray[np.intp], raw: Columns, within_s: int
) -> None:
    """Mark clicks that follow a mail to the same person within ``within_s``: scanners open what they deliver."""
    clicked = clicked[raw["person"][clicked] >= 0]
    mailed = mailed[raw["person"][mailed] >= 0]
    if len(clicked) == 0 or len(mailed) == 0:
        return
    mailed = mailed[np.isin(raw["person"][mailed], raw["person"][clicked])]
    rows = np.concatenate((mailed, clicked))
    is_click = np.repeat([False, True], [len(mailed), len(clicked)])
    order = np.lexsort((is_click, raw["occurred_at"][rows], raw["person"][rows]))
    rows, is_click = rows[order], is_click[order]
    last_mail = np.maximum.accumulate(np.where(is_click, -1, np.arange(len(rows))))
    mail = rows[np.maximum(last_mail, 0)]
    same = (last_mail >= 0) & (raw["person"][mail] == raw["person"][rows])
    soon = raw["occurred_at"][rows] - raw["occurred_at"][mail] <= within_s * _US
    out[rows[is_click & same & soon]] = True
