"""Scores to Facts: all that tiers, routing and plays may know of each account, as of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from engine import words
from engine.conditions import NEVER
from engine.domains import host_of, registrable
from engine.evidence import NO_TIME, Evidence
from engine.facts import POINT, Facts, HandRaise, Override, Person, SurgeFacts
from engine.forward import falls_on, held_bar
from engine.history import Deals, deals_of, family_customers, hand_raises_of
from engine.lead import Leads, leads_of, people_of
from engine.motion import Motion
from engine.policy import Policy
from engine.proposals import folded_name
from engine.reasons import Reasons, next_action
from engine.score import CONFIDENCES, Scores, whole_view
from engine.stitch import Matches

HAND_RAISE_DAYS: Final = 14  # a younger hand-raise is what to do next


def facts(
    scores: Scores,
    evidence: Evidence,
    matches: Matches,
    policy: Policy,
    motion: Motion | None = None,
    *,
    bars: Mapping[str, int] | None = None,
) -> dict[str, Facts]:
    """Facts of every account of the population, by account id.

    ``bars`` are the bars (whole points) under which each account falls from the tier it holds, for ``falls_on``;
    without it the best tier that its score still holds counts.
    """
    teller = _Teller(scores, evidence, matches, policy, motion, bars)
    return {one.account_id: one for one in (teller.facts(account) for account in range(len(matches.population)))}


class _Teller:
    """Everything that is looked up once for all accounts."""

    def __init__(
        self, scores: Scores, evidence: Evidence, matches: Matches, policy: Policy, motion: Motion | None,
        bars: Mapping[str, int] | None,
    ) -> None:  # fmt: skip
        self.scores, self.evidence, self.matches, self.policy, self.motion = scores, evidence, matches, policy, motion
        view = whole_view(scores, evidence)
        self.leads: Leads = leads_of(scores, evidence, matches)
        self.reasons = Reasons(scores, policy, view, evidence.configured)
        self.deals: Deals = deals_of(evidence, matches)
        self.raised = hand_raises_of(evidence, matches, policy)
        self.customers = family_customers(evidence, matches, policy)
        self.attributes = view.attributes()
        self.cells = {name: matches.population.column(name).tolist() for name in _CANONICAL}
        self.owners = matches.population.column("owner_id")
        self.falls = falls_on(scores, policy, self._bars(bars))

    def _bars(self, bars: Mapping[str, int] | None) -> dict[int, int]:
        ids = self.matches.population.ids
        if bars is not None:
            return {account: bars[str(ids[account])] for account in range(len(ids)) if str(ids[account]) in bars}
        held = {account: held_bar(self.policy, int(one)) for account, one in enumerate(self.scores.columns["unified"])}
        return {account: tier.leave for account, tier in held.items() if tier is not None}

    def value(self, name: str, account: int) -> int:
        return int(self.scores.columns[name][account])

    def day(self, name: str, account: int) -> datetime | None:
        """A day column as a time; None for never."""
        day = self.value(name, account)
        return words.noon(day, self.evidence.as_of) if day > NEVER else None

    def facts(self, account: int) -> Facts:
        """Facts of one account."""
        people = people_of(self.leads, self.evidence, self.policy, account, self.scores.as_of_day)
        return Facts(
            **self._identity(account),
            **self._scored(account),
            **self._group(account),
            **self._customer(account),
            **self.deals.of(account),
            **self._texts(account, people),
            people=people,
            surge=self._surge(account),
            override=self._override(account),
            attributes=self.attributes[account],
            family_customer_id=self.customers.get(account, (None, None))[0],
            family_customer=self.customers.get(account, (None, None))[1],
        )

    def _cell(self, name: str, account: int) -> Any:
        return known(self.cells[name][account])

    def _identity(self, account: int) -> dict[str, Any]:
        population = self.matches.population
        name = self._cell("name", account) or ""
        domain = next((d for d in map(registrable, map(host_of, self._cell("domains", account) or ())) if d), "")
        parent = int(population.families.parent[account])
        segment = self.value("segment", account)
        buyer = self.policy.identity.family_customer == "as_customer" and account in self.customers
        return {
            "account_id": str(population.ids[account]),
            "natural_key": f"{folded_name(name)}|{domain}",
            "name": name or domain or str(population.ids[account]),
            "family": str(population.ids[population.families.root[account]]),
            "owner_id": self._cell("owner_id", account),
            "lifecycle": "customer" if buyer else self._cell("lifecycle", account),
            "segment": self.policy.segments[segment].name if segment < len(self.policy.segments) else None,
            "country": self._cell("country", account),
            "parent_owner_id": known(self.owners[parent]) if parent >= 0 else None,
        }

    def _scored(self, account: int) -> dict[str, Any]:
        fit, unified = self.value("fit", account), self.value("unified", account)
        exclusion, negative = self.value("exclusion", account), self.value("negative", account)
        floors = self.scores.columns["floors"][account].tolist()
        excluded = self.policy.exclude[exclusion] if exclusion >= 0 else None
        return {
            "known": self.value("known", account) / POINT,
            "fit": fit if fit >= 0 else None,
            **{name: self.value(name, account) for name in ("signal", "engagement", "intent", "roles")},
            "unified": unified if unified >= 0 else None,
            "gated": bool(self.scores.columns["gated"][account]),
            "confidence": CONFIDENCES[self.value("confidence", account)],
            "excluded": (excluded.name, excluded.hard) if excluded else None,
            "negative_trigger": self.policy.negative_triggers[negative].name if negative >= 0 else None,
            "floors": tuple(floor.tier for floor, hit in zip(self.policy.floors, floors, strict=True) if hit),
        }

    def _group(self, account: int) -> dict[str, Any]:
        hit = self.scores.columns["reached"][account].tolist()
        required = list(zip(self.policy.signal.roles.required, hit, strict=True))
        return {
            "roles_reached": tuple(role for role, one in required if one),
            "roles_missing": tuple(role for role, one in required if not one),
            "hand_raise": self.raised.get(account),
            "last_inbound_at": self.day("last_inbound", account),
            "last_human_contact_at": self.day("last_contact", account),
            "last_two_way_at": self.day("last_two_way", account),
            "heat": tuple(self.scores.columns["heat"][account].tolist()),
        }

    def _customer(self, account: int) -> dict[str, Any]:
        renewal = self._cell("renewal_at", account)
        return {
            **{name: self._cell(name, account) for name in ("arr", "health", "adoption", "potential")},
            "strategic": bool(self._cell("strategic", account)),
            "renewal_at": words.moment(renewal) if renewal is not None else None,
        }

    def _texts(self, account: int, people: tuple[Person, ...]) -> dict[str, Any]:
        reasons = self.reasons.of(account)
        raised = self._young(self.raised.get(account))
        hit = self.scores.columns["reached"][account].tolist()
        missing = [role for role, one in zip(self.policy.signal.roles.required, hit, strict=True) if not one]
        topic = self.reasons.topic(account)
        falls = self.falls.get(account)
        return {
            "reasons": reasons,
            "why": reasons[0] if reasons else "",
            "topic": topic,
            "next_action": next_action(people, missing, raised, topic),
            "falls_on": words.midnight(falls) if falls is not None else None,
        }

    def _young(self, raised: HandRaise | None) -> HandRaise | None:
        if raised is None:
            return None
        age = words.moment(self.evidence.as_of) - raised.occurred_at
        return raised if age.days <= HAND_RAISE_DAYS else None

    def _surge(self, account: int) -> SurgeFacts | None:
        if not self.scores.columns["surged"][account]:
            return None
        ratio = self.value("ratio", account) / 1000
        return SurgeFacts(round(ratio, 1), self.value("touches", account), self.value("first_day", account))

    def _override(self, account: int) -> Override | None:
        tier = self._cell("override_tier", account)
        if not tier:
            return None
        until = self._cell("override_until", account)
        return Override(
            tier=str(tier),
            until=words.moment(until) if until is not None else None,
            by=self._cell("override_by", account),
            reason=self._cell("override_reason", account),
        )


_CANONICAL: Final = (
    "name", "domains", "owner_id", "lifecycle", "country", "arr", "health", "adoption", "potential", "strategic",
    "renewal_at", "override_tier", "override_until", "override_by", "override_reason",
)  # fmt: skip


def known(value: Any) -> Any:
    """A cell of a canonical table as a Python value, None where nothing is known."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or (isinstance(value, int) and value == NO_TIME):
        return None
    return value
