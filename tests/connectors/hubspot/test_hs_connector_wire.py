from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from connectors.hubspot import wire
from connectors.hubspot.owned import from_wire, iso, moment_of, to_wire

BERLIN = ZoneInfo("Europe/Berlin")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def page(*records: Any, after: str | None = None) -> bytes:
    paging = {"paging": {"next": {"after": after, "link": "https://x"}}} if after else {}
    return json.dumps({"results": list(records), **paging}).encode()


def sheet_of(names: list[str], *records: Any) -> wire.Sheet:
    decoding = wire.decoders(names)
    return wire.Sheet(decoding.listed.decode(page(*records)).results, decoding.places)


def test_a_property_that_is_undefined_unset_or_empty_is_unknown() -> None:
    rows = [{"id": "1", "properties": properties} for properties in ({}, {"name": None}, {"name": ""}, {"name": "A"})]

    assert sheet_of(["name"], *rows).raw("name") == [None, None, None, "A"]


def test_a_property_that_was_not_asked_for_is_unknown_everywhere() -> None:
    assert sheet_of(["name"], {"id": "1", "properties": {"other": "x"}}).raw("other") == [None]


def test_keys_that_we_do_not_know_are_passed_over() -> None:
    record = {"id": "1", "properties": {"class": "A", "2nd": "B"}, "url": "https://x", "createdAt": "2024"}

    sheet = sheet_of(["class", "2nd"], record)

    assert (sheet.raw("class"), sheet.raw("2nd")) == (["A"], ["B"])


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("9", "deal_to_company_unlabeled"), ("9", "deal_to_company")], "9"),
        ([("7", "deal_to_company_unlabeled"), ("9", "deal_to_company"), ("9", "deal_to_company_unlabeled")], "9"),
        ([("30", "call_to_contact"), ("4", "call_to_contact")], "4"),
        ([("12", "contact_to_company_primary"), ("3", "contact_to_company")], "12"),
    ],
    ids=["one company twice", "the primary one", "the lowest id as a number", "named primary"],
)
def test_one_of_many_associated_records_counts(links: list[tuple[str, str]], expected: str) -> None:
    inline = {"companies": {"results": [{"id": one, "type": kind} for one, kind in links]}}

    sheet = sheet_of(["name"], {"id": "1", "properties": {}, "associations": inline})

    assert sheet.linked("companies") == [expected]
    assert sheet.linked("contacts") == [None]


def test_list_pages_and_association_reads_choose_the_same_company() -> None:
    listed = sheet_of(
        ["n"],
        {
            "id": "1",
            "properties": {},
            "associations": {
                "companies": {"results": [{"id": "70", "type": "call_to_company"}, {"id": "8", "type": "x"}]}
            },
        },
    )
    targets = [wire.Target(70, [{"typeId": 1, "label": "Primary"}]), wire.Target("8", [{"typeId": 2, "label": None}])]

    assert listed.linked("companies") == [wire.one_target(targets)]


@settings(deadline=None)
@given(some.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_moments_survive_the_wire_to_the_millisecond(at: datetime) -> None:
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)

    assert wire.micros(iso(whole), BERLIN) == (whole - EPOCH) // timedelta(microseconds=1)
    assert moment_of(to_wire(whole)) == whole


def test_a_date_means_noon_in_the_connections_zone() -> None:
    at = wire.micros("2026-07-01", BERLIN)

    assert at == (datetime(2026, 7, 1, 10, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def test_epoch_milliseconds_are_times_too() -> None:
    assert wire.micros("1762212973632", BERLIN) == 1_762_212_973_632_000


@pytest.mark.parametrize("text", ["soon", "2026-13-45", "", "2026-01-01T10:00:00", "2026-02-30T10:00:00.000Z"])
def test_what_is_no_time_is_unknown(text: str) -> None:
    assert wire.micros(text, BERLIN) is None


def test_numbers_come_as_text_and_nonsense_is_unknown() -> None:
    assert wire.numbers(["17", "1.5", None, "many", "NaN", "inf"]) == [17.0, 1.5, None, None, None, None]
    assert wire.wholes(["17", "250.0", "1e3", None, "50-100"]) == [17, 250, 1000, None, None]


def test_flags_and_lists_come_as_text() -> None:
    assert wire.flags(["true", "false", "Yes", None]) == [True, False, True, None]
    assert wire.lists(["a;b; c;", None]) == [["a", "b", "c"], []]


@settings(deadline=None)
@given(some.integers(-(10**15), 10**15) | some.booleans() | some.none())
def test_owned_values_are_read_as_they_were_written(value: int | bool | None) -> None:
    assert from_wire("flag" if isinstance(value, bool) else "number", to_wire(value)) == value
