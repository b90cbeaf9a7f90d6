"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _decisions()
    _journal()
    _last_written()
    _leases()
    _meta()
    _plans()
    _runs()
    _standing()
    _tasks()
    _timers()


def downgrade() -> None:
    """Drop the tables and all that they hold."""
    for table in (
        "decisions",
        "journal",
        "last_written",
        "leases",
        "meta",
        "plans",
        "runs",
        "standing",
        "tasks",
        "timers",
    ):
        op.drop_table(table)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("run", sa.String(length=40), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("stood", sa.Boolean(), nullable=False),
        sa.Column("print", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("decisions_of_account", "decisions", ["connection", "account_id", "id"], unique=False)


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("run", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("record", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("planned", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("job", sa.String(length=120), nullable=True),
        sa.Column("crm_id", sa.String(length=80), nullable=True),
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq"),
    )
    op.create_index("journal_by_key", "journal", ["connection", "key"], unique=False)
    op.create_index("journal_by_state", "journal", ["connection", "state"], unique=False)


def _last_written() -> None:
    op.create_table(
        "last_written",
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.String(length=40), nullable=False),
        sa.Column("overruled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "account_id", "field"),
    )


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("run", sa.String(length=40), nullable=False),
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("forced", sa.Text(), nullable=False),
        sa.Column("tripped", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("plans_by_digest", "plans", ["connection", "digest"], unique=False)
    op.create_index("plans_by_state", "plans", ["connection", "state"], unique=False)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run", sa.String(length=40), nullable=False),
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("runs_by_time", "runs", ["connection", "started_at"], unique=False)


def _standing() -> None:
    op.create_table(
        "standing",
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("tier", sa.String(length=80), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "account_id"),
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("play", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.String(length=120), nullable=False),
        sa.Column("assignee_id", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("touched", sa.Boolean(), nullable=False),
        sa.Column("sla", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "key"),
    )
    op.create_index("tasks_by_opening", "tasks", ["connection", "opened_at"], unique=False)
    op.create_index("tasks_of_account", "tasks", ["connection", "account_id"], unique=False)


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("connection", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("play", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "key"),
    )
    op.create_index("timers_of_account", "timers", ["connection", "account_id", "play"], unique=False)
