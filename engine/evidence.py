"""What one pass knows: the tables as arrays, ids interned to dense int32 surrogates, -1 for none.

The replica makes it, the engine reads it. Names turn surrogates back into text; they only ever grow, so a surrogate
means the same in every generation. A *person* is whatever an activity names on the buyer's side: a contact id, an
address (``e:ada@acme.com``) or a bare domain (``d:acme.com``); stitching says who is who.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]
US_PER_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Names:
    """Surrogate -> text, by kind of name: ``names.people[touches["person"]]``. Object arrays of str."""

    accounts: NDArray[np.object_]
    people: NDArray[np.object_]  # contact ids as they are, "e:" + lower-case address, "d:" + lower-case host
    owners: NDArray[np.object_]
    kinds: NDArray[np.object_]  # after the connector, before the policy's taxonomy
    urls: NDArray[np.object_]
    subjects: NDArray[np.object_]
    topics: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One generation of the replica, ready for the engine.

    Optional numbers are float64 with NaN, optional texts and lists object arrays with None, optional times int64 with
    ``NO_TIME``. Rows are live rows only: merged-away, deleted and converted records are resolved through the aliases.

    - ``accounts``: the canonical columns, plus ``account`` (own surrogate), ``parent`` and ``owner`` (surrogates).
    - ``contacts``: the canonical columns, plus ``person`` and ``account`` (surrogates).
    - ``opportunities``: the canonical columns, plus ``account`` and ``owner``.
    - ``owners``: the canonical columns, plus ``owner`` and ``manager``.
    - ``signals``: the canonical columns, plus ``account`` (-1 where only the domain is known).
    - ``touches``: person, account, kind (all int32), inbound (int8), page_class (int16), day (int32), n (int32): see
      ``condense``. Ids as the activities name them.
    - ``hand_raises``: raw activities of the kinds that the policy marks so, last 180 days: activity_id (object),
      kind, person, account (int32), occurred_at (int64).
    - ``tasks``: the canonical columns of our own tasks, plus ``account``, ``assignee``.
    """

    as_of: int  # the pass's time, microseconds UTC
    names: Names
    accounts: Columns
    contacts: Columns
    opportunities: Columns
    owners: Columns
    signals: Columns
    touches: Columns
    hand_raises: Columns
    tasks: Columns
    account_alias: Mapping[int, int] = field(default_factory=dict)  # loser -> winner, chains followed
    person_alias: Mapping[int, int] = field(default_factory=dict)
    fresh_until: Mapping[str, int] = field(default_factory=dict)  # source -> newest occurred_at seen
    fresh_for: Mapping[str, int] = field(default_factory=dict)  # configured source -> freshness limit, microseconds
    configured: frozenset[str] = frozenset({"engagement", "roles"})  # parts of signal with a configured source


NO_TIME = np.iinfo(np.int64).min


def raw_columns() -> tuple[tuple[str, type], ...]:
    """Columns of interned raw activities, as ``condense`` takes them: name and dtype."""
    return (
        ("activity_id", np.object_),
        ("kind", np.int32),
        ("occurred_at", np.int64),
        ("logged_at", np.int64),
        ("person", np.int32),
        ("account", np.int32),
        ("actor", np.int32),  # owner surrogate, who on our side
        ("direction", np.int8),  # 0 inbound, 1 outbound, 2 none
        ("automated", np.bool_),
        ("url", np.int32),
        ("subject", np.int32),
        ("topic", np.int32),
        ("modified_at", np.int64),
    )
