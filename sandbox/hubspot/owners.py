"""The people of a portal as owners: read-only over the API, archived when somebody leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.moments import iso
from sandbox.hubspot.seed import owner_id, user_id
from sandbox.world import World


@dataclass(slots=True)
class OwnerRow:
    """One owner."""

    key: str
    id: int
    user: int
    first_name: str
    last_name: str
    email: str
    team: str
    team_id: int
    archived: bool
    created_ms: int
    updated_ms: int

    def as_json(self) -> dict[str, Any]:
        """The owner as the owners API shows it; an archived one has no user id any more."""
        shown: dict[str, Any] = {
            "id": str(self.id),
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.archived else self.user,
            "userIdIncludingInactive": self.user,
            "createdAt": iso(self.created_ms),
            "updatedAt": iso(self.updated_ms),
            "archived": self.archived,
        }
        if self.team and not self.archived:
            shown["teams"] = [{"id": str(self.team_id), "name": self.team, "primary": True}]
        return shown


class Owners:
    """All owners by id."""

    def __init__(self) -> None:
        self.by_id: dict[int, OwnerRow] = {}

    def load(self, world: World) -> None:
        """Replaces all by the world's."""
        teams = {name: 160_000 + at for at, name in enumerate(sorted({owner.team for owner in world.owners}))}
        self.by_id = {
            owner_id(row): OwnerRow(
                key=owner.key,
                id=owner_id(row),
                user=user_id(row),
                first_name=owner.first_name,
                last_name=owner.last_name,
                email=owner.email,
                team=owner.team,
                team_id=teams[owner.team],
                archived=not owner.active,
                created_ms=owner.created_at * 1000,
                updated_ms=owner.modified_at * 1000,
            )
            for row, owner in enumerate(world.owners)
        }

    def known(self, text: str, *, archived_ok: bool) -> bool:
        """Whether a record may be given to this owner id."""
        found = self.by_id.get(int(text)) if text.isdigit() else None
        return found is not None and (archived_ok or not found.archived)

    def listed(self, *, archived: bool, email: str | None, after: int) -> list[OwnerRow]:
        """Owners from an id on."""
        kept = (row for row in self.by_id.values() if row.archived == archived and row.id >= after)
        return sorted((row for row in kept if email is None or row.email == email.lower()), key=lambda row: row.id)

    def by_user(self, user: int) -> OwnerRow | None:
        """The owner with this internal user id."""
        return next((row for row in self.by_id.values() if row.user == user), None)
