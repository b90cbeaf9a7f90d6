from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import businesstimedelta
import pytest
import pytz  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from engine.business_time import (
    WorkCalendar,
    add,
    add_time,
    calendar_for,
    calendar_from,
    elapsed,
    parse_hours,
    recent_since,
)
from engine.motion import Calendar, Motion, WorkSpan

BERLIN = calendar_from(Calendar(name="de", zone="Europe/Berlin", hours="Mon-Fri 09:00-17:30"))
SPLIT = calendar_from(Calendar(name="es", zone="Europe/Madrid", hours="Mon-Fri 09:00-13:00; Mon-Thu 15:00-18:00"))
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)  # type: ignore[misc, arg-type]


def test_hours_run_on_over_night_and_weekend() -> None:
    friday_late = berlin(2026, 10, 30, 16, 30)

    assert add(BERLIN, friday_late, WorkSpan(minutes=120)) == berlin(2026, 11, 2, 10, 0)


def test_due_at_closing_time_means_that_closing() -> None:
    assert add(BERLIN, berlin(2026, 10, 30, 13, 30), WorkSpan(minutes=240)) == berlin(2026, 10, 30, 17, 30)


def test_what_starts_outside_of_hours_starts_at_the_next_opening() -> None:
    for start in (berlin(2026, 10, 30, 17, 30), berlin(2026, 10, 31, 12, 0), berlin(2026, 11, 2, 7, 0)):
        assert add(BERLIN, start, WorkSpan(minutes=60)) == berlin(2026, 11, 2, 10, 0)


def test_a_clock_change_does_not_move_the_local_hour() -> None:
    """Berlin leaves summer time on 25 October 2026: Friday 10:00 is 08:00 UTC, Monday 10:00 is 09:00 UTC."""
    due = add(BERLIN, berlin(2026, 10, 23, 10, 0), WorkSpan(days=1))

    assert due == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param((2026, 11, 2, 11, 15), 2, (2026, 11, 4, 11, 15), id="same local time"),
        pytest.param((2026, 11, 6, 11, 15), 1, (2026, 11, 9, 11, 15), id="over the weekend"),
        pytest.param((2026, 11, 7, 11, 15), 1, (2026, 11, 9, 11, 15), id="from a day off"),
        pytest.param((2026, 11, 2, 6, 0), 1, (2026, 11, 3, 9, 0), id="early is clipped to opening"),
        pytest.param((2026, 11, 2, 22, 0), 1, (2026, 11, 3, 17, 30), id="late is clipped to closing"),
    ],
)
def test_business_days_end_at_the_same_local_time(start: tuple[int, ...], days: int, due: tuple[int, ...]) -> None:
    assert add(BERLIN, berlin(*start), WorkSpan(days=days)) == berlin(*due)


def test_a_holiday_is_no_working_day_and_company_days_count() -> None:
    calendar = calendar_from(
        Calendar(
            name="be",
            zone="Europe/Berlin",
            hours="Mon-Fri 09:00-17:30",
            holidays={"country": "DE", "subdivision": "BE"},
            extra_holidays=(date(2026, 12, 24),),
        )
    )
    wednesday = berlin(2026, 12, 23, 10, 0)

    # 24 December is the company's, 25 and 26 December are public, then comes the weekend
    assert add(calendar, wednesday, WorkSpan(days=1)) == berlin(2026, 12, 28, 10, 0)


def test_an_absence_pauses_the_clock() -> None:
    away = WorkCalendar(BERLIN.zone, BERLIN.windows, away=((berlin(2026, 11, 2, 12, 0), berlin(2026, 11, 4, 0, 0)),))

    assert add(away, berlin(2026, 11, 2, 11, 0), WorkSpan(minutes=120)) == berlin(2026, 11, 4, 10, 0)


def test_hours_are_read_with_breaks_and_refused_when_wrong() -> None:
    assert parse_hours("Mon-Tue 09:00-12:00; Mon 12:00-13:00")[:3] == (((540, 780),), ((540, 720),), ())
    for text in ("always", "Mon-Fri 17:00-09:00", "Foo 09:00-10:00", "Mon 09:00-25:00"):
        with pytest.raises(ValueError, match=r"working time|must end|not weekdays"):
            parse_hours(text)


def test_a_calendar_that_never_works_is_an_error_not_a_loop() -> None:
    never = WorkCalendar(BERLIN.zone, ((),) * 7)

    for span in (WorkSpan(days=1), WorkSpan(minutes=5)):
        with pytest.raises(ValueError, match="no working"):
            add(never, berlin(2026, 11, 2, 9), span)
        with pytest.raises(ValueError, match="no working"):
            recent_since(never, berlin(2026, 11, 2, 9), span)


def test_recent_counts_working_days_backwards() -> None:
    now = berlin(2026, 11, 4, 10, 0)

    assert recent_since(BERLIN, now, WorkSpan(days=5)) == berlin(2026, 10, 28, 0, 0)
    assert recent_since(BERLIN, now, WorkSpan(minutes=120)) == berlin(2026, 11, 3, 16, 30)


def test_a_person_has_their_own_calendar_else_the_teams_else_the_offices_hours_in_their_zone() -> None:
    motion = Motion(
        calendars=(
            Calendar(name="office", zone="UTC", hours="Mon-Fri 08:00-16:00"),
            Calendar(name="de", zone="Europe/Berlin"),
            Calendar(name="in", zone="Asia/Kolkata"),
        ),
        people_calendars={"ann@ours.com": "de", "SDR": "in"},
    )

    assert calendar_for(motion, "UTC", email="ann@ours.com", team="SDR").zone.key == "Europe/Berlin"
    assert calendar_for(motion, "UTC", email="bob@ours.com", team="SDR").zone.key == "Asia/Kolkata"
    own = calendar_for(motion, "UTC", email="bob@ours.com", time_zone="America/New_York")
    assert (own.zone.key, own.windows[0]) == ("America/New_York", ((480, 960),))
    assert calendar_for(Motion(), "Europe/Paris").zone.key == "Europe/Paris"


@given(moments, st.integers(1, 5_000), st.sampled_from([BERLIN, SPLIT]))
def test_elapsed_undoes_add(start: datetime, minutes: int, calendar: WorkCalendar) -> None:
    due = add_time(calendar, start, timedelta(minutes=minutes))

    assert elapsed(calendar, start, due) == timedelta(minutes=minutes)


@given(moments, st.integers(1, 2_000), st.integers(1, 2_000))
def test_spans_add_up(start: datetime, one: int, two: int) -> None:
    stepwise = add_time(SPLIT, add_time(SPLIT, start, timedelta(minutes=one)), timedelta(minutes=two))

    assert stepwise == add_time(SPLIT, start, timedelta(minutes=one + two))


@given(moments, st.integers(1, 15), st.sampled_from([BERLIN, SPLIT]))
def test_a_due_time_lies_in_working_hours_and_after_its_start(
    start: datetime, days: int, calendar: WorkCalendar
) -> None:
    due = add(calendar, start, WorkSpan(days=days))

    worked = calendar.intervals(calendar.local_day(due))
    assert due > start
    assert any(opens <= due <= closes for opens, closes in worked)


@given(moments, moments, moments)
def test_elapsed_time_is_additive_and_never_negative(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))

    assert elapsed(BERLIN, first, middle) + elapsed(BERLIN, middle, last) == elapsed(BERLIN, first, last)
    assert elapsed(BERLIN, last, first) == timedelta(0)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=25)), st.sampled_from(ZONES))
def test_minutes_agree_with_an_independent_library(start: datetime, length: timedelta, zone: str) -> None:
    start, end = start.replace(microsecond=0), (start + length).replace(microsecond=0)
    ours = calendar_from(Calendar(name="x", zone=zone, hours="Mon-Fri 09:00-17:00"))
    tz = pytz.timezone(zone)
    rule = businesstimedelta.WorkDayRule(
        start_time=datetime(2026, 1, 1, 9).time(),  # noqa: DTZ001
        end_time=datetime(2026, 1, 1, 17).time(),  # noqa: DTZ001
        working_days=[0, 1, 2, 3, 4],
        tz=tz,
    )

    theirs = businesstimedelta.Rules([rule]).difference(start.astimezone(tz), end.astimezone(tz))

    assert elapsed(ours, start, end) == theirs.timedelta
