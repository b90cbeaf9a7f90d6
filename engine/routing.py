"""Who gets an account or a task: slots filled by chains of rules, least loaded first, every choice with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from engine.conditions import SCORED, event_of, plain, satisfies
from engine.facts import POINT, Facts, OwnerFacts
from engine.keys import tie
from engine.motion import Motion, Pool, PoolMember, SlotRule
from engine.phrasing import day

TOTAL: Final = "total"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account whose slot has to be filled; ``holder`` is whoever holds it now. Given in rank order."""

    facts: Facts
    tier: str
    slot: str
    holder: str | None = None


@dataclass(slots=True)
class Loads:
    """How much everybody holds: accounts in all and by tier, and what they were given today. A fold changes a copy."""

    held: Counter[str] = field(default_factory=Counter)
    by_tier: Counter[tuple[str, str]] = field(default_factory=Counter)
    today: Counter[str] = field(default_factory=Counter)

    def copy(self) -> Loads:
        """Loads of their own, equal to these."""
        return Loads(Counter(self.held), Counter(self.by_tier), Counter(self.today))

    def give(self, owner_id: str, tier: str) -> None:
        """One account more for a person."""
        self.held[owner_id] += 1
        self.by_tier[owner_id, tier] += 1
        self.today[owner_id] += 1


@dataclass(frozen=True, slots=True)
class Rules:
    """Chains, pools and limits; ``limits`` by tier name and ``total``, ``per_day`` per person; None for no limit."""

    motion: Motion
    owners: Mapping[str, OwnerFacts]
    now: datetime
    limits: Mapping[str, int] = field(default_factory=dict)
    per_day: int | None = None
    by_email: Mapping[str, OwnerFacts] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)  # people who take no more now, and why

    @classmethod
    def of(
        cls,
        motion: Motion,
        owners: Mapping[str, OwnerFacts],
        now: datetime,
        *,
        limits: Mapping[str, int] | None = None,
        per_day: int | None = None,
    ) -> Rules:
        """Rules over these people; the first of two with one address is the active one with the smallest id."""
        by_email: dict[str, OwnerFacts] = {}
        for one in sorted(owners.values(), key=lambda o: (not o.active, o.owner_id)):
            if one.email:
                by_email.setdefault(one.email.lower(), one)
        return cls(motion, owners, now, limits or {}, per_day, by_email)

    def person(self, email: str) -> OwnerFacts | None:
        """The person with an address."""
        return self.by_email.get(email.strip().lower())

    def is_placeholder(self, one: OwnerFacts) -> bool:
        """True for a mapped user that stands for nobody."""
        names = {name.lower() for name in self.motion.owner.placeholders}
        return one.owner_id.lower() in names or (one.email or "").lower() in names

    def works(self, owner_id: str | None) -> bool:
        """True for an active person who is no placeholder; may be away."""
        one = self.owners.get(owner_id) if owner_id is not None else None
        return one is not None and one.active and not self.is_placeholder(one)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets the slot of an account, and why; ``owner_id`` None when nobody could be chosen."""

    account_id: str
    slot: str
    owner_id: str | None
    reason: str


def route(waiting: Sequence[Waiting], loads: Loads, rules: Rules) -> list[Choice]:
    """One choice per waiting account, in the order given; each choice counts in the loads of those after it."""
    running = loads.copy()
    choices: list[Choice] = []
    for one in waiting:
        choice = choose(one, running, rules)
        if choice.owner_id is not None and choice.owner_id != one.holder:
            running.give(choice.owner_id, one.tier)
        choices.append(choice)
    return choices


def choose(one: Waiting, loads: Loads, rules: Rules) -> Choice:
    """The first rule of the slot's chain that names somebody who can take the account."""
    reasons: list[str] = []
    for rule in rules.motion.slots.get(one.slot, ("keep",)):
        owner_id, reason = _by_rule(rule, one, loads, rules)
        if owner_id is not None:
            return Choice(one.facts.account_id, one.slot, owner_id, reason)
        reasons.append(reason)
    return Choice(one.facts.account_id, one.slot, None, "; ".join(reasons) or f"slot {one.slot} has no rules")


def _by_rule(rule: SlotRule, one: Waiting, loads: Loads, rules: Rules) -> tuple[str | None, str]:
    match rule:
        case "keep":
            if rules.works(one.holder):
                return one.holder, "kept"
            return None, "nobody active holds it"
        case "parent_owner":
            return _one_person(one.facts.parent_owner_id, "the parent account's owner", one, loads, rules)
        case "territory":
            return _by_territory(one, loads, rules)
        case _:
            return _by_name(rule, one, loads, rules)


def _by_name(rule: Mapping[Any, Any], one: Waiting, loads: Loads, rules: Rules) -> tuple[str | None, str]:
    (kind, target), *_ = rule.items()
    if kind == "pool":
        return _from_pool(str(target), one, loads, rules)
    person = rules.person(str(target))
    if person is None:
        return None, f"{target} is not a user of the CRM"
    if kind == "queue":  # the last resort takes what nobody else could, whatever its load
        return (person.owner_id, "fallback queue") if person.active else (None, f"the queue {target} is not active")
    return _one_person(person.owner_id, "named", one, loads, rules)


def _by_territory(one: Waiting, loads: Loads, rules: Rules) -> tuple[str | None, str]:
    for territory in rules.motion.territories:
        if matches(one.facts, territory.when):
            if territory.to in rules.motion.pools:
                owner_id, reason = _from_pool(territory.to, one, loads, rules)
                return owner_id, f"territory {territory.name}: {reason}"
            person = rules.person(territory.to)
            if person is None:
                return None, f"territory {territory.name}: {territory.to} is neither a pool nor a user of the CRM"
            return _one_person(person.owner_id, f"territory {territory.name}", one, loads, rules)
    return None, "no territory matches"


def matches(facts: Facts, when: Mapping[str, Any]) -> bool:
    """True when every condition on a column holds (see ``conditions.satisfies``); dated events are not known here."""
    if event_of(dict(when)) is not None:
        return False
    return all(satisfies(name, _column(facts, name), wanted) for name, wanted in plain(dict(when)).items())


def _column(facts: Facts, name: str) -> object:
    if name in facts.attributes:
        return facts.attributes[name]
    value = getattr(facts, name, None)
    return value / POINT if name in SCORED and value is not None else value


def _one_person(owner_id: str | None, why: str, one: Waiting, loads: Loads, rules: Rules) -> tuple[str | None, str]:
    if owner_id is None:
        return None, f"{why}: nobody"
    stop = _stop(owner_id, one, loads, rules)
    return (None, f"{why}: {stop}") if stop else (owner_id, why)


def _from_pool(name: str, one: Waiting, loads: Loads, rules: Rules) -> tuple[str | None, str]:
    pool = rules.motion.pools.get(name)
    if pool is None:
        return None, f"there is no pool {name}"
    members = pool_members(pool, rules)
    if one.holder in members and rules.works(one.holder):
        return one.holder, f"already in pool {name}"
    free = {owner: weight for owner, weight in members.items() if not _stop(owner, one, loads, rules)}
    if not free:
        stops = sorted({_stop(owner, one, loads, rules) for owner in members})
        return None, f"nobody in pool {name} is free ({'; '.join(stops) or 'it is empty'})"
    best = min(free, key=lambda owner: ((loads.held[owner] + 1) / free[owner], *_equal(one.facts, owner, rules)))
    return best, f"least loaded in pool {name}"


def _equal(facts: Facts, owner_id: str, rules: Rules) -> tuple[bytes, str]:
    email = rules.owners[owner_id].email or owner_id
    return tie(facts.natural_key, email.lower()), owner_id


def pool_members(pool: Pool, rules: Rules) -> dict[str, float]:
    """Owner ids of a pool's people with their weights: those named, and those of its team."""
    found: dict[str, float] = {}
    for member in pool.members:
        email, weight = (member.email, member.weight) if isinstance(member, PoolMember) else (member, 1.0)
        person = rules.person(email)
        if person is not None:
            found[person.owner_id] = weight
    for one in rules.owners.values():
        if pool.team is not None and one.team == pool.team:
            found.setdefault(one.owner_id, 1.0)
    return found


def away_until(one: OwnerFacts, now: datetime) -> datetime | None:
    """When somebody who is away comes back; None when they are here."""
    return max((back for gone, back in one.away if gone <= now < back), default=None)


def _stop(owner_id: str, one: Waiting, loads: Loads, rules: Rules) -> str:
    """What keeps a person from taking one account more, in words; empty when nothing does."""
    person = rules.owners.get(owner_id)
    if person is None or not rules.works(owner_id):
        return f"{person.name if person is not None else owner_id} is not active"
    back = away_until(person, rules.now)
    if back is not None:
        return f"{person.name} is away until {day(back)}"
    return rules.closed.get(owner_id) or _full(person, one.tier, loads, rules)


def _full(person: OwnerFacts, tier: str, loads: Loads, rules: Rules) -> str:
    """Which limit a person has reached, in words; empty while there is room."""
    limit, total = rules.limits.get(tier), rules.limits.get(TOTAL)
    if total is not None and loads.held[person.owner_id] >= total:
        return f"{person.name} holds {total} accounts already"
    if limit is not None and loads.by_tier[person.owner_id, tier] >= limit:
        return f"{person.name} holds {limit} of {tier} already"
    if rules.per_day is not None and loads.today[person.owner_id] >= rules.per_day:
        return f"{person.name} was given {rules.per_day} today"
    return ""
