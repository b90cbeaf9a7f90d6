"""Lead scores: the same rules for one person; they say *who first* in tasks and never set the account's tier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine import words
from engine.conditions import NEVER
from engine.curves import Ints, days_of
from engine.evidence import Evidence
from engine.facts import POINT, Person
from engine.policy import Policy
from engine.score import Scores
from engine.stitch import Matches, role_of

NAMELESS: Final = "unnamed contact"  # nobody can be asked for by that name

MOST_PEOPLE: Final = 5


@dataclass(frozen=True, slots=True)
class Leads:
    """Contacts of the population's accounts, sorted by account; ``row`` in Evidence.contacts."""

    account: NDArray[np.int32]
    row: NDArray[np.intp]
    lead: Ints
    last: NDArray[np.int32]
    first: NDArray[np.intp]  # by account: where its contacts begin; one more at the end

    def of(self, account: int) -> range:
        """Places of an account's contacts."""
        return range(int(self.first[account]), int(self.first[account + 1]))


def leads_of(scores: Scores, evidence: Evidence, matches: Matches) -> Leads:
    """Lead score and last act of every contact, 0 for those who did nothing."""
    person = evidence.contacts["person"].astype(np.int64)
    live = matches.person[person] == person
    row = np.flatnonzero(live & (matches.account[person] >= 0) & ~matches.excluded[person])
    row = row[np.argsort(matches.account[person[row]], kind="stable")]
    account = matches.account[person[row]]
    lead, last = _looked_up(scores, account, person[row], len(matches.person))
    first = np.searchsorted(account, np.arange(len(matches.population) + 1))
    return Leads(account, row, lead, last, first)


def _looked_up(scores: Scores, account: NDArray[np.int32], person: Ints, people: int) -> tuple[Ints, NDArray[np.int32]]:
    told = scores.people
    codes = told["account"].astype(np.int64) * people + told["person"]
    wanted = account.astype(np.int64) * people + person
    place = np.minimum(np.searchsorted(codes, wanted), max(len(codes) - 1, 0))
    if not len(codes):
        return np.zeros(len(wanted), dtype=np.int64), np.full(len(wanted), NEVER, dtype=np.int32)
    found = codes[place] == wanted
    return np.where(found, told["lead"][place], 0), np.where(found, told["last_act"][place], NEVER).astype(np.int32)


def people_of(leads: Leads, evidence: Evidence, policy: Policy, account: int, day: int) -> tuple[Person, ...]:
    """The account's people, best lead score first, then those reached, then by name; at most five."""
    window = days_of(policy.signal.roles.window)
    people = sorted(_people(leads, evidence, account, day, window), key=_order)
    return tuple(person for _, person in people[:MOST_PEOPLE])


def _order(told: tuple[int, Person]) -> tuple[int, bool, bool, str, str]:
    lead, person = told
    return (-lead, not person.reached, person.role is None, person.name.casefold(), person.contact_id)


def _people(leads: Leads, evidence: Evidence, account: int, day: int, window: int) -> Iterator[tuple[int, Person]]:
    contacts = evidence.contacts
    for place in leads.of(account):
        row, last = int(leads.row[place]), int(leads.last[place])
        email = contacts["email"][row]
        role = role_of(contacts["role"][row])
        person = Person(
            contact_id=str(contacts["contact_id"][row]),
            name=str(contacts["name"][row] or email or NAMELESS),
            role=None if role == "unknown" else role,
            title=contacts["title"][row],
            lead_score=int(leads.lead[place]) // POINT,
            reached=day - last <= window,
            last_touch_at=words.noon(last, evidence.as_of) if last > NEVER else None,
            call_opt_out=bool(contacts["call_opt_out"][row]),
            mail_opt_out=bool(contacts["mail_opt_out"][row]),
            is_lead=contacts["record"][row] == "lead",
        )
        yield int(leads.lead[place]), person
