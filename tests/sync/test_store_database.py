from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from sync.store import Store, StoreError, open_store
from sync.store.database import HEAD, MIGRATIONS
from sync.store.tables import METADATA


def test_the_newest_migration_is_the_one_the_store_asks_for() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


def test_migrations_make_the_tables_that_the_code_expects(any_store: Store) -> None:
    with any_store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, METADATA) == []


def test_the_database_and_its_folder_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.db"
    store = open_store(f"sqlite:///{path}")
    store.installation()

    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()}
    assert modes["state.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    store.close()


def test_sqlite_waits_its_turn_and_survives_a_power_cut(store: Store) -> None:
    with store.engine.connect() as connection:
        found = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]

    assert found == ["wal", 2, 1, 30_000]


def test_a_newer_database_is_not_touched(any_store: Store, any_url: str) -> None:
    with any_store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="newer than this version"):
        open_store(any_url)


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(StoreError, match="sqlite:///PATH or postgresql"):
        open_store("mysql://localhost/x")


@pytest.mark.slow
def test_alembic_is_imported_only_when_the_database_is_behind(store: Store) -> None:
    code = (
        "import sys; from sync.store import open_store; "
        f"open_store({store.engine.url.render_as_string()!r}).close(); sys.exit('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False, timeout=60)

    assert done.returncode == 0


@pytest.mark.slow
def test_several_may_open_a_new_store_at_once(any_url: str) -> None:
    def opened(_number: int) -> str:
        store = open_store(any_url)
        try:
            return store.installation()
        finally:
            store.close()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(opened, range(4)))

    assert len(found) == 1
