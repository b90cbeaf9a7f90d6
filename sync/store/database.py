"""Opens the database: pragmas, permissions, transactions that wait their turn, and upgrades when it is behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL

from sync.store.errors import StoreError

HEAD: Final = "0001"  # newest migration; a test compares it with the folder
MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_MS: Final = 30_000
_UPGRADE_LOCK: Final = 7_136_420_115  # any number of ours: PostgreSQL advisory locks have no names
_OWNER_ONLY: Final = 0o600


def open_engine(url: str) -> Engine:
    """An engine for ``sqlite:///PATH`` or ``postgresql+psycopg://...``, upgraded to the newest tables."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = _sqlite(parsed)
    elif parsed.get_backend_name() == "postgresql":
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=4)
    else:
        raise StoreError(
            f"state cannot live in {parsed.get_backend_name()!r}: use sqlite:///PATH or postgresql+psycopg://"
        )
    try:
        _upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: on SQLite they take their turn at once, not half-way."""
    return engine.execution_options(writes=True)


def level(connection: Connection) -> str | None:
    """The newest migration that this database has seen; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        _private_file(Path(url.database))
    engine = create_engine(url)
    event.listen(engine, "connect", _pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _private_file(path: Path) -> None:
    """The file with its folder, readable by its owner alone; SQLite gives its side files the same rights."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
    path.chmod(_OWNER_ONLY)


def _pragmas(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # transactions are begun by us, not guessed from the first word of a statement
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # an intent must be on the disk before its call goes out
        "foreign_keys=ON",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(engine: Engine) -> None:
    with engine.connect() as connection:
        if level(connection) == HEAD:
            return
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
        if level(connection) != HEAD:  # somebody may have been faster
            _migrate(connection)


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # a third of a second, spent only when the database is behind
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"the state is newer than this version of tierline: upgrade tierline ({error})") from error
