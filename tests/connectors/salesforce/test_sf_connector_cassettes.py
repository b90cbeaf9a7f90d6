"""The requests that the connector makes, pinned. ``TIERLINE_RECORD=1 pytest`` of this file records them anew."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import vcr  # type: ignore[import-untyped]  # it has no types

from connectors.base import Ask, AssignOwner, Change, KeyAsk, OpenTask, Outcome, SetFields, UpdateTask, WithdrawTask
from connectors.salesforce.crm import SalesforceCrm
from connectors.salesforce.sources import USER
from connectors.salesforce.wire import owners

CASSETTES = Path(__file__).parents[2] / "cassettes" / "salesforce"
RECORD = bool(os.environ.get("TIERLINE_RECORD")) and not os.environ.get("TIERLINE_CI") and not os.environ.get("CI")
ACCOUNT, CONTACT, OWNER = "001Hs0000000006IAA", "003Hs0000000006IAA", "005Hs0000000006IAA"
KEY = "5eed" * 8
DUE = datetime(2026, 11, 3, 15, 30, tzinfo=UTC)
SINCE, UNTIL = datetime(2026, 11, 2, 8, tzinfo=UTC), datetime(2026, 11, 2, 9, tzinfo=UTC)
TIERS = ("1 - Focus", "2 - Growth", "Recycle")


def _request(request: Any) -> Any:
    request.uri = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", request.uri)
    if request.uri.endswith("/oauth2/token"):
        request.body = b"scrubbed"
    return request


def _response(response: Any) -> Any:
    body = re.sub(rb'"(access_token|signature)":\s*"[^"]*"', rb'"\1":"scrubbed"', response["body"]["string"])
    headers = {name: value for name, value in response["headers"].items() if name.lower() != "content-length"}
    return {**response, "headers": headers, "body": {"string": body}}


TAPES = vcr.VCR(
    cassette_library_dir=str(CASSETTES),
    record_mode="all" if RECORD else "none",
    match_on=["method", "path", "query", "raw_body"],
    filter_headers=["authorization"],
    before_record_request=_request,
    before_record_response=_response,
    decode_compressed_response=True,
)


@pytest.fixture
def taped(request: pytest.FixtureRequest, crm_of: Any) -> Any:
    url, auth, secret = "http://127.0.0.1:9", {}, "no-secret-is-needed"
    if RECORD:
        sandbox = request.getfixturevalue("sandbox")
        sandbox.control("clock", {"frozen": True})
        url, secret = sandbox.url, sandbox.login["consumer_secret"]
        auth = {"consumer_key": sandbox.login["consumer_key"]}
    return crm_of(url=url, auth=auth, secrets=lambda _: secret, tiers=TIERS)


def sent(crm: SalesforceCrm, *changes: Change) -> list[Outcome]:
    return [receipt.outcome for batch in crm.batches(changes) for receipt in crm.send(batch, lambda _: None)]


def test_reading_asks_as_it_was_recorded(taped: SalesforceCrm) -> None:
    reader, catalogue = taped._reader, taped._catalogue
    with TAPES.use_cassette("reading.yaml") as tape:
        people = catalogue._plain("User", "owners", USER, {}, owners)
        whole = list(reader._full(people, reader_start()))
        meetings = catalogue._events(UNTIL)
        window = list(reader._changes(meetings, SINCE, UNTIL))
        shown = taped.read([Ask("account", ACCOUNT, ("owner_id",))])

    assert sum(len(page) for page in whole) == 19
    assert [page.cursor for page in (whole[-1], window[-1])] == ["2026-11-02T08:50:00Z"] * 2
    assert shown[ACCOUNT]["owner_id"]
    assert RECORD or tape.all_played


def reader_start() -> Any:
    from connectors.salesforce.reads import Resume

    return Resume(UNTIL)


def test_setting_up_and_writing_ask_as_they_were_recorded(taped: SalesforceCrm) -> None:
    with TAPES.use_cassette("writing.yaml") as tape:
        steps = taped.setup(act=True, installation="I-1")
        fields = SetFields(ACCOUNT, {}, {"tier": "1 - Focus", "score": 71, "sla_due": DUE})
        opened = OpenTask(KEY, ACCOUNT, CONTACT, False, OWNER, "Call Acme", "why", DUE, "high")
        written = sent(taped, fields, AssignOwner(ACCOUNT, None, OWNER), opened)
        (found,) = taped.find([KeyAsk(KEY, ACCOUNT)])[KEY]
        later = UpdateTask(found.task_id, KEY, ACCOUNT, {"assignee_id": OWNER}, {"subject": "Call Acme again"})
        ended = sent(taped, later, WithdrawTask(found.task_id, KEY, ACCOUNT, {}, "no longer"))

    assert all(step.missing for step in steps)
    assert written + ended == [Outcome.APPLIED] * 5
    assert RECORD or tape.all_played


def test_no_cassette_holds_a_secret() -> None:
    tapes = sorted(CASSETTES.glob("*.yaml"))

    assert tapes
    for tape in tapes:
        text = tape.read_text(encoding="utf-8")
        assert not re.search(
            r"bearer [^\s]|authorization:|assertion=|client_secret|00D\w{12,15}!", text, re.IGNORECASE
        ), tape.name
        assert set(re.findall(r'access_token[\\"]*:\s*[\\"]*([^\\",]+)', text)) <= {"scrubbed"}, tape.name
