"""A scripted org on loopback: what it answers is said by the test, what it was asked is kept."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from config.settings import Mapping, SalesforceConnection
from connectors.salesforce import make
from connectors.salesforce.crm import SalesforceCrm

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
TOKEN = {
    "access_token": "secret-token-1",
    "instance_url": "https://acme.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA",
    "token_type": "Bearer",
}


@dataclass
class Reply:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # the connection breaks before an answer
    raw: bytes | None = None

    def content(self) -> bytes:
        return self.raw if self.raw is not None else json.dumps(self.body).encode()


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def soql(self) -> str:
        return self.query.get("q", "")


class ScriptedOrg:
    """Replies by method and path pattern; the last reply of a route repeats."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.slept: list[float] = []
        self.now_s = 0.0
        self._routes: list[tuple[str, re.Pattern[str], list[Reply | Callable[[Asked], Reply]]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.on("POST", "/services/oauth2/token", Reply(TOKEN))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, pattern: str, *replies: Reply | Callable[[Asked], Reply]) -> None:
        self._routes.insert(0, (method, re.compile(pattern), list(replies)))

    def describes(self, name: str, **fields: str | dict[str, Any]) -> None:
        """``name`` has these fields: a type, or all that a describe says."""
        shapes = [
            {"name": key, "createable": True, "updateable": True, **({"type": of} if isinstance(of, str) else of)}
            for key, of in fields.items()
        ]
        self.on("GET", f"/sobjects/{name}/describe$", Reply({"name": name, "fields": shapes}))

    def hides(self, name: str) -> None:
        gone = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
        self.on("GET", f"/sobjects/{name}/describe$", Reply(gone, 404))

    def asked_for(self, pattern: str, method: str = "") -> list[Asked]:
        return [a for a in self.asked if re.search(pattern, a.path) and method in ("", a.method)]

    def queries(self) -> list[str]:
        return [a.soql for a in self.asked if a.soql]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def _reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        for method, pattern, replies in self._routes:
            if method == asked.method and pattern.search(asked.path):
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                return reply(asked) if callable(reply) else reply
        return Reply([{"errorCode": "NOT_FOUND", "message": f"no route for {asked.method} {asked.path}"}], 404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        org = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet per answer
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None:
                pass

            def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
                return "Mon, 02 Nov 2026 09:00:00 GMT"

            def _any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = org._reply(Asked(self.command, parts.path, query, headers, body))
                if reply.cut:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                content = reply.content()
                usage = {"Content-Type": "application/json;charset=UTF-8", "Sforce-Limit-Info": "api-usage=18/5000"}
                for name, value in (usage | reply.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = _any  # noqa: N815

        return Handler


@pytest.fixture
def reply() -> type[Reply]:
    """How a test says what the org answers."""
    return Reply


@pytest.fixture
def org() -> Iterator[ScriptedOrg]:
    scripted = ScriptedOrg()
    scripted.on("GET", "/services/data/$", Reply([{"version": "66.0"}]))
    yield scripted
    scripted.stop()


def a_connection(url: str, **auth: Any) -> SalesforceConnection:
    told = {
        "method": "client_credentials",
        "consumer_key": "key",
        "consumer_secret": "env:SECRET",
        "my_domain": "acme",
        **auth,
    }
    return SalesforceConnection.model_validate({"name": "acme", "crm": "salesforce", "base_url": url, "auth": told})


MakeCrm = Callable[..., SalesforceCrm]


@pytest.fixture
def crm_of(org: ScriptedOrg) -> Iterator[MakeCrm]:
    """Makes the connector for the scripted org; keywords: mapping, auth, secrets, and those of ``make``."""
    made: list[SalesforceCrm] = []

    def build(
        *,
        mapping: dict[str, Any] | None = None,
        auth: dict[str, Any] | None = None,
        secrets: Callable[[str], str] = lambda _: "planted-secret",
        url: str = "",
        **more: Any,
    ) -> SalesforceCrm:
        crm = make(
            a_connection(url or org.url, **(auth or {})),
            Mapping.model_validate(mapping or {}),
            secrets,
            clock=lambda: NOW,
            sleep=org.sleep,
            monotonic=lambda: org.now_s,
            dice=lambda: 0.0,
            **more,
        )
        assert isinstance(crm, SalesforceCrm)
        made.append(crm)
        return crm

    yield build
    for crm in made:
        crm.close()


# ---- the pretend Salesforce -----------------------------------------------------------------------------------------
@dataclass
class Sandbox:
    """A running sandbox with the small world; what it needs for a login, and its control routes."""

    url: str
    login: dict[str, str]

    def control(self, path: str, body: Any = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            if body is None:
                answer = session.get(f"{self.url}/_sandbox/{path}", timeout=30)
            else:
                answer = session.post(f"{self.url}/_sandbox/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def writes(self, verb: str, kind: str) -> int:
        """How many records of a kind were made or changed by the API."""
        return sum((w["verb"], w["object"]) == (verb, kind) for w in self.control("journal?since=0")["writes"])

    def auth(self) -> dict[str, str]:
        named = ("username", "consumer_key")
        return {"method": "jwt", "private_key": "file:key", **{name: self.login[name] for name in named}}

    def key(self) -> str:
        return Path(self.login["private_key_file"]).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    command = [sys.executable, "-P", "-m", "sandbox", "up", "--crm", "salesforce", "--now", "2026-11-02T09:00:00Z"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        yield Sandbox(told["url"], told["salesforce"])
        child.terminate()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox as it was at its start."""
    running_sandbox.control("reset", {})
    return running_sandbox
