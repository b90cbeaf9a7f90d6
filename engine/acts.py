"""What each kind of act is worth under a policy: rules by category, pages by weight, one table of worth by age."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.condense import TWO_WAY
from engine.curves import MOST, Ints, decayed, milli, stack
from engine.facts import POINT
from engine.policy import EngagementRule, Policy

SILENT: Final = frozenset({"email_open", "email_opened", "email_bounce", "email_delivered", "unsubscribe"})  # no act
REPLIES: Final = frozenset({*TWO_WAY, "email_reply", "inbound_call"})  # both sides spoke
NOT_CONTACT: Final = frozenset(
    {"task", "note", "meeting_scheduled", "meeting_no_show", "email_automated", "web_visit", "ad_click"}
)
HUMAN: Final = frozenset({*REPLIES, "chat", "message"})  # contact with a person, whoever began
OTHER: Final = EngagementRule(kind="", points=0)  # inbound kinds without a rule: an act, worth nothing


@dataclass(frozen=True)
class Worth:
    """Engagement rules as arrays. A *cell* is a rule with one of its page classes; ``rank`` orders the pages.

    ``rules`` are in order of category, so that one person's acts of a category lie together; the last is ``OTHER``.
    """

    rules: tuple[EngagementRule, ...]
    categories: tuple[str, ...]
    roles: tuple[str, ...]
    rule_of_kind: NDArray[np.int16]  # by surrogate of Names.kinds; -1: not an act
    category: NDArray[np.int16]  # by rule
    daily_cap: Ints  # by rule
    base: NDArray[np.int32]  # first cell of each rule
    rank: NDArray[np.int16]  # [rule, page class + 1] -> rank among the rule's pages, best first
    pages: tuple[tuple[int, str, int], ...]  # by cell: rule, page pattern ("" for none), weight in thousandths
    account_cap: Ints  # by category, billionths
    role_order: NDArray[np.int16]  # by role: its place when sorted by weight and name
    table: Ints  # [cell * roles + role, age] -> worth in billionths

    @cached_property
    def act(self) -> NDArray[np.bool_]:
        """By cell: something a buyer did that counts as done."""
        last = len(self.rules) - 1
        worth = [rule == last or (self.rules[rule].points > 0 and weight > 0) for rule, _, weight in self.pages]
        return np.array(worth, dtype=np.bool_)

    @cached_property
    def surges(self) -> NDArray[np.bool_]:
        """By cell: inbound and not a generic page, so that it counts for a surge."""
        inbound = [self.rules[rule].kind not in TWO_WAY and weight >= 1000 for rule, _, weight in self.pages]
        return self.act & np.array(inbound, dtype=np.bool_)

    @cached_property
    def inbound(self) -> NDArray[np.bool_]:
        """By cell: the buyer's own act, generic pages too."""
        return self.act & np.array([self.rules[rule].kind not in TWO_WAY for rule, _, _ in self.pages], dtype=np.bool_)

    @cached_property
    def both(self) -> NDArray[np.bool_]:
        """By cell: both sides spoke."""
        return np.array([self.rules[rule].kind in REPLIES for rule, _, _ in self.pages], dtype=np.bool_)


def worth_of(policy: Policy, kinds: NDArray[np.object_], roles: tuple[str, ...]) -> Worth:
    """Tables for the kinds and roles that the evidence names."""
    told = policy.signal.engagement
    order = sorted(range(len(told.rules)), key=lambda i: (told.rules[i].category or told.rules[i].kind, i))
    rules = (*(told.rules[i] for i in order), OTHER)
    categories = tuple(dict.fromkeys(rule.category or rule.kind for rule in rules))
    pages, base, rank = _cells(rules)
    no_cap = milli(1e9) * (POINT // 1000)
    caps = [_nano(told.account_cap[name]) if name in told.account_cap else no_cap for name in categories]
    return Worth(
        rules=rules,
        categories=categories,
        roles=roles,
        rule_of_kind=_rule_of_kind(policy, rules, kinds),
        category=np.array([categories.index(rule.category or rule.kind) for rule in rules], dtype=np.int16),
        daily_cap=np.array([rule.daily_cap for rule in rules], dtype=np.int64),
        base=base,
        rank=rank,
        pages=pages,
        account_cap=np.array(caps, dtype=np.int64),
        role_order=_role_order(policy, roles),
        table=_table(policy, rules, pages, roles),
    )


def _nano(value: float) -> int:
    return milli(value) * (POINT // 1000)


def role_weight(policy: Policy, role: str) -> int:
    """Weight of a role in thousandths; a known role that the policy does not list weighs 1."""
    return milli(policy.signal.engagement.role_weight.get(role, 1.0))


def _role_order(policy: Policy, roles: tuple[str, ...]) -> NDArray[np.int16]:
    order = sorted(range(len(roles)), key=lambda i: (role_weight(policy, roles[i]), roles[i]))
    place = np.empty(len(roles), dtype=np.int16)
    place[order] = np.arange(len(roles), dtype=np.int16)
    return place


def _rule_of_kind(policy: Policy, rules: tuple[EngagementRule, ...], kinds: NDArray[np.object_]) -> NDArray[np.int16]:
    """Rule by kind, through the taxonomy; the first rule of a kind counts."""
    by_kind = {rule.kind: index for index, rule in reversed(list(enumerate(rules[:-1])))}
    names = [policy.taxonomy.kinds.get(kind, kind) for kind in kinds]
    other = len(rules) - 1
    found = [by_kind.get(name, -1 if name in SILENT or name in NOT_CONTACT else other) for name in names]
    return np.array(found, dtype=np.int16)


def _cells(
    rules: tuple[EngagementRule, ...],
) -> tuple[tuple[tuple[int, str, int], ...], NDArray[np.int32], NDArray[np.int16]]:
    pages: list[tuple[int, str, int]] = []
    base = np.zeros(len(rules), dtype=np.int32)
    rank = np.zeros((len(rules), 1 + max(len(rule.pages) for rule in rules)), dtype=np.int16)
    for index, rule in enumerate(rules):
        base[index] = len(pages)
        classes = [("", 1000), *((pattern, milli(weight)) for pattern, weight in rule.pages.items())]
        order = sorted(range(len(classes)), key=lambda i, classes=classes: (-classes[i][1], i))  # type: ignore[misc]
        for place, page in enumerate(order):
            rank[index, page] = place
            pages.append((index, *classes[page]))
    return tuple(pages), base, rank


def _table(
    policy: Policy, rules: tuple[EngagementRule, ...], pages: tuple[tuple[int, str, int], ...], roles: tuple[str, ...]
) -> Ints:
    weights = [role_weight(policy, role) for role in roles]
    curves: list[tuple[int, ...]] = []
    for index, _, page_weight in pages:
        rule = rules[index]
        half_life = rule.half_life or policy.signal.engagement.half_life
        worth = milli(rule.points) * page_weight  # millionths; times the role's thousandths gives billionths
        curves.extend(decayed(min(worth * weight, MOST), half_life) for weight in weights)
    return stack(curves)
