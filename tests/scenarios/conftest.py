"""One sandbox for all stories; every story begins with the world as it was seeded."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.children import Sandbox, sandbox, write_world
from tests.scenarios.town import CRMS, WORLD, Ended, Town


@pytest.fixture(scope="session")
def pretend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Both CRMs in one process."""
    log = tmp_path_factory.mktemp("sandbox") / "sandbox.log"
    with sandbox(["--port", "0", "--limits", "off", *WORLD], log) as running:
        yield running


@pytest.fixture(scope="session")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outside files of the world."""
    folder = tmp_path_factory.mktemp("world")
    write_world([*WORLD, "--out", str(folder), "--format", "csv"])
    return folder / "signals"


@pytest.fixture(scope="session")
def undisturbed(pretend: Sandbox, signals: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """How each CRM looks when a first pass went through at nine o'clock and nothing came between."""
    found = {}
    for crm in CRMS:
        town = Town(crm, pretend, tmp_path_factory.mktemp(f"undisturbed-{crm}"), signals)
        town.ready().freeze()
        told = town.tierline("run", "--live", "--json")
        assert told.code == 0, told.err
        found[crm] = Ended(town, town.see(), json.loads(told.out)["counts"]["api_calls"])
        town.close()
    return found


@pytest.fixture
def town_of(pretend: Sandbox, signals: Path, tmp_path: Path) -> Iterator[Callable[[str], Town]]:
    """Towns by CRM; each begins with the world as it was seeded, so only the newest is to be used."""
    made: list[Town] = []

    def make(crm: str) -> Town:
        made.append(Town(crm, pretend, tmp_path / f"{crm}-{len(made)}", signals))
        return made[-1]

    yield make
    for town in made:
        town.mend()
        town.close()


@pytest.fixture(params=CRMS)
def town(request: pytest.FixtureRequest, town_of: Callable[[str], Town]) -> Town:
    """A town with one CRM: the story is played on both."""
    return town_of(request.param)
