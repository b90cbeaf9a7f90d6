"""Incremental condensing: actor-days that changed raw rows touch are replaced whole; nothing is ever incremented."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.bursts import actors
from engine.condense import TOUCH_COLUMNS, condense
from engine.condense import Sieve as Sieve  # noqa: PLC0414  # re-export: callers need both
from engine.evidence import US_PER_DAY, Columns, Names
from engine.packing import sort_together

Keys = NDArray[np.int64]
_DAYS = 1 << 20  # room for days on either side of 1970
_HALF = 1 << 19


def _keys(actor: Keys, day: Keys) -> Keys:
    return actor * _DAYS + (day + _HALF)


def _raw_keys(raw: Columns) -> Keys:
    return _keys(actors(raw), np.floor_divide(raw["occurred_at"], US_PER_DAY).astype(np.int64))


def _touch_keys(touches: Columns) -> Keys:
    return _keys(actors(touches), touches["day"].astype(np.int64))


def _around(keys: Keys, days: int) -> Keys:
    """The keys and their neighbours up to ``days`` away, once each."""
    return np.unique(np.concatenate([keys + step for step in range(-days, days + 1)]))


def dirty_days(raw_changed: Columns) -> Keys:
    """Actor-days to replace for new, changed and deleted raw rows (old and new versions), a day on either side too.

    The actor is the person, or the account where the act is anonymous; a key packs actor and day.
    """
    return _around(np.unique(_raw_keys(raw_changed)), 1)


def needed(raw: Columns, dirty: Keys) -> NDArray[np.bool_]:
    """Raw rows that replacing those actor-days must read: theirs and a day further, for bursts across midnight."""
    return np.isin(_raw_keys(raw), _around(dirty, 1))


def replace_days(touches: Columns, dirty: Keys, raw_near: Columns, names: Names, sieve: Sieve) -> Columns:
    """Touches with the dirty actor-days condensed again from ``raw_near`` (all rows that ``needed`` names)."""
    fresh = condense(raw_near, names, sieve)
    fresh_rows = np.isin(_touch_keys(fresh), dirty)
    kept_rows = ~np.isin(_touch_keys(touches), dirty)
    joined = {n: np.concatenate((touches[n][kept_rows], fresh[n][fresh_rows])) for n, _ in TOUCH_COLUMNS}
    told = sort_together([joined[name] for name, _ in TOUCH_COLUMNS])
    return {name: column.astype(dtype) for (name, dtype), column in zip(TOUCH_COLUMNS, told, strict=True)}
