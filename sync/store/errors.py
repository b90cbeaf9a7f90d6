"""What can go wrong with the store.

StoreError
|-- LeaseHeld      another run works on this connection (exit 75)
|-- LeaseLost      another run has taken over: nothing more may be sent (exit 75)
`-- PlanRefused    this plan cannot be applied: stale, superseded, unknown or not approved (exit 3)
"""

from __future__ import annotations

from datetime import datetime


class StoreError(Exception):
    """The state cannot be read or written as asked."""


class LeaseHeld(StoreError):
    """Another run works on this connection."""

    def __init__(self, connection: str, holder: str, expires_at: datetime) -> None:
        self.connection, self.holder, self.expires_at = connection, holder, expires_at
        super().__init__(f"another run works on {connection} ({holder}); its lease ends at {expires_at:%H:%M:%S} UTC")


class LeaseLost(StoreError):
    """Another run has taken over this connection."""

    def __init__(self, connection: str) -> None:
        self.connection = connection
        super().__init__(f"another run has taken over {connection}: this one sends nothing more")


class PlanRefused(StoreError):
    """The plan named cannot be applied; plan again."""
