"""Where HubSpot's resources lie: one place for the API version, for v3/v4 paths and for dated ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOST: Final = "https://api.hubapi.com"
TOKEN_INFO: Final = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths of one API version: ``v3`` (with v4 for associations) or a dated one such as ``2026-09``."""

    version: str

    def objects(self, kind: str) -> str:
        """List and create: ``kind`` is companies, contacts, deals, tasks, calls, ..."""
        return f"/crm/v3/objects/{kind}" if self.version == "v3" else f"/crm/objects/{self.version}/{kind}"

    def record(self, kind: str, record_id: str) -> str:
        """One record. ``record_id`` must be digits: ids are never quoted into a path."""
        if not record_id.isdigit():
            raise ValueError("a HubSpot record id has digits only")
        return f"{self.objects(kind)}/{record_id}"

    def batch(self, kind: str, verb: str) -> str:
        """Batch read, create or update."""
        return f"{self.objects(kind)}/batch/{verb}"

    def search(self, kind: str) -> str:
        """The lagging index."""
        return f"{self.objects(kind)}/search"

    def associations(self, source: str, target: str) -> str:
        """Batch read of associations."""
        root = "/crm/v4/associations" if self.version == "v3" else f"/crm/associations/{self.version}"
        return f"{root}/{source}/{target}/batch/read"

    def properties(self, kind: str) -> str:
        """Definitions of an object's properties."""
        return f"/crm/v3/properties/{kind}" if self.version == "v3" else f"/crm/properties/{self.version}/{kind}"

    def groups(self, kind: str) -> str:
        """Property groups of an object."""
        return f"{self.properties(kind)}/groups"

    def owners(self) -> str:
        """People who may own records."""
        return "/crm/v3/owners" if self.version == "v3" else f"/crm/owners/{self.version}"

    def account(self) -> str:
        """Portal id, time zone, kind of account."""
        return f"/account-info/{self.version}/details"

    def daily_usage(self) -> str:
        """Calls made today by all private apps of the portal."""
        return f"/account-info/{self.version}/api-usage/daily/private-apps"
