"""What happened on an account beside its score: opportunities, hand-raises, customers in the family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import words
from engine.evidence import NO_TIME, Evidence
from engine.facts import HandRaise
from engine.policy import Policy
from engine.stitch import Matches


@dataclass(frozen=True, slots=True)
class Deals:
    """Opportunities by account: which are open, and the newest won and lost ones (rows of Evidence.opportunities)."""

    table: Mapping[str, Any]
    open: frozenset[int]
    won: Mapping[int, int]
    lost: Mapping[int, int]

    def of(self, account: int) -> dict[str, Any]:
        """The opportunity columns of Facts."""
        return {
            "open_opportunity": account in self.open,
            **self._closed("won", self.won.get(account)),
            **self._closed("lost", self.lost.get(account)),
        }

    def _closed(self, word: str, row: int | None) -> dict[str, Any]:
        if row is None:
            return {}
        amount = float(self.table["amount"][row])
        at = words.moment(int(self.table["closed_at"][row]))
        return {f"{word}_at": at, f"{word}_amount": None if np.isnan(amount) else amount}


def deals_of(evidence: Evidence, matches: Matches) -> Deals:
    """Opportunities of the population; closed ones without a date, or dated in the future, wait."""
    table = evidence.opportunities
    account = matches.population.index(table["account"])
    closed_at, closed, won = table["closed_at"], table["is_closed"].astype(np.bool_), table["is_won"].astype(np.bool_)
    still_open = frozenset(account[(account >= 0) & ~closed].tolist())
    done = (account >= 0) & closed & (closed_at != NO_TIME) & (closed_at <= evidence.as_of)
    ids = table["opportunity_id"]
    newest: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for row in sorted(np.flatnonzero(done).tolist(), key=lambda row: (int(closed_at[row]), str(ids[row]))):
        newest[0 if won[row] else 1][int(account[row])] = row
    return Deals(table, still_open, *newest)


def hand_raises_of(evidence: Evidence, matches: Matches, policy: Policy) -> dict[int, HandRaise]:
    """The newest hand-raise of each account by somebody who counts; of several at once the smallest id."""
    table = evidence.hand_raises
    person = np.append(matches.person, np.int32(-1))[table["person"]]
    home = np.append(matches.account, np.int32(-1))[table["person"]]
    account = np.where(table["account"] >= 0, matches.population.index(table["account"]), home)
    barred = np.append(matches.excluded, False)[table["person"]]  # -1 reads the last cell
    taken = np.flatnonzero((account >= 0) & ~barred & (table["occurred_at"] <= evidence.as_of)).tolist()
    out: dict[int, HandRaise] = {}
    ids = table["activity_id"]
    for row in sorted(taken, key=lambda row: (-int(table["occurred_at"][row]), str(ids[row]))):
        if int(account[row]) not in out:
            kind = str(evidence.names.kinds[table["kind"][row]])
            out[int(account[row])] = HandRaise(
                activity_id=str(ids[row]),
                kind=policy.taxonomy.kinds.get(kind, kind),
                occurred_at=words.moment(int(table["occurred_at"][row])),
                contact_id=_contact_id(evidence, matches, int(person[row])),
            )
    return out


def _contact_id(evidence: Evidence, matches: Matches, person: int) -> str | None:
    row = int(matches.contact_row[person]) if person >= 0 else -1
    return str(evidence.contacts["contact_id"][row]) if row >= 0 else None


def family_customers(evidence: Evidence, matches: Matches, policy: Policy) -> dict[int, tuple[str, str]]:
    """For each other account of a customer's family that customer's id, and its name with its owner's.

    For example ``("001A", "Acme (Ada Lovelace)")``.
    """
    population = matches.population
    if policy.identity.family_customer == "ignore":
        return {}
    renewal = population.column("renewal_at")
    arr = np.nan_to_num(population.column("arr").astype(np.float64), nan=0.0)
    buys = (population.column("lifecycle") == "customer") | (arr > 0)
    buys |= (renewal != NO_TIME) & (renewal >= evidence.as_of)
    roots, names = population.families.root, population.column("name")
    owners = dict(zip(evidence.owners["owner_id"], evidence.owners["name"], strict=True))
    owner_ids = population.column("owner_id")
    first: dict[int, tuple[str, str]] = {}
    for account in sorted(np.flatnonzero(buys).tolist(), key=lambda one: (str(names[one]), str(population.ids[one]))):
        owner = owners.get(owner_ids[account])
        text = f"{names[account] or population.ids[account]}" + (f" ({owner})" if owner else "")
        first.setdefault(int(roots[account]), (str(population.ids[account]), text))
    return {
        account: first[int(roots[account])]
        for account in range(len(population))
        if int(roots[account]) in first and not buys[account]
    }
