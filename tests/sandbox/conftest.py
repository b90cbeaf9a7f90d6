"""A small CRM of the tests' own, served over real HTTP on loopback, for what the frame promises to every CRM."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.app import Sandbox
from sandbox.frame import BadOrderError, Clock, Journal, Options
from sandbox.serve import Server, bind, url_of
from sandbox.world import World

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


class ThingCrm:
    """Holds things; every account of the world is one. Sessions are numbered tokens."""

    name = "salesforce"

    def __init__(self, clock: Clock, journal: Journal, options: Options) -> None:
        self.clock, self.journal, self.options = clock, journal, options
        self.things: list[str] = []
        self.session = 1

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/services/things", self._list, methods=["GET"]),
            Route("/services/things", self._create, methods=["POST"]),
            Route("/services/stream", self._stream, methods=["GET"]),
            Route("/services/private", self._private, methods=["GET"]),
        ]

    def load(self, world: World) -> None:
        self.things = [account.key for account in world.accounts]

    def clear(self) -> None:
        self.things = []

    def keys(self) -> dict[str, dict[str, str]]:
        return {"accounts": {key: f"id-{key}" for key in self.things}}

    def act(self, order: dict[str, Any]) -> dict[str, Any]:
        if "account" not in order:
            raise BadOrderError("which account?")
        self.journal.add(self.name, "actor:rep", "update", "Thing", order["account"], before={}, after={"by": "rep"})
        return {"did": order["do"], "account": order["account"]}

    def credentials(self) -> dict[str, str]:
        return {"token": "1"}

    def expire_sessions(self) -> int:
        self.session += 1
        return 1

    def counts(self) -> dict[str, int]:
        return {"Thing": len(self.things)}

    async def _list(self, _request: Request) -> Response:
        return JSONResponse({"records": self.things[:4]})

    async def _create(self, request: Request) -> Response:
        name = (await request.json())["name"]
        self.things.append(name)
        self.journal.add(self.name, "tester", "create", "Thing", name, before=None, after={"name": name})
        return JSONResponse({"id": name}, status_code=201)

    async def _stream(self, _request: Request) -> Response:
        async def lines() -> AsyncIterator[bytes]:
            for number in range(100):
                yield f"line {number}\n".encode()

        return StreamingResponse(lines(), media_type="text/plain")

    async def _private(self, request: Request) -> Response:
        live = request.headers.get("authorization") == f"Bearer {self.session}"
        return JSONResponse({"ok": live}, status_code=200 if live else 401)


class Served:
    """A running sandbox and how to talk to it."""

    def __init__(self, box: Sandbox, url: str) -> None:
        self.box, self.url = box, url

    @property
    def crm(self) -> ThingCrm:
        crm = self.box.crms["salesforce"]
        assert isinstance(crm, ThingCrm)
        return crm

    def get(self, path: str, **how: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=how.pop("timeout", 5), **how)

    def post(self, path: str, order: object = None, **how: Any) -> requests.Response:
        return requests.post(self.url + path, json=order, timeout=how.pop("timeout", 5), **how)

    def fault(self, **order: Any) -> None:
        """Arms a fault."""
        told = self.post("/_sandbox/faults", order)
        assert told.status_code == 200, told.text


def serve(box: Sandbox) -> Iterator[Served]:
    """Runs a sandbox in a thread of this process until the generator is closed."""
    line, started = bind(0), threading.Event()
    server = Server(box.app, ready=started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]})
    thread.start()
    assert started.wait(10)
    yield Served(box, url_of(line))
    server.should_exit = True
    thread.join(10)
    line.close()


@pytest.fixture(scope="session")
def _things() -> Iterator[Served]:
    yield from serve(Sandbox({"salesforce": ThingCrm}, Options(), START))


@pytest.fixture
def things(_things: Served) -> Served:
    """The running sandbox with the small world, as just seeded."""
    box = _things.box
    if box.size != "small" or box.start != START:
        box.seed_world("small", 7, START)
    box.reset()
    return _things
