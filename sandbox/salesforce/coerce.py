"""Turns JSON values of a write into stored values, or refuses them in the vendor's words."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any, Final

from sandbox.salesforce.errors import RowRefusal
from sandbox.soql.dates import read_datetime, wire_datetime
from sandbox.soql.ids import full, is_id
from sandbox.soql.schema import Field

_EMAIL: Final = re.compile(r"[^@\s,;<>()\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SOAP: Final = {"datetime": "datetime", "percent": "double", "currency": "double", "reference": "id"}


def coerce(field: Field, value: Any) -> Any:  # noqa: PLR0911  one case a line
    """The stored form of a written value; empty text is null. Raises RowRefusal."""
    if value is None or value == "":
        return _emptied(field)
    if field.type == "boolean":
        return _boolean(field, value)
    if field.is_number:
        return _number(field, value)
    if field.type == "date":
        return _date(field, value)
    if field.type == "datetime":
        return _datetime(field, value)
    if field.is_id:
        return _reference(field, value)
    return _text(field, value)


def _emptied(field: Field) -> Any:
    if field.type == "boolean":
        words = f"Value not of required type: {field.name}"
        raise RowRefusal("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.label}: {words.lower()}", [field.name])
    return None


def _unreadable(field: Field, value: Any) -> RowRefusal:
    kind = _SOAP.get(field.type, field.type)
    words = (
        f"Cannot deserialize instance of {kind} from VALUE_STRING value {value} or request may be missing a required "
        "field"
    )
    return RowRefusal("JSON_PARSER_ERROR", words)


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise _unreadable(field, value)


def _number(field: Field, value: Any) -> int | float:
    if isinstance(value, bool):
        raise _unreadable(field, value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _unreadable(field, value) from None
    if not math.isfinite(number):
        raise _unreadable(field, value)
    if field.type == "int":
        if not number.is_integer():
            raise _unreadable(field, value)
        _within(field, number, field.digits or 9)
        return int(number)
    _within(field, number, field.precision - field.scale)
    rounded = round(number, field.scale)
    return float(rounded)


def _within(field: Field, number: float, whole_digits: int) -> None:
    if abs(number) >= 10**whole_digits:
        words = f"{field.label}: value outside of valid range on numeric field: {number:.15g}"
        raise RowRefusal("NUMBER_OUTSIDE_VALID_RANGE", words, [field.name])


def _date(field: Field, value: Any) -> str:
    try:
        text = str(value)
        return read_datetime(text).date().isoformat() if "T" in text else date.fromisoformat(text).isoformat()
    except ValueError:
        raise _unreadable(field, value) from None


def _datetime(field: Field, value: Any) -> str:
    try:
        text = str(value)
        moment = read_datetime(text if "T" in text else f"{date.fromisoformat(text)}T00:00:00Z")
    except ValueError:
        raise _unreadable(field, value) from None
    return wire_datetime(moment.replace(microsecond=0))


def _reference(field: Field, value: Any) -> str:
    if not is_id(value):
        raise RowRefusal("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", [field.name])
    return full(str(value))


def _text(field: Field, value: Any) -> str | None:
    if isinstance(value, dict | list):
        raise _unreadable(field, "of an object")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text.strip()
    if field.length and len(text) > field.length:
        words = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise RowRefusal("STRING_TOO_LONG", words, [field.name])
    if field.type == "email" and text and not _EMAIL.fullmatch(text):
        raise RowRefusal("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", [field.name])
    if field.restricted and text:
        _picklist(field, text)
    return text or None


def _picklist(field: Field, text: str) -> None:
    allowed = {each.value for each in field.choices if each.active}
    picked = text.split(";") if field.type == "multipicklist" else [text]
    for each in picked:
        if each not in allowed:
            words = f"{field.label}: bad value for restricted picklist field: {each}"
            raise RowRefusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, [field.name])
