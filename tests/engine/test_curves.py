from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.curves import FULL, MOST, billionths, decayed, look_up, milli, squash, stack

G = 1_000_000_000


def test_decay_halves_exactly_at_each_half_life() -> None:
    curve = decayed(40 * G, timedelta(days=21))

    assert [curve[age] for age in (0, 21, 42, 63)] == [40 * G, 20 * G, 10 * G, 5 * G]
    assert list(curve) == sorted(curve, reverse=True)
    assert curve[-1] > 0


@given(st.integers(1, MOST), st.integers(1, 400), st.integers(0, 500))
def test_decay_is_the_real_curve_to_half_a_billionth(worth: int, half_life: int, age: int) -> None:
    curve = decayed(worth, timedelta(days=half_life))
    value = curve[age] if age < len(curve) else 0

    assert abs(value - worth * 0.5 ** (age / half_life)) <= 0.5 + worth * 1e-12


def test_the_future_and_the_far_past_are_worth_nothing() -> None:
    table = stack([decayed(G, timedelta(days=1)), decayed(2 * G, timedelta(days=1))])

    found = look_up(table, np.array([0, 1, 1, 0]), np.array([0, 1, -1, 9999]))

    assert found.tolist() == [G, G, 0, 0]


@given(st.integers(0, 4000 * G), st.sampled_from([60.0, 40.0, 33.3, 0.5, 1000.0]))
def test_squash_is_near_its_curve_and_never_above_the_worth_of_the_first_point(raw: int, k: float) -> None:
    score = int(squash(np.array([raw], dtype=np.int64), k)[0])

    assert 0 <= score <= FULL
    assert score * billionths(k) <= raw * FULL
    assert abs(score / G - 100 * (1 - math.exp(-raw / G / k))) < 1e-4


@given(st.lists(st.integers(0, 3000 * G), min_size=2, max_size=20))
def test_squash_never_falls_as_the_sum_grows(raws: list[int]) -> None:
    scores = squash(np.array(sorted(raws), dtype=np.int64), 60.0)

    assert (np.diff(scores) >= 0).all()


def test_amounts_keep_three_decimals_exactly() -> None:
    assert (milli(1.35), milli(0.333), billionths(0.1)) == (1350, 333, 100_000_000)
