"""Replays the console blocks of a page: every command is run, and what the page shows must be in what it said."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_BLOCK = re.compile(r"^```console( one)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "@@ended"
_DIGEST = re.compile(r"\b[0-9a-f]{12}\b")
PORT = "8025"  # as the pages write it; a free one is taken instead
_CHANGES = (  # what differs from run to run, and what stands for it
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), "RUN"),
    (_DIGEST, "DIGEST"),
    (re.compile(r"\b09:\d\d(:\d\d(\.\d+)?)?"), "09:NN"),
    (re.compile(r"\b\d+ s by"), "N s by"),
    (re.compile(r"[\d,]+ s apart"), "N s apart"),
    (re.compile(r"\b\d+ API calls"), "N API calls"),
    (re.compile(r"\b[\d,]+ of [\d,]+ used today"), "N of M used today"),
    (re.compile(r"(?:[\w./-]*/)(?=report\.html|runs/|salesforce\.yaml)"), ""),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a page and the lines it shows; ``...`` stands for lines that are left out."""

    command: str
    shown: tuple[str, ...]


def steps_of(page: Path) -> list[Step]:
    """All commands of a page's console blocks, in order; ``console one``: a single one, whose output has prompts."""
    found: list[Step] = []
    for one, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, maxsplit=1 if one else 0, flags=re.MULTILINE)[1:]:
            command, _, rest = part.partition("\n")
            found.append(Step(command, tuple(rest.splitlines())))
    return found


def replay(page: Path, folder: Path, instead: Mapping[str, str]) -> list[str]:
    """Runs a page's commands in one shell; what it shows and no command said, one line each."""
    wrong: list[str] = []
    digest = ""
    with _Shell(folder) as shell:
        for step in steps_of(page):
            command = instead.get(step.command, step.command)
            said = shell.run(_DIGEST.sub(digest, command) if digest else command)
            digest = next(iter(_DIGEST.findall(said)), digest) if "tierline plan" in command else digest
            wrong += [f"{step.command}: {line}" for line in unsaid(step.shown, said.splitlines())]
    return wrong


def unsaid(shown: tuple[str, ...], said: list[str]) -> list[str]:
    """Lines of a page that the output does not hold in that order; without ``...`` no line may be left out."""
    rest, gap, missing = [_level(line) for line in said], False, []
    for line in shown:
        if line.strip() == "...":
            gap = True
            continue
        wanted = _level(line)
        if wanted not in (rest if gap else rest[:1]):
            missing.append(line)
            continue
        rest, gap = rest[rest.index(wanted) + 1 :], False
    return missing if gap or not any(rest) or missing else [*missing, f"(then it also said) {rest[0]}"]


def _level(line: str) -> str:
    for pattern, name in _CHANGES:
        line = pattern.sub(name, line)
    return line.rstrip()


class _Shell:
    """One bash, so that variables and background jobs last from command to command."""

    def __init__(self, folder: Path) -> None:
        tools = Path(sys.executable).parent
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "100"}
        self._port = str(_free_port())
        self._bash = subprocess.Popen(
            [shutil.which("bash") or "bash", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env={name: value for name, value in environment.items() if not name.startswith("TIERLINE_")},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.run("kill $(jobs -p) 2> /dev/null; wait")
        self._bash.communicate("exit\n", timeout=20)

    def run(self, command: str) -> str:
        """What a command said on stdout and stderr."""
        bash = self._bash
        assert bash.stdin is not None
        assert bash.stdout is not None
        bash.stdin.write(f"{command.replace(PORT, self._port)}\necho; echo {_END}\n")
        bash.stdin.flush()
        lines = []
        for line in bash.stdout:
            if line.strip() == _END:
                break
            lines.append(line)
        return "".join(lines).removesuffix("\n")


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
