"""Our parsers against what real Salesforce servers answered."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.salesforce.bulk import _Job
from connectors.salesforce.faults import SessionEnded, error_of, parse_faults, row_fault, words
from connectors.salesforce.org import FieldShape, Shape, _Described
from connectors.salesforce.sheet import RecordDecoder, micros
from connectors.salesforce.sources import ACCOUNT, CONTACT, EVENT, LEAD, OPPORTUNITY, Candidates, resolve
from connectors.salesforce.writes import Row

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TIERLINE_SHARED", ROOT.parent / "shared")) / "recorded"
EXCHANGES = SHARED / "salesforce_rest.jsonl"
AMP = SHARED / "amp-labs" / "salesforce" / "test"

pytestmark = pytest.mark.skipif(
    not EXCHANGES.exists(), reason="no recorded traffic here: set TIERLINE_SHARED to have it"
)


def exchanges(part: str, *methods: str) -> Iterator[dict[str, Any]]:
    with EXCHANGES.open(encoding="utf-8") as lines:
        for line in lines:
            exchange = json.loads(line)
            if part in exchange["path"] and exchange["method"] in methods:
                yield exchange


def body_of(exchange: dict[str, Any]) -> bytes:
    return json.dumps(exchange["response"]).encode()


def described(name: str) -> Shape:
    found = msgspec.json.decode((SHARED / "describe" / f"{name}.json").read_bytes(), type=_Described)
    return Shape(found.name, {field.name: field for field in found.fields})


@pytest.mark.parametrize(
    ("name", "candidates", "absent"),
    [
        ("Account.CumulusCI", ACCOUNT, {"tech", "arr", "health", "adoption", "renewal_at", "potential", "strategic"}),
        ("Contact.CumulusCI", CONTACT, {"role", "seniority"}),
        ("Lead.CumulusCI", LEAD, {"role", "seniority"}),
        ("Opportunity.CumulusCI", OPPORTUNITY, set()),
        ("Event.CumulusCI", EVENT, {"meeting_outcome"}),
    ],
    ids=["accounts", "contacts", "leads", "opportunities", "events"],
)
def test_a_real_org_has_the_fields_that_we_read_by_default(name: str, candidates: Candidates, absent: set[str]) -> None:
    shape = described(name)

    chosen, missing = resolve(shape, candidates, {})

    assert missing == []
    lacking = {column for column, source in chosen.items() if not source.fields}
    assert lacking - {"stage_changed_at", "sic", "naics", "call_opt_out", "mail_opt_out"} == absent - {
        "stage_changed_at"
    }


@pytest.mark.parametrize("path", sorted((SHARED / "describe").glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_describe_is_read(path: Path) -> None:
    shape = described(path.stem)

    assert shape.type_of("Id") == "id"


def test_recorded_query_pages_are_read_by_column() -> None:
    seen = 0
    for exchange in exchanges("/query", "GET"):
        records = exchange["response"]["records"]
        nested = any(isinstance(value, dict | list) for row in records for value in list(row.values())[1:])
        if not records or nested:
            continue
        fields = [name for name in records[0] if name != "attributes"]
        shape = Shape("X", {name: FieldShape(name, _kind(records, name)) for name in fields})
        decoder = RecordDecoder(shape, fields)

        answer = decoder.answer(body_of(exchange))
        sheet = decoder.sheet(answer.records)

        assert (answer.done, answer.total) == (exchange["response"]["done"], exchange["response"]["totalSize"])
        for name in fields:
            assert sheet.raw(name) == [
                record[name] or (None if record[name] == "" else record[name]) for record in records
            ]
        seen += len(records)
    assert seen > 100


def _kind(records: list[dict[str, Any]], name: str) -> str:
    values = [record[name] for record in records if record[name] is not None]
    if any(isinstance(value, bool) for value in values):
        return "boolean"
    return "double" if any(isinstance(value, int | float) for value in values) else "string"


def test_recorded_times_are_read() -> None:
    texts = [
        value
        for exchange in exchanges("/sobjects/", "GET")
        if isinstance(exchange["response"], dict)
        for name, value in exchange["response"].items()
        if name in {"CreatedDate", "SystemModstamp", "LastModifiedDate"}
    ]

    assert len(texts) > 50
    assert None not in micros(texts)
    assert all(text.endswith("+0000") for text in texts)


def test_recorded_collections_answer_every_row_and_failures_have_our_words() -> None:
    codes: set[str] = set()
    for exchange in exchanges("/composite/sobjects", "POST", "PATCH"):
        rows = msgspec.json.decode(body_of(exchange), type=list[Row])
        assert len(rows) == len(exchange["request"]["records"])
        for row in rows:
            assert row.success == (not row.errors)
            assert row.success == (row.id is not None) or row.success
            codes |= {row_fault(row.errors).code} if row.errors else set()
            assert "@" not in words(row_fault(row.errors))
    assert "INVALID_EMAIL_ADDRESS" in codes


def test_a_recorded_expired_session_is_known_as_one() -> None:
    body = (SHARED / "restforce" / "expired_session_response.json").read_bytes()

    assert isinstance(error_of(401, body, doing="read"), SessionEnded)


def test_recorded_errors_have_codes() -> None:
    for exchange in exchanges("/sobjects/", "GET"):
        if exchange["status"] == 404:
            assert parse_faults(body_of(exchange))[0].code == "NOT_FOUND"
    assert parse_faults((AMP / "unknown-object.json").read_bytes())[0].code == "INVALID_TYPE"


def test_recorded_job_states_are_read() -> None:
    job = msgspec.json.decode((AMP / "bulk" / "read-launch-job-account.json").read_bytes(), type=_Job)

    assert (job.state, job.id[:3]) == ("UploadComplete", "750")
