"""The tables of the store: what must survive a run. Changes here go with a migration."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

from sync.store.types import Document, Utc

METADATA: Final = MetaData()


def _connection() -> Column[str]:
    return Column("connection", String(80), primary_key=True)


RUNS: Final = Table(
    "runs",
    METADATA,
    Column("run", String(40), primary_key=True),
    Column("connection", String(80), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("state", String(16), nullable=False),  # running, done, held, failed, interrupted
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("policy", String(64), nullable=False),
    Column("digest", String(64)),
    Column("rows", Integer),  # accounts in the CRM, for the shrinking-pull guard
    Column("accepted", Boolean, nullable=False),  # no guard held it
    Column("summary", Document),
    Index("runs_by_time", "connection", "started_at"),
)
PLANS: Final = Table(
    "plans",
    METADATA,
    Column("run", String(40), primary_key=True),
    Column("connection", String(80), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # proposed, held, approved, applied, superseded, expired
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("forced", Document, nullable=False),  # guards that a person named
    Column("tripped", Document, nullable=False),  # guards it was over: name to sentence
    Column("body", Document, nullable=False),
    Index("plans_by_state", "connection", "state"),
    Index("plans_by_digest", "connection", "digest"),
)
STANDING: Final = Table(
    "standing",
    METADATA,
    _connection(),
    Column("account_id", String(80), primary_key=True),
    Column("tier", String(80), nullable=False),
    Column("since", Utc, nullable=False),
    Column("run", String(40), nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("body", Document, nullable=False),
)
DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("connection", String(80), nullable=False),
    Column("account_id", String(80), nullable=False),
    Column("run", String(40), nullable=False),
    Column("decided_at", Utc, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("stood", Boolean, nullable=False),  # became standing, or was only thought of
    Column("print", String(64), nullable=False),  # digest of what matters: tells whether the next one differs
    Column("body", Document, nullable=False),
    Column("ledger", Text, nullable=False),
    Index("decisions_of_account", "connection", "account_id", "id"),
    sqlite_autoincrement=True,
)
JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("run", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("connection", String(80), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("account_id", String(80), nullable=False),
    Column("record", String(80), nullable=False),
    Column("key", String(64)),
    Column("before", Document, nullable=False),
    Column("after", Document, nullable=False),
    Column("planned", Document, nullable=False),  # the whole change with its reasons
    Column("attempt", Integer, nullable=False),
    Column("term", Integer),
    Column("sent_at", Utc),
    Column("ended_at", Utc),
    Column("job", String(120)),
    Column("crm_id", String(80)),
    Column("code", String(120), nullable=False),
    Column("said", Text, nullable=False),
    Column("state", String(16), nullable=False),  # planned, sending, applied, rejected, stale, unknown
    Index("journal_by_state", "connection", "state"),
    Index("journal_by_key", "connection", "key"),
)
LAST_WRITTEN: Final = Table(
    "last_written",
    METADATA,
    _connection(),
    Column("account_id", String(80), primary_key=True),
    Column("field", String(40), primary_key=True),
    Column("value", Document),
    Column("at", Utc, nullable=False),
    Column("run", String(40), nullable=False),
    Column("overruled_at", Utc),  # when a pass first saw somebody else's value there
)
TASKS: Final = Table(
    "tasks",
    METADATA,
    _connection(),
    Column("key", String(64), primary_key=True),
    Column("account_id", String(80), nullable=False),
    Column("play", String(80), nullable=False),
    Column("epoch", String(120), nullable=False),
    Column("assignee_id", String(80), nullable=False),
    Column("subject", Text, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("due_at", Utc),
    Column("task_id", String(80)),
    Column("state", String(16), nullable=False),  # open, done, withdrawn, deleted
    Column("closed_at", Utc),
    Column("touched", Boolean, nullable=False),
    Column("sla", Boolean, nullable=False),
    Index("tasks_of_account", "connection", "account_id"),
    Index("tasks_by_opening", "connection", "opened_at"),
)
TIMERS: Final = Table(
    "timers",
    METADATA,
    _connection(),
    Column("key", String(64), primary_key=True),  # creation key of the task that started it
    Column("account_id", String(80), nullable=False),
    Column("play", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("body", Document, nullable=False),
    Index("timers_of_account", "connection", "account_id", "play"),
)
LEASES: Final = Table(
    "leases",
    METADATA,
    _connection(),
    Column("holder", String(200), nullable=False),
    Column("term", Integer, nullable=False),
    Column("expires_at", Utc, nullable=False),
)
META: Final = Table(
    "meta",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
