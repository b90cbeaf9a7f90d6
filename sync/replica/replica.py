"""The replica of one connection: a folder with the current generation, and the pull that makes the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from connectors.base import Cursors, Page
from sync.replica import spool as spooling
from sync.replica.manifest import Manifest, read_manifest, write_manifest
from sync.replica.merge import merge
from sync.replica.names import Dictionaries, read_dictionaries
from sync.replica.spool import Spool

_OWNER_ONLY = 0o700


class Replica:
    """One folder, owner-only. Readers open the current generation; only ``commit`` changes which that is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(_OWNER_ONLY)

    def current(self) -> Manifest | None:
        """The manifest of the current generation, None before the first."""
        return read_manifest(self.folder)

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """DuckDB in memory, able to touch nothing but this folder."""
        connection = duckdb.connect(":memory:")
        try:
            connection.execute(f"SET allowed_directories = ['{self.folder}']")
            connection.execute("SET temp_directory = ''")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection
        finally:
            connection.close()

    def names(self, connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Dictionaries:
        """The dictionaries, with those of a pull in progress."""
        files = spooling.dictionary_files(self.folder, manifest.number, manifest.dictionaries)
        return read_dictionaries(files, connection)

    def spool(self, connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Spool:
        """The pull in progress on top of ``manifest``, or a new one."""
        return Spool(self.folder, manifest.number, self.names(connection, manifest), connection)

    def take(
        self, pages: Iterable[Page], spool: Spool, manifest: Manifest, as_of: int
    ) -> tuple[Manifest, frozenset[str]]:
        """All pages into the spool, then the next generation (not yet current) and the tables that changed.

        When the pages break off, what came so far is kept for the next try and the error goes on.
        """
        try:
            for page in pages:
                spool.add(page)
        finally:
            spool.flush()
        return merge(self.folder, manifest, spool.state, as_of, spool.connection)

    def commit(self, manifest: Manifest) -> None:
        """Make ``manifest`` current and end the pull in progress."""
        write_manifest(self.folder, manifest)
        spooling.discard(self.folder)

    def base(self, org: str) -> Manifest:
        """The generation to build on: the current one if it is of this org, else an empty one under the next number."""
        found = self.current()
        if found is None:
            return Manifest(org=org)
        return found if found.org == org else replace(Manifest(org=org), number=found.number + 1)


def cursors_of(manifest: Manifest) -> Cursors:
    """Where each stream of a generation ended."""
    return Cursors(dict(manifest.cursors))
