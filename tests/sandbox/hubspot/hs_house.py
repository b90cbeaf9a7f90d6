"""Worlds, a replaceable application and a House: what the tests of the pretend HubSpot stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import requests
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from sandbox.frame import Clock, Journal, Options
from sandbox.hubspot import HubSpot
from sandbox.hubspot.auth import MAIN_TOKEN
from sandbox.world import DAY_S, KIND_CODE, Account, Activities, Contact, Opportunity, Owner, World

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())


class Switchboard:
    """An application that can be replaced while its server runs."""

    def __init__(self) -> None:
        self.app: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@dataclass
class House:
    """One pretend HubSpot and how to talk to it."""

    url: str
    crm: HubSpot
    clock: Clock
    journal: Journal
    options: Options
    session: requests.Session = field(default_factory=requests.Session)
    token: str = MAIN_TOKEN

    def call(
        self, method: str, path: str, json: Any = None, *, token: str | None = None, **query: Any
    ) -> requests.Response:
        """One request with the portal's token."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.session.request(method, self.url + path, json=json, params=query, headers=headers, timeout=10)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, **query)

    def post(self, path: str, json: Any = None, **query: Any) -> requests.Response:
        return self.call("POST", path, json, **query)

    def ok(self, method: str, path: str, json: Any = None, **query: Any) -> Any:
        """The JSON of a call that must succeed."""
        answer = self.call(method, path, json, **query)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def id_of(self, key: str) -> str:
        """Record id of a world key: A.. account, C.. contact, O.. owner, P.. opportunity."""
        table = {"A": "accounts", "C": "contacts", "O": "owners", "P": "opportunities"}[key[0]]
        return self.crm.keys()[table][key]

    def make_company(self, **properties: Any) -> str:
        made = self.ok("POST", "/crm/v3/objects/companies", {"properties": {"name": "New", **properties}})
        return str(made["id"])


def an_owner(key: str = "O002", **more: Any) -> Owner:
    given: dict[str, Any] = {
        "key": key,
        "first_name": "Rita",
        "last_name": key,
        "email": f"{key.lower()}@ours.com",
        "active": True,
        "job": "ae",
        "team": "East",
        "manager": None,
        "time_zone": "America/New_York",
        "away": ((NOW_S, NOW_S + DAY_S),),
        "hours": (540, 1020),
        "created_at": NOW_S - 500 * DAY_S,
        "modified_at": NOW_S - 400 * DAY_S,
    }
    return Owner(**{**given, **more})


def an_account(key: str, **more: Any) -> Account:
    given: dict[str, Any] = {
        "key": key,
        "name": f"Firm {key}",
        "website": f"https://www.{key.lower()}.com/about",
        "domain": f"{key.lower()}.com",
        "more_domains": (),
        "parent": None,
        "owner": "O002",
        "industry": "Software",
        "employees": 120,
        "annual_revenue": 1_500_000.5,
        "country": "US",
        "region": "NY",
        "tech": ("kafka", "spark"),
        "lifecycle": "prospect",
        "arr": None,
        "health": None,
        "adoption": None,
        "renewal_at": None,
        "potential": None,
        "strategic": False,
        "created_at": NOW_S - 300 * DAY_S,
        "modified_at": NOW_S - 200 * DAY_S,
    }
    return Account(**{**given, **more})


def a_contact(key: str, account: str | None = "A000001", **more: Any) -> Contact:
    given: dict[str, Any] = {
        "key": key,
        "account": account,
        "first_name": "Pat",
        "last_name": key,
        "email": f"{key.lower()}@firm.com",
        "title": "CTO",
        "role": "decision_maker",
        "seniority": "c_level",
        "call_opt_out": False,
        "mail_opt_out": True,
        "created_at": NOW_S - 290 * DAY_S,
        "modified_at": NOW_S - 100 * DAY_S,
    }
    return Contact(**{**given, **more})


def a_deal(key: str, account: str = "A000001", **more: Any) -> Opportunity:
    given: dict[str, Any] = {
        "key": key,
        "account": account,
        "name": "Big deal",
        "stage": "Proposal",
        "amount": 5000.0,
        "is_closed": False,
        "is_won": False,
        "owner": "O002",
        "created_at": NOW_S - 50 * DAY_S,
        "closed_at": None,
        "expected_close_at": NOW_S - NOW_S % DAY_S + 30 * DAY_S,
        "stage_changed_at": NOW_S - 20 * DAY_S,
        "modified_at": NOW_S - 10 * DAY_S,
        "roles": (("C0000001", "champion"),),
    }
    return Opportunity(**{**given, **more})


def some_activities(rows: list[dict[str, Any]]) -> Activities:
    """Activities from rows of kind, contact, account, actor, at and done."""

    def column(name: str, default: int, kind: type[np.generic]) -> Any:
        return np.array([row.get(name, default) for row in rows], kind)

    return Activities(
        kind=np.array([KIND_CODE[row["kind"]] for row in rows], np.int8),
        occurred_at=column("at", NOW_S - DAY_S, np.int64),
        logged_at=column("logged_at", NOW_S - DAY_S, np.int64),
        contact=column("contact", -1, np.int32),
        account=column("account", -1, np.int32),
        actor=column("actor", -1, np.int32),
        direction=column("direction", 2, np.int8),
        automated=column("automated", 0, np.bool_),
        done=column("done", 1, np.bool_),
        duration_s=column("duration_s", 300, np.int32),
        url=column("url", -1, np.int32),
        subject=column("subject", 0, np.int32),
        visitor=column("visitor", -1, np.int32),
        in_crm=column("in_crm", 1, np.bool_),
        urls=(),
        subjects=("Hello",),
        visitors=("someone@else.com",),
    )


ONE_OF_EACH = [
    "call_connected",
    "call_attempted",
    "inbound_call",
    "email_sent",
    "email_reply",
    "email_automated",
    "meeting_held",
    "meeting_no_show",
    "task",
]


def small_world() -> World:
    """Three accounts (one a child, one a customer), three contacts, one deal, one activity of each kind."""
    robot = an_owner("O001", job="integration", team="Operations", away=())
    gone = an_owner("O003", active=False)
    customer = {"lifecycle": "customer", "arr": 12000.0, "health": 71.5, "renewal_at": 1_800_000_000 // DAY_S * DAY_S}
    accounts = [an_account("A000001"), an_account("A000002", parent="A000001", **customer), an_account("A000003")]
    contacts = [a_contact("C0000001"), a_contact("C0000002", "A000002"), a_contact("C0000003", None, role=None)]
    rows = [{"kind": kind, "contact": 0, "account": 0, "actor": 1} for kind in ONE_OF_EACH]
    rows.append({"kind": "task", "account": 1, "actor": 1, "done": 0, "at": NOW_S + DAY_S})
    rows.append({"kind": "web_visit", "in_crm": 0})
    return World(
        size="small",
        seed=1,
        now=NOW_S,
        owners=[robot, an_owner("O002"), gone],
        accounts=accounts,
        contacts=contacts,
        activities=some_activities(rows),
        opportunities=[a_deal("P000001")],
    )


def many_companies(count: int) -> World:
    """A world of so many accounts and nothing else."""
    accounts = [an_account(f"A{at:06d}", modified_at=NOW_S - count + at) for at in range(1, count + 1)]
    return World(size="small", seed=1, now=NOW_S, owners=[an_owner("O001"), an_owner("O002")], accounts=accounts)
