"""The generator: a world, or the chunks of a large one, from (size, seed, now) alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sandbox.accounts import assign_owners, customer_figures, make_accounts
from sandbox.cast import (
    CAST,
    cast_accounts,
    cast_contacts,
    cast_deals,
    cast_firms,
    cast_owners,
    cast_signals,
    cast_truth,
)
from sandbox.contacts import COMPANY_SPAN, company_contacts, loose_contacts
from sandbox.deals import draw_deals, lifecycle_now, opportunities
from sandbox.draft import Draft
from sandbox.firms import Firms, make_firms
from sandbox.intent import draw_signals
from sandbox.named import play_scripts
from sandbox.people import make_owners
from sandbox.stream import Ground, draw_activities
from sandbox.truth import Truth, latent_interest
from sandbox.world import KINDS, Activities, Contact, Owner, World, empty_world


@dataclass(frozen=True, slots=True)
class Size:
    """How big a world is; a world of several chunks never stands in memory as one."""

    accounts: int
    activities: int
    reps: int
    chunks: int = 1


SIZES: Final = {
    "small": Size(300, 20_000, 14),
    "medium": Size(20_000, 2_000_000, 110),
    "large": Size(200_000, 20_000_000, 900, chunks=10),
}


def generate(size: str, seed: int, now: int) -> World:
    """The world of this size, seed and moment (unix seconds); ``empty`` has the integration user alone."""
    if size == "empty":
        return empty_world(now)
    return with_truth(size, seed, now)[0]


def with_truth(size: str, seed: int, now: int) -> tuple[World, Truth]:
    """The world and the latent values it was drawn from. Raises ValueError for a size that is made in chunks only."""
    if SIZES[size].chunks > 1:
        raise ValueError(f"a {size} world exists as files only: python -m sandbox world --size {size}")
    return next(chunks(size, seed, now))


def chunks(size: str, seed: int, now: int) -> Iterator[tuple[World, Truth]]:
    """The parts of a world one after the other: the same owners, each part with accounts of its own."""
    spec = SIZES[size]
    owners = make_owners(spec.reps, _dice(seed, 0, "owners"), now)
    for chunk in range(spec.chunks):
        part = Size(spec.accounts // spec.chunks, spec.activities // spec.chunks, spec.reps)
        yield _Chunk(size, seed, now, chunk, part, owners).build()


_STREAMS: Final = (
    "owners",
    "firms",
    "interest",
    "deals",
    "people",
    "accounts",
    "signals",
    "activities",
    "loose",
    "figures",
)


def _dice(seed: int, chunk: int, stream: str) -> np.random.Generator:
    """One generator of random numbers per purpose, so that a change in one part leaves the others alone."""
    return np.random.default_rng([seed, chunk, _STREAMS.index(stream)])


def _mailed_to_addresses(acts: Activities, contacts: list[Contact]) -> Activities:
    """Mail is known by its address: where the person has none, nobody can tell who it was."""
    mails = [code for code, kind in enumerate(KINDS) if kind.startswith("email_")]
    nameless = np.array([person.email is None for person in contacts] + [False])
    lost = np.isin(acts.kind, mails) & nameless[acts.contact]
    return replace(acts, contact=np.where(lost, -1, acts.contact).astype(acts.contact.dtype))


@dataclass(frozen=True, slots=True)
class _Chunk:
    size: str
    seed: int
    now: int
    chunk: int
    spec: Size
    owners: list[Owner]

    def dice(self, stream: str) -> np.random.Generator:
        return _dice(self.seed, self.chunk, stream)

    @property
    def has_cast(self) -> bool:
        """The named companies live in the first chunk."""
        return self.chunk == 0

    def build(self) -> tuple[World, Truth]:
        firms, truth, quiet = self._latent()
        deals = draw_deals(firms, truth, quiet, self.dice("deals"), self.now)
        lifecycle, since = lifecycle_now(firms, deals, self.now)
        owner = assign_owners(lifecycle, self.owners, self.dice("accounts"))
        if self.has_cast:
            cast_owners(owner, self.owners)
        owner_keys = [None if row < 0 else self.owners[row].key for row in owner.tolist()]
        contacts, by_account = self._contacts(firms)
        figures = customer_figures(firms, truth, since, self.dice("figures"), self.now)
        accounts = make_accounts(firms, lifecycle, figures, owner_keys, self.dice("figures"), self.now)
        won = opportunities(firms, deals, by_account, owner_keys, self.dice("people"), self.now)
        signals = draw_signals(firms, truth, quiet, self.dice("signals"), self.now)
        if self.has_cast:
            cast_accounts(accounts, owner_keys, self.now)
            won += cast_deals(by_account, owner_keys, self.now)
            signals += cast_signals(self.now)
        draft = Draft()
        start = np.cumsum(firms.people) - firms.people
        ground = Ground(firms, truth, quiet, start, owner, self.owners, self.now)
        if self.has_cast:
            play_scripts(draft, start, owner, self.now)
        draw_activities(ground, draft, self.spec.activities, self.dice("activities"))
        acts = _mailed_to_addresses(draft.finish(), contacts)
        world = World(self.size, self.seed, self.now, self.owners, accounts, contacts, acts, won, signals)
        return world, truth

    def _latent(self) -> tuple[Firms, Truth, np.ndarray]:
        """Companies, what is true of them, and which of them are scripted."""
        count = self.spec.accounts
        reserved = CAST if self.has_cast else 0
        firms = make_firms(count, self.chunk, reserved, self.dice("firms"), self.now)
        if self.has_cast:
            cast_firms(firms, self.now)
        interest = latent_interest(self.dice("interest"), firms.fit, firms.first_week(self.now))
        truth = Truth(firms.fit, interest)
        if self.has_cast:
            cast_truth(truth)
        return firms, truth, np.arange(count) < reserved

    def _contacts(self, firms: Firms) -> tuple[list[Contact], list[list[Contact]]]:
        """All contacts, those without an account last; and the linked ones by account."""
        base = self.chunk * COMPANY_SPAN + 1
        linked = company_contacts(firms, base, self.dice("people"), self.now)
        if self.has_cast:
            cast_contacts(linked, self.now)
        ends = np.cumsum(firms.people).tolist()
        starts = [0, *ends[:-1]]
        by_account = [linked[start:end] for start, end in zip(starts, ends, strict=True)]
        loose = loose_contacts(firms, base + len(linked), self.dice("loose"), self.now)
        return linked + loose, by_account
