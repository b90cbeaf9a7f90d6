"""The canonical tables: their columns, types and meaning; the one source for connectors, files, docs and tests.

A table travels as ``dict[str, list]`` in a page (Python values, ``None`` = unknown) and as
``dict[str, numpy.ndarray]`` once it is in the replica. Times are int64 microseconds since 1970 UTC; aware
datetimes exist at the edges only. Unknown is unknown: never zero, never an empty string.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a column holds, and so how the replica stores it."""

    ID = "id"  # a CRM id: a string at the edge, interned to a dense int32 in the replica's hot tables
    TEXT = "text"
    TEXTS = "texts"  # a list of strings, in order
    WHOLE = "whole"  # int64
    NUMBER = "number"  # float64; money is a number in ``policy.currency``
    TIME = "time"  # int64 microseconds since 1970-01-01 UTC
    FLAG = "flag"
    TREE = "tree"  # a JSON document, as text: custom attributes, working hours, absences


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, whether it may be unknown, and what it means."""

    name: str
    kind: Kind
    optional: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table; ``key`` is the column that names a row."""

    name: str
    key: str
    columns: tuple[Column, ...]

    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)


def _known(name: str, kind: Kind, meaning: str) -> Column:
    return Column(name, kind, optional=False, meaning=meaning)


def _maybe(name: str, kind: Kind, meaning: str) -> Column:
    return Column(name, kind, optional=True, meaning=meaning)


ACCOUNTS: Final = Table(
    "accounts",
    "account_id",
    (
        _known("account_id", Kind.ID, "the CRM's id of the account or company"),
        _maybe("name", Kind.TEXT, "as the CRM shows it"),
        _known("domains", Kind.TEXTS, "hosts the account names as its own, primary first, as written in the CRM"),
        _maybe("parent_id", Kind.ID, "the parent account"),
        _maybe("owner_id", Kind.ID, "the person who owns the account"),
        _maybe("industry", Kind.TEXT, "industry label"),
        _maybe("naics", Kind.TEXT, "NAICS code"),
        _maybe("sic", Kind.TEXT, "SIC code"),
        _maybe("employees", Kind.WHOLE, "head count"),
        _maybe("annual_revenue", Kind.NUMBER, "in policy.currency"),
        _maybe("country", Kind.TEXT, "ISO 3166 alpha-2, upper case"),
        _maybe("region", Kind.TEXT, "state or region"),
        _known("tech", Kind.TEXTS, "technologies in use; empty list = none known"),
        _known("lifecycle", Kind.TEXT, "prospect, customer, former, partner or competitor"),
        _maybe("arr", Kind.NUMBER, "annual recurring revenue, in policy.currency"),
        _maybe("health", Kind.NUMBER, "customer health, 0-100"),
        _maybe("adoption", Kind.NUMBER, "product adoption, 0-100"),
        _maybe("renewal_at", Kind.TIME, "next renewal"),
        _maybe("potential", Kind.NUMBER, "expansion potential, in policy.currency"),
        _maybe("strategic", Kind.FLAG, "named as strategic by a person"),
        _known("created_at", Kind.TIME, "when the CRM record was made"),
        _known("modified_at", Kind.TIME, "when the CRM record last changed"),
        _known("owned", Kind.TREE, "what the CRM shows today in the fields we own: canonical field name to value"),
        _maybe("override_tier", Kind.TEXT, "tier that a person asked for"),
        _maybe("override_until", Kind.TIME, "last moment of the override"),
        _maybe("override_by", Kind.TEXT, "who asked"),
        _maybe("override_reason", Kind.TEXT, "why"),
        _known("attributes", Kind.TREE, "mapped custom fields: name to value"),
    ),
)
CONTACTS: Final = Table(
    "contacts",
    "contact_id",
    (
        _known("contact_id", Kind.ID, "the CRM's id of the person"),
        _known("record", Kind.TEXT, "contact or lead"),
        _maybe("account_id", Kind.ID, "the CRM's own (primary) association"),
        _maybe("name", Kind.TEXT, "full name"),
        _maybe("email", Kind.TEXT, "as the CRM shows it"),
        _maybe("title", Kind.TEXT, "job title"),
        _maybe(
            "role", Kind.TEXT, "buying role: decision_maker, champion, budget_holder, influencer, user, blocker, ..."
        ),
        _maybe("seniority", Kind.TEXT, "seniority label"),
        _known("call_opt_out", Kind.FLAG, "must not be called"),
        _known("mail_opt_out", Kind.FLAG, "must not be mailed, or mail bounces"),
        _known("created_at", Kind.TIME, "when the CRM record was made"),
        _known("modified_at", Kind.TIME, "when the CRM record last changed"),
    ),
)
ACTIVITIES: Final = Table(
    "activities",
    "activity_id",
    (
        _known("activity_id", Kind.ID, "the CRM's id, prefixed with its object when ids are unique per object only"),
        _known(
            "kind",
            Kind.TEXT,
            "a kind of the policy's rules, with its outcome: call_connected, meeting_held, email_reply",
        ),
        _known("occurred_at", Kind.TIME, "when it happened"),
        _known("logged_at", Kind.TIME, "when the CRM learnt of it"),
        _maybe("contact_id", Kind.ID, "the person on the buyer's side, as the activity names it"),
        _maybe("account_id", Kind.ID, "the account, as the activity names it"),
        _maybe("email", Kind.TEXT, "address on the buyer's side, where no contact id is given"),
        _maybe(
            "domain", Kind.TEXT, "the buyer's domain, where neither contact nor account is given (anonymous visits)"
        ),
        _maybe("actor_id", Kind.ID, "who on our side"),
        _known("direction", Kind.TEXT, "inbound, outbound or none"),
        _known("automated", Kind.FLAG, "done by a machine: never engagement"),
        _maybe("url", Kind.TEXT, "page visited"),
        _maybe("topic", Kind.TEXT, "topic or campaign"),
        _maybe("subject", Kind.TEXT, "subject line; never the body"),
        _known("modified_at", Kind.TIME, "when the CRM record last changed"),
    ),
)
TASKS: Final = Table(
    "tasks",
    "task_id",
    (
        _known("task_id", Kind.ID, "the CRM's id of a task that carries our key"),
        _known("key", Kind.TEXT, "our creation key"),
        _maybe("account_id", Kind.ID, "the account it is about"),
        _maybe("contact_id", Kind.ID, "the person it is about"),
        _maybe("assignee_id", Kind.ID, "who holds it now"),
        _maybe("subject", Kind.TEXT, "as the CRM shows it"),
        _maybe("due_at", Kind.TIME, "when it is due"),
        _known("state", Kind.TEXT, "open, done, withdrawn or deleted"),
        _maybe("closed_at", Kind.TIME, "when it was closed"),
        _known("created_at", Kind.TIME, "when the CRM record was made"),
        _known("modified_at", Kind.TIME, "when the CRM record last changed"),
        _maybe("modified_by", Kind.ID, "who changed it last, where the CRM says so"),
    ),
)
OPPORTUNITIES: Final = Table(
    "opportunities",
    "opportunity_id",
    (
        _known("opportunity_id", Kind.ID, "the CRM's id of the opportunity or deal"),
        _maybe("account_id", Kind.ID, "the account it belongs to"),
        _maybe("name", Kind.TEXT, "as the CRM shows it"),
        _maybe("stage", Kind.TEXT, "stage label"),
        _maybe("amount", Kind.NUMBER, "in policy.currency"),
        _known("is_closed", Kind.FLAG, "won or lost"),
        _known("is_won", Kind.FLAG, "won"),
        _maybe("owner_id", Kind.ID, "who owns it"),
        _known("created_at", Kind.TIME, "when it was opened"),
        _maybe("closed_at", Kind.TIME, "when it was won or lost"),
        _maybe("stage_changed_at", Kind.TIME, "when the stage last moved"),
        _known("modified_at", Kind.TIME, "when the CRM record last changed"),
    ),
)
OWNERS: Final = Table(
    "owners",
    "owner_id",
    (
        _known("owner_id", Kind.ID, "the id that account owner fields take"),
        _maybe("name", Kind.TEXT, "full name"),
        _maybe("email", Kind.TEXT, "work address, lower case"),
        _known("active", Kind.FLAG, "may own records"),
        _maybe("team", Kind.TEXT, "team or role name"),
        _maybe("manager_id", Kind.ID, "whom they report to"),
        _maybe("time_zone", Kind.TEXT, "IANA name"),
        _maybe("working_hours", Kind.TREE, "as the CRM states them: list of {days, from, until}, minutes of the day"),
        _known("away", Kind.TREE, "absences: list of [from, until] in microseconds"),
        _known("modified_at", Kind.TIME, "when the CRM record last changed"),
    ),
)
SIGNALS: Final = Table(
    "signals",
    "signal_id",
    (
        _known("signal_id", Kind.ID, "id within its source"),
        _maybe("account_id", Kind.ID, "the account, where the source knows it"),
        _maybe("domain", Kind.TEXT, "the account's domain, where the source does not"),
        _known("source", Kind.TEXT, "name of the source in the config"),
        _known("family", Kind.TEXT, "sources of one family do not confirm each other"),
        _known("topic", Kind.TEXT, "a topic of the policy: topic_core, review_compare, funding, ..."),
        _maybe("strength", Kind.NUMBER, "0-1; unknown = 1"),
        _known("occurred_at", Kind.TIME, "when it was seen"),
    ),
)

TABLES: Final[dict[str, Table]] = {
    t.name: t for t in (ACCOUNTS, CONTACTS, ACTIVITIES, TASKS, OPPORTUNITIES, OWNERS, SIGNALS)
}

LIFECYCLES: Final = ("prospect", "customer", "former", "partner", "competitor")
DIRECTIONS: Final = ("inbound", "outbound", "none")
TASK_STATES: Final = ("open", "done", "withdrawn", "deleted")
