from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House


def collection(house: House, method: str, records: list[dict[str, Any]], kind: str = "Account", **more: Any) -> Any:
    body = {"records": [{"attributes": {"type": kind}, **each} for each in records], **more}
    answer = house.call(method, "composite/sobjects", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(rows: list[dict[str, Any]]) -> list[str | None]:
    return [each["errors"][0]["statusCode"] if each["errors"] else None for each in rows]


# ---- one record -----------------------------------------------------------------------------------------------------
def test_create_read_update_delete_one_record(house: House) -> None:
    made = house.call("POST", "sobjects/account/", {"Name": "  New  ", "NumberOfEmployees": 3, "Site": ""})
    assert made.status_code == 201
    record_id = made.json()["id"]
    assert made.json() == {"id": record_id, "success": True, "errors": []}
    assert made.headers["Location"] == f"/services/data/v66.0/sobjects/Account/{record_id}"

    read = house.get(f"sobjects/Account/{record_id[:15]}", fields="Name,Site,NumberOfEmployees,CreatedDate").json()
    assert (read["Name"], read["Site"], read["NumberOfEmployees"]) == ("New", None, 3)
    assert read["CreatedDate"] == "2026-11-02T09:00:00.000+0000"

    changed = house.call("PATCH", f"sobjects/Account/{record_id}", {"Name": "Newer"})
    assert (changed.status_code, changed.content) == (204, b"")
    assert house.call("DELETE", f"sobjects/Account/{record_id}").status_code == 204
    gone = house.get(f"sobjects/Account/{record_id}")
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_the_writer_is_named_by_record_and_journal(house: House) -> None:
    account = house.id("accounts", "A1")
    house.box.clock.advance(60)

    house.call("PATCH", f"sobjects/Account/{account}", {"Industry": "Energy"})

    row = house.one(f"SELECT LastModifiedBy.Username, SystemModstamp FROM Account WHERE Id = '{account}'")
    assert row["LastModifiedBy"]["Username"] == "tierline@sandbox.example"
    assert row["SystemModstamp"] == "2026-11-02T09:01:00.000+0000"
    (write,) = house.box.journal.since(0)
    assert (write.who, write.verb, write.record_id) == ("tierline@sandbox.example", "update", account)
    assert (write.before, write.after) == ({"Industry": None}, {"Industry": "Energy"})


def test_a_write_without_change_still_wakes_incremental_readers(house: House) -> None:
    account = house.id("accounts", "A1")

    def stamp() -> str:
        return str(house.one(f"SELECT SystemModstamp FROM Account WHERE Id = '{account}'")["SystemModstamp"])

    before = stamp()
    house.box.options.switches["salesforce.noop_bumps"] = False
    house.call("PATCH", f"sobjects/Account/{account}", {"Name": "Acme"})
    assert stamp() == before

    del house.box.options.switches["salesforce.noop_bumps"]
    house.call("PATCH", f"sobjects/Account/{account}", {"Name": "Acme"})
    assert stamp() > before


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        pytest.param({}, "REQUIRED_FIELD_MISSING", ["Name"], id="required"),
        pytest.param({"Name": "x", "Foo__c": 1}, "INVALID_FIELD", [], id="unknown"),
        pytest.param({"Name": "x" * 256}, "STRING_TOO_LONG", ["Name"], id="long"),
        pytest.param({"Name": "x", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", [], id="no number"),
        pytest.param({"Name": "x", "NumberOfEmployees": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE", ["NumberOfEmployees"]),
        pytest.param({"Name": "x", "Renewal_Date__c": "soon"}, "JSON_PARSER_ERROR", [], id="no date"),
        pytest.param({"Name": "x", "OwnerId": "me"}, "MALFORMED_ID", ["OwnerId"], id="no id"),
        pytest.param({"Name": "x", "ParentId": "001Hs0000000zzz"}, "INVALID_CROSS_REFERENCE_KEY", ["ParentId"]),
        pytest.param({"Name": "x", "SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", None),
        pytest.param({"Name": "x", "World_Key__c": "a1"}, "DUPLICATE_VALUE", [], id="unique without case"),
        pytest.param({"Name": "x", "Id": "001000000000001"}, "INVALID_FIELD", None, id="id in the body"),
    ],
)
def test_a_bad_record_is_refused_by_code(house: House, body: dict[str, Any], code: str, fields: list[str]) -> None:
    answer = house.call("POST", "sobjects/Account", body)

    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"]) == (400, code), error
    if fields is not None:
        assert error["fields"] == fields


def test_references_are_checked_for_kind_and_life(house: House) -> None:
    account, gone = house.id("accounts", "A1"), house.id("owners", "O004")

    kind = house.call("POST", "sobjects/Task", {"Subject": "x", "WhoId": account}).json()[0]
    owner = house.call("PATCH", f"sobjects/Account/{account}", {"OwnerId": gone}).json()[0]

    assert kind["message"] == f"Name ID: id value of incorrect type: {account}"
    assert (kind["errorCode"], kind["fields"]) == ("FIELD_INTEGRITY_EXCEPTION", ["WhoId"])
    assert owner["errorCode"] == "INACTIVE_OWNER_OR_USER"
    assert owner["message"] == f"operation performed with inactive user [{gone[:15]}] as owner of account"


def test_broken_json_is_a_parser_error(house: House) -> None:
    answer = house.session.post(house.url + "/services/data/v66.0/sobjects/Account", data="{", timeout=5)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


# ---- upsert by external id ------------------------------------------------------------------------------------------
def test_upsert_creates_then_updates(house: House) -> None:
    path = "sobjects/Account/World_Key__c/new%2Fkey%201"

    first = house.call("PATCH", path, {"Name": "One"})
    second = house.call("PATCH", path, {"Name": "Two"})

    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert second.json()["id"] == first.json()["id"]
    assert house.get(path).json()["World_Key__c"] == "new/key 1"
    assert house.get("sobjects/Account/World_Key__c/none").status_code == 404
    old = house.call("PATCH", "/services/data/v45.0/" + path, {"Name": "Three"})
    assert old.status_code == 204


def test_upsert_meets_several_when_the_key_is_not_unique(house: House) -> None:
    house.add_field("Account.Code__c", type="Text", length=20, externalId=True)
    collection(house, "POST", [{"Name": "a", "Code__c": "x"}, {"Name": "b", "Code__c": "X"}])

    answer = house.call("PATCH", "sobjects/Account/Code__c/x", {"Name": "c"})

    assert answer.status_code == 300
    assert all(each.startswith("/services/data/v66.0/sobjects/Account/001") for each in answer.json())


# ---- collections ----------------------------------------------------------------------------------------------------
def test_each_row_has_its_own_outcome_in_order(house: House) -> None:
    rows = collection(house, "POST", [{"Name": "a"}, {}, {"Name": "b", "Nope": 1}, {"Name": "c"}], allOrNone=False)

    assert codes(rows) == [None, "REQUIRED_FIELD_MISSING", "INVALID_FIELD", None]
    assert [set(each) for each in rows] == [{"id", "success", "errors"}, {"success", "errors"}] * 1 + [
        {"success", "errors"},
        {"id", "success", "errors"},
    ]
    assert rows[1]["errors"][0]["message"] == "Required fields are missing: [Name]"


def test_all_or_none_leaves_nothing_behind(house: House) -> None:
    before = house.query("SELECT Id FROM Account")

    rows = collection(house, "POST", [{"Name": "a", "World_Key__c": "N1"}, {}], allOrNone=True)

    assert codes(rows) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert house.query("SELECT Id FROM Account", everything=True) == before
    assert not house.box.journal.since(0)
    assert codes(collection(house, "POST", [{"Name": "a", "World_Key__c": "N1"}])) == [None]


def test_all_or_none_takes_updates_back(house: House) -> None:
    one = house.id("accounts", "A1")

    collection(house, "PATCH", [{"id": one, "Name": "Other"}, {"id": one[:-1]}], allOrNone=True)

    assert house.one(f"SELECT Name FROM Account WHERE Id = '{one}'")["Name"] == "Acme"


def test_updates_say_which_id_is_wrong(house: House) -> None:
    one, two = house.id("accounts", "A1"), house.id("accounts", "A2")
    house.call("DELETE", f"sobjects/Account/{two}")

    rows = collection(house, "PATCH", [{"Name": "x"}, {"id": two}, {"id": "001Hs0000000zzz"}, {"id": one, "Name": "y"}])

    assert codes(rows) == ["MISSING_ARGUMENT", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", None]
    assert rows[0]["errors"][0]["message"] == "Id not specified in an update call"
    twice = collection(house, "PATCH", [{"id": one}, {"id": one}])
    assert codes(twice) == ["DUPLICATE_VALUE"] * 2


def test_more_than_200_records_are_refused_whole(house: House) -> None:
    body = {"records": [{"attributes": {"type": "Account"}, "Name": "x"}] * 201}
    many = house.call("POST", "composite/sobjects", body)
    none = house.call("POST", "composite/sobjects", {"records": []})

    assert (many.status_code, many.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    assert none.json() == [{"message": "At least 1 record is required", "errorCode": "REQUIRED_FIELD_MISSING"}]


def test_retrieve_keeps_the_order_and_says_null_for_the_missing(house: House) -> None:
    one, two = house.id("accounts", "A1"), house.id("accounts", "A2")
    house.act(do="delete_record", object="accounts", key="A2")

    answer = house.call(
        "POST", "composite/sobjects/Account", {"ids": [two, one, "001Hs0000000zzz"], "fields": ["Name"]}
    )

    assert [each and each["Name"] for each in answer.json()] == [None, "Acme", None]
    wrong = house.call("POST", "composite/sobjects/Account", {"ids": [one], "fields": ["Nope"]})
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_collections_upsert_says_what_was_created(house: House) -> None:
    records = [
        {"attributes": {"type": "Account"}, "World_Key__c": key, "Name": key} for key in ("A1", "N1", "N2", "n2")
    ]

    rows = house.call("PATCH", "composite/sobjects/Account/World_Key__c", {"records": records}).json()

    assert [each.get("created") for each in rows] == [False, True, None, None]
    assert codes(rows) == [None, None, "DUPLICATE_VALUE", "DUPLICATE_VALUE"]


def test_collections_delete_takes_ids_from_the_query(house: House) -> None:
    one, two = house.id("accounts", "A1"), house.id("accounts", "A2")

    answer = house.call("DELETE", "composite/sobjects", params={"ids": f"{one},{two},{one}", "allOrNone": "false"})

    assert codes(answer.json()) == [None, None, "ENTITY_IS_DELETED"]


# ---- unique keys and the recycle bin --------------------------------------------------------------------------------
def test_a_deleted_task_frees_its_unique_key_and_stays_visible_to_query_all(house: House) -> None:
    house.add_field("Activity.Key__c", type="Text", length=80, unique=True, externalId=True)
    (first,) = collection(house, "POST", [{"Subject": "Call", "Key__c": "k1"}], "Task")
    (clash,) = collection(house, "POST", [{"Subject": "Call", "Key__c": "K1"}], "Task")
    assert clash["errors"][0]["message"] == (
        f"duplicate value found: Key__c duplicates value on record with id: {first['id'][:15]}"
    )

    house.act(do="delete_record", object="tasks", id=first["id"])
    (again,) = collection(house, "POST", [{"Subject": "Call", "Key__c": "k1"}], "Task")

    assert again["success"]
    found = house.query("SELECT Id, IsDeleted FROM Task WHERE Key__c = 'k1' ORDER BY Id", everything=True)
    assert [each["IsDeleted"] for each in found] == [True, False]
    assert len(house.query("SELECT Id FROM Task WHERE Key__c IN ('k1', 'k2')")) == 1
    back = house.crm.act
    with pytest.raises(ValueError, match="DUPLICATE_VALUE"):
        back({"do": "undelete", "object": "tasks", "id": first["id"]})


def test_deleting_an_account_takes_its_people_along_and_wakes_readers(house: House) -> None:
    house.box.clock.advance(60)
    house.act(do="delete_record", object="accounts", key="A1", by="O003")

    rows = house.query(
        "SELECT LastName FROM Contact WHERE IsDeleted = true AND SystemModstamp >= TODAY", everything=True
    )
    assert {each["LastName"] for each in rows} == {"Buyer", "User"}
    assert {write.who for write in house.box.journal.since(0)} == {"actor:boss@ours.com"}


# ---- tasks ----------------------------------------------------------------------------------------------------------
def test_closing_a_task_is_noticed_by_the_platform(house: House) -> None:
    account, contact = house.id("accounts", "A1"), house.id("contacts", "C1")
    (made,) = collection(house, "POST", [{"Subject": "Call Acme", "WhatId": account, "WhoId": contact}], "Task")
    task = f"SELECT Status, IsClosed, CompletedDateTime, AccountId, Priority FROM Task WHERE Id = '{made['id']}'"
    assert house.one(task) == {
        "Status": "Not Started",
        "IsClosed": False,
        "CompletedDateTime": None,
        "AccountId": account,
        "Priority": "Normal",
    }

    house.box.clock.advance(300)
    house.act(do="close_task", id=made["id"], by="O002")

    row = house.one(task)
    assert (row["Status"], row["IsClosed"]) == ("Completed", True)
    assert row["CompletedDateTime"] == "2026-11-02T09:05:00.000+0000"
    house.call("PATCH", f"sobjects/Task/{made['id']}", {"Status": "In Progress"})
    assert house.one(task)["CompletedDateTime"] is None


def test_withdrawn_is_a_closed_status(house: House) -> None:
    statuses = house.query("SELECT MasterLabel FROM TaskStatus WHERE IsClosed = true ORDER BY SortOrder")

    assert [each["MasterLabel"] for each in statuses] == ["Completed", "Withdrawn"]


# ---- composite ------------------------------------------------------------------------------------------------------
def test_composite_passes_answers_on_by_reference(house: House) -> None:
    root = "/services/data/v66.0"
    parts = [
        {"method": "POST", "url": f"{root}/sobjects/Account", "referenceId": "a", "body": {"Name": "Via"}},
        {"method": "GET", "url": f"{root}/query/?q=SELECT+Name+FROM+Account+WHERE+Id='@{{a.id}}'", "referenceId": "q"},
        {"method": "GET", "url": f"{root}/sobjects/Foo", "referenceId": "f"},
        {"method": "GET", "url": f"{root}/sobjects/Account/@{{f.id}}", "referenceId": "g"},
    ]

    answers = house.call("POST", "composite", {"compositeRequest": parts}).json()["compositeResponse"]

    assert [each["httpStatusCode"] for each in answers] == [201, 200, 404, 400]
    assert answers[1]["body"]["records"][0]["Name"] == "Via"
    assert answers[2] == {
        "body": [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
        "httpHeaders": {},
        "httpStatusCode": 404,
        "referenceId": "f",
    }


def test_batch_answers_each_part_for_itself(house: House) -> None:
    account = house.id("accounts", "A1")
    parts = [
        {"method": "PATCH", "url": f"v66.0/sobjects/account/{account}", "richInput": {"Name": "B"}},
        {"method": "GET", "url": "v66.0/sobjects/Nope"},
    ]

    body = house.call("POST", "composite/batch", {"batchRequests": parts}).json()

    assert body["hasErrors"] is True
    assert body["results"][0] == {"statusCode": 204, "result": None}
    assert body["results"][1]["statusCode"] == 404


def test_a_composite_that_must_succeed_whole_leaves_nothing_behind(house: House) -> None:
    root = "/services/data/v66.0"
    account = house.id("accounts", "A1")
    parts = [
        {"method": "POST", "url": f"{root}/sobjects/Account", "referenceId": "a", "body": {"Name": "Via"}},
        {"method": "PATCH", "url": f"{root}/sobjects/Account/{account}", "referenceId": "b", "body": {"Name": "Other"}},
        {"method": "POST", "url": f"{root}/sobjects/Contact", "referenceId": "c", "body": {"FirstName": "x"}},
    ]

    answers = house.call("POST", "composite", {"allOrNone": True, "compositeRequest": parts}).json()

    said = [each["body"][0]["errorCode"] for each in answers["compositeResponse"]]
    assert said == ["PROCESSING_HALTED", "PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert house.query("SELECT Id FROM Account WHERE Name IN ('Via', 'Other')", everything=True) == []
    assert not house.box.journal.since(0)
    kept = house.call("POST", "composite", {"allOrNone": True, "compositeRequest": parts[:2]}).json()
    assert [each["httpStatusCode"] for each in kept["compositeResponse"]] == [201, 204]
    assert [write.verb for write in house.box.journal.since(0)] == ["create", "update"]


def test_assignment_rules_overrule_the_writer_unless_told_not_to(house: House) -> None:
    house.box.options.switches["salesforce.auto_assign_owner"] = house.id("owners", "O003")

    def owner_of_new(headers: dict[str, str]) -> str:
        body = {"Name": "x", "OwnerId": house.id("owners", "O002")}
        made = house.call("POST", "sobjects/Account", body, headers=headers).json()["id"]
        return str(house.one(f"SELECT Owner.FirstName FROM Account WHERE Id = '{made}'")["Owner"]["FirstName"])

    assert owner_of_new({}) == "Boss"
    assert owner_of_new({"Sforce-Auto-Assign": "FALSE"}) == "Ann"
