"""A pretend Salesforce on loopback, with a clock that stands still and a world small enough to know by heart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from requests.adapters import HTTPAdapter

from sandbox.app import Sandbox, makers
from sandbox.frame import Options
from sandbox.salesforce.crm import Salesforce
from sandbox.serve import Server, bind, url_of
from sandbox.world import DAY_S, KIND_CODE, Account, Activities, Contact, Opportunity, Owner, World

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
ROOT = "/services/data/v66.0"


@dataclass
class House:
    """One pretend Salesforce, a session in it, and how to talk to it."""

    box: Sandbox
    url: str
    session: requests.Session

    @property
    def crm(self) -> Salesforce:
        crm = self.box.crms["salesforce"]
        assert isinstance(crm, Salesforce)
        return crm

    @property
    def login(self) -> dict[str, str]:
        return self.crm.credentials()

    def token(self, **form: str) -> requests.Response:
        """A token request; by default the client credentials flow."""
        given = {
            "grant_type": "client_credentials",
            "client_id": self.login["consumer_key"],
            "client_secret": self.login["consumer_secret"],
        }
        return requests.post(self.url + "/services/oauth2/token", data={**given, **form}, timeout=10)

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        """One call below the version, with the session's token."""
        full = path if path.startswith("/") else f"{ROOT}/{path}"
        return self.session.request(method, self.url + full, json=json, timeout=10, **more)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, params=query)

    def query(self, soql: str, *, everything: bool = False) -> Any:
        """The records of a query, first page."""
        answer = self.get("queryAll" if everything else "query", q=soql)
        assert answer.status_code == 200, answer.text
        return answer.json()["records"]

    def one(self, soql: str) -> Any:
        """The only record of a query, without its attributes."""
        (record,) = self.query(soql)
        record.pop("attributes")
        return record

    def refused(self, soql: str) -> tuple[str, str]:
        """Code and message of a query that is refused."""
        answer = self.get("query", q=soql)
        assert answer.status_code == 400, answer.text
        (error,) = answer.json()
        return error["errorCode"], error["message"]

    def id(self, table: str, key: str) -> str:
        """The record id behind a world key."""
        return self.crm.keys()[table][key]

    def act(self, **order: Any) -> dict[str, Any]:
        """Somebody else in the org does something."""
        return self.crm.act(order)

    def add_field(self, full_name: str, *, granted: bool = True, **metadata: Any) -> str:
        """Makes a custom field as an admin would, and grants it to the integration user."""
        body = {"FullName": full_name, "Metadata": {"label": full_name.split(".")[1], **metadata}}
        made = self.call("POST", "tooling/sobjects/CustomField", body)
        assert made.status_code == 201, made.text
        if granted:
            owner, name = full_name.split(".")
            for each in ("Task", "Event") if owner == "Activity" else (owner,):
                self.grant(f"{each}.{name}")
        return str(made.json()["id"])

    def grant(self, field: str, *, edit: bool = True) -> None:
        """Shows a field to the integration user."""
        sets = self.query("SELECT Id FROM PermissionSet WHERE Name = 'Test_Set'")
        parent = sets[0]["Id"] if sets else self._make_set()
        body = {"ParentId": parent, "SobjectType": field.partition(".")[0], "Field": field}
        body |= {"PermissionsRead": True, "PermissionsEdit": edit}
        made = self.call("POST", "sobjects/FieldPermissions", body)
        assert made.status_code == 201, made.text

    def _make_set(self) -> str:
        made = self.call("POST", "sobjects/PermissionSet", {"Name": "Test_Set", "Label": "Test set"})
        parent = str(made.json()["id"])
        me = self.one("SELECT Id FROM User WHERE Username = 'tierline@sandbox.example'")["Id"]
        body = {"AssigneeId": me, "PermissionSetId": parent}
        assert self.call("POST", "sobjects/PermissionSetAssignment", body).status_code == 201
        return parent


class Loopback(HTTPAdapter):
    """Sends what was meant for https://anything to the sandbox: how an unmodified client is pointed at it."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._to = urlsplit(url)

    def send(self, request: Any, *args: Any, **more: Any) -> requests.Response:
        asked = urlsplit(request.url)
        request.url = asked._replace(scheme=self._to.scheme, netloc=self._to.netloc).geturl()
        more["timeout"] = more.get("timeout") or (5, 30)
        return super().send(request, *args, **more)


def redirected(url: str) -> requests.Session:
    """A session whose https calls end at the sandbox."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Loopback(url))
    return session


# ---- a small world --------------------------------------------------------------------------------------------------
def an_owner(key: str, first: str, job: str = "ae", **facts: Any) -> Owner:
    given: dict[str, Any] = {
        "key": key,
        "first_name": first,
        "last_name": "Owner",
        "email": f"{first.lower()}@ours.com",
        "active": True,
        "job": job,
        "team": "West",
        "manager": None,
        "time_zone": "UTC",
        "away": (),
        "hours": (540, 1050),
        "created_at": NOW_S - 700 * DAY_S,
        "modified_at": NOW_S - 700 * DAY_S,
    }
    return Owner(**{**given, **facts})


def an_account(key: str, name: str, **facts: Any) -> Account:
    given: dict[str, Any] = dict.fromkeys(Account.__dataclass_fields__) | {
        "key": key,
        "name": name,
        "more_domains": (),
        "tech": (),
        "lifecycle": "prospect",
        "strategic": False,
        "owner": "O002",
        "created_at": NOW_S - 400 * DAY_S,
        "modified_at": NOW_S - 30 * DAY_S,
    }
    return Account(**{**given, **facts})


def a_contact(key: str, account: str | None, last: str, **facts: Any) -> Contact:
    given: dict[str, Any] = {
        "key": key,
        "account": account,
        "first_name": "Pat",
        "last_name": last,
        "email": f"{last.lower()}@buyer.example",
        "title": "Engineer",
        "role": None,
        "seniority": None,
        "call_opt_out": False,
        "mail_opt_out": False,
        "created_at": NOW_S - 300 * DAY_S,
        "modified_at": NOW_S - 20 * DAY_S,
    }
    return Contact(**{**given, **facts})


def some_activities(*rows: tuple[str, int, int, int, int, bool]) -> Activities:
    """Rows of (kind, seconds before now, contact, account, actor, done), oldest first."""
    count = len(rows)

    def ints(place: int, kind: Any = np.int32) -> Any:
        return np.array([row[place] for row in rows], kind)

    when = NOW_S - ints(1, np.int64)
    return Activities(
        kind=np.array([KIND_CODE[row[0]] for row in rows], np.int8),
        occurred_at=when,
        logged_at=np.minimum(when + 60, NOW_S),
        contact=ints(2),
        account=ints(3),
        actor=ints(4),
        direction=np.zeros(count, np.int8),
        automated=np.zeros(count, np.bool_),
        done=ints(5, np.bool_),
        duration_s=np.full(count, 600, np.int32),
        url=np.full(count, -1, np.int32),
        subject=np.zeros(count, np.int32),
        visitor=np.full(count, -1, np.int32),
        in_crm=np.ones(count, np.bool_),
        urls=(),
        subjects=("Intro",),
        visitors=(),
    )


def a_deal() -> Opportunity:
    return Opportunity(
        key="P1",
        account="A3",
        name="Bolt renewal",
        stage="Proposal",
        amount=5000.0,
        is_closed=False,
        is_won=False,
        owner="O002",
        created_at=NOW_S - 60 * DAY_S,
        closed_at=None,
        expected_close_at=NOW_S // DAY_S * DAY_S + 30 * DAY_S,
        stage_changed_at=NOW_S - 10 * DAY_S,
        modified_at=NOW_S - 10 * DAY_S,
        roles=(("C3", "champion"),),
    )


def small_world() -> World:
    """Three owners, four accounts in one family and out of it, four people, a deal, nine activities."""
    owners = [
        an_owner("O001", "Robot", "integration"),
        an_owner("O002", "Ann", manager="O003", away=((NOW_S + DAY_S, NOW_S + 3 * DAY_S),)),
        an_owner("O003", "Boss", "manager"),
        an_owner("O004", "Gone", active=False),
    ]
    accounts = [
        an_account("A1", "Acme", website="https://acme.example", employees=400, annual_revenue=1.5e6, country="DE"),
        an_account("A2", "acme labs", parent="A1", industry="Technology", tech=("snowflake", "aws"), employees=20),
        an_account("A3", "Bolt", owner="O004", lifecycle="customer", arr=12000.0, renewal_at=NOW_S // DAY_S * DAY_S),
        an_account("A4", "Öl & Söhne", owner=None, strategic=True),
    ]
    contacts = [
        a_contact("C1", "A1", "Buyer", role="decision_maker", seniority="vp"),
        a_contact("C2", "A1", "User", call_opt_out=True),
        a_contact("C3", "A3", "Champion", role="champion"),
        a_contact("C4", None, "Loose", email=None),
    ]
    activities = some_activities(
        ("email_automated", 40 * DAY_S, 0, 0, 0, True),
        ("call_attempted", 30 * DAY_S, 0, 0, 1, True),
        ("call_connected", 20 * DAY_S, 1, 0, 1, True),
        ("email_sent", 15 * DAY_S, 0, 0, 1, True),
        ("email_reply", 14 * DAY_S, 0, 0, 1, True),
        ("meeting_held", 10 * DAY_S, 0, 0, 1, True),
        ("inbound_call", 5 * DAY_S, 2, 2, -1, True),
        ("task", 2 * DAY_S, 2, 2, 1, True),
        ("task", 3600, 0, 0, 1, False),
    )
    return World("small", 1, NOW_S, owners, accounts, contacts, activities, [a_deal()], [])


# ---- fixtures -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def _running() -> Iterator[tuple[Sandbox, str]]:
    box = Sandbox(makers("salesforce"), Options(), NOW)
    line, started = bind(0), threading.Event()
    server = Server(box.app, ready=started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]})
    thread.start()
    assert started.wait(10)
    yield box, url_of(line)
    server.should_exit = True
    thread.join(10)
    line.close()


@pytest.fixture
def house(_running: tuple[Sandbox, str]) -> Iterator[House]:
    """The running org with the small world, as just loaded, and a session in it."""
    box, url = _running
    box._world = small_world()
    box.reset()
    box.clock.freeze(frozen=True)
    with requests.Session() as session:
        session.trust_env = False
        made = House(box, url, session)
        session.headers["Authorization"] = "Bearer " + made.token().json()["access_token"]
        yield made
