"""What a query can be refused with: a code, and a message that may point at the spot with a caret."""

from __future__ import annotations

from typing import Final

_BEFORE: Final = 32  # how much of the line is shown on the left of the caret; recorded messages show as much
_AFTER: Final = 80

CUSTOM_ENTITY_HINT: Final = (
    "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
CUSTOM_FIELD_HINT: Final = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
CUSTOM_RELATION_HINT: Final = (
    "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship "
    "name. Please reference your WSDL or the describe call for the appropriate names."
)


class SoqlError(Exception):
    """A query that the vendor answers with status 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def pointed(code: str, text: str, at: int, words: str) -> SoqlError:
    """An error whose message shows the line of the query, a caret below the spot, row and column, then the words."""
    row = text.count("\n", 0, at) + 1
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    column = at - line_start
    left = max(0, column - _BEFORE)
    shown = line[left : column + _AFTER]
    caret = " " * (column - left) + "^"
    return SoqlError(code, f"\n{shown}\n{caret}\nERROR at Row:{row}:Column:{column + 1}\n{words}")


def no_such_column(text: str, at: int, column: str, entity: str) -> SoqlError:
    """The answer for a field that does not exist or is hidden from the user."""
    return pointed("INVALID_FIELD", text, at, f"No such column '{column}' on entity '{entity}'. {CUSTOM_FIELD_HINT}")


def no_such_entity(text: str, at: int, name: str) -> SoqlError:
    """The answer for an object that does not exist or is hidden from the user."""
    return pointed("INVALID_TYPE", text, at, f"sObject type '{name}' is not supported. {CUSTOM_ENTITY_HINT}")


def no_such_parent(text: str, at: int, name: str) -> SoqlError:
    """The answer for an unknown name before a dot."""
    words = f"Didn't understand relationship '{name}' in field path. {CUSTOM_RELATION_HINT}"
    return pointed("INVALID_FIELD", text, at, words)


def no_such_children(text: str, at: int, name: str) -> SoqlError:
    """The answer for an unknown child relationship in a subquery."""
    words = f"Didn't understand relationship '{name}' in FROM part of query call. {CUSTOM_RELATION_HINT}"
    return pointed("INVALID_TYPE", text, at, words)
