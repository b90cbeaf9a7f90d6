from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from connectors.base import Cursors, Page
from connectors.errors import Incomplete, NeedsPerson, Unavailable

UNTIL = datetime(2026, 11, 2, 9, tzinfo=UTC)
STAMP = "2026-10-01T08:00:00.000+0000"
BASE = {"Id": "id", "CreatedDate": "datetime", "SystemModstamp": "datetime", "IsDeleted": "boolean"}
KEY = "Tierline_Key__c"
LATER = "2026-11-02T08:50:00Z"


@pytest.fixture(autouse=True)
def rows(org: Any, reply: Any) -> Callable[..., None]:
    """Rows of an object, in pages of these sizes; other objects are empty."""
    holds: dict[str, list[list[dict[str, Any]]]] = {}
    pages: dict[str, Any] = {}

    def answer(asked: Any) -> Any:
        path, source = asked.path, asked.soql.partition(" FROM ")[2].partition(" ")[0]
        if not source:
            return pages[path]
        found = holds.get(source, [[]])
        total = sum(len(page) for page in found)
        bodies = []
        for number, page in enumerate(found):
            name = f"/services/data/v66.0/query/0r8{source}-{number + 1}"
            last = number + 1 == len(found)
            more = {} if last else {"nextRecordsUrl": f"https://elsewhere.my.salesforce.com{name}"}
            records = [{"CreatedDate": STAMP, "SystemModstamp": STAMP, **row} for row in page]
            bodies.append((name, reply({"totalSize": total, "done": last, "records": records, **more})))
        for (name, _), (_, body) in pairwise(bodies):
            pages[name] = body
        return bodies[0][1]

    org.on("GET", "/query(All)?(/.*)?$", answer)
    org.describes("User", **BASE, Name="string")
    org.describes("Account", **BASE, Name="string", MasterRecordId="reference", Website="url")
    org.describes("Opportunity", **BASE, Name="string")
    org.describes("Contact", **BASE, MasterRecordId="reference", Email="email", Buying_Role__c="picklist")
    org.describes("Lead", **BASE, IsConverted="boolean", ConvertedContactId="reference", Email="email")
    org.describes("Event", **BASE, EndDateTime="datetime", StartDateTime="datetime")
    org.describes("Task", **BASE, TaskSubtype="picklist", IsClosed="boolean", Status="picklist")
    org.hides("EmailMessage")
    org.hides("OpportunityContactRole")

    def hold(source: str, *parts: Sequence[dict[str, Any]]) -> None:
        holds[source] = [list(part) for part in parts]

    return hold


def with_roles(org: Any) -> None:
    org.describes("OpportunityContactRole", **BASE, ContactId="reference", Role="picklist", IsPrimary="boolean")


def with_key(org: Any, rows: Callable[..., None]) -> None:
    org.describes("Task", **BASE, TaskSubtype="picklist", IsClosed="boolean", Status="picklist", **{KEY: "string"})
    org.hides("TaskStatus")
    org.hides("TaskPriority")
    rows("TaskStatus", [
        {"MasterLabel": "Open", "IsClosed": False, "IsDefault": True},
        {"MasterLabel": "Done", "IsClosed": True, "IsDefault": False},
    ])  # fmt: skip
    rows("TaskPriority", [{"MasterLabel": "Normal", "IsHighPriority": False, "IsDefault": True}])


def all_streams(at: str = LATER) -> Cursors:
    names = ("User", "Account", "Opportunity", "Contact", "Lead", "Event", "Task", "Task.ours")
    return Cursors(dict.fromkeys(names, at))


def of(pages: list[Page], stream: str) -> list[Page]:
    return [page for page in pages if page.stream == stream]


def ids(pages: list[Page], stream: str, column: str) -> list[Any]:
    return [value for page in of(pages, stream) for value in page.columns.get(column, ())]


def test_a_first_pull_reads_every_stream_whole(org: Any, crm_of: Any, rows: Any) -> None:
    rows("Account", [{"Id": "001A", "Name": "Acme"}])

    pages = list(crm_of().pull(Cursors(), UNTIL))

    ends = {page.stream: page for page in pages if page.last}
    assert set(ends) == {"User", "Account", "Opportunity", "Contact", "Lead", "Event", "Task", "Task.ours"}
    assert all(page.whole and page.cursor == LATER for page in ends.values())
    assert ids(pages, "Account", "account_id") == ["001A"]
    assert all("WHERE" not in soql for soql in org.queries())


def test_pages_are_followed_until_salesforce_says_done(crm_of: Any, rows: Any) -> None:
    rows("Account", [{"Id": "001A"}, {"Id": "001B"}], [{"Id": "001C"}], [{"Id": "001D"}])

    pages = list(crm_of().pull(Cursors(), UNTIL))

    assert ids(pages, "Account", "account_id") == ["001A", "001B", "001C", "001D"]
    assert [page.last for page in of(pages, "Account")] == [False, False, False, True]


def test_an_interrupted_pull_goes_on_after_its_last_page(org: Any, crm_of: Any, rows: Any) -> None:
    rows("Account", [{"Id": "001A"}], [{"Id": "001B"}], [{"Id": "001C"}])
    first = next(page for page in crm_of().pull(Cursors(), UNTIL) if page.stream == "Account")
    org.asked.clear()
    later = UNTIL.replace(hour=15)

    pages = list(crm_of().pull(Cursors({"resume:Account": first.resume, "User": LATER}), later))

    assert ids(pages, "Account", "account_id") == ["001B", "001C"]
    end = of(pages, "Account")[-1]
    assert (end.whole, end.cursor) == (True, LATER)  # changes since the first page was read are still to come


def test_a_resume_whose_cursor_is_gone_starts_over(org: Any, crm_of: Any, rows: Any, reply: Any) -> None:
    rows("Account", [{"Id": "001A"}], [{"Id": "001B"}])
    first = next(page for page in crm_of().pull(Cursors(), UNTIL) if page.stream == "Account")
    lost = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
    page_two = reply({"totalSize": 2, "done": True, "records": [{"Id": "001B"}]})
    org.on("GET", "/query/0r8Account", reply(lost, 400), page_two)

    pages = list(crm_of().pull(Cursors({"resume:Account": first.resume}), UNTIL))

    assert ids(pages, "Account", "account_id") == ["001A", "001B"]


def test_a_page_named_twice_is_an_error_and_not_an_end(org: Any, crm_of: Any, reply: Any) -> None:
    again = {"totalSize": 9, "done": False, "nextRecordsUrl": "/services/data/v66.0/query/0r8-1", "records": []}
    org.on("GET", "/query/0r8-1$", reply(again))
    org.on("GET", "/queryAll$", reply(again))

    with pytest.raises(Incomplete, match="the name of an earlier one"):
        list(crm_of().pull(Cursors(), UNTIL))


def test_a_pull_that_breaks_off_raises(org: Any, crm_of: Any, rows: Any, reply: Any) -> None:
    rows("Account", [{"Id": "001A"}], [{"Id": "001B"}])
    org.on("GET", "/query/0r8Account", reply(status=503, raw=b"<html>"))
    seen: list[Page] = []

    with pytest.raises(Unavailable):
        seen.extend(crm_of().pull(Cursors(), UNTIL))

    assert ids(seen, "Account", "account_id") == ["001A"]
    assert not any(page.last for page in of(seen, "Account"))


def test_a_later_pull_asks_for_a_window_with_deleted_rows(org: Any, crm_of: Any, rows: Any) -> None:
    rows("Account", [{"Id": "001A"}, {"Id": "001B", "IsDeleted": True}])

    pages = list(crm_of().pull(all_streams("2026-11-02T08:30:00Z"), UNTIL))

    window = "SystemModstamp >= 2026-11-02T08:30:00Z AND SystemModstamp <= 2026-11-02T09:00:00Z"
    account = next(a for a in org.asked if " FROM Account" in a.soql)
    assert (account.path, account.soql.partition(" WHERE ")[2]) == ("/services/data/v66.0/queryAll", window)
    assert ids(pages, "Account", "account_id") == ["001A"]
    assert of(pages, "Account")[0].deleted == ("001B",)
    assert [(p.whole, p.cursor) for p in pages if p.last] == [(False, LATER)] * 8


def test_meetings_whose_time_has_come_are_read_again(org: Any, crm_of: Any) -> None:
    list(crm_of().pull(all_streams(), UNTIL))

    event = next(soql for soql in org.queries() if " FROM Event" in soql)
    assert event.endswith("OR (EndDateTime >= 2026-11-02T08:50:00Z AND EndDateTime <= 2026-11-02T09:00:00Z)")


def test_losers_of_merges_name_their_winners(crm_of: Any, rows: Any) -> None:
    rows("Contact", [{"Id": "003A"}, {"Id": "003B", "IsDeleted": True, "MasterRecordId": "003A"}])

    pages = of(list(crm_of().pull(all_streams(), UNTIL)), "Contact")

    assert pages[0].merged == {"003B": "003A"}
    assert pages[0].deleted == ()
    assert ids(pages, "Contact", "contact_id") == ["003A"]


def test_a_converted_lead_becomes_its_contact(crm_of: Any, rows: Any) -> None:
    rows("Lead", [{"Id": "00QA", "IsConverted": True, "ConvertedContactId": "003A"}, {"Id": "00QB"}])

    pages = list(crm_of().pull(Cursors(), UNTIL))

    lead = of(pages, "Lead")[0]
    assert (lead.table, lead.merged) == ("contacts", {"00QA": "003A"})
    assert (lead.columns["contact_id"], lead.columns["record"]) == (["00QB"], ["lead"])


def test_tasks_of_ours_go_to_their_own_table(org: Any, crm_of: Any, rows: Any) -> None:
    with_key(org, rows)
    rows("Task", [
        {"Id": "00TA", "TaskSubtype": "Call", "IsClosed": True},
        {"Id": "00TB", "TaskSubtype": "Task", "Status": "Open", KEY: "k1"},
        {"Id": "00TC", "TaskSubtype": "Task", "Status": "Done", "IsClosed": True, "IsDeleted": True, KEY: "k2"},
        {"Id": "00TD", "IsDeleted": True},
    ])  # fmt: skip

    pages = list(crm_of().pull(all_streams(), UNTIL))

    assert ids(pages, "Task", "activity_id") == ["00TA"]
    assert of(pages, "Task")[0].deleted == ("00TD",)
    assert ids(pages, "Task.ours", "task_id") == ["00TB", "00TC"]
    assert ids(pages, "Task.ours", "state") == ["open", "deleted"]


def test_roles_on_opportunities_fill_in_on_a_first_pull(org: Any, crm_of: Any, rows: Any) -> None:
    with_roles(org)
    rows("Contact", [{"Id": "003A"}, {"Id": "003B", "Buying_Role__c": "User"}, {"Id": "003C"}])
    rows("OpportunityContactRole", [
        {"Id": "00K2", "ContactId": "003A", "Role": "Influencer", "IsPrimary": False},
        {"Id": "00K1", "ContactId": "003A", "Role": "Decision Maker", "IsPrimary": True},
        {"Id": "00K3", "ContactId": "003B", "Role": "Decision Maker"},
        {"Id": "00K4", "ContactId": "003C", "Role": "Decision Maker", "IsDeleted": True},
    ])  # fmt: skip

    pages = list(crm_of().pull(Cursors(), UNTIL))

    assert ids(pages, "Contact", "role") == ["decision_maker", "user", None]


def test_a_contact_is_read_again_when_its_role_changes(org: Any, crm_of: Any, rows: Any) -> None:
    with_roles(org)
    rows("Contact", [{"Id": "003A"}])
    rows("OpportunityContactRole", [{"Id": "00K1", "ContactId": "003A", "Role": "Champion", "IsPrimary": False}])

    list(crm_of().pull(all_streams(), UNTIL))

    contact = [soql.partition(" WHERE ")[2] for soql in org.queries() if " FROM Contact" in soql]
    assert contact[0] == "Id IN ('003A')"
    assert contact[1].startswith("SystemModstamp")


def test_a_mapped_field_that_is_missing_needs_a_person_and_is_named(org: Any, crm_of: Any) -> None:
    crm = crm_of(mapping={"accounts": {"tech": "Stack__c"}, "attributes": {"seats": "Seats__c"}})

    with pytest.raises(NeedsPerson, match=r"Account.Stack__c, Account.Seats__c.*tierline setup"):
        list(crm.pull(Cursors(), UNTIL))

    assert org.queries() == []


def test_an_org_without_any_field_of_ours_can_be_read(crm_of: Any, rows: Any) -> None:
    rows("Account", [{"Id": "001A"}])

    pages = list(crm_of().pull(Cursors(), UNTIL))

    assert ids(pages, "Account", "owned") == ["{}"]
    assert "Account.Tierline_Tier__c" in crm_of().missing_fields()
    assert "Task.Tierline_Key__c" in crm_of().missing_fields()


def test_a_field_of_ours_that_went_away_needs_a_person(org: Any, crm_of: Any) -> None:
    org.describes("Account", **BASE, Tierline_Tier__c="picklist")

    with pytest.raises(NeedsPerson, match=r"Account\.Tierline_Score__c"):
        list(crm_of().pull(Cursors(), UNTIL))


def test_a_window_that_takes_too_long_is_read_in_halves(org: Any, crm_of: Any, reply: Any) -> None:
    slow = reply([{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}], 400)
    empty = reply({"totalSize": 0, "done": True, "records": []})

    def answer(asked: Any) -> Any:
        hour = "SystemModstamp >= 2026-11-02T08:00:00Z AND SystemModstamp <= 2026-11-02T09:00:00Z"
        return slow if " FROM Account" in asked.soql and asked.soql.endswith(hour) else empty

    org.on("GET", "/queryAll$", answer)

    list(crm_of().pull(all_streams("2026-11-02T08:00:00Z"), UNTIL))

    windows = {soql.partition("SystemModstamp ")[2] for soql in org.queries() if " FROM Account" in soql}
    assert len(windows) == 3
    assert ">= 2026-11-02T08:00:00Z AND SystemModstamp <= 2026-11-02T08:30:00Z" in windows
    assert ">= 2026-11-02T08:30:00Z AND SystemModstamp <= 2026-11-02T09:00:00Z" in windows
