"""The shapes of our answers against recorded answers of the real service."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("TIERLINE_SHARED", Path(__file__).parents[3].parent / "shared"))
RECORDED = SHARED / "recorded"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded traffic at {RECORDED}")
NOT_OURS = {"server", "cf-ray", "date", "connection", "transfer-encoding", "content-length", "vary", "nel", "report-to"}


def exchanges(method: str, ending: str, status: int) -> list[dict[str, Any]]:
    """Recorded exchanges of companies and contacts."""
    with (RECORDED / "hubspot_v3.jsonl").open() as lines:
        rows = [json.loads(line) for line in lines]
    return [
        row
        for row in rows
        if row["method"] == method
        and row["path"].endswith(ending)
        and row["status"] == status
        and ("/COMPANY/" in row["path"] or "/CONTACT/" in row["path"])
    ]


def amp(name: str) -> Any:
    """One published response body."""
    return json.loads((RECORDED / "amp-labs" / "hubspot" / name).read_text())


def shape(value: Any) -> Any:
    """Keys and kinds of a JSON value; property values are text or null."""
    if isinstance(value, dict):
        return {key: "properties" if key == "properties" else shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def without(value: Any, *names: str) -> Any:
    """The value with these keys left out at every level: added by the vendor after the recording."""
    if isinstance(value, dict):
        return {key: without(part, *names) for key, part in value.items() if key not in names}
    return [without(part, *names) for part in value] if isinstance(value, list) else value


def values_of(body: Any) -> Iterator[Any]:
    for row in body["results"]:
        yield from row["properties"].values()


def test_search_answers_have_the_recorded_shape(house: Any) -> None:
    seen = [row for row in exchanges("POST", "/search", 200) if row["response"]["results"]]
    assert seen

    for path, name in (("COMPANY", "domain"), ("CONTACT", "email")):
        row = next(row for row in seen if path in row["path"])
        request = {
            **row["request"],
            "filterGroups": [{"filters": [{"propertyName": name, "operator": "HAS_PROPERTY"}]}],
        }
        request["limit"] = 1
        ours = house.ok(
            "POST", row["path"], {**request, "properties": [name, "city" if path == "COMPANY" else "phone"]}
        )
        ours.pop("paging", None)
        assert shape(without(ours, "url")) == shape(without(row["response"], "url", "paging"))
        assert {type(value) for value in values_of(ours)} == {str, type(None)}
        assert list(ours["results"][0]["properties"]) == sorted(ours["results"][0]["properties"])


@pytest.mark.slow
def test_recorded_search_requests_are_understood(house: Any) -> None:
    """Every recorded request on standard properties is taken as it was sent."""
    taken = 0
    for row in exchanges("POST", "/search", 200):
        names = {item["propertyName"] for group in row["request"]["filterGroups"] for item in group["filters"]}
        if names <= {"domain", "email"}:
            assert house.post(row["path"], row["request"]).status_code == 200
            taken += 1
    assert taken > 20


def test_batch_create_answers_have_the_recorded_shape(house: Any) -> None:
    rows = exchanges("POST", "/batch/create", 201)
    assert rows

    for path, properties in (("COMPANY", {"name": "b", "domain": "b.com"}), ("CONTACT", {"email": "b@b.com"})):
        recorded = next(row for row in rows if path in row["path"])
        answer = house.post(recorded["path"], {"inputs": [{"properties": properties}]})
        assert answer.status_code == 201
        assert shape(without(answer.json(), "url")) == shape(without(recorded["response"], "url"))
        derived = set(recorded["response"]["results"][0]["properties"]) - set(
            recorded["request"]["inputs"][0]["properties"]
        )
        assert derived <= set(answer.json()["results"][0]["properties"])


def test_batch_update_answers_have_the_recorded_shape(house: Any) -> None:
    recorded = next(row for row in exchanges("POST", "/batch/update", 200) if "COMPANY" in row["path"])
    body = {"inputs": [{"id": house.id_of("A000001"), "properties": {"name": "John"}}]}

    answer = house.post(recorded["path"], body)

    assert shape(without(answer.json(), "url")) == shape(recorded["response"])
    shown = set(answer.json()["results"][0]["properties"])
    assert {"name", "createdate", "hs_lastmodifieddate", "hs_object_id"} <= shown


def test_batch_archive_answers_have_no_body(house: Any) -> None:
    recorded = exchanges("POST", "/batch/archive", 204)[0]

    answer = house.post(recorded["path"], {"inputs": [{"id": house.id_of("A000001")}]})

    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert "content-type" not in recorded["response_headers"]


def test_headers_are_those_recorded(open_house: Callable[..., Any]) -> None:
    house = open_house(limits_on=True)
    archive, found = exchanges("POST", "/batch/archive", 204)[0], exchanges("POST", "/search", 200)[0]

    ours = house.post(archive["path"], {"inputs": [{"id": "5"}]}).headers
    searched = house.post(found["path"], {}).headers

    assert set(map(str.lower, ours)) - NOT_OURS == set(archive["response_headers"]) - NOT_OURS
    assert set(map(str.lower, searched)) - NOT_OURS == set(found["response_headers"]) - NOT_OURS


def test_a_recorded_search_429_is_told_word_for_word(open_house: Callable[..., Any]) -> None:
    house = open_house(limits_on=True, search_429="category")
    recorded = exchanges("POST", "/search", 429)[0]
    house.options.limits["hubspot.search"] = 0

    answer = house.post(recorded["path"], {})

    assert answer.status_code == 429
    assert without(answer.json(), "correlationId") == without(recorded["response"], "correlationId")
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    ("file", "path", "body", "status"),
    [
        (
            "test/batch/create/contacts/err-conflict.json",
            "batch/create",
            {"inputs": [{"properties": {"email": "c0000001@firm.com"}}]},
            409,
        ),
        (
            "test/batch/create/contacts/err-partial-success.json",
            "batch/create",
            {
                "inputs": [
                    {"properties": {"email": "c0000001@firm.com"}, "objectWriteTraceId": "0"},
                    {"properties": {"email": "siena@hubspot.com"}, "objectWriteTraceId": "1"},
                ]
            },
            207,
        ),
        (
            "test/batch/update/contacts/err-duplicate-ids.json",
            "batch/update",
            {"inputs": [{"id": "123456", "properties": {"email": "x@y.com"}}] * 2},
            400,
        ),
        (
            "test/batch/create/contacts/err-many-invalid-properties.json",
            "batch/create",
            {"inputs": [{"properties": {"first000name": "x", "last000name": "y"}}]},
            400,
        ),
    ],
)
def test_errors_have_the_published_shape(house: Any, file: str, path: str, body: Any, status: int) -> None:
    answer = house.post(f"/crm/v3/objects/contacts/{path}", body)

    assert answer.status_code == status
    assert shape(without(answer.json(), "objectWriteTraceId")) == shape(without(amp(file), "objectWriteTraceId"))


def test_an_unknown_type_reads_as_published(house: Any) -> None:
    ours = house.post("/crm/v3/objects/butterflies/search", {}).json()

    assert without(ours, "correlationId") == without(amp("test/search/error-invalid-object.json"), "correlationId")


def test_association_answers_have_the_published_shape(house: Any) -> None:
    path = "/crm/v4/associations/contacts/companies/batch"
    contact, alone = house.id_of("C0000001"), house.id_of("C0000003")
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    link = {"from": {"id": contact}, "to": {"id": house.id_of("A000003")}, "types": types}

    read = house.post(f"{path}/read", {"inputs": [{"id": contact}, {"id": alone}]}).json()
    made = house.post(f"{path}/create", {"inputs": [link]}).json()

    assert shape(read) == shape(amp("test/search/contacts/contacts-to-companies.json"))
    assert shape(made) == shape(amp("internal/associations/test/contact-to-company-resp.json"))


def test_a_property_made_over_the_api_has_the_published_shape(house: Any) -> None:
    payload = amp("test/custom/update/2-payload-batch-create-properties.json")
    house.post("/crm/v3/properties/contacts/groups", {"name": "integrationcreatedproperties", "label": "Made by apps"})

    first = house.post("/crm/v3/properties/contacts/batch/create", payload)
    second = house.post("/crm/v3/properties/contacts/batch/create", payload)
    age = next(item for item in payload["inputs"] if item["name"] == "age__c")
    patched = house.ok("PATCH", "/crm/v3/properties/contacts/age__c", age)

    assert (first.status_code, second.status_code) == (201, 207)
    published = amp("test/custom/update/3-response-batch-create-properties.json")
    assert second.json()["errors"][0] == {**published["errors"][0], **_named(second.json()["errors"][0])}
    assert shape(patched) == shape(amp("test/custom/update/5-response-update-property-age.json"))


def _named(error: dict[str, Any]) -> dict[str, Any]:
    """The parts that hold the property's own name."""
    return {"message": error["message"], "context": error["context"]}


def test_the_missing_scope_answer_is_the_published_one(open_house: Callable[..., Any]) -> None:
    house = open_house(scope_wording=2)
    house.crm.act({"do": "add_token", "token": "bare", "scopes": []})

    ours = house.call("GET", "/crm/v3/objects/companies", token="bare").json()

    assert shape(ours) == shape(amp("test/metadata-err-schemas-scope.json"))
