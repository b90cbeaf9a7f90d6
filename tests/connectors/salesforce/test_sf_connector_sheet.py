from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.org import FieldShape, Shape
from connectors.salesforce.sheet import (
    RecordDecoder,
    Sheet,
    day_micros,
    end_of_day_micros,
    from_micros,
    iso,
    micros,
    moment_of,
    to_micros,
)

BERLIN = ZoneInfo("Europe/Berlin")


def a_shape(**types: str) -> Shape:
    return Shape("Account", {name: FieldShape(name, kind) for name, kind in types.items()})


SHAPE = a_shape(
    Id="id", Name="string", AnnualRevenue="currency", Employees="int", Strategic="boolean", UserRoleId="reference"
)
FIELDS = ("Id", "Name", "AnnualRevenue", "Employees", "Strategic", "UserRole.Name", "UserRole.DeveloperName")


def page(*records: dict[str, Any], **more: Any) -> bytes:
    return msgspec.json.encode({"totalSize": len(records), "done": True, "records": list(records), **more})


def test_records_are_read_by_column_and_what_was_not_asked_for_is_skipped() -> None:
    decoder = RecordDecoder(SHAPE, FIELDS)
    attributes = {"type": "Account", "url": "/services/data/v66.0/sobjects/Account/001"}
    role = {"attributes": {"type": "UserRole"}, "Name": "West", "DeveloperName": "west"}
    content = page(
        {
            "attributes": attributes, "Id": "001", "Name": "Acme", "AnnualRevenue": 300.0, "Employees": 400,
            "Strategic": True, "UserRole": role, "Phone": "skipped",
        },
        {"attributes": attributes, "Id": "002", "Name": "", "AnnualRevenue": None, "UserRole": None},
    )  # fmt: skip

    sheet = decoder.sheet(decoder.answer(content).records)

    assert len(sheet) == 2
    assert sheet.raw("Name") == ["Acme", None]
    assert sheet.raw("AnnualRevenue") == [300.0, None]
    assert sheet.raw("Employees") == [400.0, None]
    assert sheet.flags("Strategic") == [True, False]
    assert sheet.raw("UserRole.Name") == ["West", None]
    assert sheet.raw("UserRole.DeveloperName") == ["west", None]
    assert sheet.raw("Phone") == [None, None]


def test_a_page_says_whether_more_follow() -> None:
    content = page({"Id": "001"}, done=False, totalSize=7, nextRecordsUrl="/services/data/v66.0/query/0r8-2000")

    answer = RecordDecoder(SHAPE, ["Id"]).answer(content)

    assert (answer.total, answer.done, answer.next) == (7, False, "/services/data/v66.0/query/0r8-2000")


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"done":true}', b'[{"errorCode":"X"}]'])
def test_what_is_no_page_is_never_read_as_an_empty_one(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        RecordDecoder(SHAPE, ["Id"]).answer(content)


def test_a_bulk_result_gives_the_same_sheet_as_a_page() -> None:
    decoder = RecordDecoder(SHAPE, FIELDS[:6])
    record = {
        "Id": "001", "Name": 'Ac"me,\nInc', "AnnualRevenue": 3.5, "Employees": 4, "Strategic": False,
        "UserRole": {"Name": "West"},
    }  # fmt: skip
    text = 'Id,Name,AnnualRevenue,Employees,Strategic,UserRole.Name\n001,"Ac""me,\nInc",3.5,4,false,West\n002,,,,,\n'

    by_page = decoder.sheet(decoder.answer(page(record, {"Id": "002"})).records)
    by_job = decoder.csv(text.encode())[0]

    assert {name: by_job.raw(name) for name in FIELDS[:6]} == {name: by_page.raw(name) for name in FIELDS[:6]}


def test_a_bulk_result_with_a_header_only_has_no_rows() -> None:
    assert RecordDecoder(SHAPE, ["Id", "Name"]).csv(b"Id,Name\n") == []
    assert RecordDecoder(SHAPE, ["Id", "Name"]).csv(b"") == []


def test_a_long_bulk_result_comes_in_pieces() -> None:
    text = "Id\n" + "".join(f"{number}\n" for number in range(2_500))

    pieces = RecordDecoder(SHAPE, ["Id"]).csv(text.encode())

    assert [len(piece) for piece in pieces] == [1_000, 1_000, 500]
    assert [value for piece in pieces for value in piece.raw("Id")] == [str(number) for number in range(2_500)]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=1))
def test_any_text_survives_a_bulk_result(names: list[str]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["Id", "Name"], *([str(place), name] for place, name in enumerate(names))])

    (sheet,) = RecordDecoder(SHAPE, ["Id", "Name"]).csv(out.getvalue().encode())

    assert sheet.raw("Name") == [name or None for name in names]


MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - the zone follows
    lambda moment: moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
)


@given(st.lists(st.none() | MOMENTS))
def test_times_of_pages_and_of_bulk_results_are_read_alike(moments: list[datetime | None]) -> None:
    rest = [None if m is None else f"{m:%Y-%m-%dT%H:%M:%S}.{m.microsecond // 1000:03d}+0000" for m in moments]
    bulk = [None if text is None else text.replace("+0000", "Z") for text in rest]

    expected = [None if m is None else to_micros(m) for m in moments]
    assert micros(rest) == micros(bulk) == expected
    assert [None if text is None else moment_of(text) for text in rest] == moments


@given(MOMENTS)
def test_microseconds_and_moments_are_the_same_thing(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment
    assert datetime.fromisoformat(iso(to_micros(moment))) == moment.replace(microsecond=0)


def test_a_date_is_a_time_of_day_in_the_zone_summer_and_winter() -> None:
    assert from_micros(day_micros("2026-07-01", BERLIN, time(12))) == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert from_micros(day_micros("2026-12-01", BERLIN, time(12))) == datetime(2026, 12, 1, 11, tzinfo=UTC)


def test_a_day_ends_a_microsecond_before_the_next_even_when_clocks_change() -> None:
    end = from_micros(end_of_day_micros("2026-10-25", BERLIN))  # 25 hours long

    assert end == datetime(2026, 10, 25, 23, tzinfo=UTC) - timedelta(microseconds=1)


def test_a_column_of_dates_and_one_of_times_are_told_apart() -> None:
    sheet = Sheet(2, {"Day": ["2026-07-01", None], "At": ["2026-07-01T10:00:00.000+0000", None]}, {"Day": "date"})

    assert sheet.micros("Day", BERLIN, time(12)) == sheet.micros("At", BERLIN)


def test_rows_are_kept_by_mask() -> None:
    sheet = Sheet(3, {"Id": ["a", "b", "c"]}, {})

    kept = sheet.keep([True, False, True])

    assert (len(kept), kept.raw("Id"), kept.raw("Other")) == (2, ["a", "c"], [None, None])
    assert sheet.keep([True] * 3) is sheet
