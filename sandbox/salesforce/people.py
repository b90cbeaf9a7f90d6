"""World keys to row positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.world import World

FIRST_OWNER = 1  # user row of the world's first owner; row 0 is the integration user


@dataclass(frozen=True, slots=True)
class People:
    """Where each world key went. Salesforce wants an owner on every record: the house user takes what nobody owns."""

    house: int  # user row
    owners: Mapping[str, int]
    accounts: Mapping[str, int]
    contacts: Mapping[str, int]

    def owner(self, key: str | None) -> int:
        """The user row of an owner, or the house user's."""
        return self.owners.get(key or "", self.house)

    def account(self, key: str | None) -> int:
        """The row of an account, -1 when there is none."""
        return self.accounts.get(key or "", -1)

    def contact(self, key: str | None) -> int:
        """The row of a contact, -1 when there is none."""
        return self.contacts.get(key or "", -1)

    def owner_of_accounts(self, world: World, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """User rows of the owners of these account rows; the house user's for -1."""
        by_row = np.array([*(self.owner(each.owner) for each in world.accounts), self.house], np.int64)
        return by_row[accounts]


def people_of(world: World) -> People:
    """The positions that a world's rows will have."""
    robots = [index for index, owner in enumerate(world.owners) if owner.job == "integration"]
    return People(
        house=robots[0] + FIRST_OWNER if robots else 0,
        owners={owner.key: index + FIRST_OWNER for index, owner in enumerate(world.owners)},
        accounts={each.key: index for index, each in enumerate(world.accounts)},
        contacts={each.key: index for index, each in enumerate(world.contacts)},
    )
