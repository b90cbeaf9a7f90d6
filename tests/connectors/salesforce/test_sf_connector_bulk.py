from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Cursors
from connectors.errors import Unavailable

UNTIL = datetime(2026, 11, 2, 9, tzinfo=UTC)
BASE = {"Id": "id", "CreatedDate": "datetime", "SystemModstamp": "datetime", "IsDeleted": "boolean"}
HEADER = "Id,CreatedDate,SystemModstamp,IsDeleted,Name\n"
ROW = "{},2026-10-01T08:00:00.000Z,2026-10-01T08:00:00.000Z,{},Acme\n"
JOB = {"id": "750A", "state": "UploadComplete", "jobType": "V2Query"}


@pytest.fixture(autouse=True)
def big_account_table(org: Any, reply: Any) -> None:
    empty = {"totalSize": 0, "done": True, "records": []}
    many = {"totalSize": 60_000, "done": False, "nextRecordsUrl": "/services/data/v66.0/query/0r8-2000", "records": []}
    org.on("GET", "/queryAll$", lambda asked: reply(many if " FROM Account" in asked.soql else empty))
    for name in ("User", "Opportunity", "Contact", "Event", "Task"):
        org.describes(name, **BASE)
    org.describes("Account", **BASE, Name="string")
    for name in ("Lead", "EmailMessage", "OpportunityContactRole"):
        org.hides(name)
    org.on("POST", "/jobs/query$", reply(JOB))
    org.on("PATCH", "/jobs/query/750A$", reply(JOB | {"state": "Aborted"}))
    org.on("GET", "/jobs/query/750A$", reply(JOB | {"state": "InProgress"}), reply(JOB | {"state": "JobComplete"}))


def a_result(reply: Any, *rows: str, locator: str = "null", count: int | None = None) -> Any:
    headers = {
        "Sforce-Locator": locator,
        "Sforce-NumberOfRecords": str(len(rows) if count is None else count),
        "Content-Type": "text/csv",
    }
    return reply(raw=(HEADER + "".join(rows)).encode(), headers=headers)


def accounts(crm: Any, cursors: Cursors | None = None) -> list[Any]:
    return [page for page in crm.pull(cursors or Cursors(), UNTIL) if page.stream == "Account"]


def test_a_big_table_is_read_by_one_job(org: Any, crm_of: Any, reply: Any) -> None:
    first = a_result(reply, ROW.format("001A", "false"), ROW.format("001B", "true"), locator="MTAw")
    org.on("GET", "/results$", first, a_result(reply, ROW.format("001C", "false")))

    pages = accounts(crm_of())

    assert [list(page.columns.get("account_id", ())) for page in pages] == [["001A"], ["001C"], []]
    assert pages[0].deleted == ("001B",)
    assert pages[-1].whole
    assert org.asked_for("/jobs/query$")[0].json["operation"] == "queryAll"
    assert [asked.query.get("locator") for asked in org.asked_for("/results$")] == [None, "MTAw"]
    assert len(org.slept) == 2


def test_a_pull_goes_on_inside_the_results_of_a_job(org: Any, crm_of: Any, reply: Any) -> None:
    first = a_result(reply, ROW.format("001A", "false"), locator="MTAw")
    org.on("GET", "/results$", first, a_result(reply, ROW.format("001C", "false")))
    pull = crm_of().pull(Cursors(), UNTIL)
    resume = next(page for page in pull if page.stream == "Account").resume

    pages = accounts(crm_of(), Cursors({"resume:Account": resume}))

    assert [list(page.columns.get("account_id", ())) for page in pages] == [["001C"], []]
    assert len(org.asked_for("/jobs/query$")) == 1


def test_a_job_that_fails_is_ended_and_pages_are_read_instead(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("GET", "/jobs/query/750A$", reply(JOB | {"state": "Failed"}))
    record = {
        "Id": "001Z",
        "CreatedDate": "2026-10-01T08:00:00.000+0000",
        "SystemModstamp": "2026-10-01T08:00:00.000+0000",
    }
    org.on("GET", "/query/0r8-2000$", reply({"totalSize": 60_000, "done": True, "records": [record]}))

    pages = accounts(crm_of())

    assert [value for page in pages for value in page.columns.get("account_id", ())] == ["001Z"]
    assert org.asked_for("/750A$", "PATCH")[0].json == {"state": "Aborted"}


def test_a_job_is_ended_when_we_break_off_while_it_runs(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("GET", "/jobs/query/750A$", reply(status=503, raw=b"<html>"))

    with pytest.raises(Unavailable):
        accounts(crm_of())

    assert org.asked_for("/750A$", "PATCH")[0].json == {"state": "Aborted"}


def test_results_with_fewer_rows_than_promised_are_asked_for_again(org: Any, crm_of: Any, reply: Any) -> None:
    cut = a_result(reply, ROW.format("001A", "false"), count=2)
    full = a_result(reply, ROW.format("001A", "false"), ROW.format("001B", "false"))
    org.on("GET", "/results$", cut, full)

    pages = accounts(crm_of())

    assert list(pages[0].columns["account_id"]) == ["001A", "001B"]
