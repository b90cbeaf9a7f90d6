"""A slow, obvious score of a small world, written from METHOD.md with dictionaries and decimals: the kernel's oracle.

Shares no arithmetic with the engine: decay and squash are worked out here from their definitions (worth times
``0.5 ** (age / half-life)`` rounded half up to a billionth; ``100 * (1 - exp(-x / k))`` linear between 1024 knots a k).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any

from engine.policy import EngagementRule, Policy
from tests.engine.worlds import World

G = 1_000_000_000
FREE = {"gmail.com"}


@lru_cache(maxsize=100_000)
def decay(worth: int, half_life_days: Decimal, age: int) -> int:
    """Billionths left of ``worth`` billionths."""
    with localcontext() as context:
        context.prec = 60
        left = Decimal(worth) * Decimal("0.5") ** (Decimal(age) / half_life_days)
        return int(left.to_integral_value(ROUND_HALF_UP))


@lru_cache(maxsize=100_000)
def knot(place: int, step: int, k: int) -> int:
    """Squash at one knot."""
    with localcontext() as context:
        context.prec = 60
        return int((100 * G * (1 - (-Decimal(place * step) / k).exp())).to_integral_value())


def squash(x: int, k: float) -> int:
    """Billionths of the squashed sum."""
    whole = int(Decimal(str(k)) * G)
    step = whole // 1024
    place = x // step
    if place >= 32 * 1024:
        return 100 * G
    low, high = knot(place, step, whole), knot(place + 1, step, whole)
    return low + (high - low) * (x - place * step) // step


def nano(value: float) -> int:
    """Exact billionths of a short decimal."""
    return int(Decimal(str(value)) * G)


@dataclass
class Verdict:
    """What the twin thinks of one account."""

    fit: int = -1
    known: int = 0
    engagement: int = 0
    intent: int = 0
    roles: int = 0
    signal: int = 0
    unified: int = -1
    acts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # (kind, page) -> points, kept
    signals: dict[tuple[str, str], int] = field(default_factory=dict)  # (source, topic) -> thousandths of billionths


class Twin:
    """One world, one policy."""

    def __init__(self, world: World, policy: Policy, today: int = 0) -> None:
        self.world, self.policy = world, policy
        self.today = today  # days after the world's own day
        self.accounts = {row["account_id"]: row for row in world.accounts}
        self.contacts = {row["contact_id"]: row for row in world.contacts}
        self.rules = {rule.kind: rule for rule in policy.signal.engagement.rules}

    def root(self, account: str) -> str:
        while self.accounts[account].get("parent"):
            account = self.accounts[account]["parent"]
        return account

    def home(self, person: str | None) -> str | None:
        """Account of a person by rules 1, 3 and 4; no manual matches in these worlds."""
        if person is None:
            return None
        if person in self.contacts:
            row = self.contacts[person]
            if row["account_id"] and row.get("record") != "lead":
                return str(row["account_id"])
            host = (row.get("email") or "").rpartition("@")[2]
        else:
            host = person[2:].rpartition("@")[2]
        return self.by_domain(host)

    def by_domain(self, host: str) -> str | None:
        if not host or host in FREE:
            return None
        holders = [str(name) for name, row in self.accounts.items() if host in row.get("domains", ())]
        if len(holders) == 1:
            return holders[0]
        if not holders or self.policy.identity.roll_up == "none" or len({self.root(one) for one in holders}) > 1:
            return None
        if self.policy.identity.roll_up == "ultimate":
            return self.root(holders[0])
        paths = [self.path(one) for one in holders]
        return next(one for one in paths[0] if all(one in path for path in paths))

    def path(self, account: str) -> list[str]:
        parent = self.accounts[account].get("parent")
        return [account, *(self.path(parent) if parent else [])]

    def canonical(self, person: str | None) -> str | None:
        """An address is the contact that has it."""
        if person and person.startswith("e:"):
            holders = [str(name) for name, row in self.contacts.items() if row.get("email") == person[2:]]
            return holders[0] if holders else person
        return None if person and person.startswith("d:") else person

    def barred(self, person: str | None) -> bool:
        """Internal people, and people of competitors."""
        home = self.home(self.canonical(person) or person)
        row = self.contacts.get(self.canonical(person) or "", {})
        host = (row.get("email") or (person or "")[2:] if person else "").rpartition("@")[2]
        rival = home is not None and self.accounts[home].get("lifecycle") == "competitor"
        return host in self.policy.identity.internal_domains or rival

    def verdicts(self) -> dict[str, Verdict]:
        out = {name: Verdict() for name in self.accounts}
        days: dict[tuple[str, str, str, int], list[tuple[int, int, int]]] = defaultdict(list)
        newest: dict[str, int] = {}
        reached: dict[str, set[str]] = defaultdict(set)
        for person, named, kind, inbound, page, born, n in self.world.touches:
            age = born + self.today
            who = self.canonical(person)
            account = named or self.home(who or person)
            if account is None or age < 0 or self.barred(person):
                continue
            rule = self.rules.get(kind)
            if not (inbound or kind in {"meeting_held", "call_connected"}):
                continue
            act = rule is None or (rule.points > 0 and self.page_weight(rule, page) > 0)
            if act:
                newest[account] = min(newest.get(account, age), age)
                role = self.role(who)
                if age <= self.policy.signal.roles.window.days and who:
                    reached[account].add(role)
            if rule is not None:
                days[account, who or "", kind, age].append((-self.page_weight(rule, page), page, n))
        self._engagement(out, days)
        acted = dict(newest)
        for name in out:
            ages = [acted[one] for one in (name, *self._givers(name)) if one in acted]
            if ages:
                newest[name] = min(ages)
        for name, verdict in out.items():
            self._intent(verdict, name, newest)
            required = self.policy.signal.roles.required
            verdict.roles = 100 * G * len(reached[name] & set(required)) // len(required)
            self._fit(verdict, name)
            self._unified(verdict, newest.get(name))
        return out

    def role(self, who: str | None) -> str:
        return (self.contacts.get(who or "", {}).get("role") or "unknown").lower().replace(" ", "_")

    def page_weight(self, rule: EngagementRule, page: int) -> int:
        weights = list(rule.pages.values())
        return nano(weights[page]) // 10**6 if 0 <= page < len(weights) else 1000

    def _engagement(
        self, out: dict[str, Verdict], days: dict[tuple[str, str, str, int], list[tuple[int, int, int]]]
    ) -> None:
        told = self.policy.signal.engagement
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (account, who, kind, age), acts in days.items():
            rule, left = self.rules[kind], self.rules[kind].daily_cap
            half_life = Decimal((rule.half_life or told.half_life).total_seconds()) / 86_400
            weight = nano(told.role_weight.get(self.role(who), 1.0)) // 10**6
            for minus_page_weight, page, n in sorted(acts):
                kept = min(n, left)
                left -= kept
                worth = nano(rule.points) // 10**6 * -minus_page_weight * weight
                points = kept * decay(worth, half_life, age)
                name = list(rule.pages)[page] if 0 <= page < len(rule.pages) else ""
                before = out[account].acts.get((kind, name), (0, 0))
                out[account].acts[kind, name] = (before[0] + points, before[1] + kept)
                sums[account][rule.category or kind] += points
        own = {
            name: sum(min(points, nano(told.account_cap.get(c, 1e9))) for c, points in sums[name].items())
            for name in out
        }
        for name, verdict in out.items():
            verdict.engagement = squash(own[name] + self._received(name, own), told.squash)

    def _received(self, name: str, own: dict[str, int]) -> int:
        share = nano(self.policy.score.family_share) // 10**6
        return sum(own[one] * share // 1000 for one in self._givers(name))

    def _givers(self, name: str) -> list[str]:
        if self.policy.score.family == "parent":
            return [one for one, row in self.accounts.items() if row.get("parent") == name]
        if self.policy.score.family == "ultimate":
            return [one for one in self.accounts if one != name and self.root(one) == name]
        return []

    def _intent(self, verdict: Verdict, name: str, newest: dict[str, int]) -> None:
        told = self.policy.signal.intent
        best: dict[tuple[str, str, int], tuple[int, str]] = {}
        for row in self.world.signals:
            account, age = row["account"] or self.by_domain(row.get("domain") or ""), row["age"] + self.today
            if account != name or age < 0:
                continue
            strength = round(1000 * (1.0 if row.get("strength") is None else row["strength"]))
            key, family = (row["source"], row["topic"], age), row.get("family", "intent")
            before = best.get(key, (-1, ""))
            if strength > before[0] or (strength == before[0] and family < before[1]):
                best[key] = (strength, family)
        families = set()
        by_source: dict[str, int] = defaultdict(int)
        for (source, topic, age), (strength, family) in best.items():
            worth = nano(told.points.get(topic, 0))
            points = decay(worth, Decimal(told.half_life.days), age) * strength
            by_source[source] += points
            verdict.signals[source, topic] = verdict.signals.get((source, topic), 0) + points
            if worth > 0:
                newest[name] = min(newest.get(name, age), age)
                if age <= told.agreement.within.days:
                    families.add(family)
        total = sum(min(points, nano(told.per_source_cap) * 1000) for points in by_source.values())
        factor = {0: 1.0, 1: 1.0, 2: told.agreement.sources_2}.get(len(families), told.agreement.sources_3)
        verdict.intent = squash(total // 1000 * (nano(factor) // 10**6) // 1000, told.squash)

    def _fit(self, verdict: Verdict, name: str) -> None:
        row, total, known, points = self.accounts[name], 0, 0, 0
        for criterion in self.policy.fit.criteria:
            weight = nano(criterion.weight) // 10**6
            total += weight
            share = self._share(criterion, row.get(criterion.column))
            if share is not None:
                known += weight
                points += weight * nano(share)
        verdict.known = known * G // max(total, 1)
        verdict.fit = 100 * points // known if known else -1

    def _share(self, criterion: Any, value: Any) -> float | None:
        if value is None or value == ():
            return None
        if criterion.values is not None:
            return float(criterion.values.get(value, criterion.values.get("*", 0.0)))
        if criterion.has_any is not None:
            found = [criterion.has_any.get(one, criterion.has_any.get("*", 0.0)) for one in value]
            return float(max(found))
        for text, share in criterion.bands.items():
            low, high = text.split("..")
            if (not low or value >= float(low)) and (not high or value < float(high)):
                return float(share)
        return 0.0

    def _unified(self, verdict: Verdict, newest: int | None) -> None:
        rules, weights = self.policy.score, self.policy.signal.weights
        parts = {name: nano(getattr(weights, name)) // 10**6 for name in self.world.configured}
        total = sum(parts.values())
        verdict.signal = sum(getattr(verdict, name) * weight for name, weight in parts.items()) // total if total else 0
        if newest is None or newest > self.policy.signal.stale_after.days:
            verdict.signal = 0
        if verdict.fit < 0:
            return
        score = (nano(rules.fit_weight) * verdict.fit + nano(rules.signal_weight) * verdict.signal) // G
        score = min(score, 100 * G)
        if verdict.fit < nano(rules.gate.fit):
            score = min(score, nano(rules.gate.ceiling))
        verdict.unified = score
