from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.soql import chunks, equals, is_one_of, moment, select, within


def test_a_query_names_each_field_once() -> None:
    assert select(["Id", "Name", "Id"], "Account") == "SELECT Id, Name FROM Account"


def test_a_query_has_a_condition_and_an_order_when_given() -> None:
    text = select(["Id"], "Task", where=equals("IsDeleted", False), order="CreatedDate")

    assert text == "SELECT Id FROM Task WHERE IsDeleted = false ORDER BY CreatedDate"


@pytest.mark.parametrize("name", ["Name FROM User", "x'y", "", "1a", "a.", "a--"])
def test_what_is_no_name_never_gets_into_a_query(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a field"):
        select(["Id", name], "Account")


def test_values_are_quoted() -> None:
    assert is_one_of("Name", ["O'Neil", "a\\b"]) == r"Name IN ('O\'Neil','a\\b')"


def test_a_condition_over_no_values_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        is_one_of("Id", [])


def test_windows_hold_both_ends_and_are_in_utc() -> None:
    since = datetime(2026, 11, 2, 10, tzinfo=timezone(timedelta(hours=1)))

    text = within("SystemModstamp", since, datetime(2026, 11, 2, 9, 15, tzinfo=UTC))

    assert text == "SystemModstamp >= 2026-11-02T09:00:00Z AND SystemModstamp <= 2026-11-02T09:15:00Z"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without zone"):
        moment(datetime(2026, 11, 2))  # noqa: DTZ001 - that is the point


@given(st.lists(st.text(min_size=1)), st.integers(1, 7))
def test_chunks_hold_every_value_once_and_never_too_many(values: list[str], size: int) -> None:
    lists = list(chunks(values, size))

    assert [value for chunk in lists for value in chunk] == sorted(set(values))
    assert all(1 <= len(chunk) <= size for chunk in lists)
