"""What ``apply`` wrote beside the files: accounts, tasks and receipts as CSV that a person can open."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.base import Receipt, Value

TASK_COLUMNS: Final = (
    "task_id", "key", "account_id", "contact_id", "assignee_id", "subject", "body", "due_at", "priority", "state",
    "note", "closed_at", "created_at", "modified_at",
)  # fmt: skip
RECEIPT_COLUMNS: Final = ("written_at", "change", "record", "outcome", "crm_id", "code", "said")
_SET: Final = "set"  # the fields that were written, so that an emptied one can be told from an untouched one


class Outbox:
    """The ``out`` folder. Each file is replaced whole, so that a crash leaves the old one or the new one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def accounts(self) -> dict[str, dict[str, str]]:
        """Fields written by account; empty text is a cleared field."""
        found: dict[str, dict[str, str]] = {}
        for row in self._rows("accounts.csv"):
            named = [name for name in row[_SET].split(";") if name]
            found[row["account_id"]] = {name: row.get(name) or "" for name in named}
        return found

    def write_accounts(self, accounts: Mapping[str, Mapping[str, str]]) -> None:
        """All accounts ever written."""
        fields = sorted({name for values in accounts.values() for name in values})
        rows = [
            {"account_id": account_id, _SET: ";".join(sorted(values)), **values}
            for account_id, values in sorted(accounts.items())
        ]
        self._replace("accounts.csv", ("account_id", *fields, _SET), rows)

    def tasks(self) -> dict[str, dict[str, str]]:
        """Tasks by id."""
        return {row["task_id"]: row for row in self._rows("tasks.csv")}

    def write_tasks(self, tasks: Mapping[str, Mapping[str, str]]) -> None:
        """All tasks ever opened."""
        self._replace("tasks.csv", TASK_COLUMNS, [tasks[task_id] for task_id in sorted(tasks)])

    def add_receipts(self, receipts: Sequence[Receipt], at: datetime) -> None:
        """One line per change, for people to read; nothing is decided from it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "receipts.csv"
        fresh = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(RECEIPT_COLUMNS)
            for r in receipts:
                kind = type(r.change).__name__
                writer.writerow([iso(at), kind, r.change.record, str(r.outcome), r.crm_id or "", r.code, r.said])

    def installation(self) -> str | None:
        """The installation id that ``setup`` left."""
        path = self.folder / "installation.txt"
        return path.read_text(encoding="utf-8").strip() or None if path.exists() else None

    def claim(self, installation: str) -> None:
        """Leave an installation id."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "installation.txt").write_text(installation + "\n", encoding="utf-8")

    def mark(self) -> str:
        """Changes when anything was written."""
        found = [self.folder / name for name in ("accounts.csv", "tasks.csv")]
        return ",".join(f"{p.stat().st_size}.{p.stat().st_mtime_ns}" for p in found if p.exists())

    def _rows(self, name: str) -> list[dict[str, str]]:
        path = self.folder / name
        if not path.exists():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def _replace(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{name}.new"
        with draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / name)


def iso(moment: datetime) -> str:
    """A moment as text: UTC with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_text(value: Value) -> str:
    """A value as a cell; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return iso(value) if isinstance(value, datetime) else str(value)
