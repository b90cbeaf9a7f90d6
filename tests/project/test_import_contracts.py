"""The arrows between rooms: the contract passes, and a planted wrong import breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "connectors", "engine", "sandbox", "sync")


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, check=False, env={"PYTHONPATH": str(folder)}
    )


@pytest.mark.slow
def test_the_rooms_keep_their_arrows() -> None:
    done = contracts(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "planted"),
    [
        pytest.param("engine", "import sync.exits", id="the engine must not know who runs it"),
        pytest.param("connectors", "import sync.exits", id="connectors must not know who runs them"),
        pytest.param("sandbox", "import connectors.base", id="the sandbox must not know us"),
        pytest.param("sync", "import sandbox.world", id="we must not know the sandbox"),
    ],
)
def test_a_planted_wrong_import_breaks_the_contract(room: str, planted: str, tmp_path: Path) -> None:
    for name in ROOMS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / room / "planted.py").write_text(f'"""Planted."""\n{planted}\n')

    done = contracts(tmp_path)

    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
