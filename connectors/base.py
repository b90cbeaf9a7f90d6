"""The port: what a CRM must offer, and the nouns that cross it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

RecordId = str
Key = str
Value = str | int | float | bool | datetime | None
Fields = Mapping[str, Value]  # canonical field name to value
Remember = Callable[[str], None]


# ---- pull -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Cursors:
    """Where each stream of an earlier complete generation ended; empty = full pull."""

    by_stream: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_stream)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one canonical table. ``columns`` follow ``engine.tables``: Python values, None = unknown.

    ``stream`` is the vendor stream it came from (several may feed one table). A stream's last page carries ``cursor``;
    ``resume`` (opaque, "" = none) lets an interrupted first pull go on after this page. ``merged`` maps a loser's id to
    the winner's, of the page's table. ``whole`` on a stream's last page says that the stream was read in full, so rows
    of that stream not seen in this pull are gone.
    """

    stream: str
    table: str
    columns: Mapping[str, Sequence[object]]
    deleted: tuple[RecordId, ...] = ()
    merged: Mapping[RecordId, RecordId] = field(default_factory=dict)
    resume: str = ""
    cursor: str = ""
    last: bool = False
    whole: bool = False

    def __len__(self) -> int:
        return max((len(values) for values in self.columns.values()), default=0)


# ---- changes --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SetFields:
    """Owned fields of one account: canonical name to value; ``before`` is what the snapshot showed."""

    account_id: RecordId
    before: Fields
    after: Fields

    @property
    def record(self) -> RecordId:
        """The record that changes."""
        return self.account_id


@dataclass(frozen=True, slots=True)
class AssignOwner:
    """The owner of one account."""

    account_id: RecordId
    before: RecordId | None
    after: RecordId

    @property
    def record(self) -> RecordId:
        """The record that changes."""
        return self.account_id


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A new task. ``key`` is unique for ever and is written into the task."""

    key: Key
    account_id: RecordId
    contact_id: RecordId | None
    contact_is_lead: bool
    assignee_id: RecordId
    subject: str
    body: str
    due_at: datetime
    priority: str  # high, normal, low

    @property
    def record(self) -> RecordId:
        """The account that the task is about."""
        return self.account_id


@dataclass(frozen=True, slots=True)
class UpdateTask:
    """Words, due time, priority or holder of an open task of ours that no person has touched."""

    task_id: RecordId
    key: Key
    account_id: RecordId
    before: Fields  # subject, due_at, state, assignee_id as the snapshot showed them
    after: Fields  # any of subject, body, due_at, priority, assignee_id

    @property
    def record(self) -> RecordId:
        """The task that changes."""
        return self.task_id


@dataclass(frozen=True, slots=True)
class WithdrawTask:
    """Close an open task of ours with its own closed status and a note; never deleted."""

    task_id: RecordId
    key: Key
    account_id: RecordId
    before: Fields
    note: str

    @property
    def record(self) -> RecordId:
        """The task that changes."""
        return self.task_id


Change = SetFields | AssignOwner | OpenTask | UpdateTask | WithdrawTask


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that go out in one call (or one job), all of one kind, no record twice."""

    changes: tuple[Change, ...]
    transport: str  # collections, bulk, batch: for predictions and logs
    calls: int  # predicted API calls to send it, its stale check not counted


class Outcome(StrEnum):
    """How a change ended."""

    APPLIED = "applied"
    STALE = "stale"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    UNSENT = "unsent"  # the CRM refused the whole call before doing anything: may be planned again


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one change. ``crm_id``: the record made or changed; ``code``: the CRM's; ``said``: our words."""

    change: Change
    outcome: Outcome
    crm_id: RecordId | None = None
    code: str = ""
    said: str = ""


# ---- reading back ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Ask:
    """Fields of one record, to be read live. ``kind``: account (owned fields and owner_id) or task."""

    kind: Literal["account", "task"]
    record: RecordId
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyAsk:
    """A creation key to look for, and the account its task would hang on."""

    key: Key
    account_id: RecordId


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task found by key: live, closed, archived or deleted."""

    task_id: RecordId
    key: Key
    state: str  # open, done, withdrawn, deleted
    created_at: datetime
    assignee_id: RecordId | None = None
    touched: bool = False


# ---- readiness ------------------------------------------------------------------------------------------------------
class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``tierline check``: what was looked at, how it is, and the fix."""

    level: Level
    what: str
    said: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One thing that ``tierline setup`` would make in the CRM."""

    what: str  # field Account.Tierline_Tier__c, property group tierline, ...
    said: str  # exists, missing, differs
    missing: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls: used by us in this process, and the org's day as the CRM reports it (None = not reported)."""

    ours: int
    org_used: int | None
    org_limit: int | None


class Crm(Protocol):
    """One connection to one CRM org. Clock and sleep are given; nothing here reads the wall clock."""

    name: str  # of the connection
    vendor: str  # Salesforce, HubSpot, files: as people read it
    settle_after: timedelta  # how long a dead call may still commit

    @property
    def create_guard(self) -> Literal["unique", "read_back"]:
        """Whether the CRM itself refuses a second task of a key. A property, as the CRM has to be asked."""
        ...

    def org_id(self) -> str:
        """The org or portal, as a stable string."""
        ...

    def server_time(self) -> datetime:
        """The CRM's own clock, aware UTC, whole seconds."""
        ...

    def check(self) -> list[Finding]:
        """Login, versions, permissions, fields, owners, budget, skew. Writes nothing."""
        ...

    def setup(self, *, act: bool, installation: str) -> list[SetupStep]:
        """The fields we need: listed; made when ``act``.

        Leaves the installation's id in the CRM, in place of another's: the caller refuses strangers.
        """
        ...

    def installation(self) -> str | None:
        """The installation id that ``setup`` left, or None."""
        ...

    def missing_fields(self) -> list[str]:
        """Vendor names of mapped or owned fields that do not exist or that we may not use."""
        ...

    def pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:
        """All tables: everything, or what changed since the cursors; raises rather than ending early.

        ``cursors`` may name only some streams: those are read from there, the others in full. ``resume:STREAM`` entries
        hold a page's ``resume`` of an interrupted pull.
        """
        ...

    def batches(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """Pure: order, chunks, transport."""
        ...

    def send(self, batch: Batch, remember: Remember) -> list[Receipt]:
        """Send once; exactly one receipt per change. ``remember(job id)`` is journalled before a job is waited for."""
        ...

    def read(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        """What the CRM shows now; a record that is gone is absent."""
        ...

    def find(self, asks: Sequence[KeyAsk]) -> dict[Key, list[FoundTask]]:
        """Tasks by creation key: live, closed, archived, deleted; never by a lagging index. Absent key = none found."""
        ...

    def usage(self) -> Usage:
        """API calls so far."""
        ...

    def close(self) -> None:
        """End connections."""
        ...
