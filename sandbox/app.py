"""The sandbox as one ASGI application: both CRMs, the control routes, and the edge round the CRMs' routes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final

from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import control
from sandbox.faults import Edge, Faults
from sandbox.frame import Clock, CountsRecords, Crm, ExpiresSessions, Journal, Options
from sandbox.generate import generate
from sandbox.world import World

CRMS: Final = ("salesforce", "hubspot")
DEFAULT_NOW: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
DEFAULT_SEED: Final = 7

Maker = Callable[[Clock, Journal, Options], Crm]


def makers(asked: str) -> dict[str, Maker]:
    """How the CRMs asked for are made: ``both``, ``salesforce`` or ``hubspot``. Only these are imported."""
    names = CRMS if asked == "both" else (asked,)
    return {name: import_module(f"sandbox.{name}").make for name in names}


class Sandbox:
    """Clock, journal, faults, options and the pretend CRMs; ``app`` is what a server runs."""

    def __init__(
        self,
        how: Mapping[str, Maker],
        options: Options | None = None,
        start: datetime = DEFAULT_NOW,
        *,
        own_process: bool = False,
    ) -> None:
        self._own_process = own_process
        self.options = options if options is not None else Options()
        self._given = _copy(self.options)
        self.clock = Clock(start)
        self.journal = Journal(self.clock)
        self.faults = Faults()
        self.crms = {name: make(self.clock, self.journal, self.options) for name, make in how.items()}
        self.size, self.seed, self.start = "empty", DEFAULT_SEED, start
        self._world: World | None = None
        self._prefixes: dict[str, Crm] = {}
        self.app: ASGIApp = Edge(self._router(), self.clock, self.faults, self._expire)

    def seed_world(self, size: str, seed: int, now: datetime) -> None:
        """Loads the world of (size, seed, now) into all CRMs and resets everything else to its start."""
        self._world = generate(size, seed, int(now.timestamp()))
        self.size, self.seed, self.start = size, seed, now
        self.reset()

    def reset(self) -> None:
        """Everything as it was after the last seeding."""
        if self._world is None:
            self._world = generate(self.size, self.seed, int(self.start.timestamp()))
        _restore(self.options, self._given)
        self.clock.freeze(frozen=False)
        self.clock.set(self.start)
        self.faults.clear()
        for crm in self.crms.values():
            crm.clear()
            crm.load(self._world)
        self.journal.clear()
        self.clock.set(self.start)  # again: loading took time
        if self._own_process:
            gc.unfreeze()
            gc.collect()
            gc.freeze()  # records stay: no use in walking through millions of them at every collection

    def state(self) -> dict[str, Any]:
        """What the sandbox is and holds."""
        return {
            "now": self.clock.now().isoformat().replace("+00:00", "Z"),
            "frozen": self.clock.frozen,
            "world": {"size": self.size, "seed": self.seed, "now": self.start.isoformat().replace("+00:00", "Z")},
            "crms": {
                name: {"records": crm.counts() if isinstance(crm, CountsRecords) else None}
                for name, crm in self.crms.items()
            },
            "writes": len(self.journal),
            "faults": len(self.faults.waiting()),
            "limits": self.limits_state(),
        }

    def limits_state(self) -> dict[str, Any]:
        """The options that the limits route sets."""
        options = self.options
        return {
            "on": options.limits_on,
            "lag_s": options.lag_s,
            "limits": dict(options.limits),
            "switches": dict(options.switches),
        }

    def credentials(self) -> dict[str, dict[str, str]]:
        """What a client needs to log in, by CRM."""
        return {name: crm.credentials() for name, crm in self.crms.items()}

    def can_expire(self) -> bool:
        """Whether any CRM here can invalidate sessions."""
        return any(isinstance(crm, ExpiresSessions) for crm in self.crms.values())

    def _expire(self, path: str) -> None:
        crm = self._prefixes.get(_first_part(path))
        if isinstance(crm, ExpiresSessions):
            crm.expire_sessions()

    def _router(self) -> ASGIApp:
        """One router per CRM, chosen by the first part of the path: routes are tried one by one, so fewer is faster."""
        routers: dict[str, ASGIApp] = {}
        for crm in self.crms.values():
            routes = crm.routes()
            router = Router(routes, redirect_slashes=False, default=_nothing_here)
            for part in {_first_part(_path_of(route)) for route in routes}:
                routers[part], self._prefixes[part] = router, crm
        routers["_sandbox"] = Router(control.routes(self), default=_nothing_here)

        async def route(scope: Scope, receive: Receive, send: Send) -> None:
            await routers.get(_first_part(scope["path"]), _nothing_here)(scope, receive, send)

        return route


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"error": "no such route in the sandbox"}, status_code=404)(scope, receive, send)


def _first_part(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _path_of(route: BaseRoute) -> str:
    path = getattr(route, "path", None)
    if not isinstance(path, str) or not path.startswith("/"):
        raise TypeError(f"a CRM's route needs an absolute path, not {route!r}")
    return path


def _copy(options: Options) -> Options:
    return Options(options.limits_on, dict(options.limits), options.lag_s, dict(options.switches))


def _restore(options: Options, given: Options) -> None:
    """Puts the given values back into the shared object that the CRMs hold."""
    kept = _copy(given)
    options.limits_on, options.lag_s = kept.limits_on, kept.lag_s
    for mine, theirs in ((options.limits, kept.limits), (options.switches, kept.switches)):
        mine.clear()
        mine.update(theirs)
