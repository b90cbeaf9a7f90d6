"""Builders of small evidence: accounts, people, touches and signals by name, everything else defaulted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from engine.evidence import NO_TIME, US_PER_DAY, Columns, Evidence, Names, raw_columns
from engine.policy import Policy
from engine.tables import ACCOUNTS, CONTACTS, OPPORTUNITIES, OWNERS, SIGNALS, TASKS, Kind, Table

TODAY = date(2026, 11, 2)
TODAY_DAY = (TODAY - date(1970, 1, 1)).days
TIERS: list[dict[str, Any]] = [
    {"name": "1 - Focus", "enter": 70, "leave": 60},
    {"name": "2 - Growth", "enter": 50, "leave": 43},
    {"name": "3 - Scaled", "enter": 30, "leave": 25},
]


def a_policy(**parts: Any) -> Policy:
    """A policy with three tiers and whatever else is given."""
    return Policy.model_validate({"tiers": TIERS, **parts})


def at(day: int, hour: int = 12) -> int:
    """Microseconds of an hour of a day number."""
    return day * US_PER_DAY + hour * 3_600_000_000


def moment(day: int, hour: int = 12) -> datetime:
    """The same as a datetime."""
    return datetime.fromtimestamp(at(day, hour) / 1_000_000, tz=UTC)


@dataclass
class World:
    """Small evidence while it is written down. Days are ages: 3 is three days ago."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    touches: list[tuple[str | None, str | None, str, int, int, int, int]] = field(default_factory=list)
    signals: list[dict[str, Any]] = field(default_factory=list)
    opportunities: list[dict[str, Any]] = field(default_factory=list)
    owners: list[dict[str, Any]] = field(default_factory=list)
    hand_raises: list[dict[str, Any]] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    configured: frozenset[str] = frozenset({"engagement", "intent", "roles"})
    account_alias: dict[str, str] = field(default_factory=dict)
    person_alias: dict[str, str] = field(default_factory=dict)

    def account(self, account_id: str, **columns: Any) -> World:
        """One account; ``parent`` by id."""
        self.accounts.append({"account_id": account_id, "name": account_id.title(), **columns})
        return self

    def contact(self, contact_id: str, account: str | None = None, **columns: Any) -> World:
        """One contact, by default of an account."""
        self.contacts.append({"contact_id": contact_id, "account_id": account, **columns})
        return self

    def touch(
        self, person: str | None, kind: str, age: int = 0, n: int = 1, *, account: str | None = None, page: int = -1,
        inbound: int = 1,
    ) -> World:  # fmt: skip
        """Acts of one person on one day."""
        self.touches.append((person, account, kind, inbound, page, age, n))
        return self

    def signal(self, account: str | None, topic: str, age: int = 0, source: str = "intent", **columns: Any) -> World:
        """One signal from outside."""
        self.signals.append({"account": account, "topic": topic, "age": age, "source": source, **columns})
        return self

    def evidence(self, day: int = TODAY_DAY, order: list[int] | None = None) -> Evidence:
        """The world as the engine gets it; ``order`` shuffles the touches."""
        accounts = {row["account_id"]: number for number, row in enumerate(self.accounts)}
        for name in self.account_alias:
            accounts.setdefault(name, len(accounts))
        named = [row["contact_id"] for row in self.contacts] + [t[0] for t in self.touches if t[0]] + self.people
        people = {name: number for number, name in enumerate(dict.fromkeys([*named, *self.person_alias]))}
        kinds = {name: n for n, name in enumerate(dict.fromkeys([*self.kinds, *(t[2] for t in self.touches)]))}
        owners = {row["owner_id"]: number for number, row in enumerate(self.owners)}
        empty = np.zeros(0, dtype=np.object_)
        return Evidence(
            as_of=at(day),
            names=Names(_texts(accounts), _texts(people), _texts(owners), _texts(kinds), empty, empty, empty),
            accounts=_accounts(self.accounts, accounts, owners),
            contacts=_contacts(self.contacts, accounts, people),
            opportunities=_linked(OPPORTUNITIES, self.opportunities, accounts, owners),
            owners=_owners(self.owners, owners),
            signals=_signals(self.signals, accounts),
            touches=_touches(self.touches, accounts, people, kinds, order),
            hand_raises=_hand_raises(self.hand_raises, accounts, people, kinds),
            tasks={**columns_of(TASKS, []), "account": _ints([]), "assignee": _ints([])},
            account_alias={accounts[old]: accounts[new] for old, new in self.account_alias.items()},
            person_alias={people[old]: people[new] for old, new in self.person_alias.items()},
            configured=self.configured,
        )


DEFAULTS: dict[str, Any] = {
    "domains": (), "tech": (), "lifecycle": "prospect", "created_at": at(TODAY_DAY - 700), "attributes": "{}",
    "modified_at": at(TODAY_DAY - 1), "owned": "{}", "record": "contact", "family": "intent", "active": True,
    "away": "[]", "is_closed": False, "is_won": False, "strength": None, "call_opt_out": False, "mail_opt_out": False,
}  # fmt: skip


def columns_of(table: Table, rows: list[dict[str, Any]]) -> Columns:
    """A canonical table of rows, as the replica gives it."""
    out: Columns = {}
    for column in table.columns:
        values = [row.get(column.name, DEFAULTS.get(column.name)) for row in rows]
        if column.kind is Kind.TIME:
            out[column.name] = np.array([NO_TIME if v is None else v for v in values], dtype=np.int64)
        elif column.kind in {Kind.WHOLE, Kind.NUMBER}:
            out[column.name] = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
        elif column.kind is Kind.FLAG and not column.optional:
            out[column.name] = np.array(values, dtype=np.bool_)
        else:
            out[column.name] = np.empty(len(rows), dtype=np.object_)
            for row, value in enumerate(values):
                out[column.name][row] = list(value or ()) if column.kind is Kind.TEXTS else value
    return out


def _texts(names: dict[str, int]) -> Any:
    out = np.empty(len(names), dtype=np.object_)
    for name, number in names.items():
        out[number] = name
    return out


def _ints(values: list[int]) -> Any:
    return np.array(values, dtype=np.int32)


def _accounts(rows: list[dict[str, Any]], accounts: dict[str, int], owners: dict[str, int]) -> Columns:
    rows = [{**row, "parent_id": row.get("parent")} for row in rows]
    return {
        **columns_of(ACCOUNTS, rows),
        "account": _ints([accounts[row["account_id"]] for row in rows]),
        "parent": _ints([accounts.get(row.get("parent") or "", -1) for row in rows]),
        "owner": _ints([owners.get(row.get("owner_id") or "", -1) for row in rows]),
    }


def _contacts(rows: list[dict[str, Any]], accounts: dict[str, int], people: dict[str, int]) -> Columns:
    return {
        **columns_of(CONTACTS, rows),
        "person": _ints([people[row["contact_id"]] for row in rows]),
        "account": _ints([accounts.get(row.get("account_id") or "", -1) for row in rows]),
    }


def _linked(table: Table, rows: list[dict[str, Any]], accounts: dict[str, int], owners: dict[str, int]) -> Columns:
    return {
        **columns_of(table, rows),
        "account": _ints([accounts.get(row.get("account_id") or "", -1) for row in rows]),
        "owner": _ints([owners.get(row.get("owner_id") or "", -1) for row in rows]),
    }


def _owners(rows: list[dict[str, Any]], owners: dict[str, int]) -> Columns:
    return {
        **columns_of(OWNERS, rows),
        "owner": _ints([owners[row["owner_id"]] for row in rows]),
        "manager": _ints([-1 for _ in rows]),
    }


def _signals(rows: list[dict[str, Any]], accounts: dict[str, int]) -> Columns:
    rows = [
        {"signal_id": f"s{number}", "occurred_at": at(TODAY_DAY - row["age"]), **row} for number, row in enumerate(rows)
    ]
    return {
        **columns_of(SIGNALS, rows),
        "account": _ints([accounts.get(row["account"] or "", -1) for row in rows]),
    }


def _touches(
    rows: list[tuple[str | None, str | None, str, int, int, int, int]],
    accounts: dict[str, int],
    people: dict[str, int],
    kinds: dict[str, int],
    order: list[int] | None,
) -> Columns:
    rows = [rows[i] for i in order] if order is not None else rows
    return {
        "person": _ints([people[row[0]] if row[0] else -1 for row in rows]),
        "account": _ints([accounts[row[1]] if row[1] else -1 for row in rows]),
        "kind": _ints([kinds[row[2]] for row in rows]),
        "inbound": np.array([row[3] for row in rows], dtype=np.int8),
        "page_class": np.array([row[4] for row in rows], dtype=np.int16),
        "day": _ints([TODAY_DAY - row[5] for row in rows]),
        "n": _ints([row[6] for row in rows]),
    }


def _hand_raises(
    rows: list[dict[str, Any]], accounts: dict[str, int], people: dict[str, int], kinds: dict[str, int]
) -> Columns:
    ids = np.empty(len(rows), dtype=np.object_)
    ids[:] = [row["activity_id"] for row in rows]
    return {
        "activity_id": ids,
        "kind": _ints([kinds[row["kind"]] for row in rows]),
        "person": _ints([people.get(row.get("person") or "", -1) for row in rows]),
        "account": _ints([accounts.get(row.get("account") or "", -1) for row in rows]),
        "occurred_at": np.array([at(TODAY_DAY - row["age"]) for row in rows], dtype=np.int64),
    }


def raw_rows(rows: list[dict[str, Any]]) -> Columns:
    """Raw activities for ``condense``; what a row does not say is none."""
    none = {"person": -1, "account": -1, "actor": -1, "url": -1, "subject": -1, "topic": -1, "kind": 0}
    out: Columns = {}
    for name, dtype in raw_columns():
        values = [row.get(name, none.get(name, 0)) for row in rows]
        out[name] = np.array(values, dtype=dtype)
    return out
