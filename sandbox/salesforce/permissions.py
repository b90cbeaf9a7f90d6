"""Who may see and edit the fields that are hidden until a permission set grants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.salesforce.table import Table


class Permissions:
    """Grants read from the rows of permission sets, their assignments and their field permissions."""

    def __init__(self, table: Callable[[str], Table]) -> None:
        self._table = table
        self._grants: dict[str, list[tuple[str, bool]]] | None = None
        self._sets: dict[str, frozenset[str]] = {}

    def forget(self) -> None:
        """Works grants out anew at the next question."""
        self._grants = None
        self._sets.clear()

    def may_read(self, user_id: str, entity: str, field: str) -> bool:
        """Whether any set of the user shows the field."""
        return any(parent in self._sets_of(user_id) for parent, _ in self._granted(entity, field))

    def may_edit(self, user_id: str, entity: str, field: str) -> bool:
        """Whether any set of the user makes the field editable."""
        return any(edit and parent in self._sets_of(user_id) for parent, edit in self._granted(entity, field))

    def _granted(self, entity: str, field: str) -> list[tuple[str, bool]]:
        if self._grants is None:
            self._grants = {}
            for row in self._rows("FieldPermissions", "ParentId", "Field", "PermissionsRead", "PermissionsEdit"):
                parent, name, read, edit = row
                if read:
                    self._grants.setdefault(name.lower(), []).append((parent, edit))
        return self._grants.get(f"{entity}.{field}".lower(), [])

    def _sets_of(self, user_id: str) -> frozenset[str]:
        if user_id not in self._sets:
            assigned = {
                each
                for each, who in self._rows("PermissionSetAssignment", "PermissionSetId", "AssigneeId")
                if who == user_id
            }
            users = self._table("User")
            position = users.position(user_id)
            profile = users.value(position, "ProfileId") if position >= 0 else None
            by_profile = {each for each, owner in self._rows("PermissionSet", "Id", "ProfileId") if owner == profile}
            self._sets[user_id] = frozenset(assigned | (by_profile if profile else set()))
        return self._sets[user_id]

    def _rows(self, name: str, *fields: str) -> list[tuple[Any, ...]]:
        table = self._table(name)
        at = table.everything(deleted=False)
        return list(zip(*(table.take(field, at) for field in fields), strict=True))
