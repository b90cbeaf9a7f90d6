"""Answers have the shapes that real orgs were recorded with. Needs the recordings; skips without them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.soql.ids import encode

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House

SHARED = Path(os.environ.get("TIERLINE_SHARED") or Path(__file__).parents[4] / "shared") / "recorded"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded traffic is not here (set TIERLINE_SHARED)")

TEST_ONLY = {"associateEntityType", "associateParentEntity"}  # newer than some recordings


def recorded(path: str) -> Any:
    return json.loads((SHARED / path).read_text())


def traffic(method: str, route: str, status: int) -> dict[str, Any]:
    """The first recorded exchange of a kind."""
    with (SHARED / "salesforce_rest.jsonl").open() as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if (row["method"], row["route"], row["status"]) == (method, f"/services/data/vNN.0/{route}", status):
                return row
    raise AssertionError(f"no recorded {method} {route} {status}")


def kinds(value: Any) -> Any:
    """A value as its shape: keys and JSON types; lists by their first item; null fits anything."""
    if isinstance(value, dict):
        return {key: kinds(each) for key, each in value.items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize("entity", ["Account", "Contact", "Lead", "Opportunity", "Event", "OpportunityContactRole"])
def test_describes_have_the_recorded_keys(house: House, entity: str) -> None:
    real = recorded(f"describe/{entity}.CumulusCI.json")
    ours = house.get(f"sobjects/{entity}/describe").json()

    assert set(real) - TEST_ONLY <= set(ours)
    for part in ("fields", "childRelationships", "recordTypeInfos"):
        if real[part] and ours[part]:
            assert set(real[part][0]) <= set(ours[part][0]), part
    assert set(real["urls"]) - {"rowTemplate"} - set(ours["urls"]) <= {"defaultValues", "eventSeriesUpdates"}


@pytest.mark.parametrize("entity", ["Account", "Contact", "Lead", "Opportunity", "Event"])
def test_standard_fields_have_the_recorded_types(house: House, entity: str) -> None:
    real = {each["name"]: each for each in recorded(f"describe/{entity}.CumulusCI.json")["fields"]}
    ours = {each["name"]: each for each in house.get(f"sobjects/{entity}/describe").json()["fields"]}
    shared = [name for name in ours if name in real]

    assert len(shared) > 20
    for key in ("type", "soapType", "createable", "relationshipName", "custom", "calculated"):
        differ = {name: (ours[name][key], real[name][key]) for name in shared if ours[name][key] != real[name][key]}
        assert not differ, key


def test_a_created_record_answers_as_recorded(house: House) -> None:
    row = traffic("POST", "sobjects/Account/", 201)
    ours = house.call("POST", "sobjects/Account/", row["request"])

    assert kinds(ours.json()) == kinds(row["response"])


def test_collections_answer_as_recorded(house: House) -> None:
    for row in (traffic("POST", "composite/sobjects", 200), traffic("DELETE", "composite/sobjects", 200)):
        if row["method"] == "POST":
            ours = house.call("POST", "composite/sobjects", row["request"])
        else:
            ours = house.call("DELETE", "composite/sobjects", params={"ids": house.id("accounts", "A1")})
        assert kinds(ours.json()) == kinds(row["response"])


@pytest.mark.parametrize("name", ["err-each-no-ids", "partial-but-allOrNone"])
def test_failed_rows_are_the_recorded_ones(house: House, name: str) -> None:
    real = recorded(f"amp-labs/salesforce/test/batch/update/contacts/{name}.json")
    contact = house.id("contacts", "C1")
    good = {"attributes": {"type": "Contact"}, "id": contact, "LastName": "x"}
    bad = {"attributes": {"type": "Contact"}, "id": house.id("contacts", "C2"), "unknownField_LastName": "x"}
    none = {"attributes": {"type": "Contact"}, "LastName": "x"}
    records = [none, none] if name == "err-each-no-ids" else [good, bad]

    body = {"records": records, "allOrNone": name != "err-each-no-ids"}

    assert house.call("PATCH", "composite/sobjects", body).json() == real


def test_missing_things_are_answered_word_for_word(house: House) -> None:
    row = traffic("GET", "sobjects/Account/{id}", 404)
    ours = house.get("sobjects/Account/" + encode("001", 10**6))

    assert ours.json() == row["response"]
    assert "sforce-limit-info" in {name.lower() for name in ours.headers}


def test_the_wrong_object_is_named_word_for_word(house: House) -> None:
    (real,) = recorded("amp-labs/salesforce/test/unknown-object.json")

    assert house.refused("SELECT Id,Name,BillingCity,IsDeleted FROM Accout") == (real["errorCode"], real["message"])


def test_an_expired_session_is_answered_word_for_word(house: House) -> None:
    house.crm.expire_sessions()

    assert house.get("limits").json() == recorded("restforce/expired_session_response.json")


def test_finished_jobs_have_the_recorded_facts(house: House) -> None:
    real = recorded("amp-labs/salesforce/test/bulk/info/success.json")
    asked = {"object": "Account", "operation": "upsert", "externalIdFieldName": "World_Key__c", "contentType": "CSV"}
    job = house.call("POST", "jobs/ingest", asked).json()
    headers = {"Content-Type": "text/csv"}
    house.call("PUT", "/" + job["contentUrl"], data=b"World_Key__c,Name\nA1,x\n", headers=headers)
    house.call("PATCH", f"jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    house.box.clock.advance(1)

    ours = house.get(f"jobs/ingest/{job['id']}").json()

    assert kinds(ours) == kinds(real)
    assert ours["state"] == real["state"]


def test_aggregates_and_counts_have_the_recorded_shape(house: House) -> None:
    groups = traffic("GET", "query/", 200)["response"]
    assert kinds(house.get("query/", q="select count(Id) from Account").json()) == kinds(groups)
    counts = traffic("GET", "limits/recordCount", 200)["response"]
    assert kinds(house.get("limits/recordCount", sObjects="Account").json()) == kinds(counts)
