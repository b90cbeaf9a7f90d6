from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.sandbox.salesforce.conftest import House


def rows_of(answer: requests.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def a_query_job(house: House, soql: str, operation: str = "query") -> str:
    made = house.call("POST", "jobs/query", {"operation": operation, "query": soql})
    assert (made.status_code, made.json()["state"]) == (200, "UploadComplete"), made.text
    return str(made.json()["id"])


def finished(house: House, path: str) -> dict[str, Any]:
    house.box.clock.advance(1)
    state: dict[str, Any] = house.get(path).json()
    return state


def ingest(house: House, text: str, operation: str = "insert", entity: str = "Account", **more: Any) -> str:
    asked = {"object": entity, "operation": operation, "contentType": "CSV", "lineEnding": "LF", **more}
    made = house.call("POST", "jobs/ingest", asked).json()
    assert not made["contentUrl"].startswith("/")
    put = house.call("PUT", "/" + made["contentUrl"], data=text.encode(), headers={"Content-Type": "text/csv"})
    assert (put.status_code, put.content) == (201, b"")
    closed = house.call("PATCH", f"jobs/ingest/{made['id']}", {"state": "UploadComplete"})
    assert closed.json()["state"] == "UploadComplete"
    return str(made["id"])


# ---- query ----------------------------------------------------------------------------------------------------------
def test_a_query_job_takes_time_then_gives_csv_behind_locators(house: House) -> None:
    job = a_query_job(house, "SELECT Id, Name, Owner.Name, Strategic__c, SystemModstamp FROM Account ORDER BY Name")
    assert house.get(f"jobs/query/{job}").json()["state"] == "InProgress"
    early = house.get(f"jobs/query/{job}/results")
    assert (early.status_code, early.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")

    state = finished(house, f"jobs/query/{job}")
    first = house.get(f"jobs/query/{job}/results", maxRecords=3)
    last = house.get(f"jobs/query/{job}/results", maxRecords=3, locator=first.headers["Sforce-Locator"])

    assert (state["state"], state["numberRecordsProcessed"], state["jobType"]) == ("JobComplete", 4, "V2Query")
    assert first.headers["Content-Type"].startswith("text/csv")
    assert first.headers["Sforce-NumberOfRecords"] == "3"
    assert first.text.splitlines()[0] == '"Id","Name","Owner.Name","Strategic__c","SystemModstamp"'
    assert last.headers["Sforce-Locator"] == "null"
    (row,) = rows_of(last)
    assert row == {
        "Id": house.id("accounts", "A4"),
        "Name": "Öl & Söhne",
        "Owner.Name": "Robot Owner",
        "Strategic__c": "true",
        "SystemModstamp": "2026-10-03T09:00:00.000Z",
    }


def test_a_job_is_done_after_a_few_looks_even_when_the_clock_stands(house: House) -> None:
    job = a_query_job(house, "SELECT Id FROM Contact")

    states = [house.get(f"jobs/query/{job}").json()["state"] for _ in range(3)]

    assert states == ["InProgress", "InProgress", "JobComplete"]


def test_query_all_finds_the_deleted(house: House) -> None:
    house.act(do="delete_record", object="accounts", key="A2")
    job = a_query_job(house, "SELECT Id, IsDeleted FROM Account", "queryAll")
    finished(house, f"jobs/query/{job}")

    assert [each["IsDeleted"] for each in rows_of(house.get(f"jobs/query/{job}/results"))].count("true") == 1


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT COUNT(Id) FROM Account", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT Id FROM TaskStatus", "INVALIDENTITY"),
        ("SELECT BillingAddress FROM Account", "INVALID_FIELD"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
    ],
)
def test_bulk_refuses_what_it_cannot_do(house: House, soql: str, code: str) -> None:
    answer = house.call("POST", "jobs/query", {"operation": "query", "query": soql})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_job_is_tied_to_its_version_and_can_be_removed(house: House) -> None:
    job = a_query_job(house, "SELECT Id FROM Account")

    assert house.get(f"/services/data/v65.0/jobs/query/{job}").status_code == 409
    assert house.call("DELETE", f"jobs/query/{job}").status_code == 400
    finished(house, f"jobs/query/{job}")
    pages = house.get(f"jobs/query/{job}/resultPages").json()
    assert pages["done"] is True
    assert len(rows_of(house.get(pages["resultPages"][0]["resultUrl"]))) == 4
    assert house.call("DELETE", f"jobs/query/{job}").status_code == 204


# ---- ingest ---------------------------------------------------------------------------------------------------------
def test_an_insert_reports_good_and_bad_rows_apart(house: House) -> None:
    job = ingest(house, "Name,NumberOfEmployees\nGood,5\n,3\nBad,many\n")

    state = finished(house, f"jobs/ingest/{job}")

    assert (state["state"], state["numberRecordsProcessed"], state["numberRecordsFailed"]) == ("JobComplete", 3, 2)
    (good,) = rows_of(house.get(f"jobs/ingest/{job}/successfulResults"))
    assert (good["sf__Created"], good["Name"]) == ("true", "Good")
    assert house.one(f"SELECT NumberOfEmployees FROM Account WHERE Id = '{good['sf__Id']}'")["NumberOfEmployees"] == 5
    errors = sorted(each["sf__Error"] for each in rows_of(house.get(f"jobs/ingest/{job}/failedResults")))
    assert errors[0].startswith("INVALID_FIELD:Failed to deserialize field at col 1. Due to, 'many' is not a valid")
    assert errors[1] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    for spelling in ("unprocessedrecords", "unprocessedRecords"):
        assert rows_of(house.get(f"jobs/ingest/{job}/{spelling}")) == []


def test_an_empty_cell_leaves_a_value_and_na_clears_it(house: House) -> None:
    one, two = house.id("accounts", "A1"), house.id("accounts", "A2")
    job = ingest(house, f"Id,NumberOfEmployees,Industry\n{one},,Energy\n{two},#N/A,\n", "update")

    finished(house, f"jobs/ingest/{job}")

    rows = house.query("SELECT NumberOfEmployees, Industry FROM Account WHERE Name LIKE 'acme%' ORDER BY World_Key__c")
    assert [(each["NumberOfEmployees"], each["Industry"]) for each in rows] == [(400, "Energy"), (None, "Technology")]


def test_an_upsert_follows_its_key_and_parents_by_theirs(house: House) -> None:
    text = "World_Key__c,Name,Parent.World_Key__c\nA3,Bolt Inc,A1\nN9,New,A1\n"
    job = ingest(house, text, "upsert", externalIdFieldName="World_Key__c")

    finished(house, f"jobs/ingest/{job}")

    good = {
        each["World_Key__c"]: each["sf__Created"] for each in rows_of(house.get(f"jobs/ingest/{job}/successfulResults"))
    }
    assert good == {"A3": "false", "N9": "true"}
    assert len(house.query("SELECT Id FROM Account WHERE Parent.Name = 'Acme' AND Name IN ('Bolt Inc', 'New')")) == 2


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Name,Nope__c\nx,1\n", "InvalidBatch : Field name not found : Nope__c"),
        ("Name\r\nx\r\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"),
    ],
)
def test_unreadable_data_fails_the_job(house: House, text: str, error: str) -> None:
    state = finished(house, f"jobs/ingest/{ingest(house, text)}")

    assert (state["state"], state["errorMessage"]) == ("Failed", error)


def test_a_delete_job_fills_the_recycle_bin(house: House) -> None:
    job = ingest(house, f"Id\n{house.id('accounts', 'A4')}\n", "delete")

    finished(house, f"jobs/ingest/{job}")

    assert len(house.query("SELECT Id FROM Account")) == 3
