"""Rules of the house that no linter of ours checks."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "connectors", "engine", "sandbox", "sync", "bench")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
HEAVY = ("sqlalchemy", "alembic", "simple_salesforce", "hubspot", "pycountry", "holidays", "authlib", "duckdb", "numpy")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=relative)
def test_no_file_is_longer_than_a_reader_keeps_in_mind(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f"{node.name}: {lines}" for node in functions if (lines := _lines(node)) > LONGEST_FUNCTION]

    assert not long


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_module_opens_with_a_sentence_of_purpose(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_source_carries_unfinished_marks(path: Path) -> None:
    marks = re.findall(r"#.*\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError", path.read_text())

    assert not marks


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in TESTS if path.name != "conftest.py"]

    assert len(names) == len(set(names))


def test_only_the_command_line_prints() -> None:
    printing = [
        relative(path)
        for path in SOURCES
        if not relative(path).startswith(("sync/cli", "sandbox/__main__", "bench"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert not printing


def test_only_one_module_reads_the_wall_clock() -> None:
    pattern = re.compile(r"\b(?:datetime\.now|datetime\.utcnow|time\.time|date\.today)\(")
    reading = [
        relative(path)
        for path in SOURCES
        if not relative(path).startswith(("sandbox", "bench")) and pattern.search(path.read_text())
    ]

    assert reading == ["sync/clock.py"]


def test_help_is_shown_without_importing_what_it_does_not_need() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['tierline', '--help']\n"
        "from sync.cli.main import run\n"
        "run(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stderr.strip() == "[]"
    assert "Usage: tierline" in done.stdout
