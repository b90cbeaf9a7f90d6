"""One generation of the replica, open for a pass: what the engine scores, what a plan compares with, who acted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from connectors.base import Value
from engine.evidence import NO_TIME, Columns, Evidence
from engine.facts import OwnerFacts
from sync import owned

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task of ours as the CRM shows it."""

    task_id: str
    key: str
    assignee_id: str | None
    subject: str | None
    due_at: datetime | None
    state: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RawAct:
    """An outbound or two-way act by one of us, names resolved as far as the replica can."""

    activity_id: str
    kind: str
    person: int
    account: int
    actor_id: str
    occurred_at: datetime
    logged_at: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole generation. There is no partial one: a pull that broke off makes none."""

    evidence: Evidence
    now: datetime  # the CRM's time up to which it was read
    rows_read: int  # by this pass's pull
    rows_before: int | None  # accounts in the generation before
    generation: int
    acts: tuple[RawAct, ...] = ()

    @property
    def accounts(self) -> int:
        """Accounts in the CRM now."""
        return len(self.evidence.accounts["account_id"])

    def shown(self) -> dict[str, dict[str, Value]]:
        """What the CRM shows in the fields we own, by account_id; times as aware datetimes, unset ones left out."""
        columns = self.evidence.accounts
        return {
            str(account): _owned(text) for account, text in zip(columns["account_id"], columns["owned"], strict=True)
        }

    def owner_of(self) -> dict[str, str | None]:
        """Owner by account_id."""
        columns = self.evidence.accounts
        return {str(a): o for a, o in zip(columns["account_id"], columns["owner_id"], strict=True)}

    def names(self) -> dict[str, str]:
        """Account names by account_id."""
        columns = self.evidence.accounts
        return {str(a): str(name or a) for a, name in zip(columns["account_id"], columns["name"], strict=True)}

    def owners(self, managers: Mapping[str, str] | None = None) -> dict[str, OwnerFacts]:
        """People on our side by owner_id; ``managers``: e-mail to e-mail of the manager where the CRM names none."""
        found = owners_from(self.evidence.owners)
        ids = {(owner.email or "").lower(): owner.owner_id for owner in found.values()}
        told = {ids.get(one.lower()): ids.get(boss.lower()) for one, boss in (managers or {}).items()}
        return {
            name: replace(owner, manager_id=told[name]) if owner.manager_id is None and name in told else owner
            for name, owner in found.items()
        }

    def tasks(self) -> dict[str, ShownTask]:
        """Tasks of ours by creation key; of several with one key the oldest."""
        columns = self.evidence.tasks
        order = np.argsort(columns["created_at"], kind="stable")[::-1]
        found: dict[str, ShownTask] = {}
        for row in order:
            key = str(columns["key"][row])
            found[key] = ShownTask(
                task_id=str(columns["task_id"][row]),
                key=key,
                assignee_id=columns["assignee_id"][row],
                subject=columns["subject"][row],
                due_at=moment(int(columns["due_at"][row])),
                state=str(columns["state"][row]),
                closed_at=moment(int(columns["closed_at"][row])),
            )
        return found


def owners_from(columns: Columns) -> dict[str, OwnerFacts]:
    """People on our side by owner_id, from the table of owners."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {row["owner_id"]: _owner(row) for row in rows}


def moment(us: int) -> datetime | None:
    """Microseconds since 1970 as an aware datetime; None for an unknown time."""
    return None if us == NO_TIME else _EPOCH + timedelta(microseconds=us)


def microseconds(at: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _owned(text: Any) -> dict[str, Value]:
    shown: Mapping[str, Any] = json.loads(text) if text else {}
    return {name: value for name, raw in shown.items() if (value := owned.normal(name, raw)) is not None}


def _owner(row: Mapping[str, Any]) -> OwnerFacts:
    absences = json.loads(row["away"]) if row["away"] else []
    return OwnerFacts(
        owner_id=str(row["owner_id"]),
        name=str(row["name"] or row["owner_id"]),
        email=row["email"],
        active=bool(row["active"]),
        team=row["team"],
        manager_id=row["manager_id"],
        time_zone=row["time_zone"],
        away=tuple(
            (_EPOCH + timedelta(microseconds=start), _EPOCH + timedelta(microseconds=end)) for start, end in absences
        ),
    )
