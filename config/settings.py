"""The whole tree that an admin writes in ``tierline.yaml``, strict and frozen. Defaults are safe to run."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from engine.motion import Motion
from engine.policy import Policy, Share, Span, Strict

SecretRef = Annotated[
    str,
    Field(
        pattern=r"^(env|file|keyring|exec):.+", description="env:NAME, file:PATH, keyring:SERVICE/NAME or exec:COMMAND"
    ),
]


class SalesforceAuth(Strict):
    """How to log in to Salesforce. SOAP login with password and token ends in Summer '27 and is refused."""

    method: Literal["jwt", "client_credentials", "refresh_token"]
    username: str | None = None
    consumer_key: str | None = None
    consumer_secret: SecretRef | None = None
    private_key: SecretRef | None = None
    refresh_token: SecretRef | None = None
    my_domain: str | None = Field(None, description="acme for acme.my.salesforce.com; needed by client_credentials")
    audience: Literal["https://login.salesforce.com", "https://test.salesforce.com"] = "https://login.salesforce.com"

    @field_validator("method", mode="before")
    @classmethod
    def _no_passwords(cls, value: object) -> object:
        if value in {"password", "soap", "username_password"}:
            raise ValueError(
                "Salesforce ends logins with user name and password in Summer '27: make an External Client App in the "
                "org and use jwt (best for a server), client_credentials or refresh_token"
            )
        return value

    @model_validator(mode="after")
    def _complete(self) -> SalesforceAuth:
        needed = {
            "jwt": ("username", "consumer_key", "private_key"),
            "client_credentials": ("consumer_key", "consumer_secret", "my_domain"),
            "refresh_token": ("consumer_key", "refresh_token"),
        }[self.method]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"auth method {self.method} also needs {', '.join(missing)}")
        return self


class HubSpotAuth(Strict):
    """How to log in to HubSpot: a service key or private app token, both bearer."""

    method: Literal["token"] = "token"
    token: SecretRef


class Budget(Strict):
    """Our share of the CRM's daily API calls."""

    share_of_daily_quota: Share = 0.10
    first_pull_share: Share = 0.50
    stop_at_org_use: Share = 0.80


class _Connection(Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    base_url: str | None = Field(
        None, description="another address for every call: a sandbox on loopback, or a gateway"
    )
    time_zone: str = Field("UTC", description="zone of date-only values and of people without one")
    budget: Budget = Budget()
    workers: Annotated[int, Field(ge=1, le=8)] = 2


class SalesforceConnection(_Connection):
    """A Salesforce org."""

    crm: Literal["salesforce"]
    api_version: Annotated[str, Field(pattern=r"^\d\d\.0$")] = "66.0"
    auth: SalesforceAuth


class HubSpotConnection(_Connection):
    """A HubSpot portal."""

    crm: Literal["hubspot"]
    api_version: Annotated[
        str, Field(pattern=r"^(v3|\d{4}-\d\d)$", description="a dated version, or v3 for the v3/v4 paths")
    ] = "2026-09"
    auth: HubSpotAuth
    search_lag: Span = Field(timedelta(hours=1), description="how far the search index may lag behind")


class FilesConnection(_Connection):
    """A folder with one CSV, JSON Lines or Parquet file a canonical table: a CRM for trials; apply writes ``out``."""

    crm: Literal["files"]
    path: Path
    out: Path = Path("out")


Connection = Annotated[SalesforceConnection | HubSpotConnection | FilesConnection, Field(discriminator="crm")]


class FieldMap(Strict):
    """A canonical column from a CRM field, with the CRM's values put into ours."""

    field: str
    values: dict[str, str] = Field(default_factory=dict)


def _field_map(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


Mapped = Annotated[FieldMap, BeforeValidator(_field_map)]


class Mapping(Strict):
    """Canonical column <- CRM field, where it is not the CRM's own; and the CRM names of the fields we own."""

    accounts: dict[str, Mapped] = Field(default_factory=dict)
    contacts: dict[str, Mapped] = Field(default_factory=dict)
    activities: dict[str, Mapped] = Field(default_factory=dict)
    opportunities: dict[str, Mapped] = Field(default_factory=dict)
    owners: dict[str, Mapped] = Field(default_factory=dict)
    attributes: dict[str, str] = Field(default_factory=dict, description="own name -> CRM field of the account")
    owned: dict[str, str] = Field(default_factory=dict, description="canonical owned field -> existing CRM field")
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,19}$")] = "Tierline"
    fields: Literal["core", "full"] = "core"


class SignalSource(Strict):
    """Files of outside evidence: with ``kind`` rows are activities, with ``topic`` signals; values name columns."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    path: str = Field(description="file or glob: CSV, JSON Lines or Parquet")
    id: str
    occurred_at: str
    account_domain: str | None = None
    account_id: str | None = None
    email: str | None = None
    topic: str | None = None
    topic_is: str | None = None
    kind: str | None = None
    kind_is: str | None = None
    url: str | None = None
    strength: str | None = None
    family: str | None = Field(None, description="default: the source's name")
    family_column: str | None = Field(None, description="where one file holds several families")
    source_column: str | None = Field(None, description="where one file holds several sources")
    fresh_for: Span | None = None

    @model_validator(mode="after")
    def _one_meaning(self) -> SignalSource:
        topic, kind = self.topic or self.topic_is, self.kind or self.kind_is
        if (topic is None) == (kind is None):
            raise ValueError(f"signal source {self.name!r} needs either topic (or topic_is) or kind (or kind_is)")
        if self.account_domain is None and self.account_id is None and self.email is None:
            raise ValueError(f"signal source {self.name!r} needs one of account_domain, account_id, email")
        return self


class Scope(Strict):
    """Which accounts are judged: the population of every percentage."""

    exclude_person_accounts: bool = True
    record_types: tuple[str, ...] = ()
    when: dict[str, object] = Field(default_factory=dict)


def parse_percent(value: object) -> object:
    """Read ``30%`` as 0.30."""
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip())
        if match is None:
            raise ValueError(f"{value!r} is not a percentage; write for example 30%")
        return float(match[1]) / 100
    return value


Percent = Annotated[float, Field(ge=0, le=1), BeforeValidator(parse_percent)]


class Limits(Strict):
    """Guards: over one of them the plan waits for a person."""

    accounts_updated: Percent = 0.30
    tier_changes: Percent = 0.05
    owners_moved: Percent = 0.01
    tasks_per_owner_per_day: Annotated[int, Field(ge=0)] = 10
    fields_cleared: Annotated[int, Field(ge=0)] = 0
    minimum_population: Annotated[int, Field(ge=0)] = 10
    shrinking_pull: Percent = 0.10
    canary: Annotated[int, Field(ge=0)] = 25


class Schedule(Strict):
    """When ``serve`` runs: ``every 15m`` or a five-field cron line, in UTC."""

    sync: str = "every 15m"
    reconcile: str = "0 2 * * *"
    report: str = "0 6 1 * *"


class Settings(Strict):
    """The root. Names are binding."""

    version: Literal[1]
    mode: Literal["plan", "live"] = "plan"
    state: str = Field("sqlite:///.tierline/state.db", description="sqlite:///PATH or postgresql+psycopg://...")
    replica: Path = Path(".tierline/replica")
    runs: Path = Path("runs")
    connections: Annotated[tuple[Connection, ...], Field(min_length=1)]
    mapping: Mapping = Mapping()
    signals: tuple[SignalSource, ...] = ()
    scope: Scope = Scope()
    policy: Policy
    motion: Motion = Motion()
    limits: Limits = Limits()
    schedule: Schedule = Schedule()
    plan_fresh_for: Span = timedelta(hours=4)
    retention: Span = timedelta(days=365)

    @model_validator(mode="after")
    def _names(self) -> Settings:
        names = [connection.name for connection in self.connections]
        if len(set(names)) != len(names):
            raise ValueError("two connections have the same name")
        return self
