"""Near names: domains without an account that look like an account's name; proposals for a report, never a match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cleanco import prepare_default_terms
from rapidfuzz import fuzz, process

from engine.population import Population

MOST_ASKED: Final = 200  # domains looked at, those with most people first
LEAST_LIKENESS: Final = 88


@dataclass(frozen=True, slots=True)
class Proposal:
    """A domain and the account whose name is close to it, 0-100 alike."""

    domain: str
    account_id: str
    account_name: str
    likeness: int


@lru_cache(maxsize=1)
def _legal_words() -> frozenset[str]:
    """Words of legal forms (Inc, GmbH, Pty Ltd, ...), as cleanco lists them."""
    return frozenset(word for _, words in prepare_default_terms() for word in words)


def folded_name(name: object) -> str:
    """Name without legal form at its end, case, spaces and punctuation: ``ACME Robotics, Inc.`` -> ``acmerobotics``."""
    if not isinstance(name, str):
        return ""
    words = ["".join(letter for letter in word if letter.isalnum()) for word in name[:200].casefold().split()]
    words = [word for word in words if word]
    while len(words) > 1 and words[-1] in _legal_words():
        words.pop()
    return "".join(words)


def near_names(domains: Sequence[str], population: Population) -> tuple[Proposal, ...]:
    """For each of the first ``MOST_ASKED`` domains the account with the nearest name, if near enough."""
    if not domains or not len(population):
        return ()
    names = population.column("name")
    folded = [folded_name(name) for name in names]
    found = []
    for domain in domains[:MOST_ASKED]:
        label = "".join(letter for letter in domain.partition(".")[0] if letter.isalnum())
        best = process.extractOne(label, folded, scorer=fuzz.ratio, score_cutoff=LEAST_LIKENESS)
        if best is not None and len(label) > 2:
            account = int(best[2])
            found.append(Proposal(domain, str(population.ids[account]), str(names[account]), round(best[1])))
    return tuple(found)
