"""Runs migrations inside the transaction that the store opened."""

from __future__ import annotations

from alembic import context

from sync.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
