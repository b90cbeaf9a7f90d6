"""Owners and users as one table: names and teams from the one, hours, zones and absences from the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from connectors.hubspot import wire
from connectors.hubspot.columns import Columns
from connectors.hubspot.wire import Paging, Sheet

USER_PROPERTIES: Final = (
    "hs_internal_user_id",
    "hs_standard_time_zone",
    "hs_working_hours",
    "hs_out_of_office_hours",
)
_DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_SPANS: Final = {"MONDAY_TO_FRIDAY": range(1, 6), "SATURDAY_SUNDAY": range(6, 8), "EVERY_DAY": range(1, 8)}


class Team(msgspec.Struct, gc=False):
    """A team of an owner."""

    name: str = ""
    primary: bool = False


class Owner(msgspec.Struct):
    """A person who may own records. ``id`` goes into hubspot_owner_id; user ids never do."""

    id: str
    email: str | None = None
    firstName: str | None = None  # noqa: N815 - HubSpot's name
    lastName: str | None = None  # noqa: N815 - HubSpot's name
    userId: int | None = None  # noqa: N815 - HubSpot's name
    userIdIncludingInactive: int | None = None  # noqa: N815 - HubSpot's name
    updatedAt: str | None = None  # noqa: N815 - HubSpot's name
    createdAt: str | None = None  # noqa: N815 - HubSpot's name
    archived: bool = False
    teams: list[Team] | None = None

    @property
    def user_id(self) -> str:
        """The user behind the owner, also when inactive; empty when there is none."""
        found = self.userId if self.userId is not None else self.userIdIncludingInactive
        return "" if found is None else str(found)


class OwnerPage(msgspec.Struct):
    """One page of owners."""

    results: list[Owner]
    paging: Paging | None = None


def owner_columns(owners: Iterable[Owner], users: Sheet, zone: ZoneInfo) -> Columns:
    """One row per owner, active ones last so that they win where an id comes twice."""
    by_user = _by_user(users)
    people = list({owner.id: owner for owner in sorted(owners, key=lambda owner: not owner.archived)}.values())
    known = [by_user.get(owner.user_id, {}) for owner in people]
    stamps = [owner.updatedAt or owner.createdAt or "1970-01-01T00:00:00Z" for owner in people]
    return {
        "owner_id": [owner.id for owner in people],
        "name": [" ".join(part for part in (owner.firstName, owner.lastName) if part) or None for owner in people],
        "email": [owner.email.lower() if owner.email else None for owner in people],
        "active": [not owner.archived for owner in people],
        "team": [_team(owner.teams) for owner in people],
        "manager_id": [None] * len(people),  # HubSpot does not say; motion.managers does
        "time_zone": [user.get("hs_standard_time_zone") for user in known],
        "working_hours": [working_hours(user.get("hs_working_hours")) for user in known],
        "away": [absences(user.get("hs_out_of_office_hours")) for user in known],
        "modified_at": [wire.micros(stamp, zone) for stamp in stamps],
    }


def working_hours(text: str | None) -> str | None:
    """HubSpot's working hours as [{days, from, until}], days counted from Monday = 1, minutes of the day."""
    rows = [
        {"days": sorted(days), "from": row["startMinute"], "until": row["endMinute"]}
        for row in _rows(text, ("startMinute", "endMinute"))
        if (days := _days(row.get("days")))
    ]
    return msgspec.json.encode(rows).decode() if rows else None


def absences(text: str | None) -> str:
    """HubSpot's out-of-office spans as [[from, until]] in microseconds, in order."""
    spans = [[row["startTimestamp"] * 1000, row["endTimestamp"] * 1000] for row in _rows(text, _STAMPS)]
    return msgspec.json.encode(sorted(spans)).decode()


_STAMPS: Final = ("startTimestamp", "endTimestamp")


def _rows(text: str | None, whole: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        tree: Any = msgspec.json.decode(text) if text else []
    except msgspec.DecodeError:
        return []
    rows = tree if isinstance(tree, list) else []
    return [row for row in rows if isinstance(row, dict) and all(isinstance(row.get(name), int) for name in whole)]


def _days(name: object) -> list[int]:
    word = str(name).upper()
    return list(_SPANS[word]) if word in _SPANS else [place for place, day in enumerate(_DAYS, start=1) if day == word]


def _team(teams: list[Team] | None) -> str | None:
    ranked = sorted(teams or [], key=lambda team: not team.primary)
    return ranked[0].name or None if ranked else None


def _by_user(users: Sheet) -> Mapping[str, Mapping[str, str | None]]:
    columns = [users.raw(name) for name in USER_PROPERTIES]
    rows = [dict(zip(USER_PROPERTIES, row, strict=True)) for row in zip(*columns, strict=True)]
    return {user_id: row for row in rows if (user_id := row["hs_internal_user_id"])}
