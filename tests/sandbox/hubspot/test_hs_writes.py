"""Create, update, archive, merge and history over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def test_a_create_is_201_with_derived_values(house: Any) -> None:
    answer = house.post("/crm/v3/objects/companies", {"properties": {"domain": "new.com", "arr": 5}})

    assert answer.status_code == 201
    shown = answer.json()["properties"]
    assert shown["website"] == "new.com"
    assert shown["arr"] == "5"
    assert shown["hs_object_source"] == "INTEGRATION"
    assert int(answer.json()["id"]) > int(house.id_of("A000003"))


@pytest.mark.parametrize(
    ("kind", "properties", "wanted"),
    [
        ("companies", {"city": "Rome"}, ["name", "domain"]),
        ("calls", {"hs_call_title": "x"}, ["hs_timestamp"]),
        ("tasks", {"hs_task_subject": "x"}, ["hs_timestamp"]),
        ("deals", {"dealname": "x"}, ["dealstage"]),
    ],
)
def test_a_create_needs_its_required_properties(
    house: Any, kind: str, properties: dict[str, str], wanted: list[str]
) -> None:
    answer = house.post(f"/crm/v3/objects/{kind}", {"properties": properties})

    assert answer.status_code == 400
    assert answer.json()["context"] == {"properties": wanted}
    assert answer.json()["message"].startswith("Error creating ")


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"nope": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
        ({"account_status": "Prospect"}, "INVALID_OPTION"),
        ({"numberofemployees": "many"}, "INVALID_INTEGER"),
        ({"renewal_date": "soon"}, "INVALID_DATE"),
        ({"hubspot_owner_id": "1"}, "INVALID_OPTION"),
        ({"strategic": "perhaps"}, "INVALID_OPTION"),
    ],
)
def test_bad_values_are_refused_with_a_code_and_write_nothing(
    house: Any, properties: dict[str, str], code: str
) -> None:
    number = house.id_of("A000001")

    answer = house.call("PATCH", f"/crm/v3/objects/companies/{number}", {"properties": {"city": "Rome", **properties}})

    assert answer.status_code == 400
    body = answer.json()
    assert body["category"] == "VALIDATION_ERROR"
    assert [row["code"] for row in body["errors"]] == [code]
    assert body["errors"][0]["context"] == {"propertyName": list(properties)}
    assert body["message"].startswith('Property values were not valid: [{"isValid":false,')
    assert house.ok("GET", f"/crm/v3/objects/companies/{number}", properties="city")["properties"]["city"] is None


def test_a_bad_email_is_refused(house: Any) -> None:
    answer = house.post("/crm/v3/objects/contacts", {"properties": {"email": "nobody"}})

    assert answer.json()["errors"][0]["code"] == "INVALID_EMAIL"


def test_an_update_echoes_what_was_sent_and_the_system_properties(house: Any) -> None:
    number = house.id_of("A000001")
    house.clock.advance(60)

    row = house.ok("PATCH", f"/crm/v3/objects/companies/{number}", {"properties": {"name": "Acme", "arr": ""}})

    assert row["properties"]["name"] == "Acme"
    assert row["properties"]["arr"] == ""
    assert row["properties"]["hs_lastmodifieddate"] == row["updatedAt"] == "2026-11-02T09:01:00.000Z"
    assert "domain" not in row["properties"]


def test_a_write_that_changes_nothing_leaves_the_modification_time(house: Any) -> None:
    number, path = house.id_of("A000001"), "/crm/v3/objects/companies/batch/update"
    before = house.ok("GET", f"/crm/v3/objects/companies/{number}")
    house.clock.advance(60)

    same = {"name": "Firm A000001", "numberofemployees": 120}
    row = house.ok("POST", path, {"inputs": [{"id": number, "properties": same}]})["results"][0]

    assert row["updatedAt"] == before["updatedAt"]
    assert len(house.journal) == 0


def test_moments_and_days_are_taken_in_both_forms(house: Any) -> None:
    made = house.ok("POST", "/crm/v3/objects/tasks", {"properties": {"hs_timestamp": "1793702400000"}})
    number = house.make_company(renewal_date=1_796_083_200_000)

    assert made["properties"]["hs_timestamp"] == "2026-11-03T10:40:00.000Z"
    row = house.ok("GET", f"/crm/v3/objects/companies/{number}", properties="renewal_date")
    assert row["properties"]["renewal_date"] == "2026-12-01"


def test_a_leading_semicolon_adds_to_a_checkbox(house: Any) -> None:
    number = house.id_of("C0000001")

    house.ok("PATCH", f"/crm/v3/objects/contacts/{number}", {"properties": {"hs_buying_role": ";CHAMPION"}})

    row = house.ok("GET", f"/crm/v3/objects/contacts/{number}", properties="hs_buying_role")
    assert row["properties"]["hs_buying_role"] == "DECISION_MAKER;CHAMPION"


def test_a_life_cycle_stage_never_goes_back(house: Any) -> None:
    number = house.make_company(lifecyclestage="customer")

    house.ok("PATCH", f"/crm/v3/objects/companies/{number}", {"properties": {"lifecyclestage": "lead"}})

    row = house.ok("GET", f"/crm/v3/objects/companies/{number}", properties="lifecyclestage")
    assert row["properties"]["lifecyclestage"] == "customer"


def test_an_empty_update_is_refused(house: Any) -> None:
    answer = house.call("PATCH", f"/crm/v3/objects/companies/{house.id_of('A000001')}", {"properties": {}})

    assert answer.status_code == 400
    assert answer.json()["message"] == "No properties found to update, please provide at least one."


def test_a_taken_email_is_409_and_names_the_holder(house: Any) -> None:
    answer = house.post("/crm/v3/objects/contacts", {"properties": {"email": "C0000001@firm.com"}})

    assert answer.status_code == 409
    assert answer.json()["message"] == f"Contact already exists. Existing ID: {house.id_of('C0000001')}"
    assert answer.json()["category"] == "CONFLICT"


def test_a_late_conflict_is_the_400_whose_second_id_is_the_holder(open_house: Callable[..., Any]) -> None:
    house = open_house(late_email_conflict=True)
    mine, holder = house.id_of("C0000003"), house.id_of("C0000001")

    answer = house.call("PATCH", f"/crm/v3/objects/contacts/{mine}", {"properties": {"email": "c0000001@firm.com"}})

    assert answer.status_code == 400
    assert answer.json()["message"].endswith(f"on {mine}. {holder} already has that value.")


def test_companies_may_share_a_domain(house: Any) -> None:
    first, second = house.make_company(domain="same.com"), house.make_company(domain="same.com")

    assert first != second


def test_an_archived_record_is_listed_apart_and_stays_404(house: Any) -> None:
    number = house.id_of("A000002")

    assert house.call("DELETE", f"/crm/v3/objects/companies/{number}").status_code == 204
    assert house.call("DELETE", f"/crm/v3/objects/companies/{number}").status_code == 204

    assert house.get(f"/crm/v3/objects/companies/{number}").status_code == 404
    archived = house.ok("GET", "/crm/v3/objects/companies", archived="true")["results"]
    assert [(row["id"], row["archived"], row["archivedAt"]) for row in archived] == [
        (number, True, "2026-11-02T09:00:00.000Z")
    ]
    assert number not in {row["id"] for row in house.ok("GET", "/crm/v3/objects/companies")["results"]}
    assert house.ok("GET", f"/crm/v3/objects/companies/{number}", archived="true")["id"] == number


def test_an_email_is_free_again_after_the_contact_is_archived(house: Any) -> None:
    house.call("DELETE", f"/crm/v3/objects/contacts/{house.id_of('C0000001')}")

    assert house.post("/crm/v3/objects/contacts", {"properties": {"email": "c0000001@firm.com"}}).status_code == 201


def test_a_merge_makes_a_new_id_to_which_both_old_ones_lead(house: Any) -> None:
    one, two = house.id_of("A000001"), house.id_of("A000002")

    body = {"primaryObjectId": one, "objectIdToMerge": two}
    made = house.ok("POST", "/crm/v3/objects/companies/merge", body)

    assert made["id"] not in {one, two}
    assert made["properties"]["hs_merged_object_ids"] == f"{one};{two}"
    for old in (one, two):
        assert house.ok("GET", f"/crm/v3/objects/companies/{old}")["id"] == made["id"]
    assert house.ok("GET", f"/crm/v3/objects/companies/{one}")["properties"]["name"] == "Firm A000001"
    archived = house.ok("GET", "/crm/v3/objects/companies", archived=True)["results"]
    assert {row["id"] for row in archived} == {one, two}
    people = house.ok("GET", f"/crm/v4/objects/companies/{made['id']}/associations/contacts")["results"]
    assert {str(row["toObjectId"]) for row in people} == {house.id_of("C0000001"), house.id_of("C0000002")}


def test_a_merged_id_can_be_patched_but_vanishes_from_a_batch_update(house: Any) -> None:
    one, two = house.id_of("A000001"), house.id_of("A000002")
    made = house.ok("POST", "/crm/v3/objects/companies/merge", {"primaryObjectId": one, "objectIdToMerge": two})

    patched = house.ok("PATCH", f"/crm/v3/objects/companies/{two}", {"properties": {"city": "Rome"}})
    batch = house.post("/crm/v3/objects/companies/batch/update", {"inputs": [{"id": two, "properties": {"city": "X"}}]})

    assert patched["id"] == made["id"]
    assert (batch.status_code, batch.json()["results"]) == (200, [])


def test_a_forgotten_contact_leaves_no_trace(house: Any) -> None:
    number = house.id_of("C0000001")

    answer = house.post(
        "/crm/v3/objects/contacts/gdpr-delete", {"objectId": "c0000001@firm.com", "idProperty": "email"}
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert house.get(f"/crm/v3/objects/contacts/{number}").status_code == 404
    assert house.ok("GET", "/crm/v3/objects/contacts", archived=True)["results"] == []


def test_history_tells_the_app_from_the_rep(house: Any) -> None:
    number = house.id_of("A000001")
    house.ok("PATCH", f"/crm/v3/objects/companies/{number}", {"properties": {"industry": "Steel"}})
    house.clock.advance(5)
    house.crm.act({"do": "set_field", "id": "A000001", "field": "industry", "value": "Glass", "by": "O002"})

    row = house.ok("GET", f"/crm/v3/objects/companies/{number}", propertiesWithHistory="industry")

    lines = row["propertiesWithHistory"]["industry"]
    told = [(line["value"], line["sourceType"]) for line in lines]
    assert told == [("Glass", "CRM_UI"), ("Steel", "INTEGRATION"), ("Software", "IMPORT")]
    assert lines[1]["sourceId"] == "19083857"
    assert lines[0]["updatedByUserId"] > 0


def test_a_finished_task_gets_its_completion_date(house: Any) -> None:
    made = house.ok("POST", "/crm/v3/objects/tasks", {"properties": {"hs_timestamp": "2026-11-05T09:00:00Z"}})
    assert made["properties"]["hs_task_status"] == "NOT_STARTED"

    house.crm.act({"do": "close_task", "id": made["id"], "by": "O002"})

    row = house.ok("GET", f"/crm/v3/objects/tasks/{made['id']}", properties="hs_task_status,hs_task_completion_date")
    assert row["properties"]["hs_task_status"] == "COMPLETED"
    assert row["properties"]["hs_task_completion_date"] == "2026-11-02T09:00:00.000Z"


def test_admin_rules_bite_on_the_newest_path_alone(open_house: Callable[..., Any]) -> None:
    house = open_house(required_on_create=["companies.industry"])
    body = {"properties": {"name": "X"}}

    assert house.post("/crm/v3/objects/companies", body).status_code == 201
    assert house.post("/crm/objects/2026-03/companies", body).status_code == 201
    refused = house.post("/crm/objects/2026-09/companies", body)
    assert refused.json()["errors"][0]["code"] == "MISSING_REQUIRED_PROPERTY"


def test_the_journal_tells_who_wrote_what(house: Any) -> None:
    number = house.id_of("A000001")

    house.ok("PATCH", f"/crm/v3/objects/companies/{number}", {"properties": {"industry": "Steel"}})

    write = house.journal.since()[0].as_json()
    assert (write["who"], write["verb"], write["object"], write["id"]) == ("sandbox-app", "update", "companies", number)
    assert (write["before"], write["after"]) == ({"industry": "Software"}, {"industry": "Steel"})
