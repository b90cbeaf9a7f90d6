from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync import owned
from tests.fakes import MONDAY


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("why", " a  b \r\nc ", "a b\nc"),
        ("why", "", None),
        ("why", "Zu\u0308rich", "Z\u00fcrich"),
        ("score", 70.0, 70),
        ("score", "70", 70),
        ("tier_since", MONDAY, "2026-11-02T09:00:00.999Z"),
        ("tier_since", MONDAY, int(MONDAY.timestamp()) * 1_000_000),
        ("sla_due", MONDAY, MONDAY.astimezone(timezone(timedelta(hours=5)))),
    ],
)
def test_these_mean_the_same(name: str, one: object, other: object) -> None:
    assert owned.same(name, one, other)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [("tier", "a", "A"), ("score", None, 0), ("score", "many", 1), ("score", "inf", 1), ("score", 1.5, 1)],
)
def test_these_do_not(name: str, one: object, other: object) -> None:
    assert not owned.same(name, one, other)


def test_a_time_that_cannot_be_compared_is_an_error() -> None:
    with pytest.raises(ValueError, match="without zone"):
        owned.normal("tier_since", datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001
    with pytest.raises(TypeError, match="not a time"):
        owned.normal("tier_since", 1.5)


def test_salesforce_needs_no_scored_at() -> None:
    assert owned.SCORED_AT not in owned.owned_fields("full", "Salesforce")
    assert owned.SCORED_AT in owned.owned_fields("core", "HubSpot")
    assert owned.owned_fields("core", "Salesforce") < owned.owned_fields("full", "Salesforce")
    assert owned.normal("tier_since", "2026-11-02T09:00:00Z") == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_flags_are_no_numbers() -> None:
    assert owned.normal("flag", value=True) is True
