"""What a rep reads in a task: subject and body from the admin's templates, strict and sandboxed, and the fixed lines.

Every variable is defined for every play; what is unknown says so. People who opted out are never named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from cleanco import basename
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

from engine.facts import Facts, OwnerFacts, Person
from engine.keys import reference
from engine.ladder import Ladder, whole
from engine.motion import TaskTemplate
from engine.phrasing import UNKNOWN, clipped, day, joined, moment, number, spoken
from engine.plays import View, Want
from engine.policy import CUSTOMER_TIERS, RECYCLE

SUBJECT_LIMIT: Final = 79  # under 80 characters
FIND_A_CONTACT: Final = "Find a contact at {{ account.name }} - {{ why }}"
_LAST_TOUCHES: Final = 3
_SHORTEST_WHY: Final = 12
_SHORTEST_NAME: Final = 16

_ENV: Final = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)  # plain text, no HTML


class Words(tuple[str, ...]):
    """A list that reads as a phrase when printed, and still has a first item."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(self)


class Sentences(Words):
    """A list whose items hold commas of their own."""

    __slots__ = ()

    def __str__(self) -> str:
        return "; ".join(self)


@dataclass(frozen=True, slots=True)
class Text:
    """A task's words, and whom it is about."""

    subject: str
    body: str
    person: Person | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What texts need beside the account: names of people, the ladder, money, the reader's zone is UTC dates."""

    owners: Mapping[str, OwnerFacts]
    ladder: Ladder
    currency: str
    link: str
    now: datetime


def write(template: TaskTemplate, view: View, want: Want, setting: Setting) -> Text:
    """Subject and body of the task that a play wants. Nobody left to name: it asks to find a contact."""
    named = nameable(view.facts, raised_first=want.hand_raise)
    subject = template.subject
    if not named and needs_person(template):
        subject = FIND_A_CONTACT
    values = variables(view, want, named, setting)
    told = meta.find_undeclared_variables(_ENV.parse(template.body))
    lines = [_render(template.body, values), "", *_fixed_lines(view, want, named, setting, told)]
    return Text(_short_subject(subject, values), "\n".join(lines), named[0] if named else None)


def unknown_variables(template: TaskTemplate) -> tuple[str, ...]:
    """Names that a template uses and that no play defines; raises ValueError when it cannot be read."""
    used: set[str] = set()
    for source in (template.subject, template.body):
        try:
            used |= meta.find_undeclared_variables(_ENV.parse(source))
        except TemplateError as error:
            raise ValueError(f"template {clipped(source, 40)!r} cannot be read: {error.message}") from None
    return tuple(sorted(used - VARIABLES))


def nameable(facts: Facts, *, raised_first: bool = False) -> tuple[Person, ...]:
    """The people a task may name, best first; for a raised hand whoever raised it comes first."""
    people = [person for person in facts.people if not (person.call_opt_out or person.mail_opt_out)]
    raised = facts.hand_raise.contact_id if raised_first and facts.hand_raise is not None else None
    return tuple(sorted(people, key=lambda person: person.contact_id != raised) if raised is not None else people)


def needs_person(template: TaskTemplate) -> bool:
    """True when the subject is about a person."""
    return "person" in meta.find_undeclared_variables(_ENV.parse(template.subject))


def variables(view: View, want: Want, named: Sequence[Person], setting: Setting) -> dict[str, Any]:
    """Every variable that a template may use; see ``VARIABLES``."""
    facts, standing = view.facts, view.decision.standing
    return {
        **_people(facts, named),
        **_numbers(facts, setting.currency),
        "account": _account(facts, setting),
        "why": raised(facts) if want.hand_raise and facts.hand_raise is not None else why(view),
        "evidence": _evidence(view, want),
        "reasons": Sentences(facts.reasons or view.decision.sentences[:2] or (why(view),)),
        "talk_track": talk_track(facts),
        "next_action": facts.next_action or "agree the next step and its date",
        "heat": heat(facts.heat),
        "surge": _surge(view),
        "last_inbound": {"on": day(facts.last_inbound_at), "at": moment(facts.last_inbound_at)},
        "next_tier": _next_tier(standing.tier, setting.ladder),
        "falls_on": day(facts.falls_on) if facts.falls_on is not None else "a later date",
        "topic": facts.topic or "what they read last",
        "tier": standing.tier,
        "treated_as": standing.treated_as or standing.tier,
        "stage": standing.stage or UNKNOWN,
        "disposition": standing.disposition or "none",
        "segment": facts.segment or "general",
    }


def _people(facts: Facts, named: Sequence[Person]) -> dict[str, Any]:
    return {
        "person": _person(named[0] if named else None, "a contact still to be found"),
        "second_person": _person(named[1] if len(named) > 1 else None, "another contact"),
        "buying_group": buying_group(named),
        "missing_roles": Words(spoken(role) for role in facts.roles_missing) or Words(("none",)),
        "reached_roles": Words(spoken(role) for role in facts.roles_reached) or Words(("none",)),
    }


def _numbers(facts: Facts, currency: str) -> dict[str, Any]:
    spaces = facts.attributes.get("whitespace")
    return {
        "fit": _points(facts.fit),
        "signal": _points(facts.signal),
        "score": _points(facts.unified),
        "arr": _money(facts.arr, currency),
        "potential": _money(facts.potential, currency),
        "renewal_at": day(facts.renewal_at),
        "health": number(facts.health),
        "adoption": number(facts.adoption),
        "whitespace": ", ".join(map(str, spaces)) if isinstance(spaces, (list, tuple)) else str(spaces or UNKNOWN),
    }


def _person(person: Person | None, stand_in: str) -> dict[str, str]:
    if person is None:
        return {"name": stand_in, "role": UNKNOWN, "title": UNKNOWN}
    return {"name": person.name, "role": spoken(person.role or UNKNOWN), "title": person.title or UNKNOWN}


def _account(facts: Facts, setting: Setting) -> dict[str, str]:
    owner = setting.owners.get(facts.owner_id) if facts.owner_id is not None else None
    return {
        "name": facts.name,
        "owner": owner.name if owner is not None else "nobody",
        "country": facts.country or UNKNOWN,
        "link": account_link(facts, setting.link),
    }


def _evidence(view: View, want: Want) -> dict[str, str]:
    raised = view.facts.hand_raise
    if want.hand_raise and raised is not None:
        return {"at": moment(raised.occurred_at), "on": day(raised.occurred_at), "what": spoken(raised.kind)}
    return {"at": moment(want.trigger_at), "on": day(want.trigger_at), "what": why(view)}


def _surge(view: View) -> dict[str, str]:
    surge, until = view.facts.surge, view.decision.standing.treated_until
    if surge is None:
        return {"ratio": "several ", "touches": UNKNOWN, "until": day(until)}
    return {"ratio": f"{surge.ratio:.1f}", "touches": str(surge.touches), "until": day(until)}


def _next_tier(tier: str, ladder: Ladder) -> str:
    return ladder.below(tier) if tier in ladder.places and tier != RECYCLE else RECYCLE


def _points(points: int | None) -> str:
    shown = whole(points)
    return UNKNOWN if shown is None else str(shown)


def _money(amount: float | None, currency: str) -> str:
    return UNKNOWN if amount is None else f"{currency} {amount:,.0f}"


def why(view: View) -> str:
    """The reason in a few words: for customers and exclusions what put them there, else the strongest evidence."""
    facts, decision = view.facts, view.decision
    if decision.standing.tier in CUSTOMER_TIERS and decision.cause:
        return decision.cause
    return facts.why or (facts.reasons[0] if facts.reasons else f"score {_points(facts.unified)}")


def raised(facts: Facts) -> str:
    """Who asked for what, in a few words: ``demo request on 28 Oct 2026``."""
    if facts.hand_raise is None:
        return facts.why
    return f"{spoken(facts.hand_raise.kind)} on {day(facts.hand_raise.occurred_at)}"


def heat(weeks: Sequence[int]) -> str:
    """Touches by week in words: this week's number, then the weeks before it, newest first."""
    if not weeks:
        return "no touches seen"
    before = ", ".join(str(count) for count in reversed(weeks[:-1]))
    return f"{weeks[-1]} touch{'es' if weeks[-1] != 1 else ''}" + (f" (weeks before: {before})" if before else "")


def talk_track(facts: Facts) -> str:
    """A first sentence to say, from what they looked at."""
    if facts.hand_raise is not None and facts.why:
        return f"thank them for the {spoken(facts.hand_raise.kind)}, ask what prompted it, agree the next step"
    if facts.topic:
        return f"ask what they want to solve with {facts.topic}, and who else cares about it"
    return "ask what has changed for them, and who else should be in the room"


def buying_group(named: Sequence[Person]) -> str:
    """The people of the buying group with their roles, those reached first."""
    group = sorted(named, key=lambda person: not person.reached)
    known = [person for person in group if person.role or person.reached][:5] or list(group[:2])
    return ", ".join(f"{one.name} ({spoken(one.role or 'role unknown')})" for one in known) or "nobody known yet"


def account_link(facts: Facts, link: str) -> str:
    """Where the account is in the CRM; its name where no address is known."""
    return link.replace("{account_id}", facts.account_id) if link else facts.name


def _fixed_lines(view: View, want: Want, named: Sequence[Person], setting: Setting, told: Collection[str]) -> list[str]:
    """What every task says, as far as its template has not told it."""
    facts = view.facts
    touched = sorted((p for p in named if p.last_touch_at), key=lambda p: (p.last_touch_at or setting.now, p.name))
    touches = [f"{person.name} on {day(person.last_touch_at)}" for person in reversed(touched[-_LAST_TOUCHES:])]
    lines = [
        line
        for variable, line in (
            ("reasons", f"Why: {joined(facts.reasons, 400) or why(view)}"),
            ("buying_group", f"Who: {buying_group(named)}"),
            ("talk_track", f"Say: {talk_track(facts)}"),
            ("", f"Last touches: {', '.join(touches) or 'none seen'}"),
        )
        if variable not in told
    ]
    if facts.family_customer:
        lines.append(f"In the family: {facts.family_customer}")
    return [*lines, f"Account: {account_link(facts, setting.link)}", reference(want.key)]


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return _ENV.from_string(source)


def _render(source: str, values: Mapping[str, Any]) -> str:
    try:
        return _compiled(source).render(values).strip()
    except TemplateError as error:
        raise ValueError(f"template {clipped(source, 40)!r} cannot be filled in: {error.message}") from None


def _one_line(source: str, values: Mapping[str, Any]) -> str:
    return " ".join(_render(source, values).split())


def _short_subject(source: str, values: Mapping[str, Any]) -> str:
    """The subject in under 80 characters: dates give way first, then the legal form, then words from the end."""
    text = _one_line(source, values)
    if len(text) > SUBJECT_LIMIT:
        values = {**values, "why": re.split(r",? last on | on \d", values["why"])[0]}
        text = _one_line(source, values)
    if len(text) > SUBJECT_LIMIT:
        account = values["account"]
        values = {**values, "account": {**account, "name": basename(account["name"]) or account["name"]}}
        text = _one_line(source, values)
    for name, shortest in (("why", _SHORTEST_WHY), ("account", _SHORTEST_NAME)):
        over = len(text) - SUBJECT_LIMIT
        if over <= 0:
            break
        values = _shorter(values, name, shortest, over)
        text = _one_line(source, values)
    return clipped(text, SUBJECT_LIMIT)


def _shorter(values: Mapping[str, Any], name: str, shortest: int, over: int) -> dict[str, Any]:
    if name == "why":
        return {**values, "why": clipped(values["why"], max(shortest, len(values["why"]) - over))}
    account = values["account"]
    room = max(shortest, len(account["name"]) - over)
    return {**values, "account": {**account, "name": clipped(account["name"], room)}}


VARIABLES: Final = frozenset(
    {
        *("account", "person", "second_person", "buying_group", "missing_roles", "reached_roles", "why", "evidence"),
        *("reasons", "talk_track", "next_action", "heat", "fit", "signal", "score", "surge", "last_inbound"),
        *("next_tier", "falls_on", "topic", "segment", "arr", "renewal_at", "health", "adoption", "potential"),
        *("whitespace", "tier", "treated_as", "stage", "disposition"),
    }
)
