from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.shards import families, shard_of, shards_of


def links(parents: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(parents, dtype=np.int32)


@given(st.lists(st.integers(-1, 9), min_size=1, max_size=10))
def test_whatever_the_links_every_account_has_one_root_without_a_loop(parents: list[int]) -> None:
    parents = [parent if parent < len(parents) else -1 for parent in parents]
    ids = [f"{number}" for number in range(len(parents))]

    found = families(links(parents), ids)

    for account in range(len(parents)):
        path, here = set(), account
        while found.parent[here] >= 0:
            assert here not in path
            path.add(here)
            here = int(found.parent[here])
        assert found.root[account] == here
    broken = {loop[0] for loop in found.loops}
    for account, parent in enumerate(parents):
        assert found.parent[account] == (-1 if account in broken else parent)


def test_a_long_chain_and_a_tree_have_their_ancestors() -> None:
    chain = families(links([-1, *range(999)]), [str(n) for n in range(1000)])
    tree = families(links([-1, 0, 0, 1, 1, -1]), list("abcdef"))

    assert set(chain.root.tolist()) == {0}
    assert tree.common_ancestor([3, 4]) == 1
    assert tree.common_ancestor([3, 2]) == 0
    assert tree.common_ancestor([3, 1]) == 1
    assert tree.common_ancestor([3, 5]) is None


def test_a_family_lives_in_one_shard_named_by_its_root() -> None:
    found = families(links([-1, 0, 1, -1]), ["a", "b", "c", "d"])

    shards = shards_of(found.root, ["a", "b", "c", "d"], 7)

    assert shards.tolist() == [shard_of("a", 7)] * 3 + [shard_of("d", 7)]
    assert shards_of(found.root, ["a", "b", "c", "d"], 1).tolist() == [0] * 4
    assert [shard_of(one, 16) for one in ("a", "b", "001x")] == [shard_of(one, 16) for one in ("a", "b", "001x")]
