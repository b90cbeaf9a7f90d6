from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.soql.ids import checksum, decode, encode, encode_many, full, is_id

positions = st.integers(0, 62**6)


@given(positions)
def test_an_id_leads_back_to_its_position(position: int) -> None:
    record_id = encode("001", position)

    assert len(record_id) == 18
    assert decode(record_id, "001") == decode(record_id[:15], "001") == position
    assert full(record_id[:15]) == record_id
    assert is_id(record_id)
    assert decode(record_id, "003") == -1


@given(st.lists(positions))
def test_many_at_once_are_the_same_and_sort_alike(many: list[int]) -> None:
    ids = encode_many("00T", np.array(many, np.int64))

    assert ids == [encode("00T", each) for each in many]
    assert sorted(ids) == [encode("00T", each) for each in sorted(many)]


@pytest.mark.parametrize("known", ["0014S000007NxmlQAC", "0034S000005YJVlQAO", "00Q4S000002sSacUAE"])
def test_the_checksum_is_the_one_real_orgs_use(known: str) -> None:
    assert checksum(known[:15]) == known[15:]


@pytest.mark.parametrize("wrong", ["", "001", "0014S000007NxmlQAA", "0014S000007Nx-l", None, 5])
def test_what_is_no_id(wrong: object) -> None:
    assert not is_id(wrong)
