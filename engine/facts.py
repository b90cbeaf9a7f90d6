"""The nouns of a decision: what is known of one account, what stands, what was decided, what should exist now.

Frozen and slotted: these are few (one per account at most); what is many stays in tables.
Points are fixed-point integers in billionths: ``POINT`` is one point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

POINT: Final = 1_000_000_000


class Confidence(StrEnum):
    """How far a score can be trusted; low widens both bars by 3."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class SurgeFacts:
    """A week well above normal: c touches against a baseline of b."""

    ratio: float
    touches: int
    first_day: int  # UTC day number of the first day of the window in which it surged


@dataclass(frozen=True, slots=True)
class HandRaise:
    """The newest act by which a person asked to be called."""

    activity_id: str
    kind: str
    occurred_at: datetime
    contact_id: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the account, for *who* in tasks; best lead score first in ``Facts.people``."""

    contact_id: str
    name: str
    role: str | None
    title: str | None
    lead_score: int  # whole points
    reached: bool  # inbound act, held meeting or connected call within the roles window
    last_touch_at: datetime | None
    call_opt_out: bool = False
    mail_opt_out: bool = False
    is_lead: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word against the score's."""

    tier: str
    until: datetime | None
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that tiers, routing and plays may know of one account, as of one moment.

    ``natural_key`` is CRM-neutral (folded name | primary domain): ties break on it first, then on account_id, so the
    same world gives the same answer on every CRM.
    """

    account_id: str
    natural_key: str
    name: str
    family: str  # account_id of the root of its family
    owner_id: str | None
    lifecycle: str
    segment: str | None
    known: float  # share of the fit criteria's weight that is known
    fit: int | None  # billionths; None when nothing is known
    signal: int
    engagement: int
    intent: int
    roles: int
    unified: int | None  # exact score in billionths, after gate and penalties; None when known = 0
    gated: bool
    confidence: Confidence
    excluded: tuple[str, bool] | None = None  # name of the exclusion, hard?
    negative_trigger: str | None = None
    floors: tuple[str, ...] = ()  # tiers that a floor lifts it to
    roles_reached: tuple[str, ...] = ()
    roles_missing: tuple[str, ...] = ()
    hand_raise: HandRaise | None = None
    last_inbound_at: datetime | None = None
    last_human_contact_at: datetime | None = None  # either direction, by a person
    last_two_way_at: datetime | None = None  # held meeting, connected call or reply
    surge: SurgeFacts | None = None
    open_opportunity: bool = False
    won_at: datetime | None = None
    won_amount: float | None = None
    lost_at: datetime | None = None
    lost_amount: float | None = None
    country: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    strategic: bool = False
    arr: float | None = None
    health: float | None = None
    adoption: float | None = None
    potential: float | None = None
    renewal_at: datetime | None = None
    parent_owner_id: str | None = None
    override: Override | None = None
    people: tuple[Person, ...] = ()
    reasons: tuple[str, ...] = ()  # top reasons in a rep's words, best first, absolute dates
    next_action: str = ""
    falls_on: datetime | None = None  # when nothing happens: first day the score is under the leave bar
    heat: tuple[int, ...] = ()  # inbound touches per week, oldest first, last 8 weeks
    topic: str | None = None  # strongest topic or page
    why: str = ""  # the strongest single reason, a few words, for a subject line
    family_customer_id: str | None = None  # a customer in the family
    family_customer: str | None = None  # its name, and its CSM's


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """One person on our side."""

    owner_id: str
    name: str
    email: str | None
    active: bool
    team: str | None = None
    manager_id: str | None = None
    time_zone: str | None = None
    away: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a live run last recorded for an account. Dry, held and rejected decisions never get here."""

    tier: str
    since: datetime
    disposition: str | None = None
    fell_at: datetime | None = None
    lifecycle: str | None = None
    treated_as: str | None = None
    treated_since: datetime | None = None
    treated_until: datetime | None = None
    treated_renewals: int = 0
    stage: str | None = None
    fit_provisional: bool = False
    overridden: bool = False
    baseline: bool = False  # the decision that stands had no predecessor
    owner_set_at: datetime | None = None  # our own last move of the owner
    previous_tier: str | None = None
    override_tier: str | None = None  # the override that the CRM shows, expired or not, and when it was first seen
    override_since: datetime | None = None
    held_out_since: datetime | None = None  # when the holdout drew its family


@dataclass(frozen=True, slots=True)
class Decision:
    """What this pass makes of an account: the standing it would have, and a sentence for each step that mattered."""

    account_id: str
    standing: Standing
    sentences: tuple[str, ...]
    movement: str  # baseline, entered, rose, fell, stays
    rank: int  # place in the pass: unified desc, fit desc, tier since, natural key; 0 is best
    score: int | None  # whole points shown
    suppressed_by: str | None = None
    waiting_for_owner: bool = False
    held_out: bool = False
    cause: str = ""  # what put it where the score did not (exclusion, override, customer ladder), in a few words


@dataclass(frozen=True, slots=True)
class OwnerChoice:
    """Who should own an account, or why nobody new."""

    account_id: str
    owner_id: str | None  # None: leave as it is
    reason: str
    moved: bool


class TimerState(StrEnum):
    """An SLA timer's life."""

    RUNNING = "running"
    WARNED = "warned"
    BREACHED = "breached"
    MET = "met"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Timer:
    """First-touch promise on one account and play: started when the task was confirmed, due on a business calendar."""

    account_id: str
    play: str
    key: str  # creation key of the task that opened it
    assignee_id: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    evidence_at: datetime | None
    state: TimerState = TimerState.RUNNING
    met_at: datetime | None = None
    met_by: str | None = None
    breached_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task of ours: what we asked for (store) and what the CRM shows now (snapshot)."""

    key: str
    task_id: str | None
    account_id: str
    play: str
    epoch: str
    assignee_id: str
    subject: str
    opened_at: datetime
    state: str  # open, done, withdrawn, deleted
    closed_at: datetime | None = None
    due_at: datetime | None = None
    touched: bool = False  # a person changed it since we wrote it


@dataclass(frozen=True, slots=True)
class TaskWanted:
    """A task that should exist now. ``key`` names it for ever: the same trigger gives the same key."""

    key: str
    play: str
    epoch: str
    account_id: str
    contact_id: str | None
    contact_is_lead: bool
    assignee_id: str
    subject: str
    body: str
    due_at: datetime
    priority: str
    hand_raise: bool
    sla_due: bool  # opens an SLA timer when confirmed
    evidence_at: datetime | None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An open task of ours whose reason is gone."""

    key: str
    task_id: str
    account_id: str
    note: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that is wanted but has to wait, and why."""

    account_id: str
    play: str
    assignee_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Desired:
    """What should be true of one account in the CRM now. The engine's last word; only the plan knows changes.

    ``fields``: canonical owned field to value (str, int, datetime or None): tier, tier_since, treated_as, score, why,
    next_action, sla_due, sla_status, and the full set fit, signal, falls_on, what_changed, first_touch, play.
    """

    account_id: str
    fields: Mapping[str, object]
    owner: OwnerChoice
    open_task: TaskWanted | None = None
    withdraw: tuple[Withdrawal, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    reasons: tuple[str, ...] = ()
    visible: bool = True  # False: held out, our fields are not written
