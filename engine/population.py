"""The accounts of a pass in one fixed order, whatever order the replica gave: dense indexes, aliases, families."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evidence import Columns, Evidence
from engine.shards import Families, families

Index = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Population:
    """Live accounts, numbered 0.. by surrogate. ``row`` finds their row in ``Evidence.accounts``."""

    accounts: Columns
    account: Index  # surrogate of each
    row: NDArray[np.intp]
    local: Index  # surrogate -> dense index of the account it is now, merges followed; -1 when not live
    ids: NDArray[np.object_]
    families: Families

    def __len__(self) -> int:
        return len(self.account)

    def column(self, name: str) -> NDArray[Any]:
        """A canonical column in the population's order."""
        return self.accounts[name][self.row]

    def index(self, surrogates: NDArray[Any]) -> Index:
        """Dense indexes of account surrogates; -1 for none, dead or unknown."""
        return np.append(self.local, np.int32(-1))[np.where(surrogates < len(self.local), surrogates, -1)]

    def only(self, accounts: NDArray[np.bool_]) -> Population:
        """Some of the accounts, numbered anew; whole families must be taken or left."""
        place = np.append(np.where(accounts, np.cumsum(accounts) - 1, -1), -1).astype(np.int32)
        return Population(
            accounts=self.accounts,
            account=self.account[accounts],
            row=self.row[accounts],
            local=place[self.local],
            ids=self.ids[accounts],
            families=self.families.only(accounts),
        )


def follow(alias: Mapping[int, int], count: int) -> Index:
    """Surrogate -> surrogate that it is now, as an array; chains are followed, loops left alone."""
    out = np.arange(count, dtype=np.int32)
    for loser in alias:
        here, steps = loser, 0
        while here in alias and steps <= len(alias):
            here, steps = alias[here], steps + 1
        if 0 <= loser < count and here < count:
            out[loser] = here
    return out


def population_of(evidence: Evidence) -> Population:
    """The population of an evidence."""
    accounts = evidence.accounts
    surrogate = accounts["account"]
    row = np.argsort(surrogate, kind="stable")
    account = surrogate[row].astype(np.int32)
    count = max(len(evidence.names.accounts), int(account[-1]) + 1 if len(account) else 0)
    own = np.full(count, -1, dtype=np.int32)
    own[account] = np.arange(len(account), dtype=np.int32)
    local = own[follow(evidence.account_alias, count)]
    ids = accounts["account_id"][row]
    parents = np.append(local, np.int32(-1))[accounts["parent"][row]]
    return Population(accounts, account, row, local, ids, families(parents, [str(one) for one in ids]))
