"""A folder of files as a CRM for trials: it is read, and what would be written goes to ``out``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, assert_never

import msgspec
import numpy as np

from config import settings
from connectors.base import (
    Ask,
    AssignOwner,
    Batch,
    Change,
    Cursors,
    Fields,
    Finding,
    FoundTask,
    Key,
    KeyAsk,
    Level,
    OpenTask,
    Outcome,
    Page,
    Receipt,
    RecordId,
    Remember,
    SetFields,
    SetupStep,
    UpdateTask,
    Usage,
    Value,
    WithdrawTask,
)
from connectors.chunks import chunked
from connectors.errors import CrmError, NeedsPerson
from connectors.files.outbox import Outbox, as_text, iso
from connectors.files.sheets import CRM
from connectors.files.tables import NAMES, Columns, empty, file_of, read_table, sliced

PAGE: Final = 100_000
SIZE: Final = 10_000
_TASK_TIMES: Final = ("due_at", "created_at", "closed_at", "modified_at")


class FilesCrm:
    """One folder. The files in it are never changed; reading shows what ``out`` holds on top of them."""

    vendor = "files"
    create_guard: Literal["unique", "read_back"] = "unique"
    settle_after = timedelta(0)

    def __init__(
        self,
        connection: settings.FilesConnection,
        mapping: settings.Mapping,
        *,
        folder: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = connection.name
        self._folder, self._mapping, self._clock = folder / connection.path, mapping, clock
        self._zone = connection.time_zone
        self._outbox = Outbox(folder / connection.out)
        self._kept: dict[str, tuple[str, Columns]] = {}

    def org_id(self) -> str:
        """The connection's name: a folder has no other identity."""
        return f"files:{self.name}"

    def server_time(self) -> datetime:
        """Our own clock, in whole seconds."""
        return self._clock().astimezone(UTC).replace(microsecond=0)

    def check(self) -> list[Finding]:
        """Whether each file is there and can be read."""
        if not self._folder.is_dir():
            return [Finding(Level.FAIL, "folder", f"{self._folder.name} is not there", "correct path in the config")]
        return [finding for table in NAMES for finding in self._look(table)]

    def setup(self, *, act: bool, installation: str) -> list[SetupStep]:
        """The folder that is written to."""
        there = self._outbox.installation()
        if act and there != installation:
            self._outbox.claim(installation)
        return [SetupStep(f"folder {self._outbox.folder.name}", "exists" if there else "missing", there is None)]

    def installation(self) -> str | None:
        """The installation id that ``setup`` left."""
        return self._outbox.installation()

    def missing_fields(self) -> list[str]:
        """Nothing: ``out`` takes any field."""
        return []

    # ---- reading -----------------------------------------------------------------------------------------------------
    def pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:  # noqa: ARG002 - a file is as it is now
        """Every table in full, unless its file and ``out`` have not changed since the cursor."""
        if file_of(self._folder, "accounts") is None:
            raise NeedsPerson(
                CRM,
                doing="read accounts",
                said=f"{self._folder.name} has no accounts.csv, .jsonl or .parquet",
                hint="correct path in the config",
                code="NO_FILE",
            )
        for table in NAMES:
            mark = self._mark(table)
            if cursors.by_stream.get(table) == mark:
                yield Page(table, table, empty(table), cursor=mark, last=True)
                continue
            for part in sliced(self._table(table), PAGE):
                yield Page(table, table, part)
            yield Page(table, table, empty(table), cursor=mark, last=True, whole=True)

    def read(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        """Files with ``out`` on top."""
        found: dict[RecordId, Fields] = {}
        accounts = {ask.record: ask for ask in asks if ask.kind == "account"}
        if accounts:
            found.update(self._accounts(accounts))
        tasks = self._tasks()
        for ask in asks:
            if ask.kind == "task" and ask.record in tasks:
                found[ask.record] = {name: _task_value(name, tasks[ask.record].get(name)) for name in ask.fields}
        return found

    def find(self, asks: Sequence[KeyAsk]) -> dict[Key, list[FoundTask]]:
        """Tasks by key."""
        wanted = {ask.key for ask in asks}
        found: dict[Key, list[FoundTask]] = {}
        for task in self._tasks().values():
            if task["key"] in wanted:
                made = datetime.fromisoformat(task["created_at"])
                one = FoundTask(task["task_id"], task["key"], task["state"], made, task["assignee_id"] or None)
                found.setdefault(task["key"], []).append(one)
        return found

    def _accounts(self, asks: Mapping[RecordId, Ask]) -> dict[RecordId, Fields]:
        columns = self._table("accounts")
        found: dict[RecordId, Fields] = {}
        for account_id, owner, tree in zip(columns["account_id"], columns["owner_id"], columns["owned"], strict=True):
            if account_id in asks:
                shown: dict[str, Value] = {**msgspec.json.decode(tree), "owner_id": owner}
                found[account_id] = {name: shown.get(name) for name in asks[account_id].fields}
        return found

    def _tasks(self) -> dict[str, dict[str, str]]:
        if file_of(self._folder, "tasks") is None:
            return self._outbox.tasks()
        columns = self._read("tasks")
        rows = zip(*columns.values(), strict=True)
        given = [{name: _cell(name, value) for name, value in zip(columns, row, strict=True)} for row in rows]
        return {task["task_id"]: task for task in given} | self._outbox.tasks()

    def _table(self, table: str) -> Columns:
        if table == "tasks":
            return _task_columns(self._tasks().values())
        if file_of(self._folder, table) is None:
            return dict(empty(table))
        columns = self._read(table)
        return self._overlaid(columns) if table == "accounts" else columns

    def _read(self, table: str) -> Columns:
        path, mark = file_of(self._folder, table), self._file_mark(table)
        if path is None:
            return dict(empty(table))
        kept = self._kept.get(table)
        if kept is None or kept[0] != mark:
            kept = (mark, read_table(path, table, self._mapping, self._zone))
            if table in ("accounts", "tasks"):  # these are read again before every write
                self._kept[table] = kept
        return dict(kept[1])

    def _overlaid(self, columns: Columns) -> Columns:
        written = self._outbox.accounts()
        if not written:
            return columns
        owned, owners = columns["owned"].astype(object), columns["owner_id"].astype(object)
        for row, account_id in enumerate(columns["account_id"]):
            values = written.get(account_id)
            if values is None:
                continue
            tree = msgspec.json.decode(owned[row] or "{}")
            fields = {name: text for name, text in values.items() if name != "owner_id"}
            tree = {name: value for name, value in {**tree, **fields}.items() if value not in ("", None)}
            owned[row] = msgspec.json.encode(tree, order="sorted").decode()
            if "owner_id" in values:
                owners[row] = values["owner_id"] or None
        return {**columns, "owned": owned, "owner_id": owners}

    # ---- writing -----------------------------------------------------------------------------------------------------
    def batches(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """Changes of one kind, no record twice; a file has no calls."""
        for piece in chunked(changes, SIZE):
            yield Batch(piece, "file", 0)

    def send(self, batch: Batch, remember: Remember) -> list[Receipt]:  # noqa: ARG002 - there are no jobs
        """Write to ``out``."""
        accounts, tasks, at = self._outbox.accounts(), self._tasks(), self.server_time()
        known = set(self._table("accounts")["account_id"])
        receipts = [_done(change, accounts, tasks, known, at) for change in batch.changes]
        if isinstance(batch.changes[0], SetFields | AssignOwner):
            self._outbox.write_accounts(accounts)
        else:
            self._outbox.write_tasks(tasks)
        self._outbox.add_receipts(receipts, at)
        return receipts

    def usage(self) -> Usage:
        """Files cost no calls."""
        return Usage(0, None, None)

    def close(self) -> None:
        """Nothing is open."""

    def _look(self, table: str) -> Iterator[Finding]:
        path = file_of(self._folder, table)
        if path is None:
            if table == "accounts":
                yield Finding(Level.FAIL, table, "there is no file", "add accounts.csv, .jsonl or .parquet")
            return
        try:
            count = len(self._read(table)[next(iter(empty(table)))])
        except CrmError as error:
            yield Finding(Level.FAIL, table, error.said, error.hint)
            return
        yield Finding(Level.OK, table, f"{path.name}: {count:,} rows")

    def _mark(self, table: str) -> str:
        written = self._outbox.mark() if table in ("accounts", "tasks") else ""
        return f"{self._file_mark(table)}|{written}"

    def _file_mark(self, table: str) -> str:
        path = file_of(self._folder, table)
        return f"{path.name}.{path.stat().st_size}.{path.stat().st_mtime_ns}" if path is not None else "none"


def _done(
    change: Change,
    accounts: dict[str, dict[str, str]],
    tasks: dict[str, dict[str, str]],
    known: set[str],
    at: datetime,
) -> Receipt:
    if change.account_id not in known:
        return Receipt(change, Outcome.REJECTED, code="NO_ACCOUNT", said="there is no such account")
    match change:
        case SetFields():
            fields = {name: as_text(value) for name, value in change.after.items()}
            accounts.setdefault(change.account_id, {}).update(fields)
        case AssignOwner():
            accounts.setdefault(change.account_id, {})["owner_id"] = change.after
        case OpenTask():
            return _opened(change, tasks, at)
        case UpdateTask() | WithdrawTask():
            return _changed(change, tasks, at)
        case _:
            assert_never(change)
    return Receipt(change, Outcome.APPLIED, change.record)


def _opened(change: OpenTask, tasks: dict[str, dict[str, str]], at: datetime) -> Receipt:
    task_id = f"task-{change.key}"
    held = next((task["task_id"] for task in tasks.values() if task["key"] == change.key), None)
    if held is not None:
        return Receipt(change, Outcome.APPLIED, held, "ADOPTED", "the task was already there")
    tasks[task_id] = {
        "task_id": task_id,
        "key": change.key,
        "account_id": change.account_id,
        "contact_id": change.contact_id or "",
        "assignee_id": change.assignee_id,
        "subject": change.subject,
        "body": change.body,
        "due_at": iso(change.due_at),
        "priority": change.priority,
        "state": "open",
        "created_at": iso(at),
        "modified_at": iso(at),
    }
    return Receipt(change, Outcome.APPLIED, task_id)


def _changed(change: UpdateTask | WithdrawTask, tasks: dict[str, dict[str, str]], at: datetime) -> Receipt:
    task = tasks.get(change.task_id)
    if task is None or task["state"] != "open":
        said = "the task is no longer there" if task is None else "the task is closed"
        return Receipt(change, Outcome.STALE, code="GONE" if task is None else "CLOSED", said=said)
    if isinstance(change, WithdrawTask):
        task |= {"state": "withdrawn", "note": change.note, "closed_at": iso(at)}
    else:
        task |= {name: as_text(value) for name, value in change.after.items()}
    task["modified_at"] = iso(at)
    return Receipt(change, Outcome.APPLIED, change.task_id)


def _task_columns(tasks: Iterable[Mapping[str, str]]) -> Columns:
    rows = list(tasks)
    made: dict[str, Any] = {name: [row.get(name) or None for row in rows] for name in empty("tasks")}
    for name in _TASK_TIMES:
        moments = [_task_value(name, row.get(name)) for row in rows]
        made[name] = [_micros(moment) if isinstance(moment, datetime) else None for moment in moments]
    return made


def _task_value(name: str, text: str | None) -> Value:
    if not text:
        return None
    return datetime.fromisoformat(text) if name in _TASK_TIMES else text


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _TASK_TIMES and isinstance(value, int | np.integer):
        return iso(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(value)))
    return str(value)


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
