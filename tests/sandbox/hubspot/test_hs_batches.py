"""Batch calls: statuses, 207 rules, shuffling, duplicates and silent drops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

COMPANIES = "/crm/objects/2026-09/companies"
CONTACTS = "/crm/v3/objects/contacts"
TASKS = "/crm/v3/objects/tasks"


def unique_key(house: Any, kind: str = "tasks") -> None:
    """Defines the unique property ``our_key``."""
    definition = {
        "groupName": f"{'task' if kind == 'tasks' else 'company'}information",
        "name": "our_key",
        "label": "Our key",
        "type": "string",
        "fieldType": "text",
        "hasUniqueValue": True,
    }
    assert house.post(f"/crm/v3/properties/{kind}", definition).status_code == 201


def a_task(key: str, **more: Any) -> dict[str, Any]:
    properties = {"hs_timestamp": "2026-11-05T09:00:00Z", "hs_task_subject": f"Call {key}", "our_key": key}
    return {"properties": properties, "objectWriteTraceId": key, **more}


def test_a_read_finds_by_id_and_names_what_is_missing(house: Any) -> None:
    there = house.id_of("A000001")

    whole = house.post(f"{COMPANIES}/batch/read", {"inputs": [{"id": there}], "properties": ["arr", "nope"]})
    part = house.post(f"{COMPANIES}/batch/read", {"inputs": [{"id": there}, {"id": "5"}]})

    assert whole.status_code == 200
    assert "errors" not in whole.json()
    assert whole.json()["results"][0]["properties"]["arr"] is None
    assert "nope" not in whole.json()["results"][0]["properties"]
    body = part.json()
    assert (part.status_code, body["status"], body["numErrors"]) == (207, "COMPLETE", 1)
    assert body["errors"] == [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some COMPANY objects, they may be deleted or not exist. "
            "Check that ids are valid.",
            "context": {"ids": ["5"]},
        }
    ]


def test_a_read_by_a_unique_property_finds_live_and_archived_tasks(house: Any) -> None:
    unique_key(house)
    made = house.ok("POST", f"{TASKS}/batch/create", {"inputs": [a_task("k1"), a_task("k2")]})["results"]
    by_key = {row["properties"]["our_key"]: row["id"] for row in made}
    house.call("DELETE", f"{TASKS}/{by_key['k2']}")
    asked = {"idProperty": "our_key", "properties": ["our_key"], "inputs": [{"id": "k1"}, {"id": "k2"}]}

    live = house.post(f"{TASKS}/batch/read", asked)
    archived = house.post(f"{TASKS}/batch/read", asked, archived="true")

    assert [row["id"] for row in live.json()["results"]] == [by_key["k1"]]
    assert live.json()["errors"][0]["context"]["ids"] == ["k2"]
    assert [(row["id"], row["archived"]) for row in archived.json()["results"]] == [(by_key["k2"], True)]


def test_a_read_by_a_property_that_is_not_unique_is_refused(house: Any) -> None:
    answer = house.post(f"{COMPANIES}/batch/read", {"idProperty": "domain", "inputs": [{"id": "a000001.com"}]})

    assert answer.status_code == 400
    assert "non-unique 0-2 property domain" in answer.json()["message"]


def test_merged_ids_are_read_as_their_winner(house: Any) -> None:
    one, two = house.id_of("A000001"), house.id_of("A000002")
    made = house.ok("POST", f"{COMPANIES}/merge", {"primaryObjectId": one, "objectIdToMerge": two})

    rows = house.ok("POST", f"{COMPANIES}/batch/read", {"inputs": [{"id": one}, {"id": two}]})["results"]

    assert [row["id"] for row in rows] == [made["id"]]


def test_a_create_answers_201_in_another_order(house: Any) -> None:
    names = [f"Firm {at}" for at in range(40)]

    answer = house.post(f"{COMPANIES}/batch/create", {"inputs": [{"properties": {"name": name}} for name in names]})

    got = [row["properties"]["name"] for row in answer.json()["results"]]
    assert answer.status_code == 201
    assert sorted(got) == sorted(names)
    assert got != names


def test_associations_come_with_the_create(house: Any) -> None:
    def link(key: str, code: int) -> dict[str, Any]:
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": code}]
        return {"to": {"id": house.id_of(key)}, "types": types}

    unique_key(house)
    body = {"inputs": [a_task("k1", associations=[link("A000003", 192), link("C0000003", 204)])]}
    made = house.ok("POST", f"{TASKS}/batch/create", body)["results"][0]

    linked = house.ok("GET", f"{TASKS}/{made['id']}", associations=["companies", "contacts"])["associations"]
    assert made["objectWriteTraceId"] == "k1"
    assert linked["companies"]["results"] == [{"id": house.id_of("A000003"), "type": "task_to_company"}]
    back = house.ok("GET", f"/crm/v4/objects/companies/{house.id_of('A000003')}/associations/tasks")["results"]
    assert [row["toObjectId"] for row in back] == [int(made["id"])]


@pytest.mark.parametrize("code", [999, 279])
def test_a_wrong_association_type_is_refused(house: Any, code: int) -> None:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": code}]
    links = [{"to": {"id": house.id_of("A000001")}, "types": types}]
    body = {"properties": {"hs_timestamp": "2026-11-05T09:00:00Z"}, "associations": links}

    assert house.post(TASKS, body).status_code == 400


def test_without_trace_ids_one_conflict_fails_the_whole_create(house: Any) -> None:
    inputs = [{"properties": {"email": "new@x.com"}}, {"properties": {"email": "c0000001@firm.com"}}]

    answer = house.post(f"{CONTACTS}/batch/create", {"inputs": inputs})

    assert answer.status_code == 409
    assert answer.json()["message"] == "Contact already exists"
    assert house.get(f"{CONTACTS}/new@x.com", idProperty="email").status_code == 404


def test_with_trace_ids_the_good_rows_are_written(house: Any) -> None:
    inputs = [
        {"properties": {"email": "new@x.com"}, "objectWriteTraceId": "a"},
        {"properties": {"email": "c0000001@firm.com"}, "objectWriteTraceId": "b"},
        {"properties": {"email": "other@x.com", "nope": "1"}, "objectWriteTraceId": "c"},
    ]

    answer = house.post(f"{CONTACTS}/batch/create", {"inputs": inputs})

    body = answer.json()
    assert (answer.status_code, body["numErrors"]) == (207, 2)
    assert [row["properties"]["email"] for row in body["results"]] == ["new@x.com"]
    holder = house.id_of("C0000001")
    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["b"], "existingId": [holder]}
    assert body["errors"][0]["category"] == "CONFLICT"
    assert body["errors"][1]["context"] == {"objectWriteTraceId": ["c"]}
    assert house.get(f"{CONTACTS}/new@x.com", idProperty="email").status_code == 200


def test_all_bad_values_are_told_at_once_without_trace_ids(house: Any) -> None:
    inputs = [{"properties": {"first000": "a"}}, {"properties": {"last000": "b"}}]

    answer = house.post(f"{CONTACTS}/batch/create", {"inputs": inputs})

    assert answer.status_code == 400
    assert [row["context"]["propertyName"] for row in answer.json()["errors"]] == [["first000"], ["last000"]]


def test_a_taken_unique_value_names_its_holder_in_a_traced_row(house: Any) -> None:
    unique_key(house)
    made = house.ok("POST", f"{TASKS}/batch/create", {"inputs": [a_task("k1")]})["results"][0]

    answer = house.post(f"{TASKS}/batch/create", {"inputs": [a_task("K1"), a_task("k2")]})

    body = answer.json()
    assert answer.status_code == 207
    assert [row["properties"]["our_key"] for row in body["results"]] == ["k2"]
    assert body["errors"][0]["context"]["objectWriteTraceId"] == ["K1"]
    assert body["errors"][0]["message"].endswith(f" {made['id']} already has that value.")


def test_a_taken_unique_value_may_be_409_by_switch(open_house: Callable[..., Any]) -> None:
    house = open_house(unique_conflict=409)
    unique_key(house)
    house.ok("POST", f"{TASKS}/batch/create", {"inputs": [a_task("k1")]})

    answer = house.post(TASKS, {"properties": a_task("k1")["properties"]})

    assert (answer.status_code, answer.json()["category"]) == (409, "CONFLICT")


def test_one_value_twice_in_a_batch_is_written_once_at_most(house: Any) -> None:
    unique_key(house)
    doubled = [a_task("k1"), a_task("k1")]

    traced = house.post(f"{TASKS}/batch/create", {"inputs": doubled})
    bare = [{"properties": {**item["properties"], "our_key": "k9"}} for item in doubled]
    untraced = house.post(f"{TASKS}/batch/create", {"inputs": bare})

    assert (traced.status_code, len(traced.json()["results"]), traced.json()["numErrors"]) == (207, 1, 1)
    assert untraced.status_code == 400


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "Batch input provided should have at least one object."),
        ([{"id": str(at), "properties": {"name": "x"}} for at in range(101)], "The maximum number of inputs"),
        ([{"id": "123456", "properties": {"name": "x"}}] * 2, "Duplicate IDs found in batch input: [123456]"),
    ],
    ids=["empty", "too many", "a repeated id"],
)
def test_malformed_batches_are_refused_whole(house: Any, inputs: list[Any], message: str) -> None:
    answer = house.post(f"{COMPANIES}/batch/update", {"inputs": inputs})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(message)
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_a_read_with_history_takes_fifty(house: Any) -> None:
    inputs = [{"id": str(at)} for at in range(51)]

    answer = house.post(f"{COMPANIES}/batch/read", {"inputs": inputs, "propertiesWithHistory": ["name"]})

    assert answer.status_code == 400
    assert answer.json()["message"].endswith("is 50")


def test_an_update_writes_what_it_finds_and_names_the_rest(house: Any) -> None:
    there = house.id_of("A000001")
    inputs = [{"id": there, "properties": {"city": "Rome"}}, {"id": "unknown888", "properties": {"city": "X"}}]

    answer = house.post(f"{COMPANIES}/batch/update", {"inputs": inputs})

    assert answer.status_code == 207
    assert [row["id"] for row in answer.json()["results"]] == [there]
    assert answer.json()["errors"][0]["context"] == {"ids": ["unknown888"]}


def test_an_update_with_a_bad_value_is_all_or_nothing_unless_traced(house: Any) -> None:
    good, bad = house.id_of("A000001"), house.id_of("A000002")
    inputs = [{"id": good, "properties": {"city": "Rome"}}, {"id": bad, "properties": {"nope": "X"}}]

    refused = house.post(f"{COMPANIES}/batch/update", {"inputs": inputs})
    untouched = house.ok("GET", f"{COMPANIES}/{good}", properties="city")["properties"]["city"]
    traced = [{**item, "objectWriteTraceId": item["id"]} for item in inputs]
    partial = house.post(f"{COMPANIES}/batch/update", {"inputs": traced})

    assert (refused.status_code, untouched) == (400, None)
    assert partial.status_code == 207
    assert [row["id"] for row in partial.json()["results"]] == [good]
    assert partial.json()["errors"][0]["context"]["objectWriteTraceId"] == [bad]


def test_an_upsert_makes_and_then_changes(house: Any) -> None:
    unique_key(house, "companies")

    def upsert(name: str) -> Any:
        row = {"idProperty": "our_key", "id": "e1", "properties": {"name": name}}
        return house.post(f"{COMPANIES}/batch/upsert", {"inputs": [row]})

    first, second = upsert("One"), upsert("Two")

    assert [first.status_code, second.status_code] == [200, 200]
    assert first.json()["results"][0]["new"] is True
    assert second.json()["results"][0]["new"] is False
    assert second.json()["results"][0]["id"] == first.json()["results"][0]["id"]


@pytest.mark.parametrize("name", ["hs_object_id", "domain"])
def test_an_upsert_needs_a_unique_property(house: Any, name: str) -> None:
    row = {"idProperty": name, "id": "x", "properties": {"name": "x"}}

    answer = house.post(f"{COMPANIES}/batch/upsert", {"inputs": [row]})

    message = f"Unable to perform update/upsert by non-unique 0-2 property {name} in portal ID 44237313"
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_an_archive_is_always_204(house: Any) -> None:
    number = house.id_of("A000001")

    for _ in range(2):
        answer = house.post(f"{COMPANIES}/batch/archive", {"inputs": [{"id": number}, {"id": "5"}]})
        assert (answer.status_code, answer.content) == (204, b"")

    assert house.get(f"{COMPANIES}/{number}").status_code == 404


def test_rows_can_be_dropped_without_a_word(open_house: Callable[..., Any]) -> None:
    house = open_house(silent_drop=1)
    inputs = [{"properties": {"name": name}, "objectWriteTraceId": name} for name in "abc"]

    answer = house.post(f"{COMPANIES}/batch/create", {"inputs": inputs})

    assert answer.status_code == 201
    assert len(answer.json()["results"]) == 2
    assert "errors" not in answer.json()
    assert len(house.journal) == 2
