"""The first story: set up, see the plan, approve it, find it in the CRM, and nothing is left to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.eyes import SeenAccount, Sight, plain, second
from tests.scenarios.town import Town

pytestmark = pytest.mark.slow


def test_a_plan_is_held_approved_and_found_in_the_crm_and_nothing_is_left_to_do(town: Town) -> None:
    """An admin's first hour: what the stored plan says is what anybody sees in the CRM, to the letter."""
    # given an org that is set up, and nobody's hand on the guards
    town.ready(limits=True)

    # when the first plans are made, they are shown and held, and nothing is written
    shown = town.tierline("plan")
    before = len(town.writes())
    held = town.tierline("run", "--live")
    assert [shown.code, held.code] == [0, 3]
    assert "--force canary" in shown.out
    assert "first pass" in held.out
    assert len(town.writes()) == before

    # and the held one is approved
    approved = town.tierline("apply", held.plan, "--force", "canary", "--yes")
    assert approved.code == 0, approved.out + approved.err

    # then the CRM shows what the stored plan says
    stored = town.artefact(town.runs()[0]["run"], "plan.json")
    assert stored["digest"].startswith(held.plan)
    seen = town.see()
    assert_shows(seen, stored["changes"])

    # and nothing is left to do
    count = len(town.writes())
    again = town.tierline("run", "--live", "--json")
    assert again.code == 0, again.err
    assert town.changes(again) == []
    assert len(town.writes()) == count


def test_a_plan_approved_hours_later_promises_from_then_on(town: Town) -> None:
    """A first touch is due so long after its task was opened, not after it was planned: only that is set right."""
    # given a plan that was held at nine
    town.ready(limits=True)
    town.freeze()
    held = town.tierline("run", "--live")

    # when it is approved at half past ten
    town.clock(advance_s=5400)
    assert town.tierline("apply", held.plan, "--force", "canary", "--yes").code == 0

    # then the next pass moves what was promised, and nothing else; and then all is said
    first, second_ = (town.changes(town.tierline("run", "--live", "--json")) for _ in range(2))
    assert {name for change in first for name in change["after"]} - {"scored_at"} == {"sla_due"}
    assert all(change["before"]["sla_due"] < "2026-11-02T11:30" <= change["after"]["sla_due"] for change in first)
    assert second_ == []


def assert_shows(seen: Sight, changes: list[dict[str, Any]]) -> None:
    """Every planned change is to be seen; there are some of each kind that a first pass has."""
    by_id = {account.account_id: account for account in seen.accounts.values()}
    tasks = {task.key: task for task in seen.tasks}
    kinds = set()
    for row in changes:
        change = row["change"]
        kinds.add(change["kind"])
        account = by_id[change["account_id"]]
        if change["kind"] == "set_fields":
            wanted = {name: plain(name, value) for name, value in change["after"].items()}
            assert {name: account.fields.get(name) for name in wanted} == wanted
        elif change["kind"] == "open_task":
            task = tasks.pop(change["key"])
            assert (task.account, task.subject, task.body) == (account.key, change["subject"], change["body"])
            assert task.body.count("Ref TL-") == 1
            assert task.due == second(change["due_at"]), task
    assert kinds == {"set_fields", "assign_owner", "open_task"}
    assert not tasks, "tasks that nobody planned"
    assert_promised(seen, changes)
    assert_owned(by_id, changes)


def assert_promised(seen: Sight, changes: list[dict[str, Any]]) -> None:
    """Where a task promises a first touch, its account shows until when, and that the timer runs."""
    promised = {row["change"]["account_id"] for row in changes if row["wanted"] and row["wanted"]["sla_due"]}
    shown = {one.account_id: one for one in seen.accounts.values() if "sla_due" in one.fields}
    assert promised
    assert set(shown) == promised
    assert {one.fields["sla_status"] for one in shown.values()} == {"On time"}


def assert_owned(by_id: dict[str, SeenAccount], changes: list[dict[str, Any]]) -> None:
    """Two accounts that the plan gives to one person show one owner; two people show as two."""
    moved = [row["change"] for row in changes if row["change"]["kind"] == "assign_owner"]
    emails = {(change["after"], by_id[change["account_id"]].owner) for change in moved}
    assert all(email for _, email in emails)
    assert len({owner for owner, _ in emails}) == len({email for _, email in emails}) == len(emails)
