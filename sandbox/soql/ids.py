"""Record ids: three characters of prefix, a place, a serial number in base 62, and three of checksum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUE: Final = {char: value for value, char in enumerate(_DIGITS)}
_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_PLACE: Final = "Hs0"
_WIDTH: Final = 9
_CODES: Final = np.frombuffer(_DIGITS.encode(), np.uint8)
_CHECK_CODES: Final = np.frombuffer(_CHECK.encode(), np.uint8)
_ALLOWED: Final = frozenset(_DIGITS)
_CUSTOM_BASE: Final = 1  # serial numbers start at 1: an id never ends in nine zeros


def checksum(fifteen: str) -> str:
    """The three characters that make a case-sensitive id of 15 safe to compare without case."""
    return "".join(
        _CHECK[sum(1 << bit for bit, char in enumerate(fifteen[start : start + 5]) if "A" <= char <= "Z")]
        for start in (0, 5, 10)
    )


def encode(prefix: str, position: int) -> str:
    """The 18 characters of the record at a position of the object with this prefix."""
    serial = position + _CUSTOM_BASE
    digits = ""
    while serial:
        serial, rest = divmod(serial, 62)
        digits = _DIGITS[rest] + digits
    fifteen = prefix + _PLACE + digits.rjust(_WIDTH, "0")
    return fifteen + checksum(fifteen)


def encode_many(prefix: str, positions: Positions) -> list[str]:
    """``encode`` for many positions at once."""
    count = len(positions)
    codes = np.empty((count, 18), np.uint8)
    codes[:, :6] = np.frombuffer((prefix + _PLACE).encode(), np.uint8)
    serial = positions.astype(np.int64) + _CUSTOM_BASE
    for column in range(14, 5, -1):
        codes[:, column] = _CODES[serial % 62]
        serial //= 62
    upper = (codes[:, :15] >= ord("A")) & (codes[:, :15] <= ord("Z"))
    weights = np.array([1, 2, 4, 8, 16])
    for group in range(3):
        codes[:, 15 + group] = _CHECK_CODES[upper[:, group * 5 : group * 5 + 5] @ weights]
    return [bytes_.decode() for bytes_ in codes.reshape(-1).view("S18").tolist()]


def decode(record_id: str, prefix: str) -> int:
    """The position that an id of 15 or 18 characters stands for, or -1 when it is none of this object's."""
    if len(record_id) not in {15, 18} or record_id[:6] != prefix + _PLACE:
        return -1
    serial = 0
    for char in record_id[6:15]:
        value = _VALUE.get(char)
        if value is None:
            return -1
        serial = serial * 62 + value
    return serial - _CUSTOM_BASE


def decode_many(record_ids: Sequence[str | None], prefix: str) -> Positions:
    """``decode`` for many; None is -1."""
    return np.array([-1 if each is None else decode(each, prefix) for each in record_ids], np.int64)


def is_id(text: object) -> bool:
    """Whether this has the form of a record id, with the right checksum where there is one."""
    if not isinstance(text, str) or len(text) not in {15, 18} or not _ALLOWED.issuperset(text):
        return False
    return len(text) == 15 or checksum(text[:15]) == text[15:].upper()


def full(record_id: str) -> str:
    """The 18 characters of an id of 15 or 18."""
    return record_id[:15] + checksum(record_id[:15])
