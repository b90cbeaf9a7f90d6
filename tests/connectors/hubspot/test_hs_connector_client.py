from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Cursors, OpenTask, Outcome, SetFields
from connectors.errors import BudgetSpent, CrmError, Incomplete, NeedsPerson, Unavailable
from connectors.hubspot.client import is_loopback
from connectors.hubspot.crm import HubSpotCrm
from connectors.hubspot.paths import Paths
from tests.connectors.hubspot.conftest import NOW, Reply, Scripted, crm_at

ACCOUNT = "/account-info/2026-09/details"
DETAILS = Reply(body={"portalId": 123, "timeZone": "UTC"}, headers={"Date": "Mon, 02 Nov 2026 09:00:00 GMT"})
OWNERS = "/crm/owners/2026-09"
KINDS = ("companies", "contacts", "deals", "calls", "emails", "meetings", "notes", "communications", "tasks")
CREATE = "/crm/objects/2026-09/tasks/batch/create"
UPDATE = "/crm/objects/2026-09/companies/batch/update"


def task(key: str = "ab" * 16) -> OpenTask:
    return OpenTask(key, "1", None, False, "9", "Call Acme", "why", NOW, "high")


def fields(account_id: str = "1") -> SetFields:
    return SetFields(account_id, {}, {"score": 70})


def sent(crm: HubSpotCrm, *changes: Any) -> list[Any]:
    return [receipt for batch in crm.batches(changes) for receipt in crm.send(batch, lambda _: None)]


@pytest.fixture
def defined(scripted: Scripted) -> Scripted:
    for kind in KINDS:
        scripted.defines(kind, "name", "createdate", "hs_lastmodifieddate", "lastmodifieddate", "tierline_score")
    scripted.defines("tasks", "tierline_key", "hs_task_body", "hs_createdate", "hs_lastmodifieddate")
    return scripted


def test_the_passs_clock_is_the_date_header(scripted: Scripted) -> None:
    scripted.on("GET", ACCOUNT, DETAILS)
    crm = scripted.crm()

    assert crm.server_time() == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert crm.org_id() == "123"
    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    "bad",
    [
        Reply(502, raw=b"<html>Bad gateway</html>"),
        Reply(500, raw=b"\xff\xfe broken"),
        Reply(200, raw=b'{"portalId": 1', headers={"Date": "Mon, 02 Nov 2026 09:00:00 GMT"}),
        Reply(200, raw=b"<html>welcome</html>"),
        Reply(200, raw=b'{"portalId": 1}', cut=True),
        Reply(cut=True, raw=b""),
        Reply(429, body={"policyName": "TEN_SECONDLY_ROLLING"}),
    ],
    ids=["html", "bad bytes", "truncated", "not json", "cut off", "reset", "burst"],
)
def test_a_read_is_tried_again_after_an_odd_answer(scripted: Scripted, bad: Reply) -> None:
    scripted.on("GET", ACCOUNT, bad, DETAILS)

    assert scripted.crm().org_id() == "123"
    assert len(scripted.asked) == 2
    assert len(scripted.time.slept) == 1


def test_patience_ends_and_says_to_try_later(scripted: Scripted) -> None:
    scripted.on("GET", ACCOUNT, Reply(503, raw=b""))

    with pytest.raises(Unavailable):
        scripted.crm().org_id()

    assert len(scripted.asked) == 6


def test_nothing_below_us_repeats_a_call(scripted: Scripted) -> None:
    scripted.on("GET", ACCOUNT, Reply(429, body={"policyName": "DAILY"}, headers={"Retry-After": "1"}))

    with pytest.raises(BudgetSpent):
        scripted.crm().org_id()

    assert len(scripted.asked) == 1


def test_a_redirect_is_not_followed_with_the_token(scripted: Scripted) -> None:
    scripted.on("GET", ACCOUNT, Reply(302, headers={"Location": f"{scripted.url}/elsewhere"}))
    scripted.on("GET", "/elsewhere", DETAILS)

    with pytest.raises(CrmError):
        scripted.crm().org_id()

    assert [asked.path for asked in scripted.asked] == [ACCOUNT]


def test_nobody_listening_is_unavailable(scripted: Scripted) -> None:
    crm = crm_at("http://127.0.0.1:9", "pat-x", scripted.time)

    with pytest.raises(Unavailable):
        crm.org_id()


def test_a_token_does_not_travel_in_the_clear(scripted: Scripted) -> None:
    with pytest.raises(NeedsPerson, match="https"):
        crm_at("http://gateway.example.com", "pat-x", scripted.time)


def test_an_empty_token_costs_no_call(scripted: Scripted) -> None:
    crm = crm_at(scripted.url, "  ", scripted.time)

    with pytest.raises(NeedsPerson):
        crm.org_id()

    assert (scripted.asked, crm.usage().ours) == ([], 0)


@pytest.mark.parametrize(("url", "here"), [("http://127.0.0.1:8", True), ("https://api.hubapi.com", False)])
def test_loopback_is_told_by_the_host(url: str, here: bool) -> None:
    assert is_loopback(url) is here


def test_both_families_of_paths_are_known() -> None:
    dated, old = Paths("2026-09"), Paths("v3")

    assert dated.search("tasks") == "/crm/objects/2026-09/tasks/search"
    assert old.search("tasks") == "/crm/v3/objects/tasks/search"
    assert dated.associations("deals", "companies") == "/crm/associations/2026-09/deals/companies/batch/read"
    assert old.associations("deals", "companies") == "/crm/v4/associations/deals/companies/batch/read"
    with pytest.raises(ValueError, match="digits"):
        dated.record("tasks", "1/../../x")


def test_only_one_file_imports_the_vendor_client() -> None:
    room = Path(__file__).parents[3] / "connectors"
    importing = [
        p.name for p in room.rglob("*.py") if "from hubspot" in p.read_text() or "import hubspot" in p.read_text()
    ]

    assert importing == ["client.py"]


# ---- creates get one attempt ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(500, raw=b"oops"), Outcome.UNKNOWN),
        (Reply(504, raw=b"<html>"), Outcome.UNKNOWN),
        (Reply(cut=True, raw=b""), Outcome.UNKNOWN),
        (Reply(201, raw=b""), Outcome.UNKNOWN),
        (Reply(201, raw=b"<html>"), Outcome.UNKNOWN),
        (Reply(201, body={"results": []}), Outcome.UNKNOWN),
        (Reply(200, body={"results": [{"id": "5", "properties": {"tierline_key": "ab" * 16}}]}), Outcome.APPLIED),
        (Reply(201, body={"results": [{"id": "5", "properties": {"tierline_key": "cd" * 16}}]}), Outcome.UNKNOWN),
        (Reply(423, body={}), Outcome.UNSENT),
        (Reply(429, body={"policyName": "SECONDLY"}), Outcome.UNSENT),
        (Reply(477, raw=b"", headers={"Retry-After": "9"}), Outcome.UNSENT),
        (Reply(400, body={"category": "VALIDATION_ERROR"}), Outcome.REJECTED),
        (Reply(404, raw=b"<html>"), Outcome.REJECTED),
    ],
)
def test_a_create_gets_one_attempt_and_a_verdict(defined: Scripted, reply: Reply, outcome: Outcome) -> None:
    defined.on(
        "POST", CREATE, reply, Reply(201, body={"results": [{"id": "6", "properties": {"tierline_key": "ab" * 16}}]})
    )

    (receipt,) = sent(defined.crm(), task())

    assert receipt.outcome is outcome
    assert receipt.crm_id == ("5" if outcome is Outcome.APPLIED else None)
    assert sum(asked.path == CREATE for asked in defined.asked) == 1


@pytest.mark.parametrize("reply", [Reply(401, body={}), Reply(403, body={}), Reply(429, body={"policyName": "DAILY"})])
def test_what_a_person_or_another_day_must_cure_is_raised_when_nothing_was_done(
    defined: Scripted, reply: Reply
) -> None:
    defined.on("POST", CREATE, reply)

    with pytest.raises((NeedsPerson, BudgetSpent)):
        sent(defined.crm(), task())


def test_a_create_carries_both_associations_its_key_and_its_trace(defined: Scripted) -> None:
    defined.on("POST", CREATE, Reply(201, body={"results": []}))
    change = OpenTask("ab" * 16, "11", "22", False, "9", "Call Acme", "why <b>", NOW, "high")

    sent(defined.crm(), change)

    (row,) = defined.asked[-1].body["inputs"]
    assert row["objectWriteTraceId"] == row["properties"]["tierline_key"] == "ab" * 16
    assert [(a["to"]["id"], a["types"][0]["associationTypeId"]) for a in row["associations"]] == [
        ("11", 192),
        ("22", 204),
    ]
    assert row["properties"]["hs_task_body"].endswith("Ref TL-abababababab")
    assert "&lt;b&gt;" in row["properties"]["hs_task_body"]
    assert (row["properties"]["hs_task_type"], row["properties"]["hs_task_priority"]) == ("CALL", "HIGH")


def test_rows_are_known_by_the_body_where_the_portal_has_no_key_property(defined: Scripted) -> None:
    defined.defines("tasks", "hs_task_body")
    body = "x<br>Ref TL-abababababab"
    defined.on("POST", CREATE, Reply(201, body={"results": [{"id": "5", "properties": {"hs_task_body": body}}]}))

    (receipt,) = sent(defined.crm(), task())

    assert (receipt.outcome, receipt.crm_id) == (Outcome.APPLIED, "5")
    assert "tierline_key" not in defined.asked[-1].body["inputs"][0]["properties"]


# ---- updates are the same however often they are sent ---------------------------------------------------------------
def test_an_update_is_sent_again_until_it_is_confirmed(defined: Scripted) -> None:
    defined.on("POST", UPDATE, Reply(502, raw=b"<html>"), Reply(423, body={}), Reply(body={"results": [{"id": "1"}]}))

    (receipt,) = sent(defined.crm(), fields())

    assert receipt.outcome is Outcome.APPLIED


def test_an_update_that_may_have_been_done_is_unknown_when_patience_ends(defined: Scripted) -> None:
    defined.on("POST", UPDATE, Reply(502, raw=b"<html>"), Reply(423, body={}))
    (maybe,) = sent(defined.crm(), fields())

    defined.on("POST", UPDATE, Reply(423, body={}))
    (surely_not,) = sent(defined.crm(), fields())

    assert (maybe.outcome, surely_not.outcome) == (Outcome.UNKNOWN, Outcome.UNSENT)


def test_answers_are_joined_by_id_and_what_is_not_named_is_unknown(defined: Scripted) -> None:
    error = {"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["2"]}, "message": "no"}
    gone = {"category": "OBJECT_NOT_FOUND", "context": {"ids": ["4"]}, "message": "gone"}
    answer = {"results": [{"id": "3"}, {"id": "1"}], "errors": [error, gone], "numErrors": 2}
    defined.on("POST", UPDATE, Reply(207, body=answer))

    receipts = sent(defined.crm(), *(fields(str(one)) for one in range(1, 6)))

    verdicts = {receipt.change.record: (str(receipt.outcome), receipt.code) for receipt in receipts}
    assert verdicts == {
        "1": ("applied", ""),
        "2": ("rejected", "VALIDATION_ERROR"),
        "3": ("applied", ""),
        "4": ("rejected", "OBJECT_NOT_FOUND"),
        "5": ("unknown", "UNNAMED"),
    }


def test_a_refused_batch_without_a_row_to_blame_is_halved(defined: Scripted) -> None:
    def answer(asked: Any) -> Reply:
        ids = [row["id"] for row in asked.body["inputs"]]
        if "13" in ids:
            return Reply(400, body={"category": "VALIDATION_ERROR"})
        return Reply(body={"results": [{"id": one} for one in ids]})

    defined.on("POST", UPDATE, answer)

    receipts = sent(defined.crm(), *(fields(str(one)) for one in range(1, 21)))

    assert [r.change.record for r in receipts if r.outcome is not Outcome.APPLIED] == ["13"]
    assert [r.change.record for r in receipts] == [str(one) for one in range(1, 21)]


def test_a_record_is_never_twice_in_a_batch(defined: Scripted) -> None:
    changes = [fields("1"), fields("2"), fields("1"), *(fields(str(number)) for number in range(3, 150))]

    batches = list(defined.crm().batches(changes))

    assert [len(batch.changes) for batch in batches] == [100, 50]
    for batch in batches:
        records = [change.record for change in batch.changes]
        assert len(records) == len(set(records)) <= 100


# ---- reading --------------------------------------------------------------------------------------------------------
def test_pages_that_go_in_circles_end_the_pull(defined: Scripted) -> None:
    defined.on("GET", OWNERS, Reply(body={"results": [], "paging": {"next": {"after": "1"}}}))

    with pytest.raises(Incomplete, match="circles"):
        list(defined.crm().pull(Cursors(), NOW))


def test_a_pull_that_breaks_off_is_no_end(defined: Scripted) -> None:
    defined.on("GET", OWNERS, Reply(body={"results": []}))
    defined.on("GET", "/crm/objects/2026-09/users", Reply(body={"results": []}))
    row = {"id": "1", "properties": {"createdate": "2026-01-01T00:00:00.000Z"}}
    first = Reply(body={"results": [row], "paging": {"next": {"after": "2"}}})
    defined.on("GET", "/crm/objects/2026-09/companies", first, Reply(503, raw=b""))
    pages = defined.crm().pull(Cursors(), NOW)

    seen = [next(pages), next(pages)]
    with pytest.raises(Unavailable):
        next(pages)

    assert [page.last for page in seen] == [True, False]
    assert seen[1].resume


def test_too_many_hits_make_a_full_list(defined: Scripted) -> None:
    defined.on("GET", OWNERS, Reply(body={"results": []}))
    for kind in ("users", *KINDS):
        defined.on("GET", f"/crm/objects/2026-09/{kind}", Reply(body={"results": []}))
    for kind in KINDS:
        many = 10_001 if kind == "companies" else 0
        defined.on("POST", f"/crm/objects/2026-09/{kind}/search", Reply(body={"total": many, "results": []}))
    since = "2026-11-01T00:00:00.000Z"

    pages = list(defined.crm().pull(Cursors(dict.fromkeys((*KINDS, "own_tasks"), since)), NOW))

    whole = {page.stream for page in pages if page.whole}
    assert whole == {"owners", "companies"}
    assert {page.cursor for page in pages} == {"2026-11-02T08:00:00.000Z"}


def test_a_resumed_pull_takes_its_cursor_from_where_it_began(defined: Scripted) -> None:
    row = {"id": "1", "properties": {"createdate": "2026-01-01T00:00:00.000Z"}}
    defined.on("GET", OWNERS, Reply(body={"results": []}))
    for kind in ("users", *KINDS):
        defined.on("GET", f"/crm/objects/2026-09/{kind}", Reply(body={"results": []}))
    paged = Reply(body={"results": [row], "paging": {"next": {"after": "77"}}})
    defined.on("GET", "/crm/objects/2026-09/contacts", paged, Reply(body={"results": []}))
    first = next(page for page in defined.crm().pull(Cursors(), NOW) if page.stream == "contacts")

    later = list(defined.crm().pull(Cursors({"resume:contacts": first.resume}), NOW + timedelta(hours=5)))

    asked = [dict(one.query) for one in defined.asked if one.path.endswith("/contacts")]
    assert asked[-1]["after"] == "77"
    contacts = [page for page in later if page.stream == "contacts"]
    assert (contacts[-1].cursor, contacts[-1].whole) == ("2026-11-02T08:00:00.000Z", True)
