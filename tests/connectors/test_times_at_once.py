"""Columns of times are read at once where they can be; the answer is that of one by one."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hubspot import wire
from connectors.salesforce import sheet

BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds
    max_value=datetime(2199, 12, 31),  # noqa: DTZ001 - the same
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC))
gaps = st.none() | st.just("")


def exact(moment: datetime) -> int:
    return round(moment.timestamp() * 1000) * 1000


def stamp(moment: datetime, end: str) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}" + end


@given(st.lists(moments | st.none(), max_size=20))
def test_hubspots_plain_times_come_out_in_their_places(column: list[datetime | None]) -> None:
    texts = [None if moment is None else stamp(moment, "Z") for moment in column]

    assert wire.times(texts, BERLIN) == [None if moment is None else exact(moment) for moment in column]


@given(
    st.lists(
        moments.map(lambda m: stamp(m, "Z"))
        | moments.map(lambda m: m.strftime("%Y-%m-%dT%H:%M:%SZ"))
        | moments.map(lambda m: m.date().isoformat())
        | moments.map(lambda m: str(exact(m) // 1000))
        | st.just("not a time of 24 letters")
        | st.none(),
        max_size=12,
    )
)
def test_hubspots_mixed_times_are_those_read_one_by_one(texts: list[str | None]) -> None:
    assert wire.times(texts, BERLIN) == [None if text is None else wire.micros(text, BERLIN) for text in texts]


@given(st.lists(moments | gaps, max_size=20))
def test_salesforces_times_come_out_in_their_places(column: list[datetime | str | None]) -> None:
    texts = [stamp(moment, "+0000") if isinstance(moment, datetime) else moment for moment in column]

    assert sheet.micros(texts) == [exact(moment) if isinstance(moment, datetime) else None for moment in column]


def test_salesforces_times_without_milliseconds_are_read_too() -> None:
    assert sheet.micros(["2026-01-31T08:17:00Z", None]) == [exact(datetime(2026, 1, 31, 8, 17, tzinfo=UTC)), None]


def test_a_time_that_is_none_is_an_error_and_no_gap() -> None:
    with pytest.raises(ValueError, match="datetime"):
        sheet.micros(["2026-13-31T08:17:00.000+0000", "2026-01-31T08:17:00.000+0000"])
