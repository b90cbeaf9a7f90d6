"""Our parsers against what real HubSpot servers answered."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.errors import NeedsPerson, Retryable
from connectors.hubspot import reads, wire, writes
from connectors.hubspot.definitions import Definition
from connectors.hubspot.errors import TurnedAway, failure, problem_of
from connectors.hubspot.wire import BatchError

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TIERLINE_SHARED", ROOT.parent / "shared")) / "recorded"
EXCHANGES = SHARED / "hubspot_v3.jsonl"
AMP = SHARED / "amp-labs" / "hubspot"

pytestmark = pytest.mark.skipif(
    not EXCHANGES.exists(), reason="no recorded traffic here: set TIERLINE_SHARED to have it"
)


def exchanges(ending: str, *statuses: int) -> Iterator[dict[str, Any]]:
    with EXCHANGES.open(encoding="utf-8") as lines:
        for line in lines:
            exchange = json.loads(line)
            if exchange["path"].endswith(ending) and exchange["status"] in statuses:
                yield exchange


def body_of(exchange: dict[str, Any]) -> bytes:
    return json.dumps(exchange["response"]).encode()


def amp(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads((AMP / name).read_text(encoding="utf-8"))
    return tree


def test_every_recorded_search_answer_is_read() -> None:
    seen = 0
    for exchange in exchanges("/search", 200):
        found = reads._SEARCH.decode(body_of(exchange))
        assert [hit.id for hit in found.results] == [row["id"] for row in exchange["response"]["results"]]
        assert found.total == exchange["response"]["total"]
        seen += 1
    assert seen > 200


def test_recorded_records_give_their_properties_as_they_stand() -> None:
    seen = 0
    for exchange in exchanges("/search", 200):
        rows = exchange["response"]["results"]
        names = sorted({name for row in rows for name in row["properties"]})
        decoding = wire.decoders(names)
        sheet = wire.Sheet(decoding.batch.decode(body_of(exchange)).results, decoding.places)
        for name in names:
            assert sheet.raw(name) == [row["properties"].get(name) or None for row in rows]
        seen += len(rows)
    assert seen > 100


def test_every_recorded_batch_write_names_its_rows() -> None:
    seen = 0
    for ending in ("/batch/create", "/batch/update"):
        for exchange in exchanges(ending, 200, 201):
            answer = writes._DECODE(body_of(exchange))
            assert [row.id for row in answer.results] == [row["id"] for row in exchange["response"]["results"]]
            seen += 1
    assert seen >= 40


def test_recorded_search_429s_ask_for_one_second() -> None:
    seen = 0
    for exchange in exchanges("/search", 429):
        error = failure(429, body_of(exchange), exchange["response_headers"], doing="search")
        assert isinstance(error, Retryable)
        assert error.after_s == 1.0
        assert error.request_id == exchange["response_headers"].get("x-hubspot-correlation-id", error.request_id)
        seen += 1
    assert seen >= 40


def test_a_recorded_partial_create_names_the_refused_row_and_its_holder() -> None:
    tree = amp("test/batch/create/contacts/err-partial-success.json")

    answer = writes._DECODE(json.dumps(tree).encode())
    problem = problem_of((answer.errors or [BatchError()])[0].tree())

    assert [row.id for row in answer.results] == ["171596044870"]
    assert (problem.traces, problem.holder, problem.code) == (("0",), "171591000198", "CONFLICT")


def test_recorded_whole_call_refusals_are_told_apart() -> None:
    conflict = failure(409, json.dumps(amp("test/batch/create/contacts/err-conflict.json")), {}, doing="x")
    invalid = failure(
        400, json.dumps(amp("test/batch/update/contacts/err-many-invalid-properties.json")), {}, doing="x"
    )
    doubled = failure(400, json.dumps(amp("test/batch/update/contacts/err-duplicate-ids.json")), {}, doing="x")
    scopes = failure(403, json.dumps(amp("test/metadata-err-schemas-scope.json")), {}, doing="x")

    assert isinstance(conflict, TurnedAway)
    assert isinstance(invalid, TurnedAway)
    assert invalid.problem.properties
    assert isinstance(doubled, TurnedAway)
    assert doubled.problem.ids == ("123456",)
    assert isinstance(scopes, NeedsPerson)
    assert "custom-object-read" in str(scopes)


def test_recorded_association_errors_are_no_associations() -> None:
    body = json.dumps(amp("internal/associations/test/err-contact-to-contact.json")).encode()

    assert reads._ASSOCIATED.decode(body).results == []


def test_recorded_property_definitions_are_read() -> None:
    names = ("metadata-contacts-properties-sampled.json", "metadata-deals-properties-sampled.json")
    for name in names:
        for row in amp(f"test/{name}")["results"]:
            found = msgspec.convert(row, Definition)
            assert (found.name, found.type) == (row["name"], row["type"])
            assert found.hasUniqueValue == row.get("hasUniqueValue", False)
