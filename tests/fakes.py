"""A CRM and a clock in memory, with faults on order, for wherever no HTTP is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

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
    WithdrawTask,
)
from connectors.chunks import chunked
from connectors.errors import CrmError
from engine.tables import TABLES, Column, Kind, Table

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MARK = "Withdrawn"


class FakeClock:
    """A machine's clock that moves when told, or when somebody sleeps."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self._now, self._seconds = start, 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Time passes at once."""
        self.slept.append(seconds)
        self.advance(timedelta(seconds=seconds))

    def advance(self, span: timedelta) -> None:
        """Let time pass."""
        self._now += span
        self._seconds += span.total_seconds()


@dataclass
class FakeTask:
    """A task in the pretend CRM."""

    task_id: str
    key: Key
    account_id: str
    assignee_id: str
    subject: str
    body: str
    due_at: datetime
    priority: str
    created_at: datetime
    contact_id: str | None = None
    state: str = "open"
    closed_at: datetime | None = None
    touched: bool = False
    note: str = ""


@dataclass
class Fault:
    """What goes wrong with some of the next calls.

    ``lost``: the write commits, its answer is lost; ``late``: the same, but it commits only when ``comes_after`` has
    passed; ``reset``: nothing commits, and nobody can tell; ``twice``: commits twice, the answer is lost; ``unnamed``:
    commits, the answer does not name the rows; ``refuse``: the whole call is refused before anything is done;
    ``raise``: ``error`` before anything is done.
    """

    do: Literal["lost", "late", "reset", "twice", "unnamed", "refuse", "raise"]
    on: str = "send"  # send, read, find, pull, server_time
    skip: int = 0
    count: int = 1
    error: CrmError | None = None
    comes_after: timedelta = timedelta(0)


@dataclass
class FakeCrm:
    """One pretend org. ``accounts``: account_id to its fields, ``owner_id`` among them. Change its state freely."""

    accounts: dict[RecordId, dict[str, Any]] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    create_guard: Literal["unique", "read_back"] = "unique"
    settle_after: timedelta = timedelta(minutes=5)
    batch_size: int = 2
    name: str = "prod"
    vendor: str = "Fake"
    tasks: dict[str, FakeTask] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # rows for ``pull``, by canonical table
    rejects: dict[RecordId, str] = field(default_factory=dict)  # record -> code: writes to it are refused
    tiers: tuple[str, ...] = ()  # values that the tier field takes; none = any
    merged: dict[RecordId, RecordId] = field(default_factory=dict)  # accounts that people merged: loser to winner
    faults: list[Fault] = field(default_factory=list)
    watch: Callable[[str], None] = lambda _step: None  # called at each step; may raise
    installed: str | None = None
    missing: list[str] = field(default_factory=list)
    writes: list[Change] = field(default_factory=list)  # everything that ever committed, in order
    late: list[tuple[datetime, Change]] = field(default_factory=list)
    calls: int = 0

    # ---- who and when
    def org_id(self) -> str:
        """The org."""
        return f"org-{self.name}"

    def server_time(self) -> datetime:
        """The clock, in whole seconds."""
        self._fault("server_time")
        return self.clock.now().replace(microsecond=0)

    def usage(self) -> Usage:
        """Calls so far."""
        return Usage(ours=self.calls, org_used=None, org_limit=None)

    def close(self) -> None:
        """Nothing to close."""

    # ---- readiness
    def check(self) -> list[Finding]:
        """One finding per missing field."""
        missing = [Finding(Level.FAIL, f"field {name}", "missing", "run tierline setup") for name in self.missing]
        return missing or [Finding(Level.OK, "fields", "all there")]

    def setup(self, *, act: bool, installation: str) -> list[SetupStep]:
        """Makes what is missing, and leaves the installation's id in place of another's."""
        steps = [SetupStep(f"field {name}", "missing", missing=True) for name in self.missing]
        if act:
            self.missing, self.installed = [], installation
        return steps

    def installation(self) -> str | None:
        """Who set it up."""
        return self.installed

    def missing_fields(self) -> list[str]:
        """Fields that ``setup`` has not made."""
        return list(self.missing)

    # ---- reading
    def pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:
        """Everything, one page per table."""
        del cursors
        for name, table in TABLES.items():
            if name != "signals":
                self._fault("pull")
                merged = self.merged if name == "accounts" else {}
                yield _page(table, self._rows(table), until, merged)

    def read(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        """What stands now."""
        self._step("read")
        self._fault("read")
        found: dict[RecordId, Fields] = {}
        for ask in asks:
            shown = self.accounts.get(ask.record) if ask.kind == "account" else self._task_fields(ask.record)
            if shown is not None:
                found[ask.record] = {name: shown.get(name) for name in ask.fields}
        return found

    def find(self, asks: Sequence[KeyAsk]) -> dict[Key, list[FoundTask]]:
        """Tasks by key, closed ones too."""
        self._step("find")
        self._fault("find")
        wanted = {ask.key for ask in asks}
        found: dict[Key, list[FoundTask]] = {}
        for task in self.tasks.values():
            if task.key in wanted:
                seen = FoundTask(task.task_id, task.key, task.state, task.created_at, task.assignee_id, task.touched)
                found.setdefault(task.key, []).append(seen)
        return found

    # ---- writing
    def batches(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """Pieces of ``batch_size``."""
        for piece in chunked(changes, self.batch_size):
            yield Batch(piece, "batch", 1)

    def send(self, batch: Batch, remember: Remember) -> list[Receipt]:
        """One call: per row applied, rejected or unknown, as the faults have it."""
        self._step("send")
        fault = self._fault("send")
        remember(f"job-{self.calls}")
        if fault is None:
            receipts = [self._write(change) for change in batch.changes]
            self._step("sent")
            return receipts[::-1]  # answers come in any order
        return self._failing(batch, fault)

    def open_tasks(self) -> list[FakeTask]:
        """Tasks that a rep sees."""
        return [task for task in self.tasks.values() if task.state == "open"]

    def state(self) -> dict[str, Any]:
        """All that a person could see in this CRM, for comparing two of them; ids of tasks left out."""
        tasks = [(t.key, t.account_id, t.assignee_id, t.subject, t.state, t.due_at) for t in self.tasks.values()]
        return {"accounts": self.accounts, "tasks": sorted(tasks)}

    def arrive(self) -> None:
        """Calls that were thought dead commit when their time has come."""
        due = [change for at, change in self.late if at <= self.clock.now()]
        self.late = [(at, change) for at, change in self.late if at > self.clock.now()]
        for change in due:
            self._write(change)

    def _failing(self, batch: Batch, fault: Fault) -> list[Receipt]:
        outcome = Outcome.UNSENT if fault.do == "refuse" else Outcome.UNKNOWN
        if fault.do in ("lost", "twice", "unnamed"):
            for change in batch.changes:
                self._write(change)
                if fault.do == "twice" and isinstance(change, OpenTask):
                    self._create(change)
        if fault.do == "late":
            self.late += [(self.clock.now() + fault.comes_after, change) for change in batch.changes]
        self._step("sent")
        named = () if fault.do == "unnamed" else batch.changes
        return [Receipt(change, outcome, code=fault.do) for change in named]

    def _write(self, change: Change) -> Receipt:
        if code := self._refusal(change):
            return Receipt(change, Outcome.REJECTED, code=code, said="the CRM refuses it")
        match change:
            case SetFields():
                self.accounts[change.record] |= change.after
            case AssignOwner():
                self.accounts[change.record]["owner_id"] = change.after
            case OpenTask():
                return self._open(change)
            case UpdateTask():
                for name, value in change.after.items():
                    setattr(self.tasks[change.record], name, value)
            case WithdrawTask():
                task = self.tasks[change.record]
                task.state, task.note, task.closed_at = "withdrawn", change.note, self.clock.now()
        self.writes.append(change)
        return Receipt(change, Outcome.APPLIED, crm_id=change.record)

    def _refusal(self, change: Change) -> str:
        """Code of what speaks against a change; nothing when it may be made."""
        if change.record in self.rejects:
            return self.rejects[change.record]
        if change.record not in (self._live_tasks() if _on_task(change) else self.accounts):
            return "NOT_FOUND"
        if isinstance(change, SetFields) and self.tiers and change.after.get("tier") not in (None, *self.tiers):
            return "NOT_ON_THE_LIST"
        people = {row["owner_id"]: row.get("active", True) for row in self.tables.get("owners", [])}
        person = change.after if isinstance(change, AssignOwner) else getattr(change, "assignee_id", None)
        return "" if person is None or people.get(str(person), True) else "INACTIVE_OWNER"

    def _open(self, change: OpenTask) -> Receipt:
        holder = next((task for task in self.tasks.values() if task.key == change.key), None)
        if holder is not None and self.create_guard == "unique":
            said = "adopted by its key"
            return Receipt(change, Outcome.APPLIED, holder.task_id, "duplicate", said)
        self.writes.append(change)
        return Receipt(change, Outcome.APPLIED, crm_id=self._create(change))

    def _create(self, change: OpenTask) -> str:
        task_id = f"task-{len(self.tasks) + 1}"
        self.tasks[task_id] = FakeTask(
            task_id=task_id,
            key=change.key,
            account_id=change.account_id,
            assignee_id=change.assignee_id,
            subject=change.subject,
            body=change.body,
            due_at=change.due_at,
            priority=change.priority,
            created_at=self.clock.now(),
            contact_id=change.contact_id,
        )
        return task_id

    # ---- inside
    def _step(self, name: str) -> None:
        self.calls += name in ("send", "read", "find")
        self.arrive()
        self.watch(name)

    def _fault(self, on: str) -> Fault | None:
        for fault in self.faults:
            if fault.on != on:
                continue
            if fault.skip:
                fault.skip -= 1
                return None
            fault.count -= 1
            if not fault.count:
                self.faults.remove(fault)
            if fault.error is not None:
                raise fault.error
            return fault
        return None

    def _live_tasks(self) -> dict[str, FakeTask]:
        return {task_id: task for task_id, task in self.tasks.items() if task.state != "deleted"}

    def _task_fields(self, task_id: str) -> dict[str, Any] | None:
        task = self._live_tasks().get(task_id)
        return None if task is None else vars(task)

    def _rows(self, table: Table) -> list[dict[str, Any]]:
        if table.name == "accounts":
            return [self._account_row(account, shown) for account, shown in self.accounts.items()]
        if table.name == "tasks":
            return [vars(task) | {"modified_at": self.clock.now()} for task in self.tasks.values()]
        return self.tables.get(table.name, [])

    def _account_row(self, account: RecordId, shown: Mapping[str, Any]) -> dict[str, Any]:
        base = next((row for row in self.tables.get("accounts", []) if row["account_id"] == account), {})
        owned = {name: value for name, value in shown.items() if name != "owner_id"}
        said = {name: value for name, value in owned.items() if value is not None}
        return {**base, "account_id": account, "owner_id": shown.get("owner_id"), "owned": said}


def _on_task(change: Change) -> bool:
    return isinstance(change, UpdateTask | WithdrawTask)


_EMPTY: Mapping[Kind, Any] = {
    Kind.TEXTS: [],
    Kind.TREE: {},
    Kind.FLAG: False,
    Kind.TIME: datetime(2026, 1, 1, tzinfo=UTC),
}
_FIRST: Mapping[str, Any] = {"lifecycle": "prospect", "direction": "none", "record": "contact", "away": []}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _page(
    table: Table, rows: Sequence[Mapping[str, Any]], until: datetime, merged: Mapping[RecordId, RecordId]
) -> Page:
    columns = {column.name: [_told(row.get(column.name), column) for row in rows] for column in table.columns}
    return Page(table.name, table.name, columns, merged=dict(merged), cursor=until.isoformat(), last=True, whole=True)


def _told(value: Any, column: Column) -> Any:
    """A value as a page carries it: times in microseconds, trees as JSON; a known column is never empty."""
    if value is None and not column.optional:
        value = _FIRST.get(column.name, _EMPTY.get(column.kind))
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    if column.kind is Kind.TREE and value is not None and not isinstance(value, str):
        return json.dumps(value, sort_keys=True, default=lambda at: at.isoformat())
    return value
