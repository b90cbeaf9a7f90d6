from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.frame import BadOrderError

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House


@pytest.mark.parametrize(
    ("kind", "entity", "facts"),
    [
        ("call_connected", "Task", {"CallType": "Outbound", "CallDisposition": "Connected", "IsClosed": True}),
        ("call_attempted", "Task", {"CallType": "Outbound", "CallDisposition": "No Answer", "IsClosed": True}),
        ("inbound_call", "Task", {"CallType": "Inbound", "CallDisposition": "Connected", "IsClosed": True}),
        ("task", "Task", {"TaskSubtype": "Task", "IsClosed": False}),
        ("meeting_held", "Event", {"Meeting_Outcome__c": "Held"}),
        ("meeting_no_show", "Event", {"Meeting_Outcome__c": "No Show"}),
        ("meeting_scheduled", "Event", {"Meeting_Outcome__c": "Scheduled"}),
        ("email_sent", "EmailMessage", {"Incoming": False, "ToAddress": "buyer@buyer.example"}),
        ("email_reply", "EmailMessage", {"Incoming": True, "FromAddress": "buyer@buyer.example"}),
        ("email_automated", "EmailMessage", {"Incoming": False, "FromAddress": "ann@ours.com"}),
    ],
)
def test_anything_can_be_logged(house: House, kind: str, entity: str, facts: dict[str, object]) -> None:
    done = house.act(do="log_activity", kind=kind, contact="C1", account="A1", actor="O002", at="2026-11-01T08:00:00Z")

    assert done["object"] == entity
    row = house.one(f"SELECT {', '.join(facts)}, SystemModstamp FROM {entity} WHERE Id = '{done['id']}'")
    assert row == {**facts, "SystemModstamp": "2026-11-02T09:00:00.000+0000"}


def test_a_logged_call_ended_when_it_happened(house: House) -> None:
    done = house.act(do="log_activity", kind="call_connected", contact="C1", actor="O002", at="2026-11-01T08:00:00Z")

    row = house.one(f"SELECT CompletedDateTime, AccountId, OwnerId FROM Task WHERE Id = '{done['id']}'")
    assert row["CompletedDateTime"] == "2026-11-01T08:00:00.000+0000"
    assert (row["AccountId"], row["OwnerId"]) == (house.id("accounts", "A1"), house.id("owners", "O002"))


def test_a_merge_moves_children_and_names_the_winner(house: House) -> None:
    loser, winner = house.id("accounts", "A1"), house.id("accounts", "A3")

    house.act(do="merge", object="accounts", winner="A3", loser="A1")

    (row,) = house.query(f"SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{loser}'", everything=True)
    assert (row["IsDeleted"], row["MasterRecordId"]) == (True, winner)
    assert len(house.query(f"SELECT Id FROM Contact WHERE AccountId = '{winner}'")) == 3
    assert house.one("SELECT ParentId FROM Account WHERE World_Key__c = 'A2'")["ParentId"] == winner
    assert not house.query(f"SELECT Id FROM Task WHERE AccountId = '{loser}' OR WhatId = '{loser}'")
    stale = house.call("PATCH", f"sobjects/Account/{loser}", {"Name": "x"})
    assert stale.json()[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_a_deactivated_owner_keeps_records_but_gets_no_new_ones(house: House) -> None:
    owner, account = house.id("owners", "O002"), house.id("accounts", "A1")

    house.act(do="deactivate_owner", owner="O002")

    assert house.one(f"SELECT OwnerId FROM Account WHERE Id = '{account}'")["OwnerId"] == owner
    answer = house.call("PATCH", f"sobjects/Account/{account}", {"OwnerId": owner})
    assert answer.json()[0]["errorCode"] == "INACTIVE_OWNER_OR_USER"


def test_a_new_owner_costs_an_account_its_team(house: House) -> None:
    account, user = house.id("accounts", "A1"), house.id("owners", "O003")
    house.call("POST", "sobjects/AccountTeamMember", {"AccountId": account, "UserId": user, "TeamMemberRole": "SDR"})

    house.act(do="set_field", object="accounts", key="A1", field="OwnerId", value="O003", by="O003")

    assert house.query("SELECT Id FROM AccountTeamMember") == []


def test_accounts_are_made_and_brought_back(house: House) -> None:
    made = house.act(do="create_account", name="Fresh", domain="fresh.example", owner="O002")
    house.act(do="delete_record", object="accounts", id=made["id"])
    house.act(do="undelete", object="accounts", id=made["id"])

    assert house.one("SELECT Website FROM Account WHERE Name = 'Fresh'")["Website"] == "fresh.example"


@pytest.mark.parametrize(
    "order",
    [
        {"do": "dance"},
        {"do": "close_task", "id": "nothing"},
        {"do": "merge", "object": "accounts", "winner": "A1", "loser": "A1"},
        {"do": "set_field", "object": "accounts", "key": "A1", "field": "Nope", "value": 1},
        {"do": "log_activity", "kind": "web_visit"},
    ],
)
def test_orders_that_make_no_sense_are_refused(house: House, order: dict[str, str]) -> None:
    with pytest.raises(BadOrderError):
        house.act(**order)


def test_get_updated_and_get_deleted_cover_the_window(house: House) -> None:
    house.box.clock.advance(120)
    house.act(do="set_field", object="accounts", key="A1", field="Name", value="New")
    house.act(do="delete_record", object="accounts", key="A2")
    house.box.clock.advance(120)
    window = {"start": "2026-11-02T09:00:00+00:00", "end": "2026-11-02T09:04:00+00:00"}

    updated = house.get("sobjects/Account/updated/", **window).json()
    deleted = house.get("sobjects/Account/deleted/", **window).json()

    assert updated["ids"] == [house.id("accounts", "A1")]
    assert updated["latestDateCovered"] == "2026-11-02T09:04:00.000+0000"
    assert [each["deletedDate"] for each in deleted["deletedRecords"]] == ["2026-11-02T09:02:00.000+0000"]
    house.box.options.switches["salesforce.open_transaction_s"] = 180
    held = house.get("sobjects/Account/updated/", **window).json()
    assert held["latestDateCovered"] == "2026-11-02T09:01:00.000+0000"
    old = house.get("sobjects/Account/updated/", start="2026-01-01T00:00:00Z", end="2026-11-02T09:00:00Z")
    assert old.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
