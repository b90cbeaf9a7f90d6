"""Search filters: read from a request, checked, and asked of single records."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.hubspot.definitions import Definition, Definitions
from sandbox.hubspot.errors import RefusalError, invalid
from sandbox.hubspot.kinds import kind_named
from sandbox.hubspot.moments import ms_of

MAX_GROUPS, MAX_FILTERS, MAX_TOTAL = 5, 6, 18
NEGATIVE: Final = frozenset({"NEQ", "NOT_IN", "NOT_CONTAINS_TOKEN", "NOT_HAS_PROPERTY"})
COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}
OPERATORS: Final = frozenset(
    {"EQ", "NEQ", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}
) | set(COMPARE)
LISTED: Final = frozenset({"IN", "NOT_IN"})
UNVALUED: Final = frozenset({"HAS_PROPERTY", "NOT_HAS_PROPERTY"})


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. ``texts`` are the values as given; ``numbers`` the same as numbers where the property is one."""

    name: str
    operator: str
    texts: tuple[str, ...]
    numbers: tuple[float, ...] | None
    exact: bool  # case counts: enumerations
    skip_unset: bool  # a negative operator leaves out records without a value
    linked_type: str = ""  # the type id of an ``associations.company`` condition

    def holds(self, value: str | None) -> bool:
        """Whether a record with this value passes."""
        if self.operator == "HAS_PROPERTY":
            return value is not None
        if self.operator == "NOT_HAS_PROPERTY":
            return value is None
        if value is None:
            return self.operator in NEGATIVE and not self.skip_unset
        if self.numbers is not None:
            return self._number_holds(value)
        return self._text_holds(value)

    def _number_holds(self, value: str) -> bool:
        number = as_number(value)
        if number is None or self.numbers is None:
            return False
        if self.operator == "BETWEEN":
            return self.numbers[0] <= number <= self.numbers[1]
        if self.operator in COMPARE:
            return COMPARE[self.operator](number, self.numbers[0])
        return (number in self.numbers) != (self.operator in NEGATIVE)

    def _text_holds(self, value: str) -> bool:
        mine = value if self.exact else value.lower()
        as_given = self.exact or self.operator in LISTED  # IN wants its texts in lower case and does not help out
        wanted = self.texts if as_given else tuple(text.lower() for text in self.texts)
        if self.operator in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
            return has_token(value, self.texts[0]) != (self.operator in NEGATIVE)
        if self.operator == "BETWEEN":
            return wanted[0] <= mine <= wanted[1]
        if self.operator in COMPARE:
            return {"LT": mine < wanted[0], "LTE": mine <= wanted[0], "GT": mine > wanted[0], "GTE": mine >= wanted[0]}[
                self.operator
            ]
        parts = set(mine.split(";")) if self.exact else {mine}
        return bool(parts & set(wanted)) != (self.operator in NEGATIVE)


def as_number(text: str) -> float | None:
    """A stored value as a number: moments and days in milliseconds."""
    try:
        return float(text)
    except ValueError:
        ms = ms_of(text)
        return None if ms is None else float(ms)


def has_token(value: str, pattern: str) -> bool:
    """Whether a word of the value matches, ``*`` standing for any letters; a domain is a word too."""
    words = [value.lower(), *re.split(r"[^0-9a-z]+", value.lower()), *value.lower().split()]
    return any(fnmatch.fnmatchcase(word, pattern.lower()) for word in words)


def groups_of(body: Mapping[str, Any], definitions: Definitions, *, skip_unset: bool) -> list[list[Filter]]:
    """The filter groups of a search; the short form with ``filters`` at the top is one group."""
    given = body.get("filterGroups") or []
    if not given and body.get("filters"):
        given = [{"filters": body["filters"]}]
    if not isinstance(given, list) or not all(isinstance(group, dict) for group in given):
        raise invalid("Invalid input JSON on line 1, column 18: Cannot deserialize value of type")
    if len(given) > MAX_GROUPS:
        raise invalid(f"Number of filter groups exceeds the limit of {MAX_GROUPS}")
    lists = [group.get("filters") or [] for group in given]
    if any(len(filters) > MAX_FILTERS for filters in lists):
        raise invalid(f"Number of filters in a group exceeds the limit of {MAX_FILTERS}")
    if sum(len(filters) for filters in lists) > MAX_TOTAL:
        raise invalid(f"Total number of filters exceeds the limit of {MAX_TOTAL}")
    return [[_filter(item, definitions, skip_unset=skip_unset) for item in filters] for filters in lists]


def _filter(item: Mapping[str, Any], definitions: Definitions, *, skip_unset: bool) -> Filter:
    name, operator = str(item.get("propertyName", "")), str(item.get("operator", ""))
    if operator not in OPERATORS:
        raise invalid(f"Invalid input JSON on line 1, column 2: Cannot deserialize value of type operator: {operator}")
    texts = _texts(item, operator)
    if name.startswith("associations."):
        linked = kind_named(name.removeprefix("associations."))
        if linked is None or operator not in {"EQ", "IN"}:
            raise invalid(f"Property '{name}' cannot be searched with {operator}")
        return Filter(name, operator, texts, None, exact=True, skip_unset=True, linked_type=linked.type_id)
    item_definition = definitions.get(name)
    if item_definition is None:
        raise invalid("There was a problem with the request.", errors=[_unknown(name)])
    return Filter(
        name,
        operator,
        texts,
        _numbers(item_definition, texts, operator),
        exact=item_definition.type == "enumeration",
        skip_unset=skip_unset,
    )


def _unknown(name: str) -> dict[str, Any]:
    message = f'Property "{name}" does not exist'
    return {"message": message, "code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": [name]}}


def _texts(item: Mapping[str, Any], operator: str) -> tuple[str, ...]:
    if operator in UNVALUED:
        return ()
    if operator in LISTED:
        values = item.get("values")
        if not isinstance(values, list) or not values:
            raise invalid(f"operator {operator} requires a non-empty list of values")
        return tuple(str(value) for value in values)
    asked = ["value", "highValue"] if operator == "BETWEEN" else ["value"]
    if any(item.get(part) is None for part in asked):
        raise invalid(f"operator {operator} requires {' and '.join(asked)}")
    return tuple(str(item[part]) for part in asked)


def _numbers(definition: Definition, texts: Sequence[str], operator: str) -> tuple[float, ...] | None:
    if definition.type not in {"number", "date", "datetime"} or operator.endswith("TOKEN"):
        return None
    numbers = [as_number(text) for text in texts]
    if definition.type == "datetime" and 0 in numbers:
        raise RefusalError(500, "internal error")
    if any(number is None for number in numbers):
        raise invalid(f"Invalid value for property {definition.name}: expected a {definition.type}")
    return tuple(number for number in numbers if number is not None)
