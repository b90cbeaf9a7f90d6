"""Who belongs to which account, and how we know: CRM, manual match, e-mail domain, family roll-up; never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.domains import MailDomains, email_of, host_of, registrable
from engine.evidence import Evidence
from engine.policy import Policy
from engine.population import Index, Population, follow, population_of
from engine.proposals import Proposal, near_names

Flags = NDArray[np.bool_]


class How(IntEnum):
    """How a person was matched."""

    NONE = 0
    CRM = 1
    MANUAL = 2
    DOMAIN = 3
    FAMILY = 4


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A domain or address that several accounts claim; nobody is matched by it."""

    name: str  # domain, or "person <surrogate>"
    candidates: tuple[str, ...]  # account ids
    people: int


@dataclass(frozen=True, slots=True)
class Domains:
    """What each registrable domain says: one account, several, or nothing."""

    account: Mapping[str, int]  # domain -> dense account
    family: frozenset[str]  # domains that were settled by roll_up
    ambiguous: Mapping[str, tuple[int, ...]]
    shared: tuple[tuple[str, str], ...]  # (account id, free, disposable or internal domain it claims): ignored


@dataclass(frozen=True, slots=True)
class Matches:
    """Everything stitched. Arrays by person surrogate; accounts as dense indexes of ``population``."""

    population: Population
    person: Index  # who the person is now: merges followed, addresses joined to their contact
    account: Index  # -1: no account
    how: NDArray[np.int8]
    role: NDArray[np.int16]  # index into ``roles``
    roles: tuple[str, ...]
    excluded: Flags  # internal and competitor people: nothing they do counts
    anonymous: Flags  # a bare domain: the account is the actor
    contact_row: Index  # row in Evidence.contacts, -1 for none
    signal_account: Index  # by row of Evidence.signals
    domains: Domains
    ambiguous: tuple[Ambiguous, ...]
    outside: tuple[tuple[str, int], ...]  # domain without an account and its people, most first
    proposals: tuple[Proposal, ...]
    loops: tuple[tuple[str, ...], ...]  # account ids of each broken parent loop

    def only(self, accounts: Flags) -> Matches:
        """The same for some of the accounts, numbered anew; whole families must be taken or left."""
        place = np.append(np.where(accounts, np.cumsum(accounts) - 1, -1), -1).astype(np.int32)
        return replace(
            self,
            population=self.population.only(accounts),
            account=place[self.account],
            signal_account=place[self.signal_account],
        )


ROLE_WORDS: Final = {"end_user": "user", "": "unknown", "none": "unknown"}


def role_of(text: object) -> str:
    """Buying role in one written form: ``Decision Maker`` -> ``decision_maker``; nothing known is ``unknown``."""
    if not isinstance(text, str):
        return "unknown"
    word = "_".join(text.strip().lower().replace("-", " ").replace("_", " ").split())
    return ROLE_WORDS.get(word, word)


def stitch(evidence: Evidence, policy: Policy) -> Matches:
    """Match every person and signal that the evidence names."""
    population = population_of(evidence)
    mail = MailDomains(policy.identity.free_mail, policy.identity.internal_domains)
    domains = claimed(population, mail, policy.identity.roll_up)
    people = _People(evidence, policy, population, mail, domains)
    people.read_contacts()
    people.read_names()
    people.exclude_competitors()
    families = population.families
    loops = tuple(tuple(str(population.ids[account]) for account in loop) for loop in families.loops)
    outside = tuple(sorted(people.outside.items(), key=lambda pair: (-pair[1], pair[0])))
    return Matches(
        population=population,
        person=people.person,
        account=people.account[people.person],
        how=people.how[people.person],
        role=people.role[people.person],
        roles=tuple(people.roles),
        excluded=people.excluded | people.excluded[people.person],
        anonymous=people.anonymous,
        contact_row=people.contact_row[people.person],
        signal_account=_signal_accounts(evidence, population, domains, mail),
        domains=domains,
        ambiguous=people.ambiguous(),
        outside=outside,
        proposals=near_names([domain for domain, _ in outside], population),
        loops=loops,
    )


def claimed(population: Population, mail: MailDomains, roll_up: str) -> Domains:
    """Which account each registrable domain names, by what the accounts claim."""
    claims: dict[str, list[int]] = {}
    shared: list[tuple[str, str]] = []
    for account, hosts in enumerate(population.column("domains")):
        for domain in dict.fromkeys(host_of(host) for host in hosts if isinstance(host, str)):
            named = mail.naming(domain)
            if named is not None:
                holders = claims.setdefault(named, [])
                if not holders or holders[-1] != account:
                    holders.append(account)
            elif domain is not None and registrable(domain) is not None:
                shared.append((str(population.ids[account]), domain))
    one: dict[str, int] = {}
    several: dict[str, tuple[int, ...]] = {}
    rolled: set[str] = set()
    for domain, holders in claims.items():
        speaks = holders[0] if len(holders) == 1 else _rolled_up(population, holders, roll_up)
        if speaks is None:
            several[domain] = tuple(holders)
            continue
        one[domain] = speaks
        if len(holders) > 1:
            rolled.add(domain)
    return Domains(one, frozenset(rolled), several, tuple(sorted(shared)))


def _rolled_up(population: Population, holders: list[int], roll_up: str) -> int | None:
    """The account of one family that speaks for all claimants; None when they are strangers or policy says none."""
    roots = {int(population.families.root[account]) for account in holders}
    if len(roots) > 1 or roll_up == "none":
        return None
    return roots.pop() if roll_up == "ultimate" else population.families.common_ancestor(holders)


def _signal_accounts(evidence: Evidence, population: Population, domains: Domains, mail: MailDomains) -> Index:
    """Account of each signal: as its source says, else by its domain."""
    out = population.index(evidence.signals["account"]).astype(np.int32)
    for row in np.flatnonzero(evidence.signals["account"] < 0):
        text = evidence.signals["domain"][row]
        domain = mail.naming(host_of(text)) if isinstance(text, str) else None
        if domain is not None:
            out[row] = domains.account.get(domain, -1)
    return out


class _People:
    """The arrays of ``Matches`` while they are filled."""

    def __init__(
        self, evidence: Evidence, policy: Policy, population: Population, mail: MailDomains, domains: Domains
    ) -> None:
        count = len(evidence.names.people)
        self.evidence, self.population, self.mail, self.domains = evidence, population, mail, domains
        self.person = follow(evidence.person_alias, count)
        self.account = np.full(count, -1, dtype=np.int32)
        self.how = np.zeros(count, dtype=np.int8)
        self.role = np.zeros(count, dtype=np.int16)
        self.roles: dict[str, int] = {"unknown": 0}
        self.excluded = np.zeros(count, dtype=np.bool_)
        self.anonymous = np.zeros(count, dtype=np.bool_)
        self.contact_row = np.full(count, -1, dtype=np.int32)
        self.outside: dict[str, int] = {}
        self._manual = self._manual_matches(policy.identity.manual)
        self._torn: dict[str, int] = {}  # ambiguous domain -> people
        self._torn_people: list[Ambiguous] = []
        self._by_email: dict[str, list[int]] = {}

    def _manual_matches(self, manual: Mapping[str, str]) -> dict[str, int]:
        local = {str(account_id): account for account, account_id in enumerate(self.population.ids)}
        out = {}
        for name, account_id in manual.items():
            if account_id in local:
                key = email_of(name) or (registrable(host_of(name)) if "." in name else None) or name
                out[key] = out[name] = local[account_id]
        return out

    def read_contacts(self) -> None:
        """Match every contact and lead by rules 1 to 4."""
        contacts = self.evidence.contacts
        crm = self.population.index(contacts["account"])
        is_lead = contacts["record"] == "lead"
        people = contacts["person"]
        self.contact_row[people] = np.arange(len(people), dtype=np.int32)
        rows = zip(people.tolist(), contacts["contact_id"], contacts["email"], contacts["role"], strict=True)
        for row, (person, contact_id, email, role) in enumerate(rows):
            self.role[person] = self.roles.setdefault(role_of(role), len(self.roles))
            address = email_of(email)
            host = address.rpartition("@")[2] if address else None
            if address:
                self._by_email.setdefault(address, []).append(person)
            if self.mail.is_internal(host):
                self.excluded[person] = True
            elif not is_lead[row] and contacts["account"][row] >= 0:
                self._set(person, int(crm[row]), How.CRM)
            else:
                self._by_rules(person, (str(contact_id), address), host)

    def _set(self, person: int, account: int, how: How) -> None:
        self.account[person] = account
        self.how[person] = how if account >= 0 else How.NONE

    def _by_rules(self, person: int, names: Iterable[str | None], host: str | None) -> None:
        """Manual match, else the domain where it names one account or one family."""
        domain = self.mail.naming(host)
        for name in (*names, domain):
            if name is not None and name in self._manual:
                self._set(person, self._manual[name], How.MANUAL)
                return
        if domain is None:
            return
        if domain in self.domains.account:
            how = How.FAMILY if domain in self.domains.family else How.DOMAIN
            self._set(person, self.domains.account[domain], how)
        elif domain in self.domains.ambiguous:
            self._torn[domain] = self._torn.get(domain, 0) + 1
        else:
            self.outside[domain] = self.outside.get(domain, 0) + 1

    def read_names(self) -> None:
        """Join bare addresses to the contact that has them, else match them, and bare domains, by rules 2 to 4."""
        for person, name in enumerate(self.evidence.names.people):
            if self.contact_row[person] >= 0 or self.person[person] != person:
                continue
            if name.startswith("e:"):
                self._read_address(person, email_of(name[2:]))
            elif name.startswith("d:"):
                host = host_of(name[2:])
                self.anonymous[person] = True
                self.excluded[person] = self.mail.is_internal(host)
                self._by_rules(person, (), host)

    def _read_address(self, person: int, address: str | None) -> None:
        holders = self._by_email.get(address or "", [])
        if holders:
            self._join(person, sorted({int(self.person[holder]) for holder in holders}, key=self._seniority))
            return
        host = address.rpartition("@")[2] if address else None
        self.excluded[person] = self.mail.is_internal(host)
        if not self.excluded[person]:
            self._by_rules(person, (address,), host)

    def _seniority(self, person: int) -> tuple[bool, int, str]:
        row, contacts = int(self.contact_row[person]), self.evidence.contacts
        if row < 0:
            return (True, 0, str(person))
        return (contacts["record"][row] == "lead", int(contacts["created_at"][row]), str(contacts["contact_id"][row]))

    def _join(self, person: int, holders: list[int]) -> None:
        """One contact has the address; of several the oldest, contacts before leads, unless their accounts differ."""
        contacts = self.evidence.contacts
        firm = [one for one in holders if contacts["record"][self.contact_row[one]] != "lead"] or holders
        accounts = sorted({int(self.account[one]) for one in firm if self.account[one] >= 0})
        if len(accounts) > 1:
            ids = tuple(sorted(str(self.population.ids[account]) for account in accounts))
            self._torn_people.append(Ambiguous(f"person {person}", ids, 1))
            return
        at_account = [one for one in firm if self.account[one] >= 0] or firm
        self.person[person] = at_account[0]

    def exclude_competitors(self) -> None:
        """People of competitors are no buyers."""
        rival = np.append(self.population.column("lifecycle") == "competitor", False)  # for index -1
        self.excluded |= rival[self.account]

    def ambiguous(self) -> tuple[Ambiguous, ...]:
        """Every ambiguity met, by name; domains that nobody used as well."""
        ids = self.population.ids
        found = [
            Ambiguous(domain, tuple(sorted(str(ids[account]) for account in accounts)), self._torn.get(domain, 0))
            for domain, accounts in self.domains.ambiguous.items()
        ]
        return tuple(sorted([*found, *self._torn_people], key=lambda one: one.name))
