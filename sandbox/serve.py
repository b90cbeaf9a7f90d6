"""Runs the sandbox on a loopback port until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from asyncio import Transport
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.faults import TRANSPORT

if TYPE_CHECKING:
    Base: type[Any] = H11Protocol
elif find_spec("httptools") is not None:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Base
else:
    Base = H11Protocol

LOOPBACK: Final = "127.0.0.1"
LONGEST_HEADER: Final = 1 << 20  # queries travel in the URL and may be long


class Protocol(Base):  # type: ignore[misc] # the base is chosen by what is installed
    """uvicorn's protocol, which also hands the connection to the application, so that a fault can cut it."""

    app: ASGIApp

    def connection_made(self, transport: Transport) -> None:
        """Notes the connection in the scope of its requests."""
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = app


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and ends quietly at SIGTERM and SIGINT."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                ws="none",
                lifespan="off",
                log_level="error",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=120,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=LONGEST_HEADER,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then says so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Both signals end the server; the process then exits with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def bind(port: int) -> socket.socket:
    """A listening place on loopback; port 0 takes any free one. Raises OSError when the port is taken."""
    # the protocol is named because asyncio turns Nagle's delay off (40 ms a request) only where it is
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind((LOOPBACK, port))
    except OSError:
        line.close()
        raise
    return line


def url_of(line: socket.socket) -> str:
    """The address a client uses."""
    return f"http://{LOOPBACK}:{line.getsockname()[1]}"
