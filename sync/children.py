"""The sandbox as a child process: started as its own program, asked for its address, ended by its id."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_END_S = 10
SANDBOX = (sys.executable, "-P", "-m", "sandbox")


class ChildFailed(Exception):
    """The sandbox did not come up; the text is what it said last."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: its address and the credentials it takes."""

    url: str
    salesforce: dict[str, str]
    hubspot: dict[str, str]


@contextmanager
def sandbox(options: Sequence[str], log: Path) -> Iterator[Sandbox]:
    """A sandbox that lives as long as the block; what it says on stderr goes to ``log``."""
    with (
        log.open("wb") as errors,
        subprocess.Popen([*SANDBOX, "up", *options], stdout=subprocess.PIPE, stderr=errors) as child,
    ):
        try:
            yield _ready(child, log)
        finally:
            child.terminate()
            try:
                child.wait(_END_S)
            except subprocess.TimeoutExpired:
                child.kill()


def write_world(options: Sequence[str]) -> None:
    """The generated world as files. Raises ChildFailed with what went wrong."""
    done = subprocess.run([*SANDBOX, "world", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChildFailed(done.stderr.strip()[-500:])


def _ready(child: subprocess.Popen[bytes], log: Path) -> Sandbox:
    line = child.stdout.readline() if child.stdout else b""
    if not line:
        raise ChildFailed(f"the sandbox ended before it was ready; see {log}")
    told: dict[str, Any] = json.loads(line)
    return Sandbox(told["url"], told.get("salesforce", {}), told.get("hubspot", {}))  # it may hold one CRM alone
