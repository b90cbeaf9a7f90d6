"""The columns of an account that fit and conditions may name: canonical, derived from history, scored, or custom."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.conditions import Days
from engine.curves import Ints
from engine.engagement import Attributed, renumbered
from engine.evidence import Evidence
from engine.intent import Seen
from engine.stitch import Matches

TWO_YEARS_DAYS: Final = 730
DERIVED: Final = ("contacts_known", "past_opportunities", "past_meetings_24mo", "former_customer_contact")


@dataclass(frozen=True, slots=True)
class Meetings:
    """Held meetings by account and day."""

    account: NDArray[np.int32]
    day: NDArray[np.int32]
    n: NDArray[np.int32]

    def of(self, accounts: NDArray[np.bool_]) -> Meetings:
        """The meetings of some accounts, which are numbered anew."""
        mine = accounts[self.account]
        return Meetings(renumbered(accounts, self.account[mine]), self.day[mine], self.n[mine])


def meetings_of(touches: Attributed, kinds: Sequence[str], renamed: Mapping[str, str]) -> Meetings:
    """Held meetings among the touches."""
    held = [code for code, kind in enumerate(kinds) if renamed.get(kind, kind) == "meeting_held"]
    rows = np.isin(touches.kind, held)
    return Meetings(touches.account[rows], touches.day[rows], touches.n[rows])


@dataclass
class Accounts:
    """The population as conditions and criteria see it. Columns are made when asked for and kept."""

    evidence: Evidence
    matches: Matches
    seen: Seen
    meetings: Meetings
    scored: Mapping[str, Ints] = field(default_factory=dict)  # fit, signal, ... in billionths, once they are known
    _made: dict[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.matches.population)

    def with_scores(self, scored: Mapping[str, Ints]) -> Accounts:
        """The same accounts, with their scores as columns."""
        return Accounts(self.evidence, self.matches, self.seen, self.meetings, scored, self._made)

    def column(self, name: str, days: Days) -> NDArray[Any]:
        """Values of a column as of each account's day; a name that nobody knows is unknown everywhere."""
        if name in self.scored:
            return self.scored[name]
        if name == "past_meetings_24mo":
            return self._meetings(days)
        return self.kept(name, lambda: self._make(name))

    def kept(self, key: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """What ``make`` makes for every account, made once: for answers that neither date nor score changes."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def newest(self, topics: Sequence[str]) -> Days:
        """Day on which any of the topics was last seen on each account; ``NEVER`` if it was not."""
        return self.kept(f"newest {tuple(topics)}", lambda: self.seen.newest(topics, len(self)))

    def covered(self, topics: Sequence[str]) -> NDArray[np.bool_]:
        """Accounts of which a source of these topics has ever said anything."""
        return self.kept(f"covered {tuple(topics)}", lambda: self.seen.covered(topics, len(self)))

    def only(self, accounts: NDArray[np.bool_]) -> Accounts:
        """Some of the accounts, numbered anew; whole families must be taken or left."""
        matches, seen, meetings = self.matches.only(accounts), self.seen.of(accounts), self.meetings.of(accounts)
        made = {name: column[accounts] for name, column in self._made.items()}
        scored = {name: column[accounts] for name, column in self.scored.items()}
        return Accounts(self.evidence, matches, seen, meetings, scored, made)

    def _make(self, name: str) -> NDArray[Any]:
        derived: dict[str, Callable[[], NDArray[Any]]] = {
            "contacts_known": self._contacts,
            "past_opportunities": self._opportunities,
            "former_customer_contact": self._former_customer_contacts,
        }
        if name in derived:
            return derived[name]()
        if name in self.evidence.accounts:
            return self.matches.population.column(name)
        return self._attribute(name)

    def attributes(self) -> list[dict[str, Any]]:
        """Custom fields of each account; a document that cannot be read has none."""
        return list(self.kept("every attribute", self._trees))

    def _trees(self) -> NDArray[np.object_]:
        out = np.empty(len(self), dtype=np.object_)
        for row, text in enumerate(self.matches.population.column("attributes")):
            out[row] = _tree(text)
        return out

    def _attribute(self, name: str) -> NDArray[Any]:
        out = np.empty(len(self), dtype=np.object_)
        for row, tree in enumerate(self.kept("every attribute", self._trees)):
            out[row] = tree.get(name)
        return out

    def _meetings(self, days: Days) -> NDArray[np.int64]:
        age = days[self.meetings.account] - self.meetings.day
        rows = (age >= 0) & (age <= TWO_YEARS_DAYS)
        out = np.zeros(len(self), dtype=np.int64)
        np.add.at(out, self.meetings.account[rows], self.meetings.n[rows])
        return out

    def _contacts(self) -> NDArray[np.int64]:
        people = self.matches.person == np.arange(len(self.matches.person))
        rows = people & (self.matches.contact_row >= 0) & (self.matches.account >= 0) & ~self.matches.excluded
        return np.bincount(self.matches.account[rows], minlength=len(self))

    def _opportunities(self) -> NDArray[np.int64]:
        table = self.evidence.opportunities
        account = self.matches.population.index(table["account"])
        rows = (account >= 0) & table["is_closed"].astype(np.bool_)
        return np.bincount(account[rows], minlength=len(self))

    def _former_customer_contacts(self) -> NDArray[np.int64]:
        """Contacts whose address belongs to a customer or former customer of another family: they came from there."""
        population, domains = self.matches.population, self.matches.domains.account
        bought = np.isin(population.column("lifecycle").astype(str), ["customer", "former"])
        out = np.zeros(len(self), dtype=np.int64)
        contacts = self.evidence.contacts
        account = self.matches.account[contacts["person"]]
        for row in np.flatnonzero(account >= 0):
            email = contacts["email"][row]
            host = email.rpartition("@")[2].lower() if isinstance(email, str) else ""
            origin = domains.get(host)
            if origin is not None and bought[origin]:
                roots = population.families.root
                out[account[row]] += roots[origin] != roots[account[row]]
        return out


def _tree(text: object) -> dict[str, Any]:
    if isinstance(text, dict):
        return text
    if not isinstance(text, str) or text in {"", "{}"}:
        return {}
    try:
        tree = json.loads(text)
    except ValueError:
        return {}
    return tree if isinstance(tree, dict) else {}
