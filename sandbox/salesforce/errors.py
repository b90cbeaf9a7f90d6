"""Refusals in the vendor's four shapes.

Refusal           a whole call, answered as an array of ``message``, ``errorCode`` and sometimes ``fields``
RowRefusal        one row of a call; the same facts, but collections say ``statusCode``
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

ROLLED_BACK: Final = "Record rolled back because not all records were valid and the request was using AllOrNone header"
NOT_FOUND_TEXT: Final = "The requested resource does not exist"


class Refusal(Exception):
    """A call that ends with an error status."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fields = status, code, message, fields

    def body(self) -> list[dict[str, Any]]:
        """The answer's body."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return [error]


class RowRefusal(Exception):
    """One record that is not saved, and why."""

    def __init__(self, code: str, message: str, fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.fields = code, message, tuple(fields)

    def row(self) -> dict[str, Any]:
        """The record's place in an answer to a collections call: it has no ``id`` key."""
        error = {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}
        return {"success": False, "errors": [error]}

    def whole(self) -> Refusal:
        """The same as the answer to a call for one record."""
        status = 404 if self.code in {"NOT_FOUND", "ENTITY_IS_DELETED"} else 400
        return Refusal(status, self.code, self.message, self.fields)


def not_found(message: str = NOT_FOUND_TEXT) -> Refusal:
    """The answer for a path that leads nowhere."""
    return Refusal(404, "NOT_FOUND", message)


def no_such_column(name: str, entity: str) -> RowRefusal:
    """A write to a field that does not exist or is hidden."""
    return RowRefusal("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")


def deleted() -> RowRefusal:
    """A write to a record in the recycle bin."""
    return RowRefusal("ENTITY_IS_DELETED", "entity is deleted")
