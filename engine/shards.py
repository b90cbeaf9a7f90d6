"""Families of accounts: roots, broken loops, nearest common ancestors, and the shard that a family lives in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Links = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Families:
    """Who belongs under whom, by dense account index; -1 for none."""

    parent: Links  # loops broken
    root: Links  # own index for a root
    loops: tuple[tuple[int, ...], ...]  # members of each broken loop, the one made root first

    def common_ancestor(self, members: Sequence[int]) -> int | None:
        """Nearest account that is each member or above it; None when they are not of one family."""
        paths = [self._path(member) for member in members]
        shared = set(paths[0]).intersection(*paths[1:])
        return next((account for account in paths[0] if account in shared), None)

    def only(self, accounts: NDArray[np.bool_]) -> Families:
        """The families of some accounts, numbered anew; whole families must be taken or left."""
        place = np.append(np.where(accounts, np.cumsum(accounts) - 1, -1), -1).astype(np.int32)
        return Families(place[self.parent[accounts]], place[self.root[accounts]], ())

    def _path(self, account: int) -> list[int]:
        path = [account]
        while self.parent[path[-1]] >= 0:
            path.append(int(self.parent[path[-1]]))
        return path


def families(parent: Links, ids: Sequence[str]) -> Families:
    """Families by parent links; a loop is broken at its member with the smallest id, which becomes a root."""
    parent = parent.astype(np.int32, copy=True)
    loops = tuple(_loops(parent, ids))
    for loop in loops:
        parent[loop[0]] = -1
    root = np.where(parent >= 0, parent, np.arange(len(parent))).astype(np.int32)
    while True:
        higher = root[root]
        if np.array_equal(higher, root):
            return Families(parent, root, loops)
        root = higher


def _loops(parent: Links, ids: Sequence[str]) -> list[tuple[int, ...]]:
    """Loops of parent links, each told from its smallest id."""
    jump = np.append(np.where(parent >= 0, parent, len(parent)), len(parent))
    for _ in range(max(1, len(parent).bit_length())):
        jump = jump[jump]
    found: dict[int, tuple[int, ...]] = {}
    seen: set[int] = set()
    for start in sorted({int(account) for account in jump if account < len(parent)}):
        if start in seen:
            continue
        loop, here = [start], int(parent[start])
        while here != start:
            loop.append(here)
            here = int(parent[here])
        seen.update(loop)
        first = loop.index(min(loop, key=lambda account: ids[account]))
        found[loop[first]] = tuple(loop[first:] + loop[:first])
    return [found[key] for key in sorted(found, key=lambda account: ids[account])]


def shard_of(root_id: str, shards: int) -> int:
    """Shard of a family: the same for the same root id everywhere and always."""
    digest = hashlib.blake2b(root_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards


def shards_of(root: Links, ids: Sequence[str], shards: int) -> NDArray[np.int32]:
    """Shard of each account, by the root of its family."""
    if shards == 1:
        return np.zeros(len(root), dtype=np.int32)
    own = np.array([shard_of(ids[account], shards) if root[account] == account else 0 for account in range(len(root))])
    return own[root].astype(np.int32) if len(root) else np.zeros(0, dtype=np.int32)
