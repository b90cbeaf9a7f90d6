"""Names of accounts, people and fields as people read them, put in at rendering and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

FIELDS: Final[Mapping[str, str]] = {
    "tier": "Tier",
    "tier_since": "Tier since",
    "treated_as": "Treated as",
    "score": "Score",
    "scored_at": "Scored at",
    "why": "Why",
    "next_action": "Next action",
    "sla_due": "SLA due",
    "sla_status": "SLA status",
    "fit": "Fit",
    "signal": "Signal",
    "falls_on": "Falls on",
    "what_changed": "What changed",
    "first_touch": "First touch",
    "play": "Play",
    "subject": "Subject",
    "body": "Body",
    "due_at": "Due",
    "priority": "Priority",
}


@dataclass(frozen=True, slots=True)
class Labels:
    """Names by id; an id without a name stands for itself."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def account(self, account_id: str) -> str:
        """Name of an account."""
        return self.accounts.get(account_id, account_id)

    def person(self, owner_id: str | None) -> str:
        """Name of one of us; nobody when there is none."""
        return "nobody" if owner_id is None else self.people.get(owner_id, owner_id)


def shown(value: object) -> str:
    """A value as people read it; a dash where there is none."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%d %b %Y %H:%M} UTC".lstrip("0")
    return str(value)


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 task, 2 tasks."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
