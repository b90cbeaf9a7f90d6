"""A pretend HubSpot: bearer tokens, objects, search, associations, properties and owners over one portal."""

from __future__ import annotations

from typing import Any

from starlette.routing import BaseRoute

from sandbox.frame import Clock, Crm, Journal, Options
from sandbox.hubspot.actors import Actors
from sandbox.hubspot.auth import MAIN_TOKEN
from sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, ObjectKind
from sandbox.hubspot.portal import NAME, Portal
from sandbox.hubspot.routes import Http
from sandbox.hubspot.seed import owner_id
from sandbox.hubspot.source import STEP
from sandbox.world import World


class HubSpot:
    """The pretend HubSpot as the sandbox's frame sees it."""

    name = NAME

    def __init__(self, clock: Clock, journal: Journal, options: Options) -> None:
        self.portal = Portal(clock, journal, options)
        self._http = Http(self.portal)
        self._actors = Actors(self.portal, self.keys)
        self._world: World | None = None
        self._keys: dict[str, dict[str, str]] | None = None

    def routes(self) -> list[BaseRoute]:
        """All HTTP routes."""
        return self._http.routes()

    def load(self, world: World) -> None:
        """Replaces all records by the world's."""
        self._world, self._keys = world, None
        self.portal.load(world)

    def clear(self) -> None:
        """Drops all records, custom properties, further tokens and counters."""
        self._world, self._keys = None, None
        self.portal.clear()

    def keys(self) -> dict[str, dict[str, str]]:
        """World key to record id; owners by owner id. Built when first asked for."""
        if self._keys is None:
            world = self._world
            if world is None:
                return {}
            self._keys = {
                "accounts": _ids(COMPANIES, [item.key for item in world.accounts]),
                "contacts": _ids(CONTACTS, [item.key for item in world.contacts]),
                "opportunities": _ids(DEALS, [item.key for item in world.opportunities]),
                "owners": {item.key: str(owner_id(row)) for row, item in enumerate(world.owners)},
            }
        return self._keys

    def act(self, order: dict[str, Any]) -> dict[str, Any]:
        """Does what somebody else in the portal would do."""
        return self._actors.act(order)

    def credentials(self) -> dict[str, str]:
        """What a client needs: the bearer token."""
        return {"token": MAIN_TOKEN}

    def expire_sessions(self) -> int:
        """Ends every token; returns how many. A reset brings the first one back."""
        return self.portal.tokens.expire_all(self.portal.now_ms())

    def counts(self) -> dict[str, int]:
        """Live records by object name."""
        return {table.kind.plural: table.live_count() for table in self.portal.tables.values()}


def _ids(kind: ObjectKind, keys: list[str]) -> dict[str, str]:
    return {key: str(kind.first_id + row * STEP) for row, key in enumerate(keys)}


def make(clock: Clock, journal: Journal, options: Options) -> Crm:
    """A pretend HubSpot with an empty portal."""
    return HubSpot(clock, journal, options)
