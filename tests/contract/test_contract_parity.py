"""The same world read from both CRMs gives the same canonical rows, where the CRMs are alike at all."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from tests.contract.fold import Fold, Row
from tests.contract.sandboxes import Running, SandboxHouse
from tests.fakes import MONDAY

pytestmark = pytest.mark.slow
PLACEHOLDER = "integration@ours.com"  # Salesforce has no record without an owner
NOW_US = int(MONDAY.timestamp()) * 1_000_000


@pytest.fixture(scope="module")
def both(running: Running) -> tuple[Fold, Fold]:
    """The world as read from Salesforce and from HubSpot."""
    houses = [SandboxHouse(running, name) for name in ("salesforce", "hubspot")]
    for house in houses:
        house.end()
    return houses[0].untouched(), houses[1].untouched()


class World:
    """One CRM's rows, with world keys and addresses where it has its own ids."""

    def __init__(self, told: Fold) -> None:
        self._told = told
        self._accounts = {
            row["account_id"]: json.loads(row["attributes"])["world_key"] for row in told.table("accounts").values()
        }
        self._owners = {row["owner_id"]: str(row["email"]) for row in told.table("owners").values()}
        self._people = {row["contact_id"]: row["email"] for row in told.table("contacts").values()}

    def accounts(self) -> list[Row]:
        """Domains as hosts: Salesforce keeps a web address, HubSpot a domain."""
        return [self._named(row) | {"domains": [*map(host, row["domains"])]} for row in self._rows("accounts")]

    def contacts(self) -> list[Row]:
        """People, by nothing but what they are."""
        return [self._named(row) for row in self._rows("contacts", "contact_id")]

    def opportunities(self) -> list[Row]:
        """Each CRM stamps the change of a stage in its own way."""
        return [self._named(row) for row in self._rows("opportunities", "opportunity_id", "stage_changed_at")]

    def owners(self) -> list[Row]:
        """Those who can get work; only HubSpot tells working hours, only Salesforce who leads whom."""
        rows = self._rows("owners", "manager_id", "working_hours")
        real = [row for row in rows if row["active"] and row["email"].endswith("@ours.com")]
        return [self._named(row) | {"away": coming(row["away"])} for row in real]

    def activities(self) -> list[Row]:
        """Who acted on whom; Salesforce names the address of a mail where HubSpot names the person."""
        return [
            self._named(row) | {"who": (self._people.get(row["contact_id"]) or row["email"] or "").casefold()}
            for row in self._rows("activities", "activity_id", "logged_at")
        ]

    def _rows(self, table: str, *without: str) -> list[Row]:
        left = {"created_at", "modified_at", "owned", *without}  # stamps are each CRM's own
        return [{k: v for k, v in row.items() if k not in left} for row in self._told.table(table).values()]

    def _named(self, row: Row) -> Row:
        named = dict(row)
        for name in ("account_id", "parent_id"):
            if name in row:
                named[name] = self._accounts.get(row[name])
        for name in ("owner_id", "actor_id"):
            if name in row:
                owner = self._owners.get(row[name])
                named[name] = None if owner == PLACEHOLDER and name == "owner_id" else owner
        if "actor_id" in row:
            named.pop("contact_id")
            named.pop("email")
        return named


def host(domain: str) -> str:
    """The host of a web address or domain."""
    return re.sub(r"^(?:https?://)?(?:www\.)?([^/?#]+).*$", r"\1", domain.strip().lower())


def coming(away: str) -> list[Any]:
    """Absences that are not over: Salesforce holds only the next one."""
    return [span for span in json.loads(away) if span[1] > NOW_US]


@pytest.mark.parametrize("table", ["accounts", "contacts", "opportunities", "owners", "activities"])
def test_both_crms_give_the_same_rows(both: tuple[Fold, Fold], table: str) -> None:
    one, other = (Counter(json.dumps(row, sort_keys=True) for row in getattr(World(told), table)()) for told in both)

    assert one
    assert [list((one - other).elements())[:3], list((other - one).elements())[:3]] == [[], []]
