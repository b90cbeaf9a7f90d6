"""Raw activities to touches: one row per person, account, kind, page class and UTC day, counting what was accepted.

Accepted rows are not automated, not bursts and not ours. Kinds stay as the connector names them (the taxonomy is
applied when scoring, and here only to find the pages of a kind), counts are uncapped, ids are as the activities name
them. The result does not depend on the order of rows.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from engine.bursts import MAILED, BotRules, bursts
from engine.evidence import US_PER_DAY, Columns, Names
from engine.policy import Policy

TWO_WAY: Final = frozenset({"meeting_held", "call_connected"})  # done together: neither side's alone
INBOUND, OUTBOUND = 0, 1
Flags = NDArray[np.bool_]
TOUCH_COLUMNS: Final = (
    ("person", np.int32),
    ("account", np.int32),
    ("kind", np.int32),
    ("inbound", np.int8),
    ("page_class", np.int16),
    ("day", np.int32),
    ("n", np.int32),
)


@dataclass(frozen=True, slots=True)
class Sieve:
    """What condensing needs of the policy; while its fingerprint stays, touches stay valid."""

    kinds: Mapping[str, str]  # taxonomy: connector's kind to the policy's
    pages: Mapping[str, tuple[str, ...]]  # policy kind to its page patterns, in file order
    integration_users: tuple[str, ...]  # owner ids
    automated_subjects: tuple[str, ...]
    bots: BotRules = field(default_factory=BotRules)

    def fingerprint(self) -> str:
        """Name of everything that decides which raw rows become which touches."""
        told = [
            sorted(self.kinds.items()),
            [(kind, list(pages)) for kind, pages in sorted(self.pages.items())],
            sorted(self.integration_users),
            sorted(self.automated_subjects),
            list(self.bots.told()),
        ]
        return hashlib.blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()


def sieve_of(policy: Policy, owners: Columns | None = None) -> Sieve:
    """The sieve of a policy. ``owners`` (owner_id, email) resolves integration users that are written as e-mails."""
    by_email = {}
    if owners is not None:
        pairs = zip(owners["email"], owners["owner_id"], strict=True)
        by_email = {str(email).lower(): str(owner) for email, owner in pairs if email}
    users = {by_email.get(user.lower(), user) for user in policy.identity.integration_users}
    return Sieve(
        kinds=dict(policy.taxonomy.kinds),
        pages={rule.kind: tuple(rule.pages) for rule in policy.signal.engagement.rules if rule.pages},
        integration_users=tuple(sorted(users)),
        automated_subjects=tuple(policy.identity.automated_subjects),
    )


def condense(raw: Columns, names: Names, sieve: Sieve) -> Columns:
    """Touches of raw activities: columns ``TOUCH_COLUMNS``, sorted by all but ``n``, which counts accepted rows."""
    inbound = _inbound(raw, names)
    taken = accepted(raw, names, sieve)
    columns = {
        "person": raw["person"][taken],
        "account": raw["account"][taken],
        "kind": raw["kind"][taken],
        "inbound": inbound[taken],
        "page_class": _page_classes(raw, names, sieve)[taken],
        "day": np.floor_divide(raw["occurred_at"][taken], US_PER_DAY),
    }
    return _counted(columns)


def accepted(raw: Columns, names: Names, sieve: Sieve) -> Flags:
    """Rows that count: not automated, not by an integration user, not a burst, about somebody."""
    ours = np.isin(names.owners.astype(str), np.array(sieve.integration_users, dtype=str))
    # a buyer's mail that an integration user logs stays the buyer's act
    machine = raw["automated"] | (_at(ours, raw["actor"]) & (raw["direction"] != INBOUND))
    if sieve.automated_subjects:
        machine = machine | _at(_subjects(names.subjects, sieve.automated_subjects), raw["subject"])
    somebody = (raw["person"] >= 0) | (raw["account"] >= 0)
    kinds = [sieve.kinds.get(kind, kind) for kind in names.kinds]
    clicks = np.array([kind == "email_click" for kind in kinds], dtype=np.bool_)
    mails = np.array([kind in MAILED for kind in kinds], dtype=np.bool_)
    taken = np.asarray(somebody & ~machine, dtype=np.bool_)
    return taken & ~bursts(raw, taken, _at(clicks, raw["kind"]), _at(mails, raw["kind"]), sieve.bots)


def _inbound(raw: Columns, names: Names) -> NDArray[np.int8]:
    """1 where the buyer acted: said so, or not ours and not something done together."""
    together = np.array([kind in TWO_WAY for kind in names.kinds], dtype=np.bool_)
    said = raw["direction"] == INBOUND
    buyers: Flags = said | ((raw["direction"] != OUTBOUND) & ~_at(together, raw["kind"]))
    return buyers.astype(np.int8)


def _at(table: Flags, index: NDArray[Any]) -> Flags:
    """``table[index]``, False where the index is -1."""
    cells: Flags = np.append(table, False)
    found: Flags = cells[index]
    return found  # -1 reads the last cell


def _subjects(subjects: NDArray[np.object_], patterns: Sequence[str]) -> Flags:
    match = re.compile("|".join(fnmatch.translate(pattern.lower()) for pattern in patterns)).match
    return np.fromiter((match(str(text).lower()) is not None for text in subjects), dtype=np.bool_, count=len(subjects))


def _page_classes(raw: Columns, names: Names, sieve: Sieve) -> NDArray[np.int16]:
    """Index of the first pattern of the row's kind that its page matches; -1 for none."""
    classes = np.full(len(raw["kind"]), -1, dtype=np.int16)
    for kind, patterns in sieve.pages.items():
        codes = [code for code, name in enumerate(names.kinds) if sieve.kinds.get(name, name) == kind]
        rows = np.flatnonzero(np.isin(raw["kind"], codes) & (raw["url"] >= 0))
        urls, back = np.unique(raw["url"][rows], return_inverse=True)
        of_url = np.array([page_class(str(names.urls[url]), patterns) for url in urls], dtype=np.int16)
        classes[rows] = of_url[back]
    return classes


def page_class(url: str, patterns: Sequence[str]) -> int:
    """Index of the first pattern, in file order, that fits the page's path (or host and path); -1 for none."""
    try:
        parts = urlsplit(url.lower()[:2048])
    except ValueError:
        return -1
    path = parts.path or "/"
    for index, pattern in enumerate(patterns):
        wanted = pattern.lower()
        if fnmatch.fnmatchcase(path, wanted) or fnmatch.fnmatchcase(parts.netloc + path, wanted):
            return index
    return -1


def _counted(columns: Columns) -> Columns:
    """Equal rows become one with their count; keys are packed into one int64, by ranges of people if need be."""
    names = [name for name, _ in TOUCH_COLUMNS[:-1]]
    rows = len(columns["day"])
    if rows == 0:
        return {name: np.zeros(0, dtype=dtype) for name, dtype in TOUCH_COLUMNS}
    low = {name: int(columns[name].min()) for name in names}
    bits = {name: (int(columns[name].max()) - low[name]).bit_length() for name in names}
    spare = 63 - sum(bits[name] for name in names if name != "person")
    if spare < bits["person"]:
        return _counted_by_ranges(columns, spare)
    key = np.zeros(rows, dtype=np.int64)
    for name in names:
        key <<= bits[name]
        key |= columns[name].astype(np.int64) - low[name]
    key.sort()
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    out: Columns = {"n": np.diff(np.append(first, rows)).astype(np.int32)}
    key = key[first]
    for name, dtype in reversed(TOUCH_COLUMNS[:-1]):
        out[name] = ((key & ((1 << bits[name]) - 1)) + low[name]).astype(dtype)
        key >>= bits[name]
    return {name: out[name] for name, _ in TOUCH_COLUMNS}


def _counted_by_ranges(columns: Columns, spare: int) -> Columns:
    """The same by ranges of people small enough for their keys."""
    part = columns["person"].astype(np.int64) >> max(spare - 1, 1)
    pieces = []
    for value in np.unique(part):
        mine = part == value
        pieces.append(_counted({name: column[mine] for name, column in columns.items()}))
    return {name: np.concatenate([piece[name] for piece in pieces]) for name, _ in TOUCH_COLUMNS}
