from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Budget
from connectors.base import Usage
from connectors.budget import CallBudget
from connectors.errors import BudgetSpent


def a_budget(*, limit: int | None = 1000, used: int = 0, before: int = 0) -> CallBudget:
    budget = CallBudget("acme", Budget(), spent_before=before)
    budget.observe(used, limit)
    return budget


def test_calls_are_counted_before_the_crm_names_its_limit() -> None:
    budget = CallBudget("acme", Budget())

    budget.spend(5_000)

    assert budget.usage() == Usage(5_000, None, None)
    assert budget.left() is None


def test_our_share_of_the_day_is_not_passed() -> None:
    budget = a_budget()
    budget.spend(100)

    with pytest.raises(BudgetSpent, match="could not read accounts: 101 calls would pass our share of 100"):
        budget.spend(1, doing="read accounts")

    assert budget.usage().ours == 100


def test_calls_of_earlier_runs_today_count() -> None:
    budget = a_budget(before=95)

    assert budget.left() == 5
    with pytest.raises(BudgetSpent):
        budget.spend(6)


def test_a_first_pull_may_take_a_larger_share() -> None:
    budget = a_budget()

    with budget.first_pull():
        budget.spend(400)

    with pytest.raises(BudgetSpent):
        budget.spend(1)


def test_a_busy_org_stops_us_whatever_we_have_left() -> None:
    budget = a_budget(used=800)

    with pytest.raises(BudgetSpent, match="the org has used 800 of 1,000 calls today; we stop at 800"):
        budget.spend(1)


def test_work_that_cannot_be_finished_is_not_begun() -> None:
    budget = a_budget()

    with pytest.raises(BudgetSpent), budget.reserve(101):
        pytest.fail("begun")


def test_reserved_calls_are_kept_from_others_and_given_back() -> None:
    budget = a_budget()

    with budget.reserve(90) as held:
        held.spend(30)
        assert budget.left() == 10
        with pytest.raises(BudgetSpent):
            budget.spend(11)

    assert budget.left() == 70
    assert budget.usage().ours == 30


def test_more_than_was_reserved_is_asked_for() -> None:
    budget = a_budget()

    with budget.reserve(99) as held:
        held.spend(100)
        with pytest.raises(BudgetSpent):
            held.spend(1)

    assert budget.usage().ours == 100


def test_what_must_be_called_is_counted_and_never_refused() -> None:
    budget = a_budget(used=999)

    budget.count()

    assert budget.usage() == Usage(1, 999, 1000)


def test_a_silent_answer_keeps_what_was_known() -> None:
    budget = a_budget(used=7)

    budget.observe(None, None)

    assert budget.usage() == Usage(0, 7, 1000)


@given(st.lists(st.integers(1, 40)), st.integers(0, 2_000))
def test_we_never_pass_our_share(wishes: list[int], limit: int) -> None:
    budget = a_budget(limit=limit)

    for n in wishes:
        try:
            budget.spend(n)
        except BudgetSpent:
            continue

    assert budget.usage().ours <= 0.10 * limit
