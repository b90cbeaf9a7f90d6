"""CRMs under the contract, each with what people in it can do: a fake, both sandboxes over HTTP, a folder of files."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.settings import FilesConnection, Mapping
from connectors.base import Batch, Change, Crm, KeyAsk, OpenTask, Outcome, Receipt, RecordId
from connectors.errors import Unavailable
from connectors.files import make as make_files
from tests.contract.fold import Fold
from tests.fakes import MONDAY, FakeClock, FakeCrm, Fault

TIERS = ("1 - Focus", "2 - Growth", "3 - Scaled", "Recycle", "Suppress")


class House(ABC):
    """One CRM with people in it. ``accounts`` and ``reps`` can be used freely; ``contact`` belongs to the first."""

    crm: Crm
    accounts: Sequence[RecordId]
    reps: Sequence[RecordId]  # active
    contact: RecordId
    deletes_in_changes = True  # whether an incremental pull tells of deletions; else the nightly full one does
    largest_batch: int

    @abstractmethod
    def untouched(self) -> Fold:
        """A full pull of the house as it was before the test did anything."""

    @abstractmethod
    def rename(self, account: RecordId, name: str) -> None:
        """A person gives an account another name."""

    @abstractmethod
    def delete(self, account: RecordId) -> None:
        """A person deletes an account."""

    def merge(self, winner: RecordId, loser: RecordId) -> RecordId:
        """A person merges two accounts; the id that answers for both."""
        raise NotImplementedError

    @abstractmethod
    def close(self, task: RecordId) -> None:
        """A rep finishes a task."""

    def remove(self, task: RecordId) -> None:
        """A rep deletes a task."""
        raise NotImplementedError

    def retire(self, rep: RecordId) -> None:
        """Somebody leaves."""
        raise NotImplementedError

    @abstractmethod
    def set_clock(self, now: datetime) -> None:
        """The CRM's own clock stands at ``now`` from here on."""

    def lose_answers(self) -> None:
        """From here on writes are carried out and their answers are lost, until ``heal``."""
        raise NotImplementedError

    def stop_answering(self, after: int) -> None:
        """The CRM fails for good after so many more calls, until ``heal``."""
        raise NotImplementedError

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        raise NotImplementedError

    def reopen(self) -> Crm:
        """Another connection to the same CRM."""
        return self.crm

    # ---- what a pass does --------------------------------------------------------------------------------------------
    def pull(self, before: Fold | None = None) -> Fold:
        """A full pull; or what changed, laid over an earlier one."""
        start = before or Fold()
        return start.laid_over(self.crm.pull(start.cursors, self.crm.server_time()))

    def send(self, *changes: Change) -> list[Receipt]:
        """Receipts of all changes, in the order of the changes."""
        receipts = [receipt for batch in self.crm.batches(changes) for receipt in self.crm.send(batch, remember)]
        by_change = {id(receipt.change): receipt for receipt in receipts}
        assert len(receipts) == len(by_change) == len(changes)
        return [by_change[id(change)] for change in changes]

    def ready(self) -> House:
        """With our fields made."""
        self.crm.setup(act=True, installation="inst-1")
        return self

    def task(self, number: int = 1, **other: Any) -> OpenTask:
        """A task about the account of that number, for the first rep; its key is the number."""
        made = OpenTask(
            key=f"{number:032x}",
            account_id=self.accounts[number],
            contact_id=None,
            contact_is_lead=False,
            assignee_id=self.reps[0],
            subject=f"Call number {number} - pricing page",
            body="why\nwho",
            due_at=MONDAY + timedelta(hours=4),
            priority="high",
        )
        return replace(made, **other)

    def opened(self, number: int = 1, **other: Any) -> tuple[OpenTask, RecordId]:
        """A task that is there, and its id."""
        task = self.task(number, **other)
        (receipt,) = self.send(task)
        assert receipt.outcome is Outcome.APPLIED, receipt
        assert receipt.crm_id is not None
        return task, receipt.crm_id

    def states(self, *tasks: OpenTask) -> list[list[str]]:
        """How the tasks of each key stand, by the key alone."""
        found = self.crm.find([KeyAsk(task.key, task.account_id) for task in tasks])
        return [[one.state for one in found.get(task.key, [])] for task in tasks]


def remember(_job: str) -> None:
    """No test of the contract ends in the middle of a job."""


class FakeHouse(House):
    """The fake that all other tests lean on."""

    largest_batch = 2

    def __init__(self) -> None:
        self.accounts = [f"a{number}" for number in range(8)]
        self.reps = ["rep-1", "rep-2"]
        self.contact = "c0"
        self.fake = FakeCrm(
            {account: {"owner_id": "rep-1"} for account in self.accounts},
            clock=FakeClock(),
            tiers=TIERS,
            missing=["tier", "score", "key"],
            tables={
                "accounts": [{"account_id": one, "name": one.title(), "domains": []} for one in self.accounts],
                "owners": [{"owner_id": rep, "name": rep.title(), "active": True, "away": []} for rep in self.reps],
                "contacts": [{"contact_id": "c0", "record": "contact", "account_id": "a0"}],
                "activities": [_call("x1", "c0"), _call("x2", "c0")],
                "opportunities": [{"opportunity_id": "o1", "account_id": "a0"}],
            },
        )
        self.crm = self.fake
        self._untouched = self.pull()

    def untouched(self) -> Fold:
        return self._untouched

    def rename(self, account: RecordId, name: str) -> None:
        next(row for row in self.fake.tables["accounts"] if row["account_id"] == account)["name"] = name

    def delete(self, account: RecordId) -> None:
        del self.fake.accounts[account]

    def merge(self, winner: RecordId, loser: RecordId) -> RecordId:
        del self.fake.accounts[loser]
        self.fake.merged[loser] = winner
        return winner

    def close(self, task: RecordId) -> None:
        self._person(task, "done")

    def remove(self, task: RecordId) -> None:
        self._person(task, "deleted")

    def _person(self, task: RecordId, state: str) -> None:
        found = self.fake.tasks[task]
        found.state, found.touched, found.closed_at = state, True, self.fake.clock.now()

    def retire(self, rep: RecordId) -> None:
        next(row for row in self.fake.tables["owners"] if row["owner_id"] == rep)["active"] = False

    def set_clock(self, now: datetime) -> None:
        self.fake.clock.advance(now - self.fake.clock.now())

    def lose_answers(self) -> None:
        self.fake.faults.append(Fault("lost", count=100))

    def stop_answering(self, after: int) -> None:
        error = Unavailable("Fake", doing="read accounts", said="nobody answers")
        self.fake.faults.append(Fault("raise", on="pull", skip=min(after, 3), count=100, error=error))

    def heal(self) -> None:
        self.fake.faults.clear()


def _call(activity_id: str, contact: str) -> dict[str, Any]:
    return {"activity_id": activity_id, "kind": "call_connected", "contact_id": contact, "direction": "outbound"}


class FilesHouse(House):
    """A folder of files; people change them with an editor."""

    largest_batch = 10_000

    def __init__(self, folder: Path) -> None:
        self._folder, self._now = folder, MONDAY
        self.accounts = [f"a{number}" for number in range(8)]
        self.reps = ["rep-1", "rep-2"]
        self.contact = "c0"
        made = "2026-01-01T10:00:00Z"
        self._rows = {
            one: {"account_id": one, "name": one.title(), "domains": f"{one}.example", "created_at": made}
            for one in self.accounts
        }
        self._write("accounts", self._rows.values())
        self._write("owners", [{"owner_id": rep, "name": rep.title(), "active": "true"} for rep in self.reps])
        self._write("contacts", [{"contact_id": "c0", "account_id": "a0", "created_at": made}])
        call = {"activity_id": "x1", "kind": "call_connected", "occurred_at": made, "contact_id": "c0"}
        self._write("activities", [call])
        self.crm = self.reopen()
        self._untouched = self.pull()

    def untouched(self) -> Fold:
        return self._untouched

    def reopen(self) -> Crm:
        connection = FilesConnection(name="trial", crm="files", path=Path("data"))
        crm: Crm = make_files(connection, Mapping(), folder=self._folder, clock=lambda: self._now)
        return crm

    def rename(self, account: RecordId, name: str) -> None:
        self._rows[account]["name"] = name
        self._write("accounts", self._rows.values())

    def delete(self, account: RecordId) -> None:
        del self._rows[account]
        self._write("accounts", self._rows.values())

    def close(self, task: RecordId) -> None:
        path = self._folder / "out/tasks.csv"
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["state"] = "done" if row["task_id"] == task else row["state"]
        _write_csv(path, rows)

    def set_clock(self, now: datetime) -> None:
        self._now = now

    def _write(self, table: str, rows: Iterable[dict[str, str]]) -> None:
        _write_csv(self._folder / f"data/{table}.csv", list(rows))


def _write_csv(path: Path, rows: Sequence[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def batch_of(crm: Crm, change: Change) -> Batch:
    """The one batch that a change alone makes."""
    (batch,) = crm.batches([change])
    return batch
