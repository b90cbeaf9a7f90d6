from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House


def made(house: House, entity: str, **body: Any) -> str:
    answer = house.call("POST", f"sobjects/{entity}", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def refused(house: House, method: str, path: str, body: Any = None) -> str:
    answer = house.call(method, path, body)
    assert answer.status_code >= 400, answer.text
    return str(answer.json()[0]["errorCode"])


def test_an_event_keeps_start_end_and_length_in_step(house: House) -> None:
    start = "2026-11-03T10:00:00.000+0000"
    event = made(house, "Event", Subject="Demo", StartDateTime="2026-11-03T11:00:00+01:00", DurationInMinutes=45)
    facts = f"SELECT ActivityDateTime, ActivityDate, EndDateTime, DurationInMinutes FROM Event WHERE Id = '{event}'"

    assert house.one(facts) == {
        "ActivityDateTime": start,
        "ActivityDate": "2026-11-03",
        "EndDateTime": "2026-11-03T10:45:00.000+0000",
        "DurationInMinutes": 45,
    }
    house.call("PATCH", f"sobjects/Event/{event}", {"EndDateTime": "2026-11-03T12:00:00Z"})
    assert house.one(facts)["DurationInMinutes"] == 120
    early = {"EndDateTime": "2026-11-01T12:00:00Z"}
    assert refused(house, "PATCH", f"sobjects/Event/{event}", early) == "FIELD_INTEGRITY_EXCEPTION"
    assert refused(house, "POST", "sobjects/Event", {"Subject": "When?"}) == "REQUIRED_FIELD_MISSING"


def test_a_stage_decides_what_is_closed_and_won(house: House) -> None:
    deal = house.id("opportunities", "P1")
    facts = (
        f"SELECT IsClosed, IsWon, Probability, ExpectedRevenue, LastStageChangeDate FROM Opportunity WHERE Id='{deal}'"
    )
    assert house.one(facts)["ExpectedRevenue"] == 2500.0

    house.call("PATCH", f"sobjects/Opportunity/{deal}", {"StageName": "Closed Won"})

    row = house.one(facts)
    assert (row["IsClosed"], row["IsWon"], row["Probability"]) == (True, True, 100.0)
    assert row["LastStageChangeDate"] == "2026-11-02T09:00:00.000+0000"
    house.call("PATCH", f"sobjects/Opportunity/{deal}", {"StageName": "Own words"})
    assert house.one(facts)["IsClosed"] is False


def test_a_task_about_a_lead_is_about_nothing_else(house: House) -> None:
    lead = made(house, "Lead", LastName="Lee", Company="Lee Ltd", Street="1 Main", City="Bern")
    body = {"Subject": "x", "WhoId": lead, "WhatId": house.id("accounts", "A1")}

    assert refused(house, "POST", "sobjects/Task", body) == "FIELD_INTEGRITY_EXCEPTION"
    task = made(house, "Task", Subject="x", WhoId=lead)
    assert house.one(f"SELECT AccountId, Who.Type FROM Task WHERE Id = '{task}'")["AccountId"] is None
    address = house.one(f"SELECT Address, Status FROM Lead WHERE Id = '{lead}'")
    assert (address["Address"]["city"], address["Status"]) == ("Bern", "Open - Not Contacted")


def test_a_task_follows_its_deal_or_person_to_the_account(house: House) -> None:
    account = house.id("accounts", "A3")
    for link in ({"WhatId": house.id("opportunities", "P1")}, {"WhoId": house.id("contacts", "C3")}):
        task = made(house, "Task", Subject="x", **link)
        assert house.one(f"SELECT AccountId FROM Task WHERE Id = '{task}'")["AccountId"] == account


def test_a_converted_lead_is_closed_for_good(house: House) -> None:
    lead = made(house, "Lead", LastName="Lee", Company="Lee Ltd", IsConverted=True)

    assert refused(house, "PATCH", f"sobjects/Lead/{lead}", {"LastName": "x"}) == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_no_account_is_its_own_parent(house: House) -> None:
    account = house.id("accounts", "A1")

    assert refused(house, "PATCH", f"sobjects/Account/{account}", {"ParentId": account}) == "CIRCULAR_DEPENDENCY"


def test_settings_and_users_have_rules_of_their_own(house: House) -> None:
    user = made(house, "User", Username="new@ours.com", LastName="New", Email="new@ours.com")
    row = house.one(f"SELECT IsActive, UserType, Profile.Name FROM User WHERE Id = '{user}'")

    assert (row["IsActive"], row["UserType"], row["Profile"]["Name"]) == (True, "Standard", "Standard User")
    assert refused(house, "DELETE", f"sobjects/User/{user}") == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert refused(house, "POST", "sobjects/TaskStatus", {"MasterLabel": "x"}) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    status = house.one("SELECT Id FROM TaskStatus WHERE MasterLabel = 'Completed'")["Id"]
    assert refused(house, "PATCH", f"sobjects/TaskStatus/{status}", {}) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_a_parent_may_be_named_by_its_external_id(house: House) -> None:
    task = made(house, "Contact", LastName="x", Account={"World_Key__c": "a3"})

    assert house.one(f"SELECT AccountId FROM Contact WHERE Id = '{task}'")["AccountId"] == house.id("accounts", "A3")
    lost = {"LastName": "x", "Account": {"World_Key__c": "none"}}
    assert refused(house, "POST", "sobjects/Contact", lost) == "INVALID_FIELD"
    wrong = {"LastName": "x", "Account": {"Name": "Acme"}}
    assert refused(house, "POST", "sobjects/Contact", wrong) == "INVALID_FIELD"


@pytest.mark.parametrize(
    ("entity", "body", "code"),
    [
        ("Contact", {"LastName": "x", "Email": "nobody"}, "INVALID_EMAIL_ADDRESS"),
        ("Contact", {"LastName": "x", "DoNotCall": "maybe"}, "JSON_PARSER_ERROR"),
        ("Contact", {"LastName": "x", "DoNotCall": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ("Contact", {"LastName": {"a": 1}}, "JSON_PARSER_ERROR"),
        ("Account", {"Name": "x", "NumberOfEmployees": True}, "JSON_PARSER_ERROR"),
        ("Account", {"Name": "x", "NumberOfEmployees": 1.5}, "JSON_PARSER_ERROR"),
        ("Account", {"Name": "x", "AnnualRevenue": "NaN"}, "JSON_PARSER_ERROR"),
        ("Event", {"Subject": "x", "StartDateTime": "soon"}, "JSON_PARSER_ERROR"),
        ("Task", {"Subject": "x", "CallType": "Sideways"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ],
)
def test_values_of_the_wrong_kind(house: House, entity: str, body: dict[str, Any], code: str) -> None:
    assert refused(house, "POST", f"sobjects/{entity}", body) == code


def test_upserts_and_reads_by_key_say_what_is_wrong(house: House) -> None:
    house.add_field("Account.Code__c", type="Text", length=20, externalId=True)
    for name in ("a", "b"):
        made(house, "Account", Name=name, Code__c="x")

    assert house.get("sobjects/Account/Code__c/x").status_code == 300
    assert refused(house, "GET", "sobjects/Account/Industry/x") == "NOT_FOUND"
    assert refused(house, "PATCH", "sobjects/Account/Code__c/y", {"Code__c": "y"}) == "INVALID_FIELD"
    assert refused(house, "PATCH", "sobjects/Account/Code__c/y?updateOnly=true", {"Name": "y"}) == "NOT_FOUND"
    assert refused(house, "GET", "sobjects/Account/none") == "NOT_FOUND"
    assert house.get("sobjects/Account").json()["objectDescribe"]["name"] == "Account"
    rows = [{"attributes": {"type": "Account"}, "Code__c": each, "Name": "z"} for each in ("x", None)]
    answer = house.call("PATCH", "composite/sobjects/Account/Code__c", {"records": rows}).json()
    assert [each["errors"][0]["statusCode"] for each in answer] == ["DUPLICATE_EXTERNAL_ID", "MISSING_ARGUMENT"]


def test_collections_upsert_by_id_creates_without_one(house: House) -> None:
    rows = [{"attributes": {"type": "Account"}, "Id": each, "Name": "z"} for each in (None, house.id("accounts", "A1"))]

    answer = house.call("PATCH", "composite/sobjects/Account/Id", {"records": rows}).json()

    assert [each["created"] for each in answer] == [True, False]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "composite/sobjects", {"records": [1]}, "JSON_PARSER_ERROR"),
        ("POST", "composite/sobjects", [], "JSON_PARSER_ERROR"),
        ("POST", "composite/sobjects/Account", {"ids": []}, "MISSING_ARGUMENT"),
        ("POST", "composite/sobjects/Account", {"ids": ["x"] * 2001, "fields": ["Id"]}, "EXCEEDED_ID_LIMIT"),
        ("POST", "composite", {}, "JSON_PARSER_ERROR"),
        ("POST", "composite", {"compositeRequest": [{"url": "x"}]}, "INVALID_INPUT"),
        ("POST", "composite", {"compositeRequest": [{"referenceId": str(n)} for n in range(26)]}, "LIMIT_EXCEEDED"),
        ("POST", "composite/batch", {}, "JSON_PARSER_ERROR"),
        ("POST", "jobs/query", {"operation": "insert", "query": ""}, "INVALIDJOB"),
        ("POST", "jobs/query", {"operation": "query", "lineEnding": "CR"}, "INVALIDJOB"),
        ("POST", "jobs/ingest", {"operation": "merge", "object": "Account"}, "INVALIDJOB"),
        ("POST", "jobs/ingest", {"operation": "insert", "object": "TaskStatus"}, "INVALIDENTITY"),
        ("POST", "jobs/ingest", {"operation": "insert", "object": "Account", "contentType": "XML"}, "INVALIDJOB"),
        ("POST", "jobs/ingest", {"operation": "upsert", "object": "Account"}, "INVALIDJOB"),
        ("GET", "jobs/query/none", None, "NOT_FOUND"),
        ("GET", "jobs/ingest/none", None, "NOT_FOUND"),
        ("POST", "tooling/sobjects/ApexClass", {}, "NOT_FOUND"),
        ("GET", "tooling/sobjects/CustomField/none", None, "NOT_FOUND"),
        ("POST", "tooling/sobjects/CustomField", {"FullName": "Foo.X__c", "Metadata": {}}, None),
        ("POST", "tooling/sobjects/CustomField", {"FullName": "Account.X", "Metadata": {}}, "INVALID_FIELD"),
        ("POST", "tooling/sobjects/CustomField", {"FullName": "Account.X__c"}, "REQUIRED_FIELD_MISSING"),
        ("GET", "query", None, "MALFORMED_QUERY"),
    ],
)
def test_calls_that_are_wrong_as_a_whole(house: House, method: str, path: str, body: Any, code: str | None) -> None:
    found = refused(house, method, path, body)

    assert code is None or found == code


def test_a_batch_can_stop_at_the_first_failure(house: House) -> None:
    parts = [{"method": "GET", "url": "v66.0/sobjects/Nope"}, {"method": "GET", "url": "v66.0/limits"}]

    body = house.call("POST", "composite/batch", {"haltOnError": True, "batchRequests": parts}).json()

    assert [each["statusCode"] for each in body["results"]] == [404, 412]


def test_jobs_can_be_listed_aborted_and_removed(house: House) -> None:
    job = house.call("POST", "jobs/ingest", {"operation": "insert", "object": "Account"}).json()
    where = f"jobs/ingest/{job['id']}"
    assert [each["id"] for each in house.get("jobs/ingest").json()["records"]] == [job["id"]]
    assert refused(house, "DELETE", where) == "INVALIDJOBSTATE"
    assert house.call("PUT", "/" + job["contentUrl"], data=b"x").status_code == 415
    assert house.call("PATCH", where, {"state": "Aborted"}).json()["state"] == "Aborted"
    assert refused(house, "PATCH", where, {"state": "UploadComplete"}) == "INVALIDJOBSTATE"
    assert house.call("DELETE", where).status_code == 204
    query = house.call(
        "POST", "jobs/query", {"operation": "query", "query": "SELECT FIELDS(STANDARD) FROM User"}
    ).json()
    assert house.call("PATCH", f"jobs/query/{query['id']}", {"state": "Aborted"}).json()["state"] == "Aborted"
    assert len(house.get("jobs/query").json()["records"]) == 1
