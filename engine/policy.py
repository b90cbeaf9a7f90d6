"""The rules an admin may write: the vocabulary of scoring, tiers and stability. Every number is a default."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_SPAN = re.compile(r"(\d+)\s*(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_span(value: object) -> object:
    """Read ``30d``, ``8w``, ``4h`` or ``15m`` as a span of plain (not business) time."""
    if isinstance(value, str):
        match = _SPAN.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"{value!r} is not a span of time; write for example 30d, 8w, 4h or 15m")
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    return value


def _three_decimals(value: float) -> float:
    if Decimal(str(value)) != round(Decimal(str(value)), 3):
        raise ValueError("weights and points have at most three decimals")
    return value


Span = Annotated[timedelta, BeforeValidator(parse_span)]
Share = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=0, le=100)]
Weight = Annotated[
    float, Field(ge=0, le=1000), BeforeValidator(lambda v: _three_decimals(v) if isinstance(v, float) else v)
]
When = dict[str, Any]  # conditions on an account: column to value, list of values, or least value; {event, within}


class Strict(BaseModel):
    """Base of all that an admin writes: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Identity(Strict):
    """Who counts as us, and how people find their account."""

    internal_domains: tuple[str, ...] = ()
    free_mail: tuple[str, ...] = Field((), description="more free-mail domains, beside the shipped list")
    integration_users: tuple[str, ...] = Field((), description="owner ids or e-mails whose acts are automated")
    automated_subjects: tuple[str, ...] = Field(
        (), description="subject patterns of automated mail, with * as wildcard"
    )
    roll_up: Literal["none", "parent", "ultimate"] = "parent"
    family_customer: Literal["warn", "as_customer", "ignore"] = "warn"
    contact_accounts: Literal["primary", "all"] = "primary"
    manual: dict[str, str] = Field(default_factory=dict, description="e-mail, domain or contact id to account id")


class Taxonomy(Strict):
    """Other people's names for kinds and topics."""

    kinds: dict[str, str] = Field(default_factory=dict)
    topics: dict[str, str] = Field(default_factory=dict)


class Exclusion(Strict):
    """Accounts that no one should work: Suppress."""

    name: str
    when: When
    hard: bool = False


class NegativeTrigger(Strict):
    """Something that makes an account wait for a while."""

    name: str
    when: When
    disposition: Literal["wait"] = "wait"


class Criterion(Strict):
    """One part of fit: a share in [0, 1] times a weight. Exactly one of values, bands, has_any, has_all, event."""

    name: str
    of: str | None = Field(None, description="canonical, custom or derived column; default: the name")
    weight: Weight
    values: dict[str, Share] | None = None
    bands: dict[str, Share] | None = Field(None, description="'low..high', low included, high excluded")
    has_any: dict[str, Share] | None = None
    has_all: dict[str, Share] | None = None
    event: When | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Criterion:
        forms = [f for f in ("values", "bands", "has_any", "has_all", "event") if getattr(self, f) is not None]
        if len(forms) != 1:
            raise ValueError(
                f"criterion {self.name!r} needs exactly one of values, bands, has_any, has_all, event; "
                f"it has {forms or 'none'}"
            )
        if self.bands is not None:
            _check_bands(self.name, self.bands)
        return self

    @property
    def column(self) -> str:
        """The column that this criterion reads."""
        return self.of or self.name


def parse_band(text: str) -> tuple[float | None, float | None]:
    """Read ``low..high`` (either side may be missing) as (low, high)."""
    low, dots, high = text.partition("..")
    if not dots:
        raise ValueError(f"band {text!r} must be written low..high, for example 50..200 or 10000..")
    return (float(low) if low.strip() else None, float(high) if high.strip() else None)


def _check_bands(name: str, bands: dict[str, Share]) -> None:
    edges = sorted((parse_band(text) for text in bands), key=lambda b: float("-inf") if b[0] is None else b[0])
    for (_, high), (low, _) in pairwise(edges):
        if high is None or low is None or high > low:
            raise ValueError(f"bands of {name!r} overlap at {high if low is None else low:g}")
        if high < low:
            raise ValueError(f"bands of {name!r} leave a gap between {high:g} and {low:g}")


class Fit(Strict):
    """Who we want: stable, 0-100."""

    min_known: Share = 0.5
    min_known_clears: Share = 0.6
    criteria: tuple[Criterion, ...] = ()


class EngagementRule(Strict):
    """What one kind of act is worth."""

    kind: str
    points: Weight
    half_life: Span | None = None
    category: str | None = None
    daily_cap: Annotated[int, Field(ge=1, le=255)] = 3
    hand_raise: bool = False
    pages: dict[str, Weight] = Field(default_factory=dict, description="page pattern to weight; the first match counts")


class Engagement(Strict):
    """What the buyer's people did, decayed."""

    half_life: Span = timedelta(days=30)
    squash: Annotated[float, Field(gt=0, le=10_000)] = 60
    account_cap: dict[str, Weight] = Field(default_factory=dict)
    role_weight: dict[str, Weight] = Field(default_factory=lambda: {"unknown": 0.8})
    rules: tuple[EngagementRule, ...] = ()


class Agreement(Strict):
    """Independent families that agree count for more."""

    sources_2: Weight = 1.2
    sources_3: Weight = 1.35
    within: Span = timedelta(days=14)


class Intent(Strict):
    """What outside sources saw."""

    half_life: Span = timedelta(days=21)
    squash: Annotated[float, Field(gt=0, le=10_000)] = 40
    per_source_cap: Weight = 40
    agreement: Agreement = Agreement()
    points: dict[str, Weight] = Field(default_factory=dict)


class Roles(Strict):
    """The buying group."""

    required: tuple[str, ...] = ("decision_maker", "champion", "user")
    window: Span = timedelta(days=90)


class Surge(Strict):
    """A week well above an account's own normal."""

    window: Span = timedelta(days=7)
    baseline: Span = timedelta(weeks=8)
    prior: Annotated[float, Field(gt=0)] = 2
    ratio: Annotated[float, Field(gt=1)] = 3.0
    min_touches: Annotated[int, Field(ge=1)] = 4
    min_people_or_sources: Annotated[int, Field(ge=1)] = 2
    expires: Span = timedelta(days=14)
    renew: Annotated[int, Field(ge=0)] = 1
    per_owner: Annotated[int, Field(ge=0)] = 3


class SignalWeights(Strict):
    """How the three parts of signal weigh against each other."""

    engagement: Weight = 0.5
    intent: Weight = 0.3
    roles: Weight = 0.2


class Signal(Strict):
    """Who is ready: dynamic, 0-100."""

    weights: SignalWeights = SignalWeights()
    stale_after: Span = timedelta(days=180)
    engagement: Engagement = Engagement()
    intent: Intent = Intent()
    roles: Roles = Roles()
    surge: Surge = Surge()


class Gate(Strict):
    """Signals never override misfit."""

    fit: Score = 40
    release: Score = 45
    ceiling: Score = 24


class Penalty(Strict):
    """A named deduction; 30 in all at most."""

    name: str
    points: Annotated[float, Field(ge=1, le=20)]
    when: When | None = None


class ScoreRules(Strict):
    """How fit and signal become one score."""

    fit_weight: Weight = 0.5
    signal_weight: Weight = 0.5
    gate: Gate = Gate()
    penalties: tuple[Penalty, ...] = ()
    family: Literal["none", "parent", "ultimate"] = "none"
    family_share: Share = 0.5


class Segment(Strict):
    """Accounts with their own weights; the first match counts."""

    name: str
    when: When
    fit_weight: Weight | None = None
    signal_weight: Weight | None = None


class Capacity(Strict):
    """How many accounts a tier may hold."""

    share: Share | None = None
    accounts: Annotated[int, Field(ge=0)] | None = None
    per_owner: Annotated[int, Field(ge=0)] | None = None
    margin: Annotated[float, Field(ge=0)] = 5


class Require(Strict):
    """Least values for entry into a tier; ``roles`` is the share of required roles reached."""

    fit: Score | None = None
    known: Share | None = None
    signal: Score | None = None
    engagement: Score | None = None
    roles: Share | None = None


class About(Strict):
    """What a tier means, for field help and report."""

    means: str = ""
    investment: str = ""
    treatment: str = ""
    kpi: str = ""
    steward: str = ""


class Tier(Strict):
    """A prospect tier with two bars: entry and stay."""

    name: str
    enter: Annotated[int, Field(ge=0, le=100)]
    leave: Annotated[int, Field(ge=0, le=100)]
    require: Require = Require()
    keep: Require = Field(Require(), description="least values for staying; fit defaults to 5 below require.fit")
    capacity: Capacity = Capacity()
    about: About = About()

    @model_validator(mode="after")
    def _bars(self) -> Tier:
        if self.leave > self.enter:
            raise ValueError(f"tier {self.name!r}: leave ({self.leave}) must not lie above enter ({self.enter})")
        return self


class Floor(Strict):
    """Lifts an account to a tier, never to the top."""

    when: When
    tier: str


class Stability(Strict):
    """How long a tier stays, and what breaks that."""

    min_stay: Span = timedelta(days=30)
    cool_down: Span = timedelta(days=14)
    event_amount: Annotated[float, Field(ge=0)] = 50_000
    lost_deal_hold: Span = timedelta(days=60)


class Overrides(Strict):
    """A leader's word against the score's."""

    per_leader: Annotated[int, Field(ge=0)] = 5
    default: Span = timedelta(days=90)
    longest: Span = timedelta(days=180)
    share_of_tier: Share = 0.2


class Policy(Strict):
    """The whole scoring policy. Its fingerprint names it in every decision."""

    currency: str = "USD"
    identity: Identity = Identity()
    taxonomy: Taxonomy = Taxonomy()
    exclude: tuple[Exclusion, ...] = ()
    negative_triggers: tuple[NegativeTrigger, ...] = ()
    fit: Fit = Fit()
    signal: Signal = Signal()
    score: ScoreRules = ScoreRules()
    segments: tuple[Segment, ...] = ()
    tiers: Annotated[tuple[Tier, ...], Field(min_length=2, max_length=4)]
    floors: tuple[Floor, ...] = ()
    stability: Stability = Stability()
    overrides: Overrides = Overrides()

    @model_validator(mode="after")
    def _coherent(self) -> Policy:
        names = [tier.name for tier in self.tiers]
        if len(set(names)) != len(names):
            raise ValueError("two tiers have the same name")
        for better, worse in pairwise(self.tiers):
            if worse.enter >= better.enter:
                raise ValueError(
                    f"tiers must fall in order: {worse.name!r} enters at {worse.enter}, "
                    f"{better.name!r} at {better.enter}"
                )
        if self.score.gate.ceiling >= self.tiers[-1].leave:
            raise ValueError(
                f"gate.ceiling ({self.score.gate.ceiling:g}) must lie below the lowest tier's leave "
                f"({self.tiers[-1].leave})"
            )
        for floor in self.floors:
            if floor.tier not in names[1:]:
                raise ValueError(f"floor to {floor.tier!r}: name a tier other than the top: {', '.join(names[1:])}")
        return self


RECYCLE = "Recycle"
SUPPRESS = "Suppress"
CUSTOMER_GROW = "Customer - Grow"
CUSTOMER_DEFEND = "Customer - Defend"
CUSTOMER_MONITOR = "Customer - Monitor"
CUSTOMER_TIERS = (CUSTOMER_DEFEND, CUSTOMER_GROW, CUSTOMER_MONITOR)


def all_tiers(policy: Policy) -> tuple[str, ...]:
    """Every value that the Tier field may show, best first."""
    return (*(tier.name for tier in policy.tiers), RECYCLE, SUPPRESS, *CUSTOMER_TIERS)
