"""Top reasons of every account in a rep's words: what people did, what sources saw, who was reached, why it fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine import fit, words
from engine.accounts import Accounts
from engine.facts import POINT, HandRaise, Person
from engine.kernel import part_weights
from engine.lead import NAMELESS
from engine.ledger_lines import value_text
from engine.policy import Policy
from engine.score import Scores

MOST_REASONS: Final = 3
GOOD_FIT: Final = 60 * POINT


class Reasons:
    """Reasons of a population, its best lines found once for all accounts."""

    def __init__(self, scores: Scores, policy: Policy, view: Accounts, configured: frozenset[str]) -> None:
        self._scores, self._policy = scores, policy
        self._weights = fit.weights_of(policy).tolist()
        self._lines = _ranked(scores, policy, configured)
        self._first = np.searchsorted(self._lines[0], np.arange(len(scores.matches.population) + 1))
        days = np.full(len(scores.matches.population), scores.as_of_day, dtype=np.int32)
        told = [criterion for criterion in policy.fit.criteria if criterion.event is None]
        self._values = {one.name: view.column(one.column, days) for one in told}

    def evidence(self, account: int) -> list[str]:
        """The lines worth most, best first."""
        _, table, row = self._lines
        places = range(int(self._first[account]), int(self._first[account + 1]))[:MOST_REASONS]
        return [self._signal(int(row[at])) if table[at] else self._act(int(row[at])) for at in places]

    def topic(self, account: int) -> str | None:
        """The strongest topic or page."""
        _, table, row = self._lines
        for at in range(int(self._first[account]), int(self._first[account + 1])):
            if table[at]:
                return words.topic_text(self._scores.seen.topics[self._scores.signals["topic"][row[at]]])
            page = self._scores.worth.pages[self._scores.acts["cell"][row[at]]][1]
            if page:
                return words.page_text(page)
        return None

    def _act(self, row: int) -> str:
        acts, worth = self._scores.acts, self._scores.worth
        rule, page, _ = worth.pages[acts["cell"][row]]
        n = int(acts["kept"][row])
        role = worth.roles[acts["role"][row]] if acts["person"][row] >= 0 else None
        when = words.when_text(int(acts["oldest"][row]), int(acts["newest"][row]), n)
        return words.dated(words.acts_text(worth.rules[rule].kind, page, n), when) + words.by_text(role)

    def _signal(self, row: int) -> str:
        lines, seen = self._scores.signals, self._scores.seen
        when = words.when_text(int(lines["oldest"][row]), int(lines["newest"][row]), int(lines["n"][row]))
        return words.dated(words.topic_text(seen.topics[lines["topic"][row]]), when)

    def group(self, account: int) -> str | None:
        """Who of the buying group was reached."""
        required = self._policy.signal.roles.required
        hit = self._scores.columns["reached"][account].tolist()
        names = [words.plain(role) for role, one in zip(required, hit, strict=True) if one]
        return f"{len(names)} of {len(required)} roles reached: {', '.join(names)}" if names else None

    def fits(self, account: int) -> str | None:
        """What makes it a good fit: the criteria that give most."""
        score = int(self._scores.columns["fit"][account])
        shares = self._scores.columns["shares"][account].tolist()
        told = zip(self._policy.fit.criteria, shares, self._weights, strict=True)
        best = sorted(
            (-share * weight, one.name) for one, share, weight in told if share > 0 and one.name in self._values
        )
        said = [f"{words.plain(name)} {value_text(self._values[name][account])}" for _, name in best[:2]]
        return f"fit {score // POINT}: {', '.join(said)}" if said and score >= GOOD_FIT else None

    def of(self, account: int) -> tuple[str, ...]:
        """Top reasons, best first: evidence, buying group, fit. Silent and unscored accounts say so."""
        columns = self._scores.columns
        if columns["fit"][account] < 0:
            return ("nothing is known of its fit",)
        found: list[str | None] = [] if columns["silent"][account] else [*self.evidence(account), self.group(account)]
        newest = int(columns["newest"][account])
        if columns["silent"][account] and newest >= 0:
            found.append(f"nothing from their side since {words.day_text(newest)}")
        found.append(self.fits(account))
        if columns["gated"][account]:
            found.insert(0, f"fit {int(columns['fit'][account]) // POINT} is under {self._policy.score.gate.fit:g}")
        return tuple(reason for reason in found if reason)


def _ranked(
    scores: Scores, policy: Policy, configured: frozenset[str]
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.intp]]:
    """Lines of acts and signals by account, those worth most first: account, whether a signal, row in its table."""
    weights = part_weights(policy, configured)
    act = scores.acts["points"] * weights.get("engagement", 0) // max(int(policy.signal.engagement.squash), 1)
    signal = scores.signals["points"] // 1000 * weights.get("intent", 0) // max(int(policy.signal.intent.squash), 1)
    account = np.concatenate((scores.acts["account"], scores.signals["account"]))
    worth = np.concatenate((act, signal))
    table = np.repeat([False, True], [len(act), len(signal)])
    row = np.concatenate((np.arange(len(act)), np.arange(len(signal))))
    order = np.lexsort((row, table, -worth, account))
    order = order[worth[order] > 0]
    return account[order].astype(np.int32), table[order], row[order]


def next_action(
    people: Sequence[Person], missing: Sequence[str], hand_raise: HandRaise | None, topic: str | None
) -> str:
    """What to do next, in a sentence; nobody who opted out is named."""
    known = [one for one in people if one.name != NAMELESS]
    callable_ = [one for one in known if not one.call_opt_out]
    named = callable_ or [one for one in known if not one.mail_opt_out]
    if not named:
        role = words.plain(missing[0]) if missing else "contact"
        return f"Find a {role}: nobody there may be contacted" if known else f"Find a {role}: no contact is known"
    first = named[0]
    if hand_raise is not None:
        asker = next((one for one in named if one.contact_id == hand_raise.contact_id), first)
        day = words.day_text(int(hand_raise.occurred_at.timestamp()) // 86_400)
        return f"{_verb(asker)} {asker.name} about the {words.acts_text(hand_raise.kind, '', 1)} of {day}"
    if missing and first.reached:
        return f"Ask {first.name} for an introduction to the {words.plain(missing[0])}"
    return f"{_verb(first)} {first.name}" + (f" about {topic}" if topic else "")


def _verb(person: Person) -> str:
    return "E-mail" if person.call_opt_out else "Call"
