from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.business_time import add, calendar_from
from engine.facts import KnownTask, TaskWanted, Timer, TimerState
from engine.motion import Calendar, SlaRule
from engine.sla import (
    BREACHED,
    DUE_SOON,
    MET,
    MET_LATE,
    ON_TIME,
    Act,
    advance,
    cancel,
    closed_by_person,
    fields,
    people_who_count,
    start,
)
from tests.engine.motion_builders import NOW, a_motion, an_owner, people

OFFICE = calendar_from(Calendar(name="office", zone="UTC"))
RULE = SlaRule.model_validate({"first_touch": "4 business hours", "warn": 0.75})
HOUR = timedelta(hours=1)


def wanted(**more: object) -> TaskWanted:
    base = TaskWanted(
        key="k", play="first-touch", epoch="e", account_id="acme", contact_id=None, contact_is_lead=False,
        assignee_id="rita", subject="s", body="b", due_at=NOW, priority="high", hand_raise=False, sla_due=True,
        evidence_at=NOW - HOUR,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def a_timer(**more: object) -> Timer:
    timer = start(wanted(), NOW, people(an_owner()), a_motion())
    assert timer is not None
    return replace(timer, **more)  # type: ignore[arg-type]


def an_act(after: timedelta, kind: str = "call_attempted", logged_after: timedelta | None = None) -> Act:
    when = NOW + after
    return Act("acme", "rita", when, when if logged_after is None else NOW + logged_after, kind)


def at(timer: Timer, after: timedelta, *acts: Act) -> tuple[Timer, tuple[str, ...]]:
    return advance(timer, acts, NOW + after, OFFICE, RULE)


def test_a_timer_starts_when_the_task_is_confirmed_and_keeps_the_evidence_time() -> None:
    timer = a_timer()

    assert (timer.started_at, timer.due_at, timer.warn_at) == (NOW, NOW + 4 * HOUR, NOW + 3 * HOUR)
    assert timer.evidence_at == NOW - HOUR


def test_a_task_without_a_promise_starts_no_timer() -> None:
    assert start(wanted(sla_due=False), NOW, people(an_owner()), a_motion()) is None
    assert start(wanted(play="plan"), NOW, people(an_owner()), a_motion()) is None


def test_the_clock_is_the_assignees() -> None:
    """09:00 UTC is 04:00 in New York: four working hours end at 13:00 there, 18:00 UTC."""
    timer = start(wanted(), NOW, people(an_owner(time_zone="America/New_York")), a_motion())

    assert timer is not None
    assert timer.due_at == datetime(2026, 11, 2, 18, 0, tzinfo=UTC)


def test_a_timer_warns_then_breaks_then_is_met_late() -> None:
    running, quiet = at(a_timer(), HOUR)
    warned, said = at(running, 3 * HOUR)
    broken, broke = at(warned, 4 * HOUR)
    met, met_words = at(broken, 6 * HOUR, an_act(5 * HOUR))

    assert [running.state, warned.state, broken.state, met.state] == ["running", "warned", "breached", "met"]
    assert (quiet, said) == ((), ("First touch is due by 2 Nov 2026 13:00 UTC.",))
    assert broke == ("Nobody touched the account by 2 Nov 2026 13:00 UTC: promise broken.",)
    assert met.breached_at == met.due_at
    assert "after it was due" in met_words[0]


@pytest.mark.parametrize(
    "kind", ["call_connected", "call_attempted", "email_sent", "message_sent", "meeting_held", "meeting_scheduled"]
)
def test_a_human_outbound_act_meets_it(kind: str) -> None:
    met, said = at(a_timer(), 2 * HOUR, an_act(HOUR, kind))

    assert (met.state, met.met_at, met.met_by, met.breached_at) == (TimerState.MET, NOW + HOUR, "rita", None)
    assert said == ("First touch on 2 Nov 2026 10:00 UTC, in time.",)


@pytest.mark.parametrize("kind", ["email_reply", "inbound_call", "email_automated", "task", "meeting_no_show"])
def test_what_the_buyer_or_a_machine_did_does_not(kind: str) -> None:
    assert at(a_timer(), 2 * HOUR, an_act(HOUR, kind))[0].state is TimerState.RUNNING


def test_an_act_before_the_start_or_on_another_account_does_not_count() -> None:
    early, elsewhere = an_act(-HOUR), replace(an_act(HOUR), account_id="other")

    assert at(a_timer(), 2 * HOUR, early, elsewhere)[0].state is TimerState.RUNNING


def test_an_act_logged_days_late_counts_and_is_marked() -> None:
    broken, _ = at(a_timer(), 30 * HOUR)
    met, said = at(broken, 50 * HOUR, an_act(HOUR, logged_after=49 * HOUR))

    assert (met.state, met.breached_at) == (TimerState.MET, None)
    assert "logged late, on 4 Nov 2026 10:00 UTC" in said[0]


def test_a_holiday_added_later_moves_an_open_promise_with_an_audit_line() -> None:
    off = calendar_from(Calendar(name="office", zone="UTC", extra_holidays=(date(2026, 11, 2),)))

    moved, said = advance(a_timer(), (), NOW + HOUR, off, RULE)

    assert moved.due_at == datetime(2026, 11, 3, 13, 0, tzinfo=UTC)
    assert said == ("Calendar changed: due 3 Nov 2026 13:00 UTC, was 2 Nov 2026 13:00 UTC.",)


def test_a_finished_timer_never_changes() -> None:
    met, _ = at(a_timer(), 2 * HOUR, an_act(HOUR))
    cancelled, said = cancel(a_timer(), "the account left")

    assert at(met, 90 * HOUR) == (met, ())
    assert cancel(met, "late") == (met, ())
    assert (cancelled.state, said) == (TimerState.CANCELLED, ("Timer stopped: the account left.",))


def test_a_person_closing_the_task_meets_it_and_a_withdrawal_does_not() -> None:
    task = KnownTask("k", "t1", "acme", "first-touch", "e", "rita", "s", NOW, "done", closed_at=NOW + HOUR)

    closing = closed_by_person(a_timer(), task)

    assert closing is not None
    assert at(a_timer(), 2 * HOUR, closing)[0].state is TimerState.MET
    for state in ("open", "withdrawn", "deleted"):
        assert closed_by_person(a_timer(), replace(task, state=state)) is None


def test_those_around_the_account_count_and_strangers_do_not() -> None:
    owners = people(
        an_owner("Rita", team="Sales", manager_id="max"), an_owner("Tom", team="Sales"), an_owner("Max"),
        an_owner("Sid", manager_id="sue"), an_owner("Sue"), an_owner("Eve", team="Legal"),
    )  # fmt: skip

    assert people_who_count("sid", "rita", owners) == {"sid", "rita", "tom", "max", "sue"}


def test_what_the_crm_shows_of_a_promise() -> None:
    timer = a_timer()
    warned = replace(timer, state=TimerState.WARNED)
    broken = replace(timer, state=TimerState.BREACHED)
    met = replace(timer, state=TimerState.MET, met_at=NOW)

    assert fields([timer], None, NOW) == (timer.due_at, ON_TIME)
    assert fields([warned], None, NOW) == (timer.due_at, DUE_SOON)
    assert fields([broken], None, NOW) == (timer.due_at, BREACHED)
    assert fields([met], None, NOW) == (None, MET)
    assert fields([replace(met, breached_at=NOW)], None, NOW) == (None, MET_LATE)
    assert fields([met], None, NOW + timedelta(days=20)) == (None, None)


def test_a_promise_keeps_the_time_first_written_unless_it_really_moved() -> None:
    timer = a_timer()
    close, far = timer.due_at - timedelta(minutes=3), timer.due_at - timedelta(hours=2)

    assert fields([timer], close, NOW)[0] == close
    assert fields([timer], far, NOW)[0] == timer.due_at


@given(st.lists(st.integers(1, 100), max_size=6, unique=True), st.randoms())
def test_the_order_in_which_passes_and_acts_come_does_not_matter(hours: list[int], dice: object) -> None:
    """A timer advanced every hour ends as one that is looked at once."""
    acts = [an_act(hour * HOUR) for hour in hours]
    shuffled = sorted(acts, key=lambda _: dice.random())  # type: ignore[attr-defined]
    stepwise = a_timer()
    for hour in range(0, 121, 5):
        stepwise, _ = at(stepwise, hour * HOUR, *shuffled)

    once, _ = at(a_timer(), 120 * HOUR, *acts)

    assert stepwise == once


@given(st.integers(1, 3_000))
def test_due_is_never_before_the_warning(minutes: int) -> None:
    begun = NOW + timedelta(minutes=minutes)
    timer = start(wanted(), begun, people(an_owner()), a_motion())

    assert timer is not None
    assert begun <= timer.warn_at <= timer.due_at == add(OFFICE, begun, RULE.first_touch)


def test_the_clock_of_an_absent_person_rests_and_nobodys_is_the_offices() -> None:
    away = an_owner(away=((NOW, NOW + timedelta(days=1)),))

    paused = start(wanted(), NOW, people(away), a_motion())
    nobodys = start(wanted(assignee_id="gone"), NOW, {}, a_motion(), "Europe/Berlin")

    assert paused is not None
    assert paused.due_at == NOW + timedelta(days=1, hours=4)
    assert nobodys is not None
    assert nobodys.due_at == NOW + 4 * HOUR
