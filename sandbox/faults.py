"""Faults on demand: which request goes wrong, when, and how; applied around the handlers, which know nothing of it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.frame import BadOrderError, Clock

DEEDS: Final = ("status", "html", "reset", "timeout", "truncate", "expire", "slow", "shuffle", "repeat", "skew")
MOMENTS: Final = ("before", "after")
ONLY_AFTER: Final = ("truncate", "shuffle", "repeat", "skew")  # these change an answer, so the handler always runs
HTML: Final = "<html><head><title>Service Unavailable</title></head><body><h1>Down for maintenance</h1></body></html>"
ROW_KEYS: Final = ("records", "results")
NO_LINGER: Final = struct.pack("ii", 1, 0)  # close sends a reset instead of an orderly end
TRANSPORT: Final = "sandbox.transport"  # scope key under which the server leaves the connection


@dataclass(slots=True)
class Fault:
    """One order: of the requests that match, ``skip`` pass, then ``count`` go wrong."""

    path: re.Pattern[str]  # searched in path and query
    do: str
    method: str | None = None
    skip: int = 0
    count: int = 1
    when: str = "before"
    status: int = 503
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    offset_s: float = 0.0  # skew: how far the answer's Date header is off
    hit: int = 0  # requests that went wrong so far

    def as_json(self) -> dict[str, Any]:
        """The fault as the control routes show it."""
        names = ("do", "method", "skip", "count", "when", "status", "body", "headers", "delay_s", "offset_s", "hit")
        return {"path": self.path.pattern, **{name: getattr(self, name) for name in names}}


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "path": (str,),
    "do": (str,),
    "method": (str, type(None)),
    "skip": (int,),
    "count": (int,),
    "when": (str,),
    "status": (int,),
    "body": (str, type(None)),
    "headers": (dict,),
    "delay_s": (int, float),
    "offset_s": (int, float),
}


def parse_fault(order: dict[str, Any]) -> Fault:
    """A fault from its JSON. Raises BadOrderError naming the first thing that is wrong."""
    for name, value in order.items():
        if name not in _TYPES:
            raise BadOrderError(f"unknown key {name!r}; a fault knows {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[name]) or (isinstance(value, bool)):
            raise BadOrderError(f"{name!r} has the wrong type")
    if "path" not in order or "do" not in order:
        raise BadOrderError("a fault needs 'path' (a regular expression) and 'do'")
    if order["do"] not in DEEDS:
        raise BadOrderError(f"'do' is one of {', '.join(DEEDS)}")
    if order.get("when", "before") not in MOMENTS:
        raise BadOrderError("'when' is before or after")
    if order.get("skip", 0) < 0 or order.get("count", 1) < 1 or not 100 <= order.get("status", 503) <= 599:
        raise BadOrderError("'skip' is 0 or more, 'count' 1 or more, 'status' 100 to 599")
    try:
        pattern = re.compile(order["path"])
    except re.error as wrong:
        raise BadOrderError(f"'path' is no regular expression: {wrong}") from wrong
    method = order.get("method")
    return Fault(**{**order, "path": pattern, "method": method and method.upper()})


class Faults:
    """The faults that are waiting, in the order they were given."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._spent: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arms a fault."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Disarms all and forgets the spent ones."""
        self._waiting.clear()
        self._spent.clear()

    def waiting(self) -> list[Fault]:
        """Faults that have not yet gone off as often as asked."""
        return list(self._waiting)

    def spent(self) -> list[Fault]:
        """Faults that have."""
        return list(self._spent)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self, method: str, target: str) -> Fault | None:
        """The fault this request meets, if any. Each waiting fault that matches counts the request."""
        for fault in self._waiting:
            if fault.method not in {None, method} or not fault.path.search(target):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.hit += 1
            if fault.hit >= fault.count:
                self._waiting.remove(fault)
                self._spent.append(fault)
            return fault
        return None


class Edge:
    """The outermost layer: gives every answer the sandbox's ``Date`` and lets faults happen to CRM requests."""

    def __init__(self, app: ASGIApp, clock: Clock, faults: Faults, expire: Callable[[str], None]) -> None:
        self._app = app
        self._clock = clock
        self._faults = faults
        self._expire = expire  # given a path: invalidates the sessions of the CRM that serves it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        fault: Fault | None = None
        if self._faults and not scope["path"].startswith("/_sandbox"):
            query = scope["query_string"].decode("latin-1")
            fault = self._faults.take(scope["method"], f"{scope['path']}?{query}" if query else scope["path"])
        offset_s = fault.offset_s if fault is not None and fault.do == "skew" else 0.0

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = self._clock.http_date(offset_s).encode("ascii")
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        if fault is None or fault.do == "skew":
            await self._app(scope, receive, dated)
        else:
            await self._misbehave(fault, scope, receive, dated)

    async def _misbehave(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.do == "expire":
            self._expire(scope["path"])
        runs = fault.when == "after" or fault.do in ONLY_AFTER
        answer: Answer | None = None
        if runs:
            answer = await run_whole(self._app, scope, receive)
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.do in {"slow", "expire"}:
            await (answer.send(send) if answer else self._app(scope, receive, send))
        elif fault.do in {"status", "html"}:
            await _answer_status(fault, send)
        elif fault.do == "reset":
            await _reset(scope, receive)
        elif fault.do == "timeout":
            await _wait_for_disconnect(receive)
        else:
            assert answer is not None
            await _spoil(fault, answer, scope, receive, send)


@dataclass(slots=True)
class Answer:
    """A whole answer, kept back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    async def send(self, send: Send) -> None:
        """Passes it on, with its length."""
        headers = [pair for pair in self.headers if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


async def run_whole(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Runs the handler to its end and keeps its answer, streamed or not."""
    answer = Answer(500, [], b"")
    chunks: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            chunks.append(bytes(message.get("body", b"")))

    plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    await app({**scope, "headers": plain}, receive, keep)
    answer.body = b"".join(chunks)
    return answer


async def _answer_status(fault: Fault, send: Send) -> None:
    body = fault.body if fault.body is not None else (HTML if fault.do == "html" else "")
    headers = {name.lower(): value for name, value in fault.headers.items()}
    headers.setdefault(
        "content-type", "text/html; charset=utf-8" if body.lstrip().startswith("<") else "application/json"
    )
    raw = [(name.encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
    await Answer(fault.status, raw, body.encode()).send(send)


async def _spoil(fault: Fault, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Truncates the answer, or puts its rows out of order or in twice."""
    if fault.do == "truncate":
        headers = [pair for pair in answer.headers if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(max(len(answer.body), 2)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        half = answer.body[: len(answer.body) // 2] or b" "
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope[TRANSPORT].close()
        await _wait_for_disconnect(receive)
        return
    answer.body = _rearranged(answer.body, fault.do)
    await answer.send(send)


def _rearranged(body: bytes, deed: str) -> bytes:
    """The same JSON with its rows reversed (shuffle) or doubled (repeat); other bodies stay as they are."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    if isinstance(document, list):
        return json.dumps(_reordered(document, deed)).encode()
    if isinstance(document, dict):
        for key in ROW_KEYS:
            if isinstance(document.get(key), list):
                document[key] = _reordered(document[key], deed)
    return json.dumps(document).encode()


def _reordered(rows: list[Any], deed: str) -> list[Any]:
    return rows[::-1] if deed == "shuffle" else rows + rows


async def _reset(scope: Scope, receive: Receive) -> None:
    """Cuts the connection with a TCP reset and no answer."""
    transport = scope[TRANSPORT]
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
    await _wait_for_disconnect(receive)


async def _wait_for_disconnect(receive: Receive) -> None:
    """Answers nothing until the client gives up."""
    while (await receive())["type"] != "http.disconnect":
        pass
