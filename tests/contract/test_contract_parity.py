"""The same world read from both CRMs gives the same canonical rows; only ids, stamps and logging times differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.contract.fold import Fold, Row
from tests.contract.sandboxes import Running, SandboxHouse

pytestmark = pytest.mark.slow
OWN = ("created_at", "modified_at", "owned")  # each CRM's own stamps
POINTS_TO = {
    "account_id": "accounts",
    "parent_id": "accounts",
    "contact_id": "contacts",
    "owner_id": "owners",
    "manager_id": "owners",
    "actor_id": "owners",
}
Named = Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="module")
def both(running: Running) -> tuple[Fold, Fold]:
    """The world as read from Salesforce and from HubSpot."""
    houses = [SandboxHouse(running, name) for name in ("salesforce", "hubspot")]
    for house in houses:
        house.end()
    return houses[0].untouched(), houses[1].untouched()


def names_in(told: Fold) -> Named:
    """A CRM-neutral name for every id: world keys and addresses."""
    keys = {row["account_id"]: json.loads(row["attributes"])["world_key"] for row in told.table("accounts").values()}
    people = {
        row["contact_id"]: f"{row['email']}|{row['name']}|{keys.get(row['account_id'])}"
        for row in told.table("contacts").values()
    }
    owners = {row["owner_id"]: str(row["email"]) for row in told.table("owners").values()}
    return {"accounts": keys, "contacts": people, "owners": owners}


def neutral(told: Fold, table: str, *without: str, only: Callable[[Row], bool] = lambda _: True) -> Counter[str]:
    """Rows of a table with names instead of ids, each with how often it occurs."""
    names = names_in(told)
    rows = Counter[str]()
    for row in filter(only, told.table(table).values()):
        kept = {
            name: names[POINTS_TO[name]].get(value, value) if name in POINTS_TO else value
            for name, value in row.items()
            if name not in (*OWN, *without)
        }
        rows[json.dumps(kept, sort_keys=True, default=str)] += 1
    return rows


def same(both: tuple[Fold, Fold], table: str, *without: str, **how: Any) -> None:
    one, other = (neutral(told, table, *without, **how) for told in both)
    assert list((one - other).elements())[:3] == list((other - one).elements())[:3] == []
    assert one


def test_accounts_are_the_same(both: tuple[Fold, Fold]) -> None:
    same(both, "accounts")


def test_contacts_are_the_same(both: tuple[Fold, Fold]) -> None:
    same(both, "contacts")


def test_owners_are_the_same(both: tuple[Fold, Fold]) -> None:
    real = {row["email"] for told in both for row in told.table("owners").values() if row["team"]}

    same(both, "owners", "working_hours", only=lambda row: row["email"] in real)


def test_opportunities_are_the_same(both: tuple[Fold, Fold]) -> None:
    same(both, "opportunities", "opportunity_id", "stage_changed_at")


def test_activities_are_the_same(both: tuple[Fold, Fold]) -> None:
    same(both, "activities", "activity_id", "logged_at", "email")
