"""The two sandboxes under the contract, spoken to through the real vendor clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import urllib3

from config.load import load
from connectors.base import Crm, RecordId
from sync.children import Sandbox
from sync.connect import connect
from sync.demo.configs import write_config
from tests.contract.fold import Fold
from tests.contract.houses import House
from tests.fakes import FakeClock

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Words:
    """What one vendor calls things, and how its troubles look on the wire."""

    accounts: str
    tasks: str
    name: str
    creates: str  # path of the call that opens tasks
    busy: Mapping[str, Any]
    expired: Mapping[str, Any]
    largest_batch: int
    deletes_in_changes: bool


SALESFORCE = Words(
    accounts="Account",
    tasks="Task",
    name="Name",
    creates="/composite/sobjects$",
    busy={
        "status": 403,
        "body": '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentRequests limit exceeded."}]',
    },
    expired={"do": "expire"},
    largest_batch=200,
    deletes_in_changes=True,
)
HUBSPOT = Words(
    accounts="companies",
    tasks="tasks",
    name="name",
    creates="/tasks/batch/create",
    busy={
        "status": 429,
        "body": '{"status":"error","message":"You have reached your ten_secondly_rolling limit.",'
        '"errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}',
    },
    expired={
        "do": "status",
        "status": 401,
        "body": '{"status":"error","message":"The OAuth token used to make this call expired.",'
        '"category":"EXPIRED_AUTHENTICATION"}',
    },
    largest_batch=100,
    deletes_in_changes=False,
)
WORDS = {"salesforce": SALESFORCE, "hubspot": HUBSPOT}


@dataclass
class Running:
    """The sandbox process of this session, and what was read of each CRM before anything was done to it."""

    told: Sandbox
    folder: Path
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)
    pristine: dict[str, Fold] = field(default_factory=dict)

    def control(self, path: str, body: Any = None, method: str = "") -> Any:
        method = method or ("GET" if body is None else "POST")
        answer = self.pool.request(method, f"{self.told.url}/_sandbox/{path}", json=body, timeout=30)
        assert answer.status < 300, answer.data
        return answer.json()

    def connect(self, name: str, clock: FakeClock) -> Crm:
        file = self.folder / f"{name}.yaml"
        loaded = load(file if file.exists() else write_config(file, name, self.told), {})
        return connect(loaded, loaded.settings.connections[0], clock)

    def untouched(self, name: str, crm: Crm) -> Fold:
        """A full pull of the world as seeded, read once a session."""
        if name not in self.pristine:
            self.pristine[name] = Fold().laid_over(crm.pull(Fold().cursors, crm.server_time()))
        return self.pristine[name]


class SandboxHouse(House):
    """One CRM of the sandbox, seeded anew; the waits of its connector are counted, not waited for."""

    def __init__(self, running: Running, name: str) -> None:
        self.running, self.vendor, self.words = running, name, WORDS[name]
        self.largest_batch, self.deletes_in_changes = self.words.largest_batch, self.words.deletes_in_changes
        running.control("reset", {})
        self.clock = FakeClock()
        self._open: list[Crm] = []
        self.crm = self.reopen()
        before = self.untouched()
        self.accounts = sorted(before.table("accounts"))
        owners = before.table("owners").values()
        self.reps = sorted(row["owner_id"] for row in owners if row["active"] and row["team"])
        people = before.table("contacts").values()
        self.contact = next(one["contact_id"] for one in people if one["account_id"] == self.accounts[0])

    def untouched(self) -> Fold:
        return self.running.untouched(self.vendor, self.crm)

    def reopen(self) -> Crm:
        crm = self.running.connect(self.vendor, self.clock)
        self._open.append(crm)
        return crm

    def end(self) -> None:
        for crm in self._open:
            crm.close()

    def rename(self, account: RecordId, name: str) -> None:
        self._act("set_field", object=self.words.accounts, id=account, field=self.words.name, value=name)

    def delete(self, account: RecordId) -> None:
        self._act("delete_record", object=self.words.accounts, id=account)

    def merge(self, winner: RecordId, loser: RecordId) -> RecordId:
        return str(self._act("merge", object=self.words.accounts, winner=winner, loser=loser)["id"])

    def close(self, task: RecordId) -> None:
        self._act("close_task", id=task, by=self.reps[0])

    def remove(self, task: RecordId) -> None:
        self._act("delete_record", object=self.words.tasks, id=task, by=self.reps[0])

    def retire(self, rep: RecordId) -> None:
        self._act("deactivate_owner", owner=rep)

    def log_call(self, contact: RecordId) -> None:
        self._act("log_activity", kind="call_connected", contact=contact, actor=self.reps[0])

    def set_clock(self, now: datetime) -> None:
        self.running.control("clock", {"now": now.isoformat(), "frozen": True})

    def lose_answers(self) -> None:
        for method in ("POST", "PATCH"):
            for path in ("/composite/sobjects$", "/batch/(create|update)"):
                self.fault(path, method=method, do="reset", when="after", count=100)

    def stop_answering(self, after: int) -> None:
        self.fault(".", do="status", status=503, skip=after, count=100)

    def be_busy(self, path: str = ".", **how: Any) -> None:
        """Calls are turned away because there are too many."""
        self.fault(path, **{"do": "status", "headers": JSON, **self.words.busy, **how})

    def end_login(self, **how: Any) -> None:
        """The login ends before a call."""
        self.fault("/query|/objects/", **{"headers": JSON, **self.words.expired, **how})

    def fault(self, path: str, **how: Any) -> None:
        self.running.control("faults", {"path": path, **how})

    def heal(self) -> None:
        self.running.control("faults", method="DELETE")

    def tasks_made(self, key: str) -> int:
        """How many tasks with this key were ever made, as the CRM's own journal tells."""
        return sum(write["verb"] == "create" and key in str(write["after"]) for write in self.writes())

    def writes(self) -> list[dict[str, Any]]:
        """Everything that was written since the world was seeded, by whomever."""
        written: list[dict[str, Any]] = self.running.control("journal?since=0")["writes"]
        return written

    def _act(self, do: str, **order: Any) -> Any:
        return self.running.control("act", {"crm": self.vendor, "do": do, **order})[self.vendor]
