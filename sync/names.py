"""Names of runs: readable, sortable, and no two alike."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_run_id(now: datetime) -> str:
    """For example 20261102-090000-3f9c."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
