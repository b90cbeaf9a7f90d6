from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.cli import output

ROWS = [("run-1", 12), ("a long name of an account", 3)]
SHOW = "from sync.cli import output; output.table(('run', 'updated'), [('run-1', 12), ('x', 3)], right=('updated',))"
ROOT = Path(__file__).parents[3]


def test_answers_go_to_stdout_and_notes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output.answer("the answer")
    output.answer()
    output.note("about the work")

    said = capsys.readouterr()
    assert (said.out, said.err) == ("the answer\n\n", "about the work\n")


def test_a_document_is_one_json_document_with_every_letter_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    output.document({"name": "Söhne", "at": datetime(2026, 11, 2, 9, tzinfo=UTC), "path": Path("runs")})

    said = capsys.readouterr().out
    assert json.loads(said) == {"name": "Söhne", "at": "2026-11-02 09:00:00+00:00", "path": "runs"}
    assert "Söhne" in said


def test_a_table_in_a_pipe_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("run", "updated"), ROWS, right=("updated",))

    assert capsys.readouterr().out == "run-1\t12\na long name of an account\t3\n"


def on_a_terminal(code: str, **environment: str) -> str:
    """What Python says on a terminal of 80 columns."""
    mine, theirs = pty.openpty()
    place = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    with subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, cwd=ROOT, env=place) as child:
        child.wait(30)
    os.close(theirs)
    said = b""
    while chunk := _read(mine):
        said += chunk
    os.close(mine)
    return said.decode()


def _read(line: int) -> bytes:
    try:
        return os.read(line, 65_536)
    except OSError:  # the other end is closed and everything was read
        return b""


@pytest.mark.slow
def test_a_table_on_a_terminal_has_headings() -> None:
    said = on_a_terminal(SHOW)

    assert "updated" in said
    assert "\t" not in said
    assert "\x1b[1m" in said


@pytest.mark.slow
def test_no_color_is_heeded() -> None:
    assert "\x1b[3" not in on_a_terminal(SHOW, NO_COLOR="1")


@pytest.mark.slow
def test_bars_are_drawn_on_a_terminal() -> None:
    said = on_a_terminal("from sync.cli import output\nwith output.bars() as bars: bars.of('applying', 3, 10)")

    assert "applying" in said
    assert "3/10" in said


def test_bars_are_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with output.bars() as bars:
        bars.count("reading accounts", 100)
        bars.count("reading accounts", 300)
        bars.of("applying", 3, 10)

    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
