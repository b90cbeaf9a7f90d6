"""Turns a comparison of a query into a test of one value, or into the vendor's refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.soql.dates import range_of, read_datetime, span_of, wire_datetime
from sandbox.soql.errors import SoqlError, pointed
from sandbox.soql.ids import full, is_id
from sandbox.soql.nodes import Compare, Literal
from sandbox.soql.schema import Field
from sandbox.soql.tokens import unquoted

_SOAP: Final = {"datetime": "dateTime", "percent": "double", "currency": "double"}
_ORDERED: Final = frozenset({"<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a query runs: date literals need both."""

    now: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Check:
    """A test of one value. ``within`` and ``outside`` have two values: first, and the first after."""

    op: str
    values: Any  # a frozenset for membership, else a tuple
    folds: bool = False  # compare text without case
    pattern: re.Pattern[str] | None = None

    def __call__(self, value: Any) -> bool:  # noqa: PLR0911  one case a line
        """Whether the value passes; None is the platform's null."""
        match self.op:
            case "=" | "in":
                return self._folded(value) in self.values
            case "!=" | "not in":
                return self._folded(value) not in self.values
            case "like":
                return value is not None and self.pattern is not None and bool(self.pattern.fullmatch(str(value)))
            case "includes":
                return any(each <= _picked(value) for each in self.values)
            case "excludes":
                return not any(each <= _picked(value) for each in self.values)
            case "within":
                return value is not None and bool(self.values[0] <= value < self.values[1])
            case "outside":
                return value is None or not self.values[0] <= value < self.values[1]
            case _:
                return value is not None and self.values[0] is not None and self._ordered(self._folded(value))

    def _folded(self, value: Any) -> Any:
        return value.casefold() if self.folds and isinstance(value, str) else value

    def _ordered(self, value: Any) -> bool:
        bound = self.values[0]
        if self.op == "<":
            return bool(value < bound)
        if self.op == "<=":
            return bool(value <= bound)
        return bool(value > bound) if self.op == ">" else bool(value >= bound)


def _picked(value: Any) -> frozenset[str]:
    return frozenset(str(value).casefold().split(";")) if value else frozenset()


def check_of(compare: Compare, field: Field, moment: Moment, text: str, at: int) -> Check:
    """The test that a comparison with a field of this kind states. Raises SoqlError with the vendor's words."""
    op = compare.op
    if op in {"like", "includes", "excludes"}:
        return _text_check(op, compare.right, field, text, at)
    if op in _ORDERED and (field.is_id or field.type == "boolean"):
        kind = "id" if field.is_id else "boolean"
        raise pointed("INVALID_FIELD", text, at, f"invalid operator on {kind} field")
    first = compare.right[0]
    if first.kind == "range" and field.type in {"date", "datetime"}:
        return _range_check(op, first, field, moment, text)
    values = tuple(_value(literal, field, text, at) for literal in compare.right)
    folds = field.is_text and not field.case_sensitive
    folded = [each.casefold() if folds and isinstance(each, str) else each for each in values]
    return Check(op, tuple(folded) if op in _ORDERED else frozenset(folded), folds)


def _text_check(op: str, literals: tuple[Literal, ...], field: Field, text: str, at: int) -> Check:
    if op == "like":
        if field.is_id:
            raise pointed("INVALID_FIELD", text, at, "invalid operator on id field")
        if not field.is_text:
            raise pointed("INVALID_FIELD", text, at, f"invalid operator on {field.type} field")
        if literals[0].kind != "string":
            raise _wants(field, text, at)
        pattern = unquoted(literals[0].text, literals[0].at, text, pattern=True)
        return Check(op, (), pattern=like_pattern(pattern))
    if field.type != "multipicklist":
        raise pointed("INVALID_FIELD", text, at, f"{op} operator only valid on multipicklist fields")
    wanted = (unquoted(each.text, each.at, text, pattern=False).casefold() for each in literals)
    return Check(op, tuple(frozenset(each.split(";")) for each in wanted))


def like_pattern(text: str) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression; a backslash makes the next character plain."""
    out, chars = "", iter(text)
    for char in chars:
        if char == "\\":
            out += re.escape(next(chars, "\\"))
        else:
            out += {"%": ".*", "_": "."}.get(char) or re.escape(char)
    return re.compile(out, re.IGNORECASE | re.DOTALL)


def _range_check(op: str, literal: Literal, field: Field, moment: Moment, text: str) -> Check:
    if field.type == "date":
        span = span_of(literal.text, moment.now.astimezone(moment.zone).date())
        bounds = None if span is None else (span[0].isoformat(), span[1].isoformat())
    else:
        found = range_of(literal.text, moment.now, moment.zone)
        bounds = None if found is None else (wire_datetime(found[0]), wire_datetime(found[1]))
    if bounds is None:
        raise pointed("MALFORMED_QUERY", text, literal.at, f"unexpected token: '{literal.text}'")
    first, after = bounds
    by_op = {
        "=": Check("within", bounds),
        "in": Check("within", bounds),
        "!=": Check("outside", bounds),
        "not in": Check("outside", bounds),
        "<": Check("<", (first,)),
        ">=": Check(">=", (first,)),
        "<=": Check("<", (after,)),
        ">": Check(">=", (after,)),
    }
    return by_op[op]


def _value(literal: Literal, field: Field, text: str, at: int) -> Any:
    if literal.kind == "null":
        return None
    if field.type == "boolean":
        if literal.kind != "boolean":
            raise _wants(field, text, at)
        return literal.text == "TRUE"
    if field.is_number:
        return _number(literal, field, text, at)
    if field.type in {"date", "datetime"}:
        return _moment(literal, field, text, at)
    if literal.kind != "string":
        raise _wants(field, text, at)
    value = unquoted(literal.text, literal.at, text, pattern=False)
    if field.is_id and value:
        if not is_id(value):
            raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", _bad_id(text, at, value))
        return full(value)
    return value or None


def _bad_id(text: str, at: int, value: str) -> str:
    return pointed("", text, at, f"invalid ID field: {value}").message


def _number(literal: Literal, field: Field, text: str, at: int) -> int | float:
    if literal.kind not in {"number", "currency"}:
        raise _wants(field, text, at)
    digits = literal.text if literal.kind == "number" else literal.text[3:]
    number = float(digits)
    return int(number) if number.is_integer() else number


def _moment(literal: Literal, field: Field, text: str, at: int) -> str:
    if literal.kind != field.type:
        raise _wants(field, text, at)
    try:
        if field.type == "date":
            datetime.strptime(literal.text, "%Y-%m-%d")  # noqa: DTZ007  a date has no zone
            return literal.text
        return wire_datetime(read_datetime(literal.text))
    except ValueError:
        raise pointed("MALFORMED_QUERY", text, literal.at, f"line 1:{literal.at} invalid date") from None


def _wants(field: Field, text: str, at: int) -> SoqlError:
    quoted = "should be enclosed in quotes" if field.is_text or field.is_id else "should not be enclosed in quotes"
    kind = "ID" if field.is_id else "string" if field.is_text else _SOAP.get(field.type, field.type)
    words = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quoted}"
    return pointed("INVALID_FIELD", text, at, words)
