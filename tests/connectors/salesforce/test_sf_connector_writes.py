from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import (
    AssignOwner,
    Batch,
    Change,
    Fields,
    OpenTask,
    Outcome,
    Receipt,
    SetFields,
    UpdateTask,
    WithdrawTask,
)
from connectors.errors import NeedsPerson
from connectors.salesforce.writes import batches

DUE = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
COLLECTIONS = "/composite/sobjects$"
OK = {"id": "00T1", "success": True, "errors": []}


def a_task(key: str = "k" * 32, account: str = "001A", **more: Any) -> OpenTask:
    told: dict[str, Any] = {
        "contact_id": "003A", "contact_is_lead": False, "assignee_id": "005A", "subject": "Call Acme",
        "body": "Why: pricing page", "due_at": DUE, "priority": "high",
    }  # fmt: skip
    return OpenTask(key=key, account_id=account, **{**told, **more})


def a_batch(*changes: Change) -> Batch:
    return Batch(changes, "collections", 1)


def no(code: str, message: str = "x", *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def fates(receipts: Sequence[Receipt]) -> list[Outcome]:
    return [receipt.outcome for receipt in receipts]


def words_of(org: Any, reply: Any, *, withdrawn: bool = True) -> None:
    statuses: list[dict[str, object]] = [
        {"MasterLabel": "Not Started", "IsClosed": False, "IsDefault": True},
        {"MasterLabel": "Completed", "IsClosed": True, "IsDefault": False},
        {"MasterLabel": "Withdrawn", "IsClosed": True, "IsDefault": False},
    ][: 3 if withdrawn else 2]
    ranks: list[dict[str, object]] = [
        {"MasterLabel": "High", "IsHighPriority": True, "IsDefault": False},
        {"MasterLabel": "Normal", "IsHighPriority": False, "IsDefault": True},
        {"MasterLabel": "Low", "IsHighPriority": False, "IsDefault": False},
    ]
    users: list[dict[str, object]] = [{"Id": "005A", "TimeZoneSidKey": "Asia/Tokyo"}]
    tables: dict[str, list[dict[str, object]]] = {"TaskStatus": statuses, "TaskPriority": ranks, "User": users}

    def answer(asked: Any) -> Any:
        records = tables[asked.soql.partition(" FROM ")[2].partition(" ")[0]]
        return reply({"totalSize": len(records), "done": True, "records": records})

    org.on("GET", "/query$", answer)


@pytest.fixture(autouse=True)
def an_org(org: Any, reply: Any) -> None:
    account = {"Id": "id", "OwnerId": "reference", "Tierline_Tier__c": "picklist", "Tierline_Score__c": "double"}
    org.describes("Account", **account, Tierline_Tier_Since__c="datetime", Tierline_Why__c="textarea", Day__c="date")
    org.describes("Task", Id="id", Tierline_Key__c={"type": "string", "unique": True, "externalId": True})
    org.hides("TaskStatus")
    org.hides("TaskPriority")
    words_of(org, reply)


# ---- batches --------------------------------------------------------------------------------------------------------
ACCOUNTS = st.integers(0, 30).map(lambda number: f"001{number:03d}")
CHANGES = st.lists(
    st.one_of(
        ACCOUNTS.map(lambda account: SetFields(account, {}, {"score": 1})),
        ACCOUNTS.map(lambda account: AssignOwner(account, None, "005A")),
        st.tuples(st.integers(), ACCOUNTS).map(lambda pair: a_task(str(pair[0]), pair[1])),
        st.tuples(st.integers(0, 99), ACCOUNTS).map(lambda p: WithdrawTask(f"00T{p[0]}", "k", p[1], {}, "gone")),
        st.tuples(st.integers(0, 99), ACCOUNTS).map(lambda p: UpdateTask(f"00T{p[0]}", "k", p[1], {}, {})),
    ),
    max_size=60,
)


@given(CHANGES)
def test_every_change_goes_out_once_with_others_of_its_kind_and_no_record_twice(changes: list[Change]) -> None:
    made = list(batches(changes))

    assert sorted(map(repr, changes)) == sorted(repr(change) for batch in made for change in batch.changes)
    for batch in made:
        assert 1 <= len(batch.changes) <= 200
        assert len({type(change) for change in batch.changes}) == 1
        records = [c.key if isinstance(c, OpenTask) else c.record for c in batch.changes]
        assert len(set(records)) == len(records)


def test_two_hundred_changes_go_in_one_call_and_those_of_one_account_side_by_side() -> None:
    changes = [a_task(f"{number:03d}", f"001{number % 7}") for number in range(401)]

    made = list(batches(changes))

    assert [(len(batch.changes), batch.calls) for batch in made] == [(200, 1), (200, 1), (1, 1)]
    accounts = [change.account_id for batch in made for change in batch.changes]
    assert accounts == sorted(accounts)


# ---- creates --------------------------------------------------------------------------------------------------------
def test_a_task_is_made_as_its_assignee_will_read_it(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("POST", COLLECTIONS, reply([OK]))

    receipts = crm_of().send(a_batch(a_task()), print)

    assert [(r.outcome, r.crm_id) for r in receipts] == [(Outcome.APPLIED, "00T1")]
    sent = org.asked_for(COLLECTIONS)[0].json
    assert sent["allOrNone"] is False
    assert sent["records"] == [
        {
            "attributes": {"type": "Task"}, "Subject": "Call Acme", "OwnerId": "005A", "WhoId": "003A",
            "WhatId": "001A",
            "Description": f"Why: pricing page\n\nRef TL-{'k' * 12}", "Status": "Not Started", "Priority": "High",
            "Tierline_Key__c": "k" * 32, "ActivityDate": "2026-11-04", "ReminderDateTime": "2026-11-03T23:30:00Z",
            "IsReminderSet": True,
        }
    ]  # fmt: skip


def test_a_task_for_a_lead_names_no_account(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("POST", COLLECTIONS, reply([OK, OK]))

    crm_of().send(a_batch(a_task("a", contact_is_lead=True), a_task("b", contact_id=None)), print)

    first, second = org.asked_for(COLLECTIONS)[0].json["records"]
    assert (first["WhoId"], first["WhatId"]) == ("003A", None)
    assert (second["WhoId"], second["WhatId"]) == (None, "001A")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "body": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]},
        {"status": 503, "raw": b"<html>"},
        {"status": 200, "raw": b""},
        {"status": 200, "raw": b"<html>"},
        {"status": 200, "raw": b'[{"id":"00T1","succ'},
        {"status": 200, "body": []},
        {"cut": True},
    ],
    ids=["500", "503", "empty", "page", "cut short", "row missing", "reset"],
)
def test_a_create_without_a_clear_answer_is_unknown_and_never_sent_again(
    org: Any, crm_of: Any, reply: Any, answer: dict[str, Any]
) -> None:
    org.on("POST", COLLECTIONS, reply(**answer))

    receipts = crm_of().send(a_batch(a_task("a"), a_task("b")), print)

    assert fates(receipts) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert len(org.asked_for(COLLECTIONS)) == 1
    assert org.slept == []


@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        (400, "MALFORMED_QUERY", Outcome.REJECTED),
        (404, "NOT_FOUND", Outcome.REJECTED),
        (401, "INVALID_AUTH_HEADER", Outcome.UNSENT),
        (403, "INSUFFICIENT_ACCESS", Outcome.UNSENT),
        (403, "REQUEST_LIMIT_EXCEEDED", Outcome.UNSENT),
        (429, "TOO_MANY", Outcome.UNSENT),
    ],
)
def test_a_call_refused_as_a_whole_did_nothing(
    org: Any, crm_of: Any, reply: Any, status: int, code: str, fate: Outcome
) -> None:
    org.on("POST", COLLECTIONS, reply([{"errorCode": code, "message": "x"}], status))

    receipts = crm_of().send(a_batch(a_task()), print)

    assert [(r.outcome, r.code) for r in receipts] == [(fate, code)]
    assert len(org.asked_for(COLLECTIONS)) == 1


def test_an_ended_session_was_refused_so_the_create_is_sent_in_a_new_one(org: Any, crm_of: Any, reply: Any) -> None:
    ended = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    org.on("POST", COLLECTIONS, reply(ended, 401), reply([OK]))

    assert fates(crm_of().send(a_batch(a_task()), print)) == [Outcome.APPLIED]


def test_rows_fail_alone(org: Any, crm_of: Any, reply: Any) -> None:
    rows = [OK, no("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Ask ada@acme.com first", "Subject"), no("UNABLE_TO_LOCK_ROW")]
    org.on("POST", COLLECTIONS, reply(rows))

    receipts = crm_of().send(a_batch(a_task("a"), a_task("b"), a_task("c")), print)

    assert fates(receipts) == [Outcome.APPLIED, Outcome.REJECTED, Outcome.UNSENT]
    assert receipts[1].code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert receipts[1].said == "a validation rule of the org refused this record: Subject"


@pytest.mark.parametrize(("holds", "fate"), [("k" * 32, Outcome.APPLIED), ("other", Outcome.REJECTED)])
def test_a_task_that_is_there_already_is_adopted_if_it_is_ours(
    org: Any, crm_of: Any, reply: Any, holds: str, fate: Outcome
) -> None:
    holder = "00TXX0000001AAA"
    said = f"duplicate value found: Tierline_Key__c duplicates value on record with id: {holder}"
    org.on("POST", COLLECTIONS, reply([no("DUPLICATE_VALUE", said)]))
    org.on("POST", "/composite/sobjects/Task$", reply([{"Id": holder, "Tierline_Key__c": holds}]))

    receipt = crm_of().send(a_batch(a_task()), print)[0]

    assert receipt.outcome is fate
    assert receipt.crm_id == (holder if fate is Outcome.APPLIED else None)


def test_no_task_is_sent_while_its_key_field_is_missing(org: Any, crm_of: Any) -> None:
    org.describes("Task", Id="id")

    with pytest.raises(NeedsPerson, match=r"Task.Tierline_Key__c.*tierline setup"):
        crm_of().send(a_batch(a_task()), print)

    assert org.asked_for(COLLECTIONS) == []


# ---- updates --------------------------------------------------------------------------------------------------------
def test_our_fields_are_written_in_the_types_of_the_org(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("PATCH", COLLECTIONS, reply([OK]))
    after: Fields = {"tier": "1 - Focus", "score": 71, "tier_since": DUE, "why": "", "falls_on": DUE}
    crm = crm_of(mapping={"fields": "full", "owned": {"falls_on": "Day__c"}, "accounts": {}})

    receipts = crm.send(a_batch(SetFields("001A", {}, after)), print)

    assert [(r.outcome, r.crm_id) for r in receipts] == [(Outcome.APPLIED, "001A")]
    assert org.asked_for(COLLECTIONS)[0].json["records"] == [
        {
            "attributes": {"type": "Account"}, "id": "001A", "Tierline_Tier__c": "1 - Focus", "Tierline_Score__c": 71,
            "Tierline_Tier_Since__c": "2026-11-03T23:30:00Z", "Tierline_Why__c": None, "Day__c": "2026-11-03",
        }
    ]  # fmt: skip


def test_a_field_that_is_not_ours_is_never_written(org: Any, crm_of: Any) -> None:
    with pytest.raises(ValueError, match="override_tier"):
        crm_of().send(a_batch(SetFields("001A", {}, {"override_tier": "1 - Focus"})), print)

    assert org.asked_for(COLLECTIONS) == []


def test_an_update_is_tried_again_after_an_outage(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("PATCH", COLLECTIONS, reply(cut=True), reply(status=503, raw=b"<html>"), reply([OK]))

    assert fates(crm_of().send(a_batch(AssignOwner("001A", None, "005A")), print)) == [Outcome.APPLIED]


def test_an_update_that_never_got_a_clear_answer_is_unknown(org: Any, crm_of: Any, reply: Any) -> None:
    busy = [{"errorCode": "TOO_MANY", "message": "x"}]
    org.on("PATCH", COLLECTIONS, reply(cut=True), reply(busy, 429))

    assert fates(crm_of().send(a_batch(AssignOwner("001A", None, "005A")), print)) == [Outcome.UNKNOWN]


def test_an_update_that_was_always_refused_may_be_planned_again(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("PATCH", COLLECTIONS, reply([{"errorCode": "TOO_MANY", "message": "x"}], 429))

    assert fates(crm_of().send(a_batch(AssignOwner("001A", None, "005A")), print)) == [Outcome.UNSENT]


def test_locked_rows_go_again_in_smaller_chunks(org: Any, crm_of: Any, reply: Any) -> None:
    def answer(asked: Any) -> Any:
        rows = asked.json["records"]
        return reply([OK if len(rows) <= 12 else no("UNABLE_TO_LOCK_ROW") for _ in rows])

    org.on("PATCH", COLLECTIONS, answer)
    changes = [AssignOwner(f"001{number:03d}", None, "005A") for number in range(100)]

    receipts = crm_of().send(a_batch(*changes), print)

    assert fates(receipts) == [Outcome.APPLIED] * 100
    assert [receipt.change for receipt in receipts] == changes
    assert [len(asked.json["records"]) for asked in org.asked_for(COLLECTIONS)] == [100, 50, 50, *[12] * 8, 4]


def test_rows_that_stay_locked_may_be_planned_again(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("PATCH", COLLECTIONS, reply([no("UNABLE_TO_LOCK_ROW")]))

    receipts = crm_of().send(a_batch(AssignOwner("001A", None, "005A")), print)

    assert [(r.outcome, r.said) for r in receipts] == [(Outcome.UNSENT, "another process holds the record")]
    assert len(org.asked_for(COLLECTIONS)) == 6


def test_a_task_is_moved_in_its_assignees_calendar(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("PATCH", COLLECTIONS, reply([OK]))
    after: Fields = {"due_at": DUE, "priority": "low", "subject": "Call Acme now", "body": "New"}
    change = UpdateTask("00T1", "k" * 32, "001A", {"assignee_id": "005A"}, after)

    crm_of().send(a_batch(change), print)

    assert org.asked_for(COLLECTIONS)[0].json["records"] == [
        {
            "attributes": {"type": "Task"}, "id": "00T1", "Subject": "Call Acme now", "Priority": "Low",
            "Description": f"New\n\nRef TL-{'k' * 12}", "ActivityDate": "2026-11-04",
            "ReminderDateTime": "2026-11-03T23:30:00Z", "IsReminderSet": True,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("withdrawn", [True, False], ids=["own status", "ordinary status"])
def test_a_task_is_taken_back_with_a_note_above_its_body(org: Any, crm_of: Any, reply: Any, withdrawn: bool) -> None:
    words_of(org, reply, withdrawn=withdrawn)
    shown = {"Id": "00T1", "Subject": "Call Acme", "Description": "The rep's own words"}
    org.on("POST", "/composite/sobjects/Task$", reply([shown]))
    org.on("PATCH", COLLECTIONS, reply([OK]))

    crm_of().send(a_batch(WithdrawTask("00T1", "k", "001A", {}, "Acme fell out of Focus.")), print)

    record = org.asked_for(COLLECTIONS)[0].json["records"][0]
    assert record["Description"] == "Acme fell out of Focus.\n\nThe rep's own words"
    assert record["Status"] == ("Withdrawn" if withdrawn else "Completed")
    assert record.get("Subject") == (None if withdrawn else "Withdrawn: Call Acme")


def test_a_note_is_put_there_once(org: Any, crm_of: Any, reply: Any) -> None:
    shown = {"Id": "00T1", "Subject": "x", "Description": "Acme fell out of Focus.\n\nBody"}
    org.on("POST", "/composite/sobjects/Task$", reply([shown]))
    org.on("PATCH", COLLECTIONS, reply([OK]))

    crm_of().send(a_batch(WithdrawTask("00T1", "k", "001A", {}, "Acme fell out of Focus.")), print)

    assert org.asked_for(COLLECTIONS)[0].json["records"][0]["Description"] == shown["Description"]
