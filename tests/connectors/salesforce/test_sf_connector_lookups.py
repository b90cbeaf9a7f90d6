from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ask, KeyAsk, Level

KEY = "Tierline_Key__c"
UNIQUE = {"type": "string", "unique": True, "inlineHelpText": "Written by Tierline. Installation abc-123."}


@pytest.fixture(autouse=True)
def an_org(org: Any, reply: Any) -> None:
    account = {"Id": "id", "OwnerId": "reference", "Tierline_Tier__c": "picklist", "Tierline_Score__c": "double"}
    org.describes("Account", **account, Tierline_Tier_Since__c="datetime", Tierline_Override_Until__c="date")
    org.describes("Task", Id="id", **{KEY: UNIQUE})
    org.hides("TaskStatus")
    org.hides("TaskPriority")
    statuses = [
        {"MasterLabel": "Open", "IsClosed": False, "IsDefault": True},
        {"MasterLabel": "Done", "IsClosed": True, "IsDefault": False},
    ]
    ranks = [{"MasterLabel": "Hoch", "IsHighPriority": True, "IsDefault": False}]
    tables = {"TaskStatus": statuses, "TaskPriority": ranks}
    org.on(
        "GET", "/query$", lambda a: reply({"done": True, "records": tables[a.soql.split(" FROM ")[1].split(" ")[0]]})
    )


def test_accounts_are_read_live_in_calls_of_two_thousand(org: Any, crm_of: Any, reply: Any) -> None:
    def answer(asked: Any) -> Any:
        since = "2026-10-01T08:00:00.000+0000"
        row = {"OwnerId": "005A", "Tierline_Tier__c": None, "Tierline_Score__c": 71.0, "Tierline_Tier_Since__c": since}
        return reply([None if record == "0010000" else {"Id": record, **row} for record in asked.json["ids"]])

    org.on("POST", "/composite/sobjects/Account$", answer)
    fields = ("tier", "score", "tier_since", "owner_id", "why")

    shown = crm_of().read([Ask("account", f"001{number:04d}", fields) for number in range(2001)])

    assert [len(asked.json["ids"]) for asked in org.asked_for("/Account$", "POST")] == [2000, 1]
    assert len(shown) == 2000
    assert "0010000" not in shown
    assert shown["0010001"] == {
        "tier": None, "score": 71, "tier_since": datetime(2026, 10, 1, 8, tzinfo=UTC), "owner_id": "005A", "why": None,
    }  # fmt: skip


def test_tasks_are_read_live_in_our_words(org: Any, crm_of: Any, reply: Any) -> None:
    row = {
        "Id": "00T1", "Subject": "Call Acme", "Status": "Done", "IsClosed": True, "Priority": "Hoch", "OwnerId": "005A",
        "ActivityDate": "2026-11-03", "ReminderDateTime": "2026-11-03T13:30:00.000+0000", "Description": "",
    }  # fmt: skip
    org.on("POST", "/composite/sobjects/Task$", reply([row, None]))
    fields = ("subject", "state", "due_at", "assignee_id", "priority", "body")

    shown = crm_of().read([Ask("task", "00T1", fields), Ask("task", "00T2", fields)])

    assert shown == {
        "00T1": {
            "subject": "Call Acme", "state": "done", "due_at": datetime(2026, 11, 3, 13, 30, tzinfo=UTC),
            "assignee_id": "005A", "priority": "high", "body": None,
        }
    }  # fmt: skip


def test_nothing_asked_is_nothing_called(org: Any, crm_of: Any) -> None:
    assert crm_of().read([]) == {}
    assert org.asked == []


def test_tasks_are_found_by_key_deleted_ones_too_oldest_first(org: Any, crm_of: Any, reply: Any) -> None:
    common = {"Subject": "x", "Status": "Open", "IsClosed": False, "IsDeleted": False, "OwnerId": "005A", KEY: "k1"}
    me, other = "005000000000001AAA", "005X"
    rows = [
        {"Id": "00T2", **common, "CreatedDate": "2026-11-01T08:00:00.000+0000", "LastModifiedById": me},
        {"Id": "00T1", **common, "CreatedDate": "2026-10-01T08:00:00.000+0000", "LastModifiedById": other},
        {
            "Id": "00T3", **common, "IsDeleted": True, "CreatedDate": "2026-11-02T08:00:00.000+0000",
            "LastModifiedById": me,
        },
    ]  # fmt: skip
    org.on("GET", "/queryAll$", reply({"done": True, "records": rows}))

    found = crm_of().find([KeyAsk("k1", "001A"), KeyAsk("k2", "001A")])

    assert list(found) == ["k1"]
    assert [(task.task_id, task.state, task.touched) for task in found["k1"]] == [
        ("00T1", "open", True),
        ("00T2", "open", False),
        ("00T3", "deleted", False),
    ]
    assert org.asked_for("/queryAll$")[0].soql.endswith("FROM Task WHERE Tierline_Key__c IN ('k1','k2')")


def test_without_the_key_field_nothing_of_ours_can_be_there(org: Any, crm_of: Any) -> None:
    org.describes("Task", Id="id")

    assert crm_of().find([KeyAsk("k1", "001A")]) == {}
    assert crm_of().create_guard == "read_back"
    assert crm_of().installation() is None


def test_a_unique_key_guards_creates_and_names_the_installation(crm_of: Any) -> None:
    assert crm_of().create_guard == "unique"
    assert crm_of().installation() == "abc-123"


def test_check_stops_at_a_refused_login_and_says_the_fix(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("POST", "/token$", reply({"error": "invalid_grant", "error_description": "inactive user"}, 400))

    findings = crm_of().check()

    assert [(f.level, f.what, f.said) for f in findings] == [(Level.FAIL, "login", "the user is inactive")]
    assert "activate the user" in findings[0].fix
