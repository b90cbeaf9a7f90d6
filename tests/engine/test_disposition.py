import pytest

from engine.disposition import disposition, stage
from engine.facts import Facts
from tests.engine.motion_builders import DAY, NOW, an_account, points, raised, three_tiers


@pytest.mark.parametrize(
    ("facts", "was", "provisional", "kind"),
    [
        pytest.param(an_account(fit=None, score=None), None, True, "enrich", id="unknown"),
        pytest.param(an_account(known=0.3), None, True, "enrich", id="provisional"),
        pytest.param(an_account(lifecycle="partner"), None, False, "partner", id="partner"),
        pytest.param(an_account(fit=39), None, False, "educate", id="under the gate"),
        pytest.param(an_account(fit=42), "educate", False, "educate", id="not released yet"),
        pytest.param(an_account(fit=42), None, False, "revive", id="fits, was never gated"),
        pytest.param(an_account(last_inbound_at=None), None, False, "wait", id="never showed interest"),
        pytest.param(an_account(negative_trigger="insolvent"), None, False, "wait", id="negative trigger"),
    ],
)
def test_the_first_that_matches(facts: Facts, was: str | None, provisional: bool, kind: str) -> None:
    assert disposition(facts, three_tiers(), was, provisional=provisional) == kind


@pytest.mark.parametrize(
    ("signal", "was", "name"),
    [
        (70, None, "active"), (69, None, "engaged"), (45, None, "engaged"), (20, None, "aware"), (19, None, "unaware"),
        (66, "active", "active"), (65, "active", "engaged"), (16, "aware", "aware"), (15, "aware", "unaware"),
        (80, "aware", "active"), (10, "active", "unaware"), (42, "active", "engaged"), (80, "opportunity", "active"),
    ],
)  # fmt: skip
def test_a_stage_is_left_downwards_only_five_under_its_bar(signal: int, was: str | None, name: str) -> None:
    assert stage(an_account(signal=points(signal)), was, NOW, customer=False) == name


def test_customers_opportunities_and_raised_hands_come_first() -> None:
    quiet = an_account(signal=0)

    assert stage(quiet, None, NOW, customer=True) == "customer"
    assert stage(an_account(signal=0, open_opportunity=True), None, NOW, customer=False) == "opportunity"
    assert stage(an_account(signal=0, hand_raise=raised(hours=24 * 13)), None, NOW, customer=False) == "active"
    assert stage(an_account(signal=0, hand_raise=raised()), None, NOW + 15 * DAY, customer=False) == "unaware"
