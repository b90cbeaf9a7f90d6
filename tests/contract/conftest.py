"""The CRMs that the contract runs over. The sandbox process is started once a session; a test finds it as seeded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.children import sandbox
from tests.contract.houses import FakeHouse, FilesHouse, House
from tests.contract.sandboxes import Running, SandboxHouse


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("contract")
    with sandbox(["--size", "small", "--limits", "off"], folder / "sandbox.log") as told:
        yield Running(told, folder)


def _house(name: str, request: pytest.FixtureRequest) -> Iterator[House]:
    if name == "fake":
        yield FakeHouse()
    elif name == "files":
        folder: Path = request.getfixturevalue("tmp_path")
        yield FilesHouse(folder)
    else:
        house = SandboxHouse(request.getfixturevalue("running"), name)
        yield house
        house.end()


@pytest.fixture
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """One of the CRMs, as new; which ones is said by ``tests.contract.over``."""
    yield from _house(request.param, request)
