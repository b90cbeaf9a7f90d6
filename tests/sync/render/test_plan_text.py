from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connectors.base import Fields, SetFields, UpdateTask
from sync.planned import Held, Plan, Planned, from_dict
from sync.render.labels import Labels, counted, shown
from sync.render.plan_text import ACCOUNTS_SHOWN, plan_lines
from tests.builders import (
    an_account,
    desired,
    fields,
    known_task,
    owner_choice,
    plan_for,
    task_wanted,
    withdrawal,
)
from tests.conftest import Golden
from tests.fakes import MONDAY

LABELS = Labels(
    {"acme": "Acme Corporation", "beta": "Beta & Söhne", "calm": "Calm Ltd", "dusk": "Dusk"},
    {"rep-1": "Ana Reed", "rep-2": "Bo Lind"},
)


def a_plan() -> Plan:
    """One account of each kind: new, moved to another owner, a task taken back, a task put off, a wish left out."""
    wants = [
        desired("acme", open_task=task_wanted("acme"), reasons=("The fit is 80", "70 reaches 60")),
        desired("beta", fields("1 - Focus", 91), owner=owner_choice("beta", "rep-2")),
        desired("calm", fields("Recycle", 12), withdraw=(withdrawal(known_task("calm")),)),
        desired("dusk", fields(treated_as=None)),
    ]
    accounts = [
        an_account("acme"),
        an_account("beta", owner_id=None, **fields("2 - Growth", 64)),
        an_account("calm", **fields("3 - Scaled", 41)),
        an_account("dusk", **fields(treated_as="1 - Focus")),
    ]
    made = plan_for(wants, *accounts, tasks=(known_task("calm"),))
    held = Held("dusk", "owner", "human wins", "somebody has set the owner since")
    return replace(made, held=(held, held, Held("acme", "task", "waiting", "one task at a time")))


def one_change(change: Any, *reasons: str) -> Plan:
    """A plan of one change."""
    return replace(plan_for(desired()), changes=(Planned(1, change, "refresh", reasons),))


def text_of(plan: Plan, **options: Any) -> str:
    return "\n".join(plan_lines(plan, LABELS, **options)) + "\n"


def test_a_plan_reads_as_it_did(golden: Golden) -> None:
    golden("every-kind.plan.txt", text_of(a_plan()))


def test_a_plan_that_guards_hold_says_which_and_why(golden: Golden) -> None:
    tripped = {"tier_changes": "3 of 4 accounts change tier, over the limit of 5 %", "owners_moved": "1 of 4, over 1 %"}

    golden("held.plan.txt", text_of(a_plan(), tripped=tripped))


def test_a_plan_as_json_reads_as_it_did_and_gives_the_same_plan_back(golden: Golden) -> None:
    plan = a_plan()
    text = json.dumps(plan.as_dict(), indent=1, ensure_ascii=False, default=str) + "\n"

    golden("every-kind.plan.json", text)

    assert from_dict(json.loads(text)).digest == plan.digest


def test_a_plan_without_changes_is_one_line() -> None:
    quiet = plan_for(desired(), an_account(**fields()))

    assert plan_lines(quiet, LABELS) == [f"Plan {quiet.short} on prod: 0 of 1 account change"]


def test_the_first_accounts_are_shown_in_rank_order_and_the_rest_counted() -> None:
    names = [f"a{number:02}" for number in range(ACCOUNTS_SHOWN + 3)]
    plan = plan_for([desired(name) for name in reversed(names)], *(an_account(name) for name in names))

    few, every = text_of(plan), text_of(plan, every=True)

    assert [line.split()[1] for line in every.splitlines() if line.startswith("  ~ ")] == names[::-1]
    assert [line.split()[1] for line in few.splitlines() if line.startswith("  ~ ")] == names[::-1][:ACCOUNTS_SHOWN]
    assert "  ... and 3 accounts more; all of them with --all" in few
    assert "more" not in every


def test_every_change_of_an_account_stands_under_its_name() -> None:
    """A change that only empties a long text is told too, so that its reason has a name above it."""
    plan = one_change(SetFields("acme", {"next_action": "Call Ana"}, {"next_action": None}), "the surge is over")

    assert plan_lines(plan, LABELS)[-2:] == [
        "  ~ Acme Corporation   Next action: -",
        "      because the surge is over",
    ]


def test_a_task_that_is_put_off_says_until_when() -> None:
    later: Fields = {"due_at": MONDAY + timedelta(days=1), "body": "why"}
    plan = one_change(UpdateTask("task-1", "key", "acme", {"subject": "Call Acme"}, later))

    assert plan_lines(plan, LABELS)[-1] == (
        "  ~ Acme Corporation   * task: Call Acme: due -> 3 Nov 2026 09:00 UTC, new text"
    )


def test_a_reason_is_told_once_for_an_account() -> None:
    assert text_of(a_plan()).count("because 70 reaches 60") == 4


def test_values_are_shown_as_people_read_them() -> None:
    assert [shown(None), shown(MONDAY), shown(70), shown("x")] == ["-", "2 Nov 2026 09:00 UTC", "70", "x"]
    assert [counted(1, "task"), counted(1200, "task"), counted(2, "wish", "wishes")] == [
        "1 task",
        "1,200 tasks",
        "2 wishes",
    ]
    assert [LABELS.person(None), LABELS.person("rep-1"), LABELS.person("rep-9")] == ["nobody", "Ana Reed", "rep-9"]
    assert LABELS.account("gone") == "gone"
