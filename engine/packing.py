"""Sorting rows of several integer columns: packed into one int64 where they fit, many times faster than by index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_BITS: Final = 63  # of a positive int64


def sort_together(columns: Sequence[NDArray[Any]]) -> list[Ints]:
    """The rows of these columns in order of the first, then the second, and so on."""
    if len(columns[0]) == 0:
        return [column.astype(np.int64) for column in columns]
    low = [int(column.min()) for column in columns]
    bits = [(int(column.max()) - least).bit_length() for column, least in zip(columns, low, strict=True)]
    if sum(bits) > _BITS:
        order = np.lexsort(tuple(columns[::-1]))
        return [column[order].astype(np.int64) for column in columns]
    key = columns[0].astype(np.int64) - low[0]
    for column, width, least in zip(columns[1:], bits[1:], low[1:], strict=True):
        key <<= width
        key |= column.astype(np.int64) - least
    key.sort()
    out = []
    for width, least in zip(reversed(bits[1:]), reversed(low[1:]), strict=True):
        out.append((key & ((1 << width) - 1)) + least)
        key = key >> width
    return [key + low[0], *reversed(out)]
