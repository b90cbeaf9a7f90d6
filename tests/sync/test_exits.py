from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.problems import ConfigError, Problem
from config.secrets import SecretMissing
from connectors.errors import (
    BudgetSpent,
    CrmError,
    Incomplete,
    NeedsPerson,
    OutcomeUnknown,
    Refused,
    Retryable,
    Unavailable,
)
from sync import exits
from sync.endings import KNOWN, Ending, ending_of
from sync.store.errors import LeaseHeld, LeaseLost, PlanRefused, StoreError
from tests.fakes import MONDAY

CODES = (0, 1, 2, 3, 4, 5, 6, 64, 75, 130, 143)
ORDER = (4, 5, 1, 3, 6, 2)


def of_crm(kind: type[CrmError]) -> CrmError:
    return kind("Salesforce", doing="read accounts", said="no", hint="look")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(click.UsageError("what?"), 64, id="wrong usage"),
        pytest.param(ConfigError([Problem("tierline.yaml", 3, 5, "mode", "not a mode")]), 1, id="config"),
        pytest.param(SecretMissing("env:X is not set"), 4, id="secret"),
        pytest.param(of_crm(NeedsPerson), 4, id="a person must act"),
        pytest.param(of_crm(BudgetSpent), 5, id="budget"),
        pytest.param(of_crm(Incomplete), 5, id="pull broke off"),
        pytest.param(of_crm(Retryable), 5, id="later"),
        pytest.param(of_crm(Unavailable), 5, id="out of patience"),
        pytest.param(of_crm(OutcomeUnknown), 5, id="unknown"),
        pytest.param(of_crm(Refused), 1, id="refused"),
        pytest.param(of_crm(CrmError), 1, id="any other error of the CRM"),
        pytest.param(LeaseHeld("prod", "run-2", MONDAY), 75, id="lease held"),
        pytest.param(LeaseLost("another run"), 75, id="lease lost"),
        pytest.param(PlanRefused("stale"), 3, id="stale plan"),
        pytest.param(StoreError("locked"), 1, id="store"),
        pytest.param(exits.Stopped(3, "Nothing was written."), 3, id="stopped on purpose"),
    ],
)
def test_every_known_error_has_its_exit_code_and_keeps_its_words(error: BaseException, code: int) -> None:
    ending = ending_of(error)

    assert ending is not None
    assert ending.code == code
    assert ending.said
    assert bool(ending.tl) is not isinstance(error, exits.Stopped)


def test_the_narrower_kind_of_error_comes_first_in_the_table() -> None:
    """An error is told by the first line that fits, so no line may hide a later one."""
    hidden = [
        (first.error.__name__, later.error.__name__)
        for place, first in enumerate(KNOWN)
        for later in KNOWN[place + 1 :]
        if issubclass(later.error, first.error)
    ]

    assert hidden == []


def test_codes_are_given_out_once() -> None:
    assert len({known.tl for known in KNOWN}) == len(KNOWN)
    assert {known.code for known in KNOWN} <= set(CODES)


def test_what_nobody_foresaw_has_no_ending() -> None:
    assert ending_of(ZeroDivisionError()) is None
    assert ending_of(exits.Stopped(4, "stop", "TL-011")) == Ending(4, "TL-011", "stop")


@given(st.lists(st.sampled_from((0, *ORDER)), min_size=1))
def test_of_several_endings_the_first_of_the_order_counts(codes: list[int]) -> None:
    assert exits.worst(codes) == next((code for code in ORDER if code in codes), 0)


@pytest.mark.parametrize("code", [exits.LEASE, exits.INTERRUPTED, exits.TERMINATED])
def test_being_stopped_comes_before_everything_else(code: int) -> None:
    assert exits.worst([code, *ORDER]) == code
