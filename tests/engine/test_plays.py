from dataclasses import replace
from typing import Any

import pytest

from engine.business_time import calendar_for
from engine.facts import Decision, KnownTask, Standing
from engine.keys import task_key
from engine.plays import View, Want, lapse, wants
from engine.sla import Act
from tests.engine.motion_builders import (
    DAY,
    FOCUS,
    GROWTH,
    NOW,
    SCALED,
    a_motion,
    a_task,
    an_account,
    raised,
    standing_in,
)

MOTION = a_motion()
OFFICE = calendar_for(MOTION, "UTC")


def a_view(was: Standing, history: tuple[KnownTask, ...] = (), acts: tuple[Act, ...] = (), **more: Any) -> View:
    held_out = more.pop("held_out", False)
    decision = Decision("id-acme", was, (), "stays", 0, 50, held_out=held_out)
    return View(an_account(**more), decision, history, acts)


def found(view: View) -> dict[str, Want]:
    return {want.play.name: want for want in wants(view, "org", MOTION, FOCUS, OFFICE, NOW)}


def openable(view: View) -> list[str]:
    return [name for name, want in found(view).items() if not want.stop]


def test_the_epoch_is_the_triggers_own_fact() -> None:
    was = standing_in(FOCUS, 10, treated_as=FOCUS, treated_since=NOW - 7 * DAY, treated_until=NOW + DAY)
    view = a_view(was, hand_raise=raised(activity_id="00T77"), last_inbound_at=NOW - 22 * DAY)

    epochs = {name: want.epoch for name, want in found(view).items()}

    assert epochs == {
        "hand-raise": "00T77",
        "first-touch": "2026-10-23T09:00:00Z",
        "plan": "1",
        "surge": "2026-10-26",
        "went-quiet": "2026-10-11",
    }
    assert found(view)["plan"].key == task_key("org", "id-acme", "plan", "1")


def test_a_renewal_is_named_by_its_date_and_for_customers_only() -> None:
    soon: dict[str, Any] = {"renewal_at": NOW + 100 * DAY, "lifecycle": "customer"}

    assert found(a_view(standing_in("Customer - Monitor"), **soon))["renewal"].epoch == "2027-02-10"
    assert "renewal" not in found(a_view(standing_in(FOCUS), **soon))
    assert not found(a_view(standing_in("Customer - Monitor"), renewal_at=NOW + 121 * DAY))


def test_a_settled_key_is_never_wanted_again() -> None:
    view = a_view(standing_in(FOCUS, 1))
    key = found(view)["first-touch"].key

    for state in ("done", "withdrawn", "deleted"):
        settled = a_task(key, "first-touch", state=state, closed_at=NOW - DAY / 2)
        assert found(replace(view, history=(settled,)))["first-touch"].stop == "it was settled"


def test_a_standing_play_counts_its_settled_tasks_and_rests() -> None:
    done = a_task("k1", "plan", state="done", closed_at=NOW - 10 * DAY)
    view = a_view(standing_in(FOCUS, 200), (done,))

    assert (found(view)["plan"].epoch, found(view)["plan"].stop) == ("2", "it rests until 21 Apr 2027")
    rested = replace(view, history=(replace(done, closed_at=NOW - 180 * DAY),))
    assert found(rested)["plan"].stop == ""


def test_a_number_whose_task_another_play_took_over_is_spent() -> None:
    key = task_key("org", "id-acme", "plan", "1")
    taken = a_task(key, "hand-raise", epoch="act-1", state="done", closed_at=NOW - DAY)

    plan = found(a_view(standing_in(FOCUS, 20), (taken,)))["plan"]

    assert (plan.epoch, plan.stop) == ("2", "")


def test_an_entry_whose_task_another_play_took_over_is_settled() -> None:
    was = standing_in(FOCUS, 2)
    key = found(a_view(was))["first-touch"].key

    for state in ("open", "done"):
        taken = a_task(key, "hand-raise", epoch="act-1", state=state, closed_at=NOW)
        assert found(a_view(was, (taken,)))["first-touch"].stop == "it was settled"


def test_the_open_task_of_a_play_is_the_one_that_is_wanted() -> None:
    running = a_task("k9", "hand-raise", epoch="older")
    view = a_view(standing_in(GROWTH, 90), (running,), hand_raise=raised(activity_id="newer"))

    assert (found(view)["hand-raise"].key, found(view)["hand-raise"].epoch) == ("k9", "older")


def test_a_new_entry_is_a_new_trigger() -> None:
    running = a_task("k9", "first-touch", epoch="2026-01-01T00:00:00Z")

    assert found(a_view(standing_in(FOCUS, 1), (running,)))["first-touch"].key != "k9"


def test_a_baseline_fires_no_entry_but_the_top_tiers_paced_rollout_without_a_promise() -> None:
    top = found(a_view(standing_in(FOCUS, 0, baseline=True)))["first-touch"]

    assert (top.rollout, top.promise, top.stop) == (True, False, "")
    assert not found(a_view(standing_in(GROWTH, 0, baseline=True)))
    assert found(a_view(standing_in(GROWTH, 0)))["outreach"].promise


@pytest.mark.parametrize(
    ("days_ago", "baseline", "fires"), [(6, True, True), (8, True, False), (13, False, True), (15, False, False)]
)
def test_a_raised_hand_counts_two_weeks_and_one_before_the_first_pass(
    days_ago: int, baseline: bool, fires: bool
) -> None:  # fmt: skip
    was = standing_in(SCALED, 0 if baseline else 40, baseline=baseline)

    view = a_view(was, hand_raise=raised(hours=24 * days_ago))

    assert ("hand-raise" in found(view)) is fires
    assert not fires or found(view)["hand-raise"].promise


def test_a_surge_that_began_before_the_first_pass_makes_no_promise() -> None:
    was = standing_in(SCALED, 0, baseline=True, treated_as=FOCUS, treated_since=NOW - 7 * DAY)

    assert not found(a_view(was))["surge"].promise
    assert found(a_view(replace(was, baseline=False)))["surge"].promise


def test_an_open_opportunity_or_a_recent_touch_stops_the_first_touch() -> None:
    was = standing_in(FOCUS, 1)

    assert openable(a_view(was)) == ["first-touch"]
    assert openable(a_view(was, open_opportunity=True)) == []
    assert openable(a_view(was, last_human_contact_at=NOW - 7 * DAY)) == []  # Monday before: five working days
    assert openable(a_view(was, last_human_contact_at=NOW - 8 * DAY)) == ["first-touch"]


def test_two_way_contact_in_the_last_five_working_days_makes_no_promise() -> None:
    was = standing_in(GROWTH, 1)

    assert not found(a_view(was, last_two_way_at=NOW - 3 * DAY))["outreach"].promise
    assert found(a_view(was, last_two_way_at=NOW - 10 * DAY))["outreach"].promise
    rang = found(a_view(was, hand_raise=raised(), last_two_way_at=raised().occurred_at))
    assert rang["hand-raise"].promise  # the call that raised the hand is no answer to it


def test_a_touch_after_the_trigger_settles_what_asks_for_a_touch() -> None:
    was = standing_in(GROWTH, 3)
    called = Act("id-acme", "rita", NOW - DAY, NOW - DAY, "call_attempted")
    mailed_by_machine = replace(called, kind="email_automated")

    assert openable(a_view(was, acts=(mailed_by_machine,))) == ["outreach"]
    assert openable(a_view(was, acts=(called,))) == []
    assert openable(a_view(was, acts=(replace(called, occurred_at=NOW - 4 * DAY),))) == ["outreach"]


def test_an_old_entry_opens_nothing_new() -> None:
    assert openable(a_view(standing_in(GROWTH, 31))) == []
    assert openable(a_view(standing_in(GROWTH, 30))) == ["outreach"]


def test_the_held_out_get_hand_raises_alone_and_the_suppressed_nothing() -> None:
    assert list(found(a_view(standing_in(FOCUS, 10), held_out=True, hand_raise=raised()))) == ["hand-raise"]
    assert not found(a_view(standing_in("Suppress"), hand_raise=raised()))


@pytest.mark.parametrize(
    ("play", "was", "more", "words"),
    [
        ("first-touch", standing_in(GROWTH, 2), {}, "the account is in 2 - Growth since 31 Oct 2026"),
        ("first-touch", standing_in(FOCUS, 2), {"open_opportunity": True}, "an opportunity is open"),
        ("surge", standing_in(GROWTH, 2), {}, "the surge treatment ended"),
        ("went-quiet", standing_in(FOCUS, 2), {}, "its reason is gone"),
        ("retired", standing_in(FOCUS, 2), {}, "its play is no longer configured"),
        ("plan", standing_in("Suppress", 2), {}, "the account is suppressed"),
    ],
)
def test_a_lapsed_reason_is_told_in_words(play: str, was: Standing, more: dict[str, Any], words: str) -> None:
    view = a_view(was, **more)

    assert lapse(a_task("k", play), view, MOTION, OFFICE, NOW) == words


def test_a_lapse_by_touch_names_the_day() -> None:
    called = Act("id-acme", "rita", NOW - DAY / 4, NOW, "call_attempted")
    task = a_task("k", "outreach")

    words = lapse(task, a_view(standing_in(GROWTH, 2), (task,), (called,)), MOTION, OFFICE, NOW)

    assert words == "somebody got in touch on 2 Nov 2026"
