"""The plan as a thing: changes with their reasons, what was held, totals; as JSON and back; its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import msgspec

from connectors.base import Change
from engine.facts import Decision, TaskWanted
from sync import changes as wire
from sync.changes import Kind, kind_of
from sync.digest import SHOWN, digest

SHAPE: Final = 1  # version of the plan's JSON


@dataclass(frozen=True, slots=True)
class Planned:
    """One change, why it is made, and what stands behind it."""

    seq: int  # place in the plan, from 1
    change: Change
    rule: str  # what asked for it: tier rose, refresh, owner fill, play first-call
    reasons: tuple[str, ...] = ()
    movement: str = "stays"  # of the account's decision
    wanted: TaskWanted | None = None  # for tasks that open or are taken over

    @property
    def kind(self) -> Kind:
        """What the change does."""
        return kind_of(self.change)

    @property
    def account_id(self) -> str:
        """The account that the change is about."""
        return self.change.account_id


@dataclass(frozen=True, slots=True)
class Held:
    """Something wanted that this plan leaves out, by which rule, in words."""

    account_id: str
    what: str  # owner, task, a field's name
    by: str  # human wins, waiting, pending, taken
    reason: str


@dataclass(frozen=True, slots=True)
class Totals:
    """A plan in numbers."""

    accounts: int = 0  # with any change
    fields_set: int = 0
    fields_cleared: int = 0
    owners_moved: int = 0
    tasks_opened: int = 0
    tasks_updated: int = 0
    tasks_withdrawn: int = 0
    by_tier: Mapping[str, int] = field(default_factory=dict)  # tier written -> accounts
    by_owner: Mapping[str, int] = field(default_factory=dict)  # assignee -> new tasks
    api_calls: int = 0  # predicted


@dataclass(frozen=True)  # without slots, since the digest is worked out once
class Plan:
    """Everything that one pass would write, in order of sending."""

    connection: str
    org_id: str
    policy: str
    created_at: datetime  # the pass's time
    population: int
    first_pass: bool
    changes: tuple[Planned, ...] = ()
    held: tuple[Held, ...] = ()
    decisions: Mapping[str, Decision] = field(default_factory=dict)  # of the accounts that change
    cleared: int = 0  # fields blanked, transient fields of ours not counted
    overruled: tuple[tuple[str, str], ...] = ()  # (account, field) where somebody replaced what we wrote
    totals: Totals = Totals()

    @cached_property
    def digest(self) -> str:
        """Names all that is read or written, whatever the order it was found in; 64 hex digits."""
        rows = sorted((_signed(planned) for planned in self.changes), key=lambda row: (row["record"], row["kind"]))
        return digest({"org": self.org_id, "policy": self.policy, "changes": rows})

    @property
    def short(self) -> str:
        """The digest as people read it."""
        return self.digest[:SHOWN]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; ``from_dict`` gives the same plan back."""
        rest: dict[str, Any] = msgspec.to_builtins({name: getattr(self, name) for name in _PLAIN})
        rows = [row_of(planned) for planned in self.changes]
        return {"shape": SHAPE, "digest": self.digest, **rest, "changes": rows}


_PLAIN: Final[Mapping[str, Any]] = {
    "connection": str,
    "org_id": str,
    "policy": str,
    "created_at": datetime,
    "population": int,
    "first_pass": bool,
    "held": tuple[Held, ...],
    "decisions": dict[str, Decision],
    "cleared": int,
    "overruled": tuple[tuple[str, str], ...],
    "totals": Totals,
}


def from_dict(data: Mapping[str, Any]) -> Plan:
    """The plan that ``as_dict`` wrote. ValueError when its digest does not fit: somebody edited it."""
    if data.get("shape") != SHAPE:
        raise ValueError(f"this plan has shape {data.get('shape')!r}, this version reads {SHAPE}: plan again")
    rest = {name: msgspec.convert(data[name], kind) for name, kind in _PLAIN.items()}
    plan = Plan(**rest, changes=tuple(planned_from(row) for row in data["changes"]))
    if plan.digest != data["digest"]:
        raise ValueError("the plan's digest does not fit its contents: plan again")
    return plan


def row_of(planned: Planned) -> dict[str, Any]:
    """Plain JSON values of one planned change; ``planned_from`` gives it back."""
    plain = {name: getattr(planned, name) for name in ("seq", "rule", "reasons", "movement", "wanted")}
    return {**msgspec.to_builtins(plain), "change": wire.as_dict(planned.change)}


def planned_from(row: Mapping[str, Any]) -> Planned:
    """The planned change that ``row_of`` wrote."""
    wanted = None if row["wanted"] is None else msgspec.convert(row["wanted"], TaskWanted)
    change = wire.from_dict(row["change"])
    return Planned(row["seq"], change, row["rule"], tuple(row["reasons"]), row["movement"], wanted)


def _signed(planned: Planned) -> dict[str, Any]:
    change = wire.as_dict(planned.change)
    return {"record": planned.change.record, "kind": str(planned.kind), "change": change}
