"""Property definitions and groups over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PATH = "/crm/properties/2026-09/companies"


def a_property(name: str = "tier", **more: Any) -> dict[str, Any]:
    given = {"groupName": "companyinformation", "name": name, "label": "Tier", "type": "string", "fieldType": "text"}
    return {**given, **more}


def test_the_list_has_no_paging_and_full_definitions(house: Any) -> None:
    body = house.ok("GET", PATH)

    by_name = {item["name"]: item for item in body["results"]}
    assert set(body) == {"results"}
    owner = by_name["hubspot_owner_id"]
    assert (owner["type"], owner["options"], owner["referencedObjectType"]) == ("enumeration", [], "OWNER")
    assert by_name["hs_object_id"]["modificationMetadata"]["readOnlyValue"] is True
    assert [option["value"] for option in by_name["account_status"]["options"]][:2] == ["prospect", "customer"]


def test_a_create_is_201_with_its_description_and_the_name_is_then_taken(house: Any) -> None:
    first = house.post(PATH, a_property(description="What the score says"))
    second = house.post("/crm/v3/properties/COMPANY", a_property())

    assert first.status_code == 201
    assert first.headers["location"].endswith(f"{PATH}/tier")
    assert first.json()["description"] == "What the score says"
    assert second.status_code == 409
    assert second.json()["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert second.json()["message"] == "A property named 'tier' already exists."
    assert house.make_company(tier="T1")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "tier", "label": "Tier"},
        a_property("Tier"),
        a_property(type="number", fieldType="textarea"),
        a_property(groupName="nowhere"),
        a_property(type="bool", fieldType="booleancheckbox"),
    ],
    ids=["fields missing", "upper case", "types do not go together", "no such group", "bool without options"],
)
def test_what_a_definition_must_have(house: Any, body: dict[str, Any]) -> None:
    answer = house.post(PATH, body)

    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_batch_create_is_201_or_207(house: Any) -> None:
    path = f"{PATH}/batch/create"

    whole = house.post(path, {"inputs": [a_property("one"), a_property("two")]})
    part = house.post(path, {"inputs": [a_property("two"), a_property("three")]})

    assert (whole.status_code, part.status_code) == (201, 207)
    assert [row["name"] for row in part.json()["results"]] == ["three"]
    assert part.json()["errors"][0]["context"] == {"name": ["two"]}
    assert part.json()["errors"][0]["category"] == "OBJECT_ALREADY_EXISTS"


def test_patching_options_replaces_the_list(house: Any) -> None:
    options = [{"label": value, "value": value} for value in ("T1", "T2")]
    house.post(PATH, a_property(type="enumeration", fieldType="select", options=options))

    changed = house.ok("PATCH", f"{PATH}/tier", {"options": [{"label": "T3", "value": "T3"}], "label": "Level"})

    assert [option["value"] for option in changed["options"]] == ["T3"]
    assert changed["label"] == "Level"
    refused = house.post("/crm/v3/objects/companies", {"properties": {"name": "x", "tier": "T1"}})
    assert refused.json()["errors"][0]["code"] == "INVALID_OPTION"


def test_standard_definitions_stand(house: Any) -> None:
    assert house.call("PATCH", f"{PATH}/name", {"label": "Firm"}).status_code == 400
    assert house.call("DELETE", f"{PATH}/name").status_code == 400


def test_an_archived_name_comes_back_with_the_posted_definition(house: Any) -> None:
    house.post(PATH, a_property())
    number = house.make_company(tier="T1")

    assert house.call("DELETE", f"{PATH}/tier").status_code == 204
    assert house.get(f"{PATH}/tier").status_code == 404
    assert [item["name"] for item in house.ok("GET", PATH, archived="true")["results"]] == ["tier"]
    hidden = house.ok("GET", f"/crm/v3/objects/companies/{number}", properties="tier")["properties"]
    restored = house.post(PATH, a_property(label="Again"))

    assert "tier" not in hidden
    assert (restored.status_code, restored.json()["label"]) == (201, "Again")
    shown = house.ok("GET", f"/crm/v3/objects/companies/{number}", properties="tier")["properties"]
    assert shown["tier"] == "T1"


def test_uniqueness_is_set_at_creation_and_capped_at_ten(house: Any) -> None:
    for at in range(10):
        made = house.ok("POST", PATH, a_property(f"key_{at}", hasUniqueValue=True))
        assert made["hasUniqueValue"] is True

    assert house.post(PATH, a_property("key_10", hasUniqueValue=True)).status_code == 400
    assert house.ok("POST", PATH, a_property("plain"))["hasUniqueValue"] is False
    assert house.ok("PATCH", f"{PATH}/plain", {"hasUniqueValue": True})["hasUniqueValue"] is False


@pytest.mark.parametrize("allowed", [True, False])
def test_tasks_may_or_may_not_take_a_unique_property(open_house: Callable[..., Any], allowed: bool) -> None:
    house = open_house(unique_on_tasks=allowed)
    body = a_property("our_key", groupName="taskinformation", hasUniqueValue=True)

    assert house.ok("POST", "/crm/v3/properties/tasks", body)["hasUniqueValue"] is allowed
    assert house.ok("GET", "/crm/v3/properties/tasks/our_key")["hasUniqueValue"] is allowed


def test_groups_are_made_listed_changed_and_dropped_when_empty(house: Any) -> None:
    made = house.post(f"{PATH}/groups", {"name": "scores", "label": "Scores"})
    assert (made.status_code, made.json()["archived"]) == (201, False)
    assert house.post(f"{PATH}/groups", {"name": "scores", "label": "Scores"}).status_code == 409
    assert house.ok("PATCH", f"{PATH}/groups/scores", {"label": "Our scores"})["label"] == "Our scores"
    house.post(PATH, a_property(groupName="scores"))

    refused = house.call("DELETE", f"{PATH}/groups/scores")
    assert refused.json()["subCategory"] == "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    house.call("DELETE", f"{PATH}/tier")
    assert house.call("DELETE", f"{PATH}/groups/scores").status_code == 204
    assert [group["name"] for group in house.ok("GET", f"{PATH}/groups")["results"]] == ["companyinformation"]


def test_a_property_can_be_read_only_in_this_portal(open_house: Callable[..., Any]) -> None:
    house = open_house(read_only_values=["companies.industry"])

    answer = house.post("/crm/v3/objects/companies", {"properties": {"name": "x", "industry": "Steel"}})

    assert answer.json()["errors"][0]["message"] == '"industry" is a read only property; its value cannot be set.'


def test_custom_property_limits_count_what_was_made(house: Any) -> None:
    def used() -> int:
        rows = house.ok("GET", "/crm/limits/2026-09/custom-properties")["byObjectType"]
        return int(next(row["usage"] for row in rows if row["objectTypeId"] == "0-2"))

    before = used()
    house.post(PATH, a_property())

    assert used() == before + 1
