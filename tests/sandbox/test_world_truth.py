from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deals import draw_deals
from sandbox.firms import make_firms
from sandbox.generate import with_truth
from sandbox.truth import WEEKS, Truth, latent_interest, open_chance, win_chance
from sandbox.world import DAY_S, KIND_CODE, World

NOW = int(datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp())
SHARE = st.floats(0, 1)


@pytest.fixture(scope="module")
def drawn() -> tuple[World, Truth]:
    return with_truth("small", 7, NOW)


def test_latent_values_are_shares_and_interest_starts_with_the_account(drawn: tuple[World, Truth]) -> None:
    world, truth = drawn
    assert truth.fit.shape == (len(world.accounts),)
    assert truth.interest.shape == (len(world.accounts), WEEKS)
    assert ((truth.fit >= 0) & (truth.fit <= 1)).all()
    assert ((truth.interest >= 0) & (truth.interest < 1)).all()
    young = [row for row, account in enumerate(world.accounts) if account.created_at > NOW - 200 * DAY_S]
    assert young
    assert (truth.interest[young, :40] == 0).all()


@given(SHARE, SHARE, SHARE)
def test_more_fit_or_more_interest_never_lowers_the_chance(low: float, high: float, other: float) -> None:
    low, high = min(low, high), max(low, high)
    for chance in (open_chance, win_chance):
        for one, two in (((low, other), (high, other)), ((other, low), (other, high))):
            before, after = (chance(np.array([fit]), np.array([interest]))[0] for fit, interest in (one, two))
            assert 0 <= before <= after <= 1


def test_neither_fit_nor_interest_alone_opens_a_deal() -> None:
    nothing, all_ = np.zeros(1), np.ones(1)
    assert open_chance(nothing, all_)[0] == 0
    assert open_chance(all_, nothing)[0] == 0


def test_accounts_with_higher_propensity_win_more() -> None:
    """Expected wins by the formulas against wins that happened: same order, and calibrated within sampling error."""
    dice = np.random.default_rng(5)
    firms = make_firms(12_000, 0, 0, dice, NOW)
    firms.lifecycle[:] = 0
    truth = Truth(firms.fit, latent_interest(dice, firms.fit, firms.first_week(NOW)))
    deals = draw_deals(firms, truth, np.zeros(len(firms), np.bool_), dice, NOW)
    expected = truth.propensity().sum(axis=1)
    wins = np.bincount(deals.account[deals.won], minlength=len(firms))
    order = np.argsort(expected)
    fifths = [float(wins[part].mean()) for part in np.array_split(order, 5)]
    assert fifths == sorted(fifths)
    assert fifths[4] > 10 * (fifths[0] + 0.005)
    rare = order[: len(order) * 4 // 5]  # where a second deal, for which there must be a rest, is unlikely
    assert wins[rare].sum() == pytest.approx(expected[rare].sum(), rel=0.15)


def test_what_the_buyer_does_follows_interest_and_what_we_do_does_not(drawn: tuple[World, Truth]) -> None:
    world, truth = drawn
    table = world.activities
    week = WEEKS - 1 - (NOW - table.occurred_at) // (7 * DAY_S)

    def lift(*kinds: str) -> float:
        """Mean interest in the weeks of these touches, over the mean interest of the same accounts at all times."""
        mine = np.isin(table.kind, [KIND_CODE[kind] for kind in kinds]) & (table.account > 11) & (week >= 0)
        mine &= week < WEEKS
        account = table.account[mine]
        return float(truth.interest[account, week[mine]].mean() / truth.interest[account].mean())

    assert lift("email_reply", "meeting_held", "demo_request") > 2.0
    assert 0.9 < lift("email_sent", "call_attempted") < 1.25


def test_intent_follows_interest_and_news_does_not(drawn: tuple[World, Truth]) -> None:
    world, truth = drawn
    row_of = {account.domain: row for row, account in enumerate(world.accounts) if account.domain and row > 11}

    def lift(topics: set[str]) -> float:
        seen = [(row_of[s.domain], WEEKS - 1 - (NOW - s.seen_at) // (7 * DAY_S)) for s in world.signals
                if s.topic in topics and s.domain in row_of]  # fmt: skip
        rows, weeks = np.array(seen).T
        inside = weeks >= 0
        return float(truth.interest[rows[inside], weeks[inside]].mean() / truth.interest[rows[inside]].mean())

    assert lift({"topic_core", "review_compare"}) > 2.0
    assert 0.6 < lift({"funding", "hiring", "job_posting", "leadership_change", "tech_installed"}) < 1.5
