"""A portal to talk to: the sandbox as a child process, or a scripted server for answers that no portal should give."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import urllib3

from config.settings import HubSpotConnection, Mapping
from connectors.hubspot import make
from connectors.hubspot.crm import HubSpotCrm

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
TIERS = ("1 - Focus", "2 - Growth", "3 - Scaled", "Recycle", "Suppress")
SANDBOX_MAPPING: dict[str, Any] = {
    "accounts": {
        "country": "country_code",
        "tech": "tech_stack",
        "lifecycle": "account_status",
        "arr": "arr",
        "health": "health_score",
        "adoption": "adoption",
        "renewal_at": "renewal_date",
        "potential": "expansion_potential",
        "strategic": "strategic",
    },
    "contacts": {"seniority": "seniority", "call_opt_out": "call_opt_out"},
    "attributes": {"world_key": "world_key"},
}


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at_s, self.slept = 0.0, list[float]()

    def monotonic(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at_s += seconds


def crm_at(url: str, token: str, time: FakeTime, mapping: dict[str, Any] | None = None, **other: Any) -> HubSpotCrm:
    auth = {"token": "env:TOKEN"}
    told = {"name": "test", "crm": "hubspot", "base_url": url, "auth": auth, **other}
    return make(
        HubSpotConnection(**told),
        Mapping(**(SANDBOX_MAPPING if mapping is None else mapping)),
        lambda _name: token,
        clock=lambda: NOW,
        sleep=time.sleep,
        monotonic=time.monotonic,
        dice=lambda: 0.5,
        tiers=TIERS,
    )


@dataclass
class Portal:
    """The sandbox process, with its control routes."""

    url: str
    token: str
    time: FakeTime = field(default_factory=FakeTime)
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def control(self, path: str, body: Any = None) -> Any:
        method = "GET" if body is None else "POST"
        answer = self.pool.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=30)
        assert answer.status < 300, answer.data
        return answer.json()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.pool.request(method, self.url + path, json=body, headers=headers, timeout=30)
        return answer.json() if answer.data else None

    def act(self, do: str, **order: Any) -> Any:
        return self.control("act", {"crm": "hubspot", "do": do, **order})["hubspot"]

    def fault(self, path: str, **order: Any) -> None:
        self.control("faults", {"path": path, **order})

    def switch(self, **switches: Any) -> None:
        self.control("limits", {"switches": switches})

    def keys_not_unique(self) -> None:
        """Somebody has made the key properties before us, and they are not unique."""
        for name in ("tierline_key", "tierline_key_2"):
            body = {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "taskinformation"}
            assert self.call("POST", "/crm/v3/properties/tasks", body)["name"] == name

    def ids(self, table: str) -> dict[str, str]:
        keys: dict[str, str] = self.control("keys")["hubspot"][table]
        return keys

    def writes(self) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = self.control("journal?since=0")["writes"]
        return made

    def crm(self, mapping: dict[str, Any] | None = None, **other: Any) -> HubSpotCrm:
        return crm_at(self.url, self.token, self.time, mapping, **other)


@pytest.fixture(scope="session")
def process() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-P", "-m", "sandbox", "up", "--crm", "hubspot", "--limits", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as child:
        assert child.stdout is not None
        try:
            yield json.loads(child.stdout.readline())
        finally:
            child.terminate()
            child.wait(20)


@pytest.fixture
def portal(process: dict[str, Any]) -> Iterator[Portal]:
    found = Portal(process["url"], process["hubspot"]["token"])
    found.control("reset", {})
    yield found
    found.pool.clear()


@pytest.fixture
def ready(portal: Portal) -> Iterator[tuple[Portal, HubSpotCrm]]:
    """A portal that is set up, and the connector."""
    crm = portal.crm()
    crm.setup(act=True, installation="I-1")
    yield portal, crm
    crm.close()


@dataclass
class Reply:
    status: int = 200
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # the connection ends before or within the answer


@dataclass
class Asked:
    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any


class Scripted:
    """Answers by method and path; the last reply of a route repeats."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.time = FakeTime()
        self._routes: dict[tuple[str, str], list[Reply | Callable[[Asked], Reply]]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, *replies: Reply | Callable[[Asked], Reply]) -> None:
        self._routes[method, path] = list(replies)

    def defines(self, kind: str, *names: str) -> None:
        found = [{"name": name, "type": "string", "fieldType": "text"} for name in names]
        self.on("GET", f"/crm/properties/2026-09/{kind}", Reply(body={"results": found}))

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        replies = self._routes.get((asked.method, asked.path), [Reply(404, raw=b"<html>no such page</html>")])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return reply(asked) if callable(reply) else reply

    def crm(self, mapping: dict[str, Any] | None = None, **other: Any) -> HubSpotCrm:
        return crm_at(self.url, "pat-test-token", self.time, mapping or {}, **other)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet per answer

        def _do(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(sent) if sent else None
            reply = script.answer(Asked(self.command, parts.path, parse_qsl(parts.query), body))
            content = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
            if not (reply.cut and not content):
                self.send_response_only(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) + (50 if reply.cut else 0)))
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()
            self.close_connection = reply.cut

        do_GET = do_POST = do_PATCH = _do  # noqa: N815 - the base class names them

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()
    yield script
    script.close()
