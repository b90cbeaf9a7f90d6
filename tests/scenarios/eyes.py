"""Plain eyes on the pretend CRMs: what anybody sees there, over HTTP and with none of our connectors."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any, Protocol

import requests

from sync.children import Sandbox

FIELDS = (
    "tier", "tier_since", "treated_as", "score", "why", "next_action", "sla_due", "sla_status",
    "fit", "signal", "falls_on", "what_changed", "first_touch", "play",
)  # fmt: skip
TIMES = frozenset({"tier_since", "sla_due", "falls_on", "first_touch", "scored_at"})
NUMBERS = frozenset({"score", "fit", "signal"})
_SALESFORCE = {name: f"Tierline_{name.title().replace('Sla', 'SLA')}__c" for name in FIELDS}


@dataclass(frozen=True)
class SeenAccount:
    """An account: world key, id in the CRM, its owner's e-mail, our fields that are filled."""

    key: str
    account_id: str
    owner: str | None
    fields: dict[str, Any]


@dataclass(frozen=True)
class SeenTask:
    """A task that carries a key of ours."""

    key: str
    task_id: str
    account: str  # world key
    contact: str | None  # world key
    assignee: str | None
    subject: str
    body: str
    due: str  # the hour when it is to be done
    status: str


@dataclass(frozen=True)
class Sight:
    """All that is to be seen."""

    accounts: dict[str, SeenAccount] = field(default_factory=dict)
    tasks: tuple[SeenTask, ...] = ()

    def tasks_of(self, account: str) -> list[SeenTask]:
        """Tasks of an account, by its world key."""
        return [task for task in self.tasks if task.account == account]

    def alike(self) -> dict[str, Any]:
        """What makes two sights of one world alike: everything but the ids of tasks, which tell who came first."""
        accounts = {key: (account.owner, account.fields) for key, account in self.accounts.items()}
        tasks = [{**asdict(task), "task_id": ""} for task in self.tasks]
        return {
            "accounts": {key: (owner, {**fields, "scored_at": None}) for key, (owner, fields) in accounts.items()},
            "tasks": sorted(tasks, key=lambda task: (task["key"], task["status"])),
        }

    def tier(self, account: str) -> str | None:
        """The tier that an account shows."""
        tier: str | None = self.accounts[account].fields.get("tier")
        return tier


class Eyes(Protocol):
    """Looks at one CRM."""

    def see(self, keys: dict[str, dict[str, str]]) -> Sight:
        """Everything, named by the world keys."""
        ...

    def close(self) -> None:
        """Look away."""
        ...


def second(value: Any) -> str | None:
    """A time to whole seconds in UTC, whichever way it is written."""
    if value in (None, ""):
        return None
    return datetime.fromisoformat(str(value)).astimezone(UTC).replace(microsecond=0).isoformat()


def plain(name: str, value: Any) -> Any:
    """The value of a field of ours, the same from both CRMs; None when it is empty."""
    if value in (None, ""):
        return None
    if name in TIMES:
        return second(value)
    return float(value) if name in NUMBERS else str(value)


def filled(values: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {name: value for name, raw in values.items() if (value := plain(name, raw)) is not None}


class SalesforceEyes:
    """Client credentials and SOQL."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._http = requests.Session()

    def see(self, keys: dict[str, dict[str, str]]) -> Sight:
        """Everything, named by the world keys."""
        self._login()
        accounts, contacts = _turned(keys["accounts"]), _turned(keys["contacts"])
        found = {}
        for row in self._rows(f"SELECT Id, Owner.Email, {', '.join(_SALESFORCE.values())} FROM Account"):
            values = {name: row[api] for name, api in _SALESFORCE.items()}
            if key := accounts.get(row["Id"]):
                found[key] = SeenAccount(key, row["Id"], row["Owner"]["Email"], filled(values))
        fields = "Id, Subject, Description, Status, ReminderDateTime, Owner.Email, WhatId, WhoId, Tierline_Key__c"
        tasks = [
            SeenTask(
                key=row["Tierline_Key__c"],
                task_id=row["Id"],
                account=accounts[row["WhatId"]],
                contact=contacts.get(row["WhoId"]),
                assignee=row["Owner"]["Email"],
                subject=row["Subject"],
                body=row["Description"],
                due=str(second(row["ReminderDateTime"])),
                status=row["Status"],
            )
            for row in self._rows(f"SELECT {fields} FROM Task WHERE Tierline_Key__c != null")
        ]
        return Sight(found, tuple(sorted(tasks, key=lambda task: (task.key, task.task_id))))

    def close(self) -> None:
        """Look away."""
        self._http.close()

    def _login(self) -> None:
        known = self._sandbox.salesforce
        form = {"client_id": known["consumer_key"], "client_secret": known["consumer_secret"]}
        told = requests.post(
            f"{self._sandbox.url}/services/oauth2/token", {"grant_type": "client_credentials", **form}, timeout=30
        )
        assert told.status_code == 200, told.text
        self._http.headers["Authorization"] = f"Bearer {told.json()['access_token']}"

    def _rows(self, soql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        path, asked = "/services/data/v66.0/query", {"q": soql}
        while path:
            answer = self._http.get(self._sandbox.url + path, params=asked, timeout=30)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            rows += page["records"]
            path, asked = page.get("nextRecordsUrl", ""), {}
        return rows


class HubSpotEyes:
    """A token and lists of objects."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = sandbox.url
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {sandbox.hubspot['token']}"

    def see(self, keys: dict[str, dict[str, str]]) -> Sight:
        """Everything, named by the world keys."""
        accounts, contacts = _turned(keys["accounts"]), _turned(keys["contacts"])
        gone = self._rows("owners/", {"archived": "true"})
        people = {row["id"]: row["email"] for row in [*self._rows("owners/", {}), *gone]}
        ours = {name: f"tierline_{name}" for name in (*FIELDS, "scored_at")}
        found = {}
        for row in self._rows("objects/companies", {"properties": ",".join(["hubspot_owner_id", *ours.values()])}):
            values = {name: row["properties"].get(api) for name, api in ours.items()}
            if key := accounts.get(row["id"]):
                owner = people.get(row["properties"].get("hubspot_owner_id") or "")
                found[key] = SeenAccount(key, row["id"], owner, filled(values))
        names = "hs_task_subject,hs_task_body,hs_task_status,hs_timestamp,hubspot_owner_id,tierline_key"
        rows = self._rows("objects/tasks", {"properties": names, "associations": "companies,contacts"})
        tasks = [
            _hubspot_task(row, accounts, contacts, people) for row in rows if row["properties"].get("tierline_key")
        ]
        return Sight(found, tuple(sorted(tasks, key=lambda task: (task.key, task.task_id))))

    def close(self) -> None:
        """Look away."""
        self._http.close()

    def _rows(self, path: str, asked: dict[str, str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            params = {**asked, "limit": "100", **({"after": after} if after else {})}
            answer = self._http.get(f"{self._url}/crm/v3/{path}", params=params, timeout=30)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            rows += page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")
        return rows


def _hubspot_task(
    row: dict[str, Any], accounts: dict[str, str], contacts: dict[str, str], people: dict[str, str]
) -> SeenTask:
    values, linked = row["properties"], row.get("associations", {})
    return SeenTask(
        key=values["tierline_key"],
        task_id=row["id"],
        account=next(accounts[one] for one in _linked(linked, "companies") if one in accounts),
        contact=next((contacts[one] for one in _linked(linked, "contacts") if one in contacts), None),
        assignee=people.get(values["hubspot_owner_id"] or ""),
        subject=values["hs_task_subject"],
        body=unescape(values["hs_task_body"].replace("<br>", "\n")),
        due=str(second(values["hs_timestamp"])),
        status=values["hs_task_status"],
    )


def _linked(associations: dict[str, Any], kind: str) -> list[str]:
    return [str(one["id"]) for one in associations.get(kind, {}).get("results", [])]


def _turned(keys: dict[str, str]) -> dict[str, str]:
    return {record: key for key, record in keys.items()}
