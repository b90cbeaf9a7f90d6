"""The rules of motion that an admin may write: owners, slots, calendars, plays, tasks, holdout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from engine.policy import Share, Span, Strict

_WORK = re.compile(r"(\d+)\s+business\s+(hour|minute|day)s?")


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """A span of working time: minutes inside working hours, or whole working days; exactly one is set."""

    minutes: int = 0
    days: int = 0

    def __str__(self) -> str:
        if self.days:
            return f"{self.days} business day{'s' if self.days != 1 else ''}"
        if self.minutes % 60:
            return f"{self.minutes} business minutes"
        hours = self.minutes // 60
        return f"{hours} business hour{'s' if hours != 1 else ''}"


def parse_work_span(value: object) -> object:
    """Read ``4 business hours`` or ``2 business days``."""
    if not isinstance(value, str):
        return value
    match = _WORK.fullmatch(value.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{value!r} is not working time; write for example '4 business hours' or '2 business days'")
    count, unit = int(match[1]), match[2]
    return WorkSpan(days=count) if unit == "day" else WorkSpan(minutes=count * (60 if unit == "hour" else 1))


WorkTime = Annotated[WorkSpan, BeforeValidator(parse_work_span), PlainSerializer(str)]


class Calendar(Strict):
    """Working hours and holidays. ``hours``: 'Mon-Fri 09:00-17:30', several joined by ';'."""

    name: str
    zone: str
    hours: str = "Mon-Fri 09:00-17:00"
    holidays: dict[Literal["country", "subdivision"], str] | None = None
    extra_holidays: tuple[date, ...] = ()


class OwnerRules(Strict):
    """When an account's owner may change."""

    mode: Literal["fill_only", "move"] = "fill_only"
    placeholders: tuple[str, ...] = Field((), description="owner ids or e-mails that stand for nobody")
    human_wins: Span = timedelta(days=90)
    own_rest: Span = timedelta(days=90)
    active_within: Span = timedelta(days=45)
    limits: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=lambda: {"total": 250})
    per_day: Annotated[int, Field(ge=0)] = Field(10, description="new accounts a person may be given in a day")


class PoolMember(Strict):
    """One person in a pool, by e-mail."""

    email: str
    weight: Annotated[float, Field(gt=0)] = 1


class Pool(Strict):
    """People who share work, by e-mail or by CRM team name."""

    members: tuple[PoolMember | str, ...] = ()
    team: str | None = None


class Territory(Strict):
    """Accounts that match go to one person or pool."""

    name: str
    when: dict[str, Any]
    to: str = Field(description="e-mail of a person, or name of a pool")


SlotRule = Literal["keep", "parent_owner", "territory"] | dict[Literal["pool", "named", "queue"], Any]


class TaskTemplate(Strict):
    """The task a rep reads: verb + account + reason, under 80 characters; strict sandboxed templates."""

    subject: str
    body: str
    slot: str = "ae"
    priority: Literal["high", "normal", "low"] = "normal"
    due: WorkTime


class SlaRule(Strict):
    """How soon somebody must touch the account, and what happens if nobody does."""

    first_touch: WorkTime
    warn: Share = 0.75
    breach: tuple[dict[Literal["task", "digest", "reassign"], str], ...] = ()


class PlayWhen(Strict):
    """When a play is wanted; every condition given must hold."""

    event: Literal["hand_raise"] | None = None
    entered: str | None = None
    in_tier: str | None = None
    surged: bool | None = None
    disposition: str | None = None
    no_inbound_for: Span | None = None
    roles_below: Share | None = None
    renewal_within: Span | None = None
    for_: Annotated[Span | None, Field(alias="for")] = None


class PlayUnless(Strict):
    """What stops a play."""

    open_opportunity: bool | None = None
    touched_within: WorkTime | None = None


class Play(Strict):
    """A motion for accounts in a state: a task, an SLA timer, a list."""

    name: str
    when: PlayWhen
    unless: PlayUnless = PlayUnless()
    task: TaskTemplate | None = None
    sla: SlaRule | None = None
    list: str | None = None
    cool_down: Span | None = None


class TaskEconomy(Strict):
    """No flood: how many tasks a person may get and hold."""

    open_per_account_and_assignee: Annotated[int, Field(ge=1)] = 1
    new_per_day: Annotated[int, Field(ge=0)] = 5
    open_per_rep: Annotated[int, Field(ge=0)] = 25


class Holdout(Strict):
    """Accounts left alone so that the effect can be measured."""

    share: Share | dict[str, Share] = 0.0
    epoch: Span = timedelta(days=180)
    salt: str = "tierline"
    stratify: tuple[str, ...] = ("fit_band", "segment")
    visible: bool = False


class BaselineRollout(Strict):
    """How fast the first pass's plays are released."""

    per_owner_per_day: Annotated[int, Field(ge=0)] = 3


def _default_slots() -> dict[str, tuple[SlotRule, ...]]:
    return {"ae": ("keep",)}


class Motion(Strict):
    """Everything that changes because of a tier."""

    owner: OwnerRules = OwnerRules()
    slots: dict[str, tuple[SlotRule, ...]] = Field(default_factory=_default_slots)
    pools: dict[str, Pool] = Field(default_factory=dict)
    territories: tuple[Territory, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    people_calendars: dict[str, str] = Field(default_factory=dict, description="e-mail or team to calendar name")
    managers: dict[str, str] = Field(
        default_factory=dict, description="e-mail of a person to e-mail of their manager, where the CRM has none"
    )
    tasks: TaskEconomy = TaskEconomy()
    plays: tuple[Play, ...] = ()
    holdout: Holdout = Holdout()
    baseline_rollout: BaselineRollout = BaselineRollout()

    @model_validator(mode="after")
    def _names(self) -> Motion:
        names = [play.name for play in self.plays]
        if len(set(names)) != len(names):
            raise ValueError("two plays have the same name")
        return self
