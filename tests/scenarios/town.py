"""A town to play stories in: one CRM of the sandbox, a config, the real command, and plain eyes on the CRM."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from ruamel.yaml import YAML

from sync.children import Sandbox
from sync.cli.main import run
from sync.demo.configs import write_config
from tests.scenarios.eyes import Eyes, HubSpotEyes, SalesforceEyes, Sight

NOW = "2026-11-02T09:00:00Z"  # a Monday, when the office opens
WORLD = ("--size", "small", "--seed", "7", "--now", NOW)
CRMS = ("salesforce", "hubspot")
_PATIENCE_S = 60.0
OPEN_LIMITS = {
    "accounts_updated": "100%",
    "tier_changes": "100%",
    "owners_moved": "100%",
    "fields_cleared": 1000,
    "canary": 0,
}


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def plan(self) -> str:
        """The digest that the command named, as people read it."""
        found = re.search(r"^Plan (\w{12}) on", self.out, re.MULTILINE)
        assert found is not None, self.out[:500] + self.err[:500]
        return found[1]


@dataclass(frozen=True)
class Ended:
    """How a CRM looks when a first pass went through undisturbed, and what that took."""

    town: Town  # its store and what it read; its CRM is of the past
    sight: Sight
    api_calls: int

    @property
    def looks(self) -> dict[str, Any]:
        """What makes another sight of the same world alike."""
        return self.sight.alike()


class Desk:
    """The sandbox's control desk."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()

    def ask(self, path: str, order: dict[str, Any] | None = None, method: str = "") -> Any:
        """One control route; an order is posted."""
        verb = method or ("GET" if order is None else "POST")
        answer = self._session.request(verb, f"{self.url}/_sandbox/{path}", json=order, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        """Hang up."""
        self._session.close()


class Town:
    """One CRM as the world was seeded, and what an admin has at hand."""

    def __init__(self, crm: str, sandbox: Sandbox, folder: Path, signals: Path) -> None:
        self.crm, self.sandbox, self.folder = crm, sandbox, folder
        self.desk = Desk(sandbox.url)
        self._started: list[subprocess.Popen[str]] = []
        self.eyes: Eyes = SalesforceEyes(sandbox) if crm == "salesforce" else HubSpotEyes(sandbox)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "signals").exists():
            (folder / "signals").symlink_to(signals, target_is_directory=True)
        self.config = write_config(folder / "tierline.yaml", crm, sandbox)
        self.desk.ask("reset", {})

    def close(self) -> None:
        """Hang up everywhere, and leave nothing running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self.desk.close()
        self.eyes.close()

    # ---- the admin --------------------------------------------------------------------------------------------------
    def write(self, **places: Any) -> None:
        """Change the config: ``limits={...}`` updates a section, ``mode="live"`` a value."""
        tree = YAML(typ="safe").load(self.config.read_text(encoding="utf-8"))
        for name, value in places.items():
            if isinstance(value, dict):
                tree[name].update(value)
            else:
                tree[name] = value
        self.config.write_text(json.dumps(tree, indent=1), encoding="utf-8")  # JSON is YAML, and read quickly

    def connection(self, **settings: Any) -> None:
        """Change the one connection of the config."""
        self.write(connections=[{**self.read("connections")[0], **settings}])

    def auth(self) -> dict[str, Any]:
        """How the connection logs in."""
        return dict(self.read("connections")[0]["auth"])

    def read(self, section: str) -> Any:
        """A section of the config."""
        return YAML(typ="safe").load(self.config.read_text(encoding="utf-8"))[section]

    def tierline(self, *words: str) -> Told:
        """The command in this process; its config is ours."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([*words, "--config", str(self.config)])
        return Told(code, out.getvalue(), err.getvalue())

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command as a process of its own, as a person or a service starts it."""
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sync.cli.main", *words, "--config", str(self.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        self._started.append(process)
        return process

    def until_hit(self, process: subprocess.Popen[str], what: str) -> None:
        """Wait until a process has run into the fault that waits for it."""

        def hit() -> bool:
            assert process.poll() is None, f"it ended by itself: {process.communicate()}"
            return self.hits() == 1

        wait_until(hit, what)

    def ready(self, *, limits: bool = False) -> Town:
        """Set up; unless ``limits``, no guard holds anything."""
        if not limits:
            self.write(limits=OPEN_LIMITS)
        told = self.tierline("setup", "--apply")
        assert told.code == 0, told.err
        return self

    def has_read(self, other: Ended) -> Town:
        """What another pass over the same world read at nine is here already: only what changed is read again."""
        name = f"{self.crm}-replica"
        shutil.copytree(other.town.folder / name, self.folder / name, dirs_exist_ok=True)
        return self

    # ---- the sandbox ------------------------------------------------------------------------------------------------
    def clock(self, **order: Any) -> None:
        """``frozen=True``, ``advance_s=3600``, ``now="..."``."""
        self.desk.ask("clock", order)

    def freeze(self) -> None:
        """It is nine o'clock, and stays so."""
        self.clock(now=NOW, frozen=True)

    def fault(self, **order: Any) -> None:
        """Something goes wrong at this CRM."""
        self.desk.ask("faults", order)

    def hits(self) -> int:
        """How often something has gone wrong."""
        told = self.desk.ask("faults")
        return sum(fault["hit"] for part in ("waiting", "spent") for fault in told[part])

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.desk.ask("faults", method="DELETE")

    def act(self, do: str, **order: Any) -> dict[str, Any]:
        """What other people do in the CRM."""
        done: dict[str, Any] = self.desk.ask("act", {"crm": self.crm, "do": do, **order})
        return done

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        """What was written to this CRM, oldest first."""
        told = self.desk.ask(f"journal?since={since}")["writes"]
        return [write for write in told if write["crm"] == self.crm]

    def see(self) -> Sight:
        """What anybody sees in the CRM, by world key."""
        return self.eyes.see(self.desk.ask("keys")[self.crm])

    # ---- the store --------------------------------------------------------------------------------------------------
    def runs(self) -> list[dict[str, Any]]:
        """Runs as ``tierline runs list`` tells them, the newest first."""
        told = self.tierline("runs", "list", "--json")
        assert told.code == 0, told.err
        found: list[dict[str, Any]] = json.loads(told.out)
        return found

    def artefact(self, run_id: str, name: str) -> Any:
        """A JSON document of a run's folder."""
        return json.loads((self.folder / "runs" / run_id / name).read_text(encoding="utf-8"))

    def changes(self, told: Told) -> list[dict[str, Any]]:
        """What the plan of a pass told as JSON would change."""
        run_id = json.loads(told.out)["run"]
        return [row["change"] for row in self.artefact(run_id, "plan.json")["changes"]]

    def rows(self, table: str) -> int:
        """How many rows a table of the store holds."""
        with contextlib.closing(sqlite3.connect(self.folder / f"{self.crm}.db")) as store:
            return int(store.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def wait_until(happened: Callable[[], bool], what: str, within_s: float = _PATIENCE_S) -> None:
    """Look again and again until something has happened in another process."""
    ends, pause = time.monotonic() + within_s, threading.Event()
    while not happened():
        assert time.monotonic() < ends, f"waited {within_s:g} s for {what}"
        pause.wait(0.1)


def end(process: subprocess.Popen[str], number: signal.Signals) -> Told:
    """Send a signal, and see how the process ends."""
    process.send_signal(number)
    out, err = process.communicate(timeout=_PATIENCE_S)
    return Told(process.returncode, out, err)
