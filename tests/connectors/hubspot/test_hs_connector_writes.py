from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import (
    Ask,
    AssignOwner,
    Change,
    Cursors,
    KeyAsk,
    OpenTask,
    Outcome,
    Receipt,
    SetFields,
    UpdateTask,
    Value,
    WithdrawTask,
)
from connectors.hubspot.crm import HubSpotCrm
from tests.connectors.hubspot.conftest import NOW, Portal

pytestmark = pytest.mark.slow
Ready = tuple[Portal, HubSpotCrm]


def key(number: int) -> str:
    return f"{number:032x}"


def task(portal: Portal, number: int, **other: Any) -> OpenTask:
    account = list(portal.ids("accounts").values())[number % 300]
    owner = portal.ids("owners")["O003"]
    given: dict[str, Any] = {
        "key": key(number),
        "account_id": account,
        "contact_id": None,
        "contact_is_lead": False,
        "assignee_id": owner,
        "subject": f"Call number {number}",
        "body": "why\nwho",
        "due_at": NOW + timedelta(hours=4),
        "priority": "high",
    }
    return OpenTask(**{**given, **other})


def sent(crm: HubSpotCrm, *changes: Change) -> list[Receipt]:
    return [receipt for batch in crm.batches(changes) for receipt in crm.send(batch, lambda _: None)]


def outcomes(receipts: list[Receipt]) -> Counter[str]:
    return Counter(str(receipt.outcome) for receipt in receipts)


def tasks_with(portal: Portal, number: int) -> list[dict[str, Any]]:
    """What a plain client finds in the journal: creates that carry the key."""
    return [write for write in portal.writes() if write["verb"] == "create" and key(number) in str(write["after"])]


def own_tasks(crm: HubSpotCrm) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for page in crm.pull(Cursors(), crm.server_time()):
        if page.table == "tasks":
            for values in zip(*page.columns.values(), strict=True):
                row = dict(zip(page.columns, values, strict=True))
                rows[row["key"]] = row
    return rows


def test_fields_and_owners_are_shown_as_written(ready: Ready) -> None:
    portal, crm = ready
    account, owner = portal.ids("accounts")["A000001"], portal.ids("owners")["O004"]
    after: dict[str, Value] = {
        "tier": "1 - Focus",
        "score": 77,
        "why": "line\nline",
        "tier_since": NOW,
        "sla_due": None,
    }

    receipts = sent(crm, SetFields(account, {}, after), AssignOwner(account, None, owner))

    assert outcomes(receipts) == {"applied": 2}
    shown = crm.read([Ask("account", account, (*after, "owner_id"))])
    assert shown == {account: {**after, "owner_id": owner}}
    plain = portal.call("GET", f"/crm/v3/objects/companies/{account}?properties=tierline_tier,tierline_score")
    assert plain["properties"]["tierline_tier"] == "1 - Focus"
    assert plain["properties"]["tierline_score"] == "77"


def test_updates_and_their_stale_check_cost_two_calls_a_hundred(ready: Ready) -> None:
    portal, crm = ready
    accounts = list(portal.ids("accounts").values())[:250]
    changes = [SetFields(one, {}, {"score": 50}) for one in accounts]
    before = crm.usage().ours

    crm.read([Ask("account", one, ("score",)) for one in accounts])
    receipts = sent(crm, *changes)

    assert outcomes(receipts) == {"applied": 250}
    assert crm.usage().ours - before <= 2 * 3 + 1  # the definitions of tasks, once


def test_one_bad_row_stops_no_other(ready: Ready) -> None:
    portal, crm = ready
    accounts = list(portal.ids("accounts").values())[:3]
    tiers = ("1 - Focus", "9 - Nowhere", "Recycle")

    receipts = sent(crm, *(SetFields(one, {}, {"tier": tier}) for one, tier in zip(accounts, tiers, strict=True)))

    assert [str(receipt.outcome) for receipt in receipts] == ["applied", "rejected", "applied"]
    assert receipts[1].code == "INVALID_OPTION"
    assert "tierline_tier" in receipts[1].said


def test_rows_dropped_without_a_word_are_unknown(ready: Ready) -> None:
    portal, crm = ready
    portal.switch(silent_drop=1)

    receipts = sent(crm, *(task(portal, number) for number in range(5)))

    assert outcomes(receipts) == {"applied": 4, "unknown": 1}


def test_a_task_hangs_on_company_and_contact(ready: Ready) -> None:
    portal, crm = ready
    contact = portal.ids("contacts")["C0000001"]

    (receipt,) = sent(crm, task(portal, 1, contact_id=contact))

    row = own_tasks(crm)[key(1)]
    assert row["task_id"] == receipt.crm_id
    assert (row["account_id"], row["contact_id"]) == (list(portal.ids("accounts").values())[1], contact)
    assert (row["state"], row["subject"]) == ("open", "Call number 1")
    assert row["due_at"] == int((NOW + timedelta(hours=4)).timestamp() * 1e6)


def test_our_tasks_are_no_activities(ready: Ready) -> None:
    portal, crm = ready
    (receipt,) = sent(crm, task(portal, 1))

    pages = list(crm.pull(Cursors(), crm.server_time()))

    ids = {one for page in pages if page.table == "activities" for one in page.columns["activity_id"]}
    assert f"tasks:{receipt.crm_id}" not in ids


@pytest.mark.parametrize("status", [400, 409])
def test_a_key_is_taken_only_once_and_then_adopted(ready: Ready, status: int) -> None:
    portal, crm = ready
    portal.switch(unique_conflict=status)
    (first,) = sent(crm, task(portal, 1))

    again = sent(crm, task(portal, 1), task(portal, 2))

    assert outcomes(again) == {"applied": 2}
    assert {receipt.crm_id for receipt in again if receipt.change.key == key(1)} == {first.crm_id}  # type: ignore[union-attr]  # an OpenTask
    assert len(tasks_with(portal, 1)) == 1


def test_a_create_whose_answer_was_lost_is_found_by_its_key(ready: Ready) -> None:
    portal, crm = ready
    portal.fault(".*tasks/batch/create", do="reset", when="after")

    (lost,) = sent(crm, task(portal, 1))
    found = crm.find([KeyAsk(key(1), lost.change.account_id), KeyAsk(key(2), lost.change.account_id)])

    assert lost.outcome is Outcome.UNKNOWN
    assert list(found) == [key(1)]
    assert [(one.state, one.touched) for one in found[key(1)]] == [("open", False)]
    assert len(tasks_with(portal, 1)) == 1


def test_closed_and_deleted_tasks_are_found_too(ready: Ready) -> None:
    portal, crm = ready
    one, two = sent(crm, task(portal, 1), task(portal, 2))
    portal.act("close_task", id=one.crm_id, by="O003")
    portal.act("delete_record", object="tasks", id=two.crm_id, by="O003")

    found = crm.find([KeyAsk(key(1), one.change.account_id), KeyAsk(key(2), two.change.account_id)])

    assert {name: [task.state for task in tasks] for name, tasks in found.items()} == {
        key(1): ["done"],
        key(2): ["deleted"],
    }
    assert {name: row["state"] for name, row in own_tasks(crm).items()} == {key(1): "done", key(2): "deleted"}


def test_where_keys_are_not_unique_tasks_are_found_over_their_account(portal: Portal) -> None:
    portal.keys_not_unique()
    crm = portal.crm()
    crm.setup(act=True, installation="I-1")
    change = task(portal, 1)
    sent(crm, change)
    sent(crm, change)

    found = crm.find([KeyAsk(key(1), change.account_id), KeyAsk(key(2), change.account_id)])

    assert crm.create_guard == "read_back"
    assert [one.key for one in found[key(1)]] == [key(1)] * 2
    assert found[key(1)][0].created_at <= found[key(1)][1].created_at
    assert not any(one.touched for one in found[key(1)])


def test_a_person_who_changed_a_duplicate_is_seen_in_its_history(portal: Portal) -> None:
    portal.keys_not_unique()
    crm = portal.crm()
    crm.setup(act=True, installation="I-1")
    change = task(portal, 1)
    first, second = (sent(crm, change)[0] for _ in range(2))
    portal.act("set_field", object="tasks", id=second.crm_id, field="hs_task_subject", value="Mine", by="O003")

    found = crm.find([KeyAsk(key(1), change.account_id)])[key(1)]

    assert {one.task_id: one.touched for one in found} == {first.crm_id: False, second.crm_id: True}


def test_an_open_task_is_updated_and_keeps_its_reference(ready: Ready) -> None:
    portal, crm = ready
    (made,) = sent(crm, task(portal, 1))
    task_id, account = made.crm_id or "", made.change.account_id
    after: dict[str, Value] = {"subject": "Call again", "due_at": NOW, "body": "new", "priority": "low"}

    (receipt,) = sent(crm, UpdateTask(task_id, key(1), account, {}, after))

    assert receipt.outcome is Outcome.APPLIED
    shown = crm.read([Ask("task", task_id, ("subject", "due_at", "body", "priority", "state"))])[task_id]
    assert shown == {**after, "body": "new<br><br>Ref TL-000000000000", "state": "open"}


def test_a_withdrawn_task_says_so_and_counts_as_withdrawn(ready: Ready) -> None:
    portal, crm = ready
    one, two, three = sent(crm, *(task(portal, number) for number in (1, 2, 3)))
    portal.act("close_task", id=two.crm_id, by="O003")
    portal.act("delete_record", object="tasks", id=three.crm_id, by="O003")
    withdrawals = [
        WithdrawTask(made.crm_id or "", key(number), made.change.account_id, {}, "the tier fell & nobody called")
        for number, made in ((1, one), (2, two), (3, three))
    ]

    receipts = sent(crm, *withdrawals)

    assert [(str(r.outcome), r.code) for r in receipts] == [("applied", ""), ("stale", "CLOSED"), ("stale", "GONE")]
    states = {name: row["state"] for name, row in own_tasks(crm).items()}
    assert states == {key(1): "withdrawn", key(2): "done", key(3): "deleted"}
    shown = crm.read([Ask("task", one.crm_id or "", ("subject", "body"))])[one.crm_id or ""]
    assert str(shown["subject"]).startswith("Withdrawn: Call number 1")
    assert "the tier fell &amp; nobody called" in str(shown["body"])


def test_reading_leaves_out_what_is_gone(ready: Ready) -> None:
    portal, crm = ready
    ids = portal.ids("accounts")
    portal.act("delete_record", object="companies", key="A000003")
    portal.act("merge", object="companies", winner="A000001", loser="A000002")

    shown = crm.read([Ask("account", ids[name], ("tier",)) for name in ("A000002", "A000003", "A000004")])

    assert list(shown) == [ids["A000004"]]
