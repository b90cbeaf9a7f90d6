"""A pretend HubSpot on loopback for each test, with a clock that stands still and a small world."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from sandbox.frame import Clock, Journal, Options
from sandbox.hubspot import HubSpot
from sandbox.world import World
from tests.sandbox.hubspot.hs_house import NOW, House, Switchboard, small_world


@pytest.fixture(scope="session")
def switchboard() -> Iterator[tuple[str, Switchboard]]:
    """A server on loopback that lives as long as the tests."""
    board = Switchboard()
    config = uvicorn.Config(board, lifespan="off", ws="none", log_level="error", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else no TCP_NODELAY
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        threading.Event().wait(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", board
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def open_house(switchboard: tuple[str, Switchboard]) -> Iterator[Callable[..., House]]:
    """Opens a pretend HubSpot: a world and switches in, a House out."""
    url, board = switchboard
    opened: list[House] = []

    def open_one(world: World | None = None, *, lag_s: float = 0.0, limits_on: bool = False, **switches: Any) -> House:
        clock = Clock(NOW)
        clock.freeze(frozen=True)
        journal, options = Journal(clock), Options(limits_on=limits_on, lag_s=lag_s, switches=switches)
        crm = HubSpot(clock, journal, options)
        crm.load(world or small_world())
        board.app = Starlette(routes=crm.routes())
        opened.append(House(url, crm, clock, journal, options))
        return opened[-1]

    yield open_one
    for house in opened:
        house.session.close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """A pretend HubSpot with the small world, no search lag and no limits."""
    return open_house()
