"""The task economy, seen through the engine's last step: who gets which task, who waits, what is withdrawn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from engine.decide import decide_all
from engine.facts import Desired, Facts, KnownTask, OwnerFacts, Standing
from engine.motion import Motion
from tests.engine.motion_builders import (
    DAY,
    FOCUS,
    GROWTH,
    NOW,
    a_motion,
    an_account,
    an_owner,
    by_id,
    people,
    raised,
    standing_in,
    three_tiers,
)

SLOTS = {"ae": ["keep"], "sdr": [{"pool": "sdrs"}]}
POOLS = {"sdrs": {"team": "SDR"}}
RITA = an_owner("Rita", time_zone="America/Los_Angeles")
SAM, SUE = an_owner("Sam", team="SDR"), an_owner("Sue", team="SDR")


def desired(
    *accounts: Facts,
    was: dict[str, Standing] | None = None,
    tasks: tuple[KnownTask, ...] = (),
    owners: tuple[OwnerFacts, ...] = (RITA, SAM, SUE),
    motion: Motion | None = None,
    **more: Any,
) -> dict[str, Desired]:
    _, found, _ = decide_all(
        "org", by_id(*accounts), was or {}, people(*owners), tasks, (), (), three_tiers(),
        motion or a_motion(slots=SLOTS, pools=POOLS), {}, NOW, first_pass=more.pop("first_pass", False), **more,
    )  # fmt: skip
    return {one.account_id: one for one in found}


def opened(found: dict[str, Desired]) -> list[str]:
    return [f"{name.removeprefix('id-')}:{one.open_task.play}" for name, one in found.items() if one.open_task]


def known(want: Desired, **more: Any) -> KnownTask:
    """The task as it is known once it was opened."""
    task = want.open_task
    assert task is not None
    base = KnownTask(
        task.key,
        f"t-{task.key[:6]}",
        task.account_id,
        task.play,
        task.epoch,
        task.assignee_id,
        task.subject,
        NOW,
        "open",
    )
    return replace(base, **more)


def test_the_best_five_a_day_get_a_task_and_the_rest_wait_in_rank_order() -> None:
    found = desired(*(an_account(f"a{n}", score=80 - n) for n in range(7)))

    assert opened(found) == [f"a{n}:first-touch" for n in range(5)]
    assert [one.waiting[0].reason for one in found.values() if one.waiting] == ["5 new tasks were given today"] * 2


def test_hand_raises_are_exempt_from_the_days_number() -> None:
    hot = [an_account(f"a{n}", score=40, hand_raise=raised(activity_id=f"x{n}")) for n in range(8)]
    motion = a_motion(slots={"ae": ["keep"]})

    found = desired(*hot, motion=motion, owners=(RITA,))

    assert len(opened(found)) == 8


def test_the_day_is_the_owners_own() -> None:
    """At 09:00 UTC it is 01:00 in Los Angeles: what was opened four hours ago was opened yesterday there."""
    tasks = tuple(
        KnownTask(f"k{n}", None, "id-old", "first-touch", "e", "rita", "s", NOW - timedelta(hours=4), "done")
        for n in range(5)
    )
    utc = an_owner("Rita", time_zone="UTC")

    assert opened(desired(an_account(score=80), tasks=tasks)) == ["acme:first-touch"]
    assert opened(desired(an_account(score=80), tasks=tasks, owners=(utc, SAM))) == []


def test_no_more_than_twenty_five_are_open() -> None:
    tasks = tuple(
        KnownTask(f"k{n}", f"t{n}", f"gone{n}", "plan", "1", "rita", "s", NOW - 9 * DAY, "open", touched=True)
        for n in range(25)
    )

    (waiting,) = desired(an_account(score=80), tasks=tasks)["id-acme"].waiting

    assert waiting.reason == "25 tasks are open already"


def test_one_account_gets_one_task_of_its_best_play() -> None:
    found = desired(an_account(score=80, hand_raise=raised()))

    assert opened(found) == ["acme:hand-raise"]
    again = desired(an_account(score=80, hand_raise=raised()), tasks=(known(found["id-acme"]),))
    assert opened(again) == []
    assert not again["id-acme"].waiting


def test_a_better_play_takes_the_place_of_an_untouched_task_and_leaves_a_touched_one() -> None:
    hot = an_account(score=80, hand_raise=raised())
    motion = a_motion(slots={"ae": ["keep"]})
    first = desired(an_account(score=80), motion=motion, was={"id-acme": standing_in(FOCUS, 1)})["id-acme"]
    stood = {"id-acme": standing_in(FOCUS, 1)}

    replaced = desired(hot, tasks=(known(first),), motion=motion, was=stood)["id-acme"]
    kept = desired(hot, tasks=(known(first, touched=True),), motion=motion, was=stood)["id-acme"]

    assert first.open_task is not None
    assert replaced.open_task is not None
    assert replaced.open_task.play == "hand-raise"
    assert replaced.open_task.body.endswith(f"Ref TL-{first.open_task.key[:12]}")
    assert replaced.withdraw == ()
    assert (kept.open_task, kept.withdraw) == (None, ())
    assert kept.waiting[0].reason == "another task on this account is open with the same person"


def test_what_a_rep_closed_moved_or_deleted_stays_so() -> None:
    was = {"id-acme": standing_in(FOCUS, 1)}
    first = desired(an_account(score=80), was=was)["id-acme"]

    for change in ({"state": "done", "closed_at": NOW}, {"state": "deleted"}, {"assignee_id": "sam", "touched": True}):
        later = desired(an_account(score=80), was=was, tasks=(known(first, **change),))["id-acme"]
        assert (later.open_task, later.withdraw) == (None, ())


def test_a_task_whose_reason_is_gone_is_withdrawn_unless_a_person_touched_it() -> None:
    task = known(desired(an_account(score=80), was={"id-acme": standing_in(FOCUS, 1)})["id-acme"])
    fell = {"id-acme": standing_in(GROWTH, 0)}

    gone = desired(an_account(score=55), was=fell, tasks=(task,))["id-acme"]
    theirs = desired(an_account(score=55), was=fell, tasks=(replace(task, touched=True),))["id-acme"]

    assert [one.task_id for one in gone.withdraw] == [task.task_id]
    assert gone.withdraw[0].note == "Withdrawn: the account is in 2 - Growth since 2 Nov 2026."
    assert theirs.withdraw == ()


def test_an_account_that_left_the_scope_is_not_blanked_and_its_tasks_are_withdrawn() -> None:
    task = known(desired(an_account(score=80))["id-acme"])

    left = desired(an_account("Other", score=10), tasks=(task,))["id-acme"]

    assert (dict(left.fields), left.owner.moved) == ({}, False)
    assert left.withdraw[0].note == "Withdrawn: the account is no longer in scope."


def test_the_pool_shares_and_the_same_face_comes_back() -> None:
    hot = [an_account(f"a{n}", score=40, hand_raise=raised(activity_id=f"x{n}")) for n in range(4)]
    found = desired(*hot)
    holders = [one.open_task.assignee_id for one in found.values() if one.open_task]
    assert sorted(holders) == ["sam", "sam", "sue", "sue"]

    done = [known(one, state="done", closed_at=NOW) for one in found.values()]
    newer = [replace(one, hand_raise=raised(0.1, activity_id=f"y{n}")) for n, one in enumerate(hot)]
    again = desired(*newer, tasks=tuple(done))

    assert {name: one.open_task and one.open_task.assignee_id for name, one in again.items()} == {
        name: one.open_task and one.open_task.assignee_id for name, one in found.items()
    }


def test_while_somebody_is_away_urgent_tasks_go_to_the_pool_and_others_wait() -> None:
    away = ((NOW - DAY, NOW + 2 * DAY),)
    gone_sam, gone_rita = replace(SAM, away=away), replace(RITA, away=away)
    before = KnownTask("k", "t", "id-acme", "hand-raise", "old", "sam", "s", NOW - 30 * DAY, "done")
    hot = an_account(score=40, hand_raise=raised())

    urgent = desired(hot, owners=(RITA, gone_sam, SUE), tasks=(before,))["id-acme"].open_task
    paused = desired(an_account(score=80), owners=(gone_rita, SAM, SUE))["id-acme"]

    assert urgent is not None
    assert urgent.assignee_id == "sue"
    assert paused.waiting[0].reason == "Rita Rep is away until 4 Nov 2026"


def test_a_hand_raise_reaches_the_owner_when_nobody_in_the_pool_can_take_it() -> None:
    hot = an_account(score=40, hand_raise=raised())

    task = desired(hot, owners=(RITA,))["id-acme"].open_task
    boss = replace(RITA, away=((NOW, NOW + DAY),), manager_id="max")
    boss_task = desired(hot, owners=(boss, an_owner("Max")))["id-acme"].open_task

    assert task is not None
    assert task.assignee_id == "rita"
    assert boss_task is not None
    assert boss_task.assignee_id == "max"


def test_nobody_to_do_it_is_said() -> None:
    (waiting,) = desired(an_account(score=80, owner_id=None))["id-acme"].waiting

    assert (waiting.assignee_id, waiting.reason) == (None, "waiting for owner")


def test_an_open_task_of_someone_who_left_gets_a_new_holder_under_its_own_key() -> None:
    was = {"id-acme": standing_in(FOCUS, 1)}
    task = known(desired(an_account(score=80), was=was)["id-acme"])
    left = replace(RITA, active=False)
    moved = an_account(score=80, owner_id="sam")

    handed = desired(moved, was=was, tasks=(task,), owners=(left, SAM))["id-acme"].open_task

    assert handed is not None
    assert (handed.key, handed.assignee_id, handed.sla_due) == (task.key, "sam", False)


def test_a_task_of_someone_who_left_waits_while_nobody_can_take_it() -> None:
    was = {"id-acme": standing_in(FOCUS, 1)}
    task = known(desired(an_account(score=80), was=was)["id-acme"])

    orphan = desired(an_account(score=80), was=was, tasks=(task,), owners=(replace(RITA, active=False),))["id-acme"]

    assert (orphan.open_task, orphan.waiting[0].reason) == (None, "waiting for owner")


def test_the_rollout_counts_what_it_released_today() -> None:
    accounts = [an_account(f"a{n}", score=90 - n) for n in range(5)]
    first = desired(*accounts, first_pass=True)
    baseline = {name: standing_in(FOCUS, 0, baseline=True) for name in first}
    released = tuple(known(one) for one in first.values() if one.open_task)

    assert opened(desired(*accounts, was=baseline, tasks=released)) == []
    yesterday = tuple(replace(task, opened_at=NOW - DAY) for task in released)
    later = desired(*accounts, was=baseline, tasks=yesterday)
    assert opened(later) == ["a3:first-touch", "a4:first-touch"]


def test_the_first_pass_releases_three_a_day_per_owner_best_first_without_a_promise() -> None:
    accounts = [an_account(f"a{n}", score=90 - n) for n in range(5)]

    found = desired(*accounts, first_pass=True)

    assert opened(found) == ["a0:first-touch", "a1:first-touch", "a2:first-touch"]
    assert not any(one.open_task.sla_due for one in found.values() if one.open_task)
    assert found["id-a3"].waiting[0].reason == "the first pass releases 3 a day"


def test_due_lies_in_the_assignees_working_hours() -> None:
    """Four hours from 09:00 UTC: Los Angeles opens at 09:00 there, 17:00 UTC, so it is due at 21:00 UTC."""
    task = desired(an_account(score=80))["id-acme"].open_task

    assert task is not None
    assert task.due_at == NOW + timedelta(hours=12)
    assert (task.evidence_at, task.priority, task.sla_due) == (NOW, "high", True)
