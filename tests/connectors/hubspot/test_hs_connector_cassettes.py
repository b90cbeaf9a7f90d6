"""The requests that the connector makes, pinned. ``TIERLINE_RECORD=1 pytest`` of this file records them anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import vcr  # type: ignore[import-untyped]  # it has no types

from connectors.base import Ask, AssignOwner, Change, KeyAsk, OpenTask, Outcome, SetFields, UpdateTask, WithdrawTask
from connectors.hubspot.crm import HubSpotCrm
from connectors.hubspot.reads import STREAMS
from tests.connectors.hubspot.conftest import NOW, FakeTime, Portal, crm_at

CASSETTES = Path(__file__).parents[2] / "cassettes" / "hubspot"
RECORD = bool(os.environ.get("TIERLINE_RECORD")) and not os.environ.get("TIERLINE_CI") and not os.environ.get("CI")
COMPANY, OWNER, CONTACT = "29013756001", "41629830", "171591000101"
KEY = "5eed" * 8


def _scrubbed(request: Any) -> Any:
    request.uri = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", request.uri)
    return request


TAPES = vcr.VCR(
    cassette_library_dir=str(CASSETTES),
    record_mode="all" if RECORD else "none",
    match_on=["method", "path", "query", "raw_body"],
    filter_headers=["authorization"],
    before_record_request=_scrubbed,
    decode_compressed_response=True,
)


@pytest.fixture(params=["2026-09", "v3"])
def taped(request: pytest.FixtureRequest) -> Iterator[tuple[HubSpotCrm, str]]:
    version: str = request.param
    url, token = "http://127.0.0.1:9", "no-token-is-needed"
    if RECORD:
        portal: Portal = request.getfixturevalue("portal")
        url, token = portal.url, portal.token
    crm = crm_at(url, token, FakeTime(), api_version=version)
    yield crm, version
    crm.close()


def sent(crm: HubSpotCrm, *changes: Change) -> list[Outcome]:
    return [receipt.outcome for batch in crm.batches(changes) for receipt in crm.send(batch, lambda _: None)]


def test_reading_asks_as_it_was_recorded(taped: tuple[HubSpotCrm, str]) -> None:
    crm, version = taped
    deals = next(stream for stream in STREAMS if stream.kind == "deals")
    with TAPES.use_cassette(f"reading-{version}.yaml") as tape:
        assert crm.org_id() == "44237313"
        pages = list(crm._reader().full(deals, NOW))
        quiet = list(crm._reader().changed(deals, "2026-11-01T00:00:00.000Z", NOW + timedelta(hours=1)))
        shown = crm.read([Ask("account", COMPANY, ("owner_id",))])

    assert sum(len(page) for page in pages) == 102
    assert pages[-1].cursor == quiet[-1].cursor.replace("T09", "T08")
    assert shown[COMPANY]["owner_id"]
    assert RECORD or tape.all_played


def test_setting_up_and_writing_ask_as_they_were_recorded(taped: tuple[HubSpotCrm, str]) -> None:
    crm, version = taped
    with TAPES.use_cassette(f"writing-{version}.yaml") as tape:
        steps = crm.setup(act=True, installation="I-1")
        fields = SetFields(COMPANY, {}, {"tier": "1 - Focus", "score": 71, "sla_due": NOW})
        opened = OpenTask(KEY, COMPANY, CONTACT, False, OWNER, "Call Acme", "why", NOW, "high")
        written = sent(crm, fields, AssignOwner(COMPANY, None, OWNER), opened)
        (found,) = crm.find([KeyAsk(KEY, COMPANY)])[KEY]
        later = UpdateTask(found.task_id, KEY, COMPANY, {}, {"subject": "Call Acme again"})
        ended = sent(crm, later, WithdrawTask(found.task_id, KEY, COMPANY, {}, "no longer"))

    assert all(step.missing for step in steps)
    assert written + ended == [Outcome.APPLIED] * 5
    assert RECORD or tape.all_played


def test_no_cassette_holds_a_secret() -> None:
    tapes = sorted(CASSETTES.glob("*.yaml"))

    assert tapes
    for tape in tapes:
        text = tape.read_text(encoding="utf-8")
        assert not re.search(r"pat-[a-z]{2}\d|bearer|authorization|tokenKey|client_secret", text, re.IGNORECASE), (
            tape.name
        )
