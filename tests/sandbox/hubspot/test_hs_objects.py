"""List, read, create, update, archive and merge over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests


def pages(house: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    """All records by following the links that the server gives."""
    rows: list[dict[str, Any]] = []
    body = house.ok("GET", path, **query)
    rows += body["results"]
    while "paging" in body:
        link = body["paging"]["next"]["link"]
        assert link.startswith(house.url)
        answer = requests.get(link, headers={"Authorization": f"Bearer {house.token}"}, timeout=10)
        body = answer.json()
        rows += body["results"]
    return rows


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/objects/companies",
        "/crm/v3/objects/companies/",
        "/crm/v3/objects/COMPANY",
        "/crm/v3/objects/0-2",
        "/crm/objects/2026-03/company",
        "/crm/objects/2026-09/companies/",
    ],
)
def test_both_families_and_all_names_lead_to_one_store(house: Any, path: str) -> None:
    rows = house.ok("GET", path)["results"]

    assert [row["properties"]["name"] for row in rows] == ["Firm A000001", "Firm A000002", "Firm A000003"]


def test_an_unknown_type_is_400_without_a_category(house: Any) -> None:
    answer = house.get("/crm/v3/objects/butterflies")

    assert answer.status_code == 400
    assert answer.json() == {
        "status": "error",
        "message": "Unable to infer object type from: butterflies",
        "correlationId": answer.headers["x-hubspot-correlation-id"],
    }


@pytest.mark.parametrize("path", ["/crm/v9/objects/companies", "/crm/v3/nothing", "/crm/objects/v3/companies", "/crm/"])
def test_a_wrong_path_is_an_html_page(house: Any, path: str) -> None:
    answer = house.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_record_has_strings_nulls_sorted_keys_and_no_undefined_names(house: Any) -> None:
    asked = "strategic,name,arr,numberofemployees,annualrevenue,no_such_thing,tech_stack"
    row = house.ok("GET", "/crm/v3/objects/companies", properties=asked, limit=1)["results"][0]

    assert list(row["properties"]) == sorted(row["properties"])
    assert row["properties"] == {
        "annualrevenue": "1500000.5",
        "arr": None,
        "createdate": "2026-01-06T09:00:00.000Z",
        "hs_lastmodifieddate": "2026-04-16T09:00:00.000Z",
        "hs_object_id": row["id"],
        "name": "Firm A000001",
        "numberofemployees": "120",
        "strategic": "false",
        "tech_stack": "kafka;spark",
    }
    assert row["url"].endswith(f"/record/0-2/{row['id']}")
    assert (row["createdAt"], row["archived"]) == ("2026-01-06T09:00:00.000Z", False)


def test_repeated_and_comma_separated_properties_mean_the_same(house: Any) -> None:
    comma = house.ok("GET", "/crm/v3/objects/contacts", properties="jobtitle,hs_buying_role")
    repeated = house.ok("GET", "/crm/v3/objects/contacts", properties=["jobtitle", "hs_buying_role"])

    assert comma == repeated
    assert comma["results"][0]["properties"]["hs_buying_role"] == "DECISION_MAKER"


def test_pages_follow_the_next_record_id_and_end_without_paging(house: Any) -> None:
    first = house.ok("GET", "/crm/v3/objects/companies", limit=2)
    rows = pages(house, "/crm/v3/objects/companies", limit=2)

    assert first["paging"]["next"]["after"] == house.id_of("A000003")
    assert [row["id"] for row in rows] == [house.id_of(key) for key in ("A000001", "A000002", "A000003")]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": 100}, 200),
        ({"limit": 101}, 400),
        ({"limit": 0}, 400),
        ({"limit": 51, "propertiesWithHistory": "name"}, 400),
        ({"after": "10"}, 400),
        ({"after": "abc"}, 400),
        ({"archived": "False"}, 200),
        ({"archived": "perhaps"}, 400),
    ],
)
def test_list_parameters_are_checked(house: Any, query: dict[str, Any], status: int) -> None:
    assert house.get("/crm/v3/objects/companies", **query).status_code == status


def test_associations_come_inline_with_their_own_paging(open_house: Callable[..., Any]) -> None:
    house = open_house(inline_associations=2)

    body = house.ok("GET", "/crm/v3/objects/companies", associations="contacts,emails,deals")
    linked = body["results"][0]["associations"]

    kinds = [row["type"] for row in linked["contacts"]["results"]]
    assert kinds == ["company_to_contact", "company_to_contact_unlabeled"]
    assert len(linked["emails"]["results"]) == 2
    more = linked["emails"]["paging"]["next"]
    rest = requests.get(more["link"], headers={"Authorization": f"Bearer {house.token}"}, timeout=10).json()
    assert [str(row["toObjectId"]) for row in rest["results"]] == [more["after"]]
    assert "associations" not in body["results"][2]


def test_activities_carry_what_the_world_says(house: Any) -> None:
    calls = house.ok(
        "GET",
        "/crm/objects/2026-09/calls",
        properties="hs_call_direction,hs_call_status,hs_call_disposition,hs_call_duration,hubspot_owner_id,hs_timestamp",
        associations="companies,contacts",
    )["results"]
    mails = house.ok(
        "GET", "/crm/v3/objects/emails", properties="hs_email_direction,hs_email_from_email,hs_email_to_email"
    )["results"]
    meetings = house.ok("GET", "/crm/v3/objects/meetings", properties="hs_meeting_outcome,hs_meeting_end_time")[
        "results"
    ]
    tasks = house.ok("GET", "/crm/v3/objects/tasks", properties="hs_task_status,hs_task_completion_date")["results"]

    directions = [(row["properties"]["hs_call_direction"], row["properties"]["hs_call_status"]) for row in calls]
    assert directions == [("OUTBOUND", "COMPLETED"), ("OUTBOUND", "NO_ANSWER"), ("INBOUND", "COMPLETED")]
    assert calls[0]["properties"]["hs_call_duration"] == "300000"
    assert calls[0]["properties"]["hubspot_owner_id"] == house.id_of("O002")
    assert calls[0]["associations"]["companies"]["results"] == [
        {"id": house.id_of("A000001"), "type": "call_to_company"}
    ]
    senders = [(row["properties"]["hs_email_direction"], row["properties"]["hs_email_from_email"]) for row in mails]
    assert senders == [
        ("EMAIL", "o002@ours.com"),
        ("INCOMING_EMAIL", "c0000001@firm.com"),
        ("EMAIL", "o002@ours.com"),
    ]
    assert [row["properties"]["hs_meeting_outcome"] for row in meetings] == ["COMPLETED", "NO_SHOW"]
    assert meetings[0]["properties"]["hs_meeting_end_time"] == "2026-11-01T09:05:00.000Z"
    states = [(row["properties"]["hs_task_status"], row["properties"]["hs_task_completion_date"]) for row in tasks]
    assert states == [("COMPLETED", "2026-11-01T09:00:00.000Z"), ("NOT_STARTED", None)]


def test_a_company_is_read_by_id_with_defaults(house: Any) -> None:
    number = house.id_of("A000001")

    row = house.ok("GET", f"/crm/v3/objects/companies/{number}")

    assert sorted(row["properties"]) == ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"]


def test_a_contact_is_found_by_email_whatever_its_case(house: Any) -> None:
    row = house.ok("GET", "/crm/v3/objects/contacts/C0000002@FIRM.com", idProperty="email")

    assert row["id"] == house.id_of("C0000002")


@pytest.mark.parametrize(
    ("number", "message"),
    [("999", "resource not found"), ("x", "Object not found.  objectId are usually numeric.")],
)
def test_a_missing_record_is_404(house: Any, number: str, message: str) -> None:
    answer = house.get(f"/crm/v3/objects/companies/{number}")

    assert (answer.status_code, answer.json()["message"]) == (404, message)
    assert answer.json()["category"] == "OBJECT_NOT_FOUND"


def test_a_url_that_is_too_long_is_414(house: Any) -> None:
    names = ",".join(f"property_{at:05d}" for at in range(1200))

    assert house.get("/crm/v3/objects/companies", properties=names[:12_000]).status_code == 200
    assert house.get("/crm/v3/objects/companies", properties=names).status_code == 414


def test_countries_are_written_out_beside_their_code(house: Any) -> None:
    row = house.ok("GET", "/crm/v3/objects/companies", properties="country,country_code")["results"][0]

    assert (row["properties"]["country"], row["properties"]["country_code"]) == ("United States", "US")
