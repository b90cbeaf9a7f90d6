"""What the ledgers of one population share: each is worked out once, when the first ledger asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import fit
from engine.accounts import Accounts
from engine.conditions import Days
from engine.evidence import US_PER_DAY, Evidence
from engine.forward import falls_on, held_bar
from engine.kernel import part_weights, weights_by_segment
from engine.policy import Policy
from engine.score import Scores, whole_view

Rows = NDArray[np.intp]


class Shared:
    """Look-ups over one population, for many ledgers."""

    def __init__(self, scores: Scores, evidence: Evidence, policy: Policy) -> None:
        self._scores, self._evidence, self._policy = scores, evidence, policy
        self._columns: dict[str, NDArray[Any]] = {}

    @cached_property
    def part_weights(self) -> dict[str, int]:
        """Weights, thousandths, of the parts of signal that have a source."""
        return part_weights(self._policy, self._evidence.configured)

    @cached_property
    def by_segment(self) -> tuple[list[int], list[int]]:
        """Weights of fit and of signal, thousandths, by segment."""
        fits, signals = weights_by_segment(self._policy)
        return fits.tolist(), signals.tolist()

    @cached_property
    def criteria(self) -> NDArray[np.int64]:
        """Weights of the criteria, thousandths."""
        return fit.weights_of(self._policy)

    @cached_property
    def falls(self) -> Mapping[int, int]:
        """First day on which each account is under the bar that holds it now; accounts that never are, are left out."""
        unified = self._scores.columns["unified"].tolist()
        held = {account: held_bar(self._policy, one) for account, one in enumerate(unified) if one >= 0}
        return falls_on(self._scores, self._policy, {account: tier.leave for account, tier in held.items() if tier})

    def column(self, name: str) -> NDArray[Any]:
        """A column of all accounts as criteria see it, as of the day of the scores."""
        if name not in self._columns:
            self._columns[name] = self._view.column(name, self._today)
        return self._columns[name]

    def newest(self, topics: Sequence[str]) -> Days:
        """Day on which any of the topics was last seen, by account."""
        return self._view.newest(topics)

    def hand_raises(self, account: int, kind: str) -> list[str]:
        """Ids of an account's hand-raises of a kind, newest first."""
        table, kinds = self._evidence.hand_raises, self._raised_kinds
        rows = [row for row in _of(account, *self._raised) if kinds[table["kind"][row]] == kind]
        return _newest_first(rows, table["occurred_at"], table["activity_id"])

    def signals(self, account: int, topic: str, source: str) -> list[str]:
        """Ids of an account's signals of a topic from a source, newest first; none that is dated after the scores."""
        table, renamed = self._evidence.signals, self._policy.taxonomy.topics
        rows = [
            row
            for row in _of(account, *self._signalled)
            if table["source"][row] == source and renamed.get(table["topic"][row], table["topic"][row]) == topic
            and table["occurred_at"][row] // US_PER_DAY <= self._scores.as_of_day
        ]  # fmt: skip
        return _newest_first(rows, table["occurred_at"], table["signal_id"])

    @cached_property
    def _view(self) -> Accounts:
        return whole_view(self._scores, self._evidence)

    @cached_property
    def _today(self) -> Days:
        return np.full(len(self._view), self._scores.as_of_day, dtype=np.int32)

    @cached_property
    def _raised_kinds(self) -> list[str]:
        renamed = self._policy.taxonomy.kinds
        return [renamed.get(str(kind), str(kind)) for kind in self._evidence.names.kinds]

    @cached_property
    def _raised(self) -> tuple[Rows, NDArray[Any]]:
        table, matches = self._evidence.hand_raises, self._scores.matches
        named = matches.population.index(table["account"])
        return _grouped(np.where(table["account"] >= 0, named, np.append(matches.account, -1)[table["person"]]))

    @cached_property
    def _signalled(self) -> tuple[Rows, NDArray[Any]]:
        return _grouped(self._scores.matches.signal_account)


def _grouped(account: NDArray[Any]) -> tuple[Rows, NDArray[Any]]:
    """Rows in order of account, and the accounts in that order."""
    order = np.argsort(account, kind="stable")
    return order, account[order]


def _of(account: int, order: Rows, accounts: NDArray[Any]) -> Rows:
    low, high = bounds(accounts, account)
    return order[low:high]


def bounds(accounts: NDArray[Any], account: int) -> tuple[int, int]:
    """Where an account's rows begin and end in a sorted column."""
    # Of the column's own type, or NumPy would convert the whole column for each look-up.
    low, high = np.searchsorted(accounts, np.array([account, account + 1], dtype=accounts.dtype)).tolist()
    return low, high


def _newest_first(rows: list[Any], times: NDArray[Any], ids: NDArray[Any]) -> list[str]:
    return [str(ids[row]) for row in sorted(rows, key=lambda row: (-int(times[row]), str(ids[row])))]
