"""The shape of a world: neutral tables with world keys as ids, before any CRM gives them its own form.

Times are whole unix seconds (UTC) everywhere. ``None`` (or -1 in the columnar activities) means unknown or absent.
Rows of ``owners``, ``accounts`` and ``contacts`` are addressed from ``Activities`` by their index in these lists,
and from each other by their world key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Int8 = NDArray[np.int8]
Flags = NDArray[np.bool_]

DAY_S: Final = 86_400

CRM_KINDS: Final = (
    "call_connected",  # outbound, somebody answered
    "call_attempted",  # outbound, nobody answered
    "inbound_call",
    "email_sent",  # outbound, one to one
    "email_reply",  # inbound
    "email_automated",  # outbound, sent by the integration user
    "meeting_held",
    "meeting_no_show",
    "meeting_scheduled",  # starts after ``now``
    "task",  # a rep's own to-do; ``done`` says whether it is finished; occurred_at = due (12:00 UTC)
)
WEB_KINDS: Final = (
    "web_visit",
    "email_click",
    "webinar_attended",
    "content_download",
    "form_submission",
    "demo_request",
    "trial_start",
)
KINDS: Final = CRM_KINDS + WEB_KINDS
KIND_CODE: Final = {kind: code for code, kind in enumerate(KINDS)}

DIRECTIONS: Final = ("none", "inbound", "outbound")
NO_DIRECTION, INBOUND, OUTBOUND = 0, 1, 2

LIFECYCLES: Final = ("prospect", "customer", "former", "partner", "competitor")
ROLES: Final = ("decision_maker", "champion", "budget_holder", "influencer", "user", "blocker")
SENIORITIES: Final = ("c_level", "vp", "director", "manager", "individual")
TOPICS: Final = (
    "topic_core",
    "topic_adjacent",
    "review_compare",
    "competitor_removed",
    "funding",
    "hiring",
    "job_posting",
    "leadership_change",
    "tech_installed",
)
OPEN_STAGES: Final = ("Qualification", "Discovery", "Proposal", "Negotiation")
WON_STAGE: Final = "Closed Won"
LOST_STAGE: Final = "Closed Lost"


@dataclass(frozen=True, slots=True)
class Owner:
    """One person on our side. ``job`` is ae, sdr, csm, manager or integration (the user our own tools act as)."""

    key: str  # "O001"
    first_name: str
    last_name: str
    email: str  # lower case, at ours.com
    active: bool
    job: str
    team: str
    manager: str | None  # world key of another owner
    time_zone: str  # IANA name
    away: tuple[tuple[int, int], ...]  # absences, [from, until) in unix seconds; whole days of the owner's zone
    hours: tuple[int, int]  # working day Monday to Friday, [from, until) in minutes since midnight
    created_at: int
    modified_at: int

    @property
    def name(self) -> str:
        """First and last name with one space."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Account:
    """One company as the CRM shows it, mess included."""

    key: str  # "A000001"
    name: str
    website: str | None  # the primary domain as somebody typed it: "https://www.Acme.com/about", "acme.com", ...
    domain: str | None  # the same, clean: "acme.com"; None exactly when website is None
    more_domains: tuple[str, ...]  # further clean domains
    parent: str | None  # world key
    owner: str | None  # world key; may name an inactive owner
    industry: str | None
    employees: int | None
    annual_revenue: float | None  # USD
    country: str | None  # ISO 3166 alpha-2, upper case
    region: str | None
    tech: tuple[str, ...]
    lifecycle: str  # one of LIFECYCLES
    arr: float | None  # USD, customers only
    health: float | None  # 0-100
    adoption: float | None  # 0-100
    renewal_at: int | None  # 00:00 UTC of a day
    potential: float | None  # USD
    strategic: bool
    created_at: int
    modified_at: int


@dataclass(frozen=True, slots=True)
class Contact:
    """One person on the buyer's side; ``account`` is None for people nobody has linked yet."""

    key: str  # "C0000001"
    account: str | None  # world key
    first_name: str
    last_name: str
    email: str | None
    title: str | None
    role: str | None  # one of ROLES
    seniority: str | None  # one of SENIORITIES
    call_opt_out: bool
    mail_opt_out: bool
    created_at: int
    modified_at: int


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One deal. ``roles`` pairs a contact's world key with a buying role of ROLES."""

    key: str  # "P000001"
    account: str  # world key
    name: str
    stage: str  # OPEN_STAGES, WON_STAGE or LOST_STAGE
    amount: float | None  # USD
    is_closed: bool
    is_won: bool
    owner: str | None
    created_at: int
    closed_at: int | None  # set exactly when closed; never after ``now``
    expected_close_at: int  # 00:00 UTC of a day; the close date a rep would show
    stage_changed_at: int
    modified_at: int
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One piece of account-level evidence from outside the CRM."""

    key: str  # "S0000001"
    domain: str  # may belong to no account
    source: str
    family: str
    topic: str  # one of TOPICS
    strength: float | None  # 0-1
    seen_at: int


@dataclass(frozen=True, slots=True)
class Activities:
    """All activities, one entry per row in each array, sorted by ``logged_at`` (ties: as generated).

    Row ``i`` has the world key ``V`` + ``i`` in eight digits (``key(i)``).
    """

    kind: Int8  # index into KINDS
    occurred_at: Int64  # unix seconds; after ``now`` only for scheduled meetings and open tasks
    logged_at: Int64  # unix seconds, never after ``now``
    contact: Int32  # index into World.contacts, or -1
    account: Int32  # index into World.accounts, or -1
    actor: Int32  # index into World.owners, or -1
    direction: Int8  # index into DIRECTIONS
    automated: Flags
    done: Flags  # False for open tasks and scheduled meetings only
    duration_s: Int32  # calls and meetings; 0 otherwise
    url: Int32  # index into urls, or -1
    subject: Int32  # index into subjects, or -1
    visitor: Int32  # index into visitors, or -1: who it was when neither contact nor account is in the CRM
    in_crm: Flags  # True: a CRM carries it; False: it comes from files
    urls: tuple[str, ...]
    subjects: tuple[str, ...]
    visitors: tuple[str, ...]  # an e-mail address, or a bare domain for anonymous visits

    def __len__(self) -> int:
        return len(self.kind)

    @staticmethod
    def key(row: int) -> str:
        """World key of a row."""
        return f"V{row:08d}"

    def crm_rows(self) -> Int64:
        """Indices of the rows that a CRM carries, in ``logged_at`` order."""
        return np.flatnonzero(self.in_crm).astype(np.int64)


def no_activities() -> Activities:
    """Zero rows of activities."""
    none32, none8 = np.empty(0, np.int32), np.empty(0, np.int8)
    none64, flags = np.empty(0, np.int64), np.empty(0, np.bool_)
    return Activities(
        kind=none8,
        occurred_at=none64,
        logged_at=none64,
        contact=none32,
        account=none32,
        actor=none32,
        direction=none8,
        automated=flags,
        done=flags,
        duration_s=none32,
        url=none32,
        subject=none32,
        visitor=none32,
        in_crm=flags,
        urls=(),
        subjects=(),
        visitors=(),
    )


@dataclass(frozen=True, slots=True)
class World:
    """Everything that exists at ``now``: the same for the same (size, seed, now)."""

    size: str
    seed: int
    now: int  # unix seconds
    owners: list[Owner] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    activities: Activities = field(default_factory=no_activities)
    opportunities: list[Opportunity] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


def empty_world(now: int) -> World:
    """A world with nobody in it but the integration user, as a fresh org has."""
    robot = Owner(
        key="O000",
        first_name="Integration",
        last_name="User",
        email="integration@ours.com",
        active=True,
        job="integration",
        team="Operations",
        manager=None,
        time_zone="UTC",
        away=(),
        hours=(0, 1440),
        created_at=now - 720 * DAY_S,
        modified_at=now - 720 * DAY_S,
    )
    return World(size="empty", seed=0, now=now, owners=[robot])
