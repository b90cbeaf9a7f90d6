from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.settings import FieldMap, Mapping
from connectors.salesforce import acts, sources
from connectors.salesforce.org import FieldShape, Shape, TaskWords
from connectors.salesforce.owned import Names
from connectors.salesforce.sheet import Sheet, to_micros
from connectors.salesforce.wire import Frame
from engine.tables import TABLES

FRAME = Frame(ZoneInfo("Europe/Berlin"), Names.of(Mapping()))
DATES = {"ActivityDate": "date"}
NOW_US = to_micros(datetime(2026, 11, 2, 9, tzinfo=UTC))
WORDS = TaskWords(
    frozenset({"Completed", "Withdrawn"}), "Not Started", "Completed", "Withdrawn", {"high": "High", "normal": "Normal"}
)


def at(month: int, day: int, hour: int = 0) -> int:
    return to_micros(datetime(2026, month, day, hour, tzinfo=UTC))


def a_sheet(*rows: dict[str, Any]) -> Sheet:
    stamp = "2026-10-01T08:00:00.000+0000"
    default = {"Id": "00T1", "CreatedDate": stamp, "SystemModstamp": stamp, "OwnerId": "005A", "IsClosed": True}
    names = {name for row in (*rows, default) for name in row}
    return Sheet(len(rows), {name: [({**default, **row}).get(name) for row in rows] for name in names}, DATES)


def resolved(defaults: sources.Candidates, sheet: Sheet, **mapped: FieldMap) -> sources.Sources:
    return sources.resolve(Shape("Task", {n: FieldShape(n, "string") for n in sheet.columns}), defaults, mapped)[0]


def read_tasks(*rows: dict[str, Any], mails_elsewhere: bool = True, **mapped: FieldMap) -> tuple[Any, list[bool]]:
    sheet = a_sheet(*rows)
    chosen = resolved(sources.TASK, sheet, **mapped)
    return acts.task_activities(sheet, chosen, FRAME, mails_elsewhere=mails_elsewhere)


def read_meetings(*rows: dict[str, Any], **mapped: FieldMap) -> tuple[Any, list[bool]]:
    sheet = a_sheet(*rows)
    return acts.meetings(sheet, resolved(sources.EVENT, sheet, **mapped), FRAME, NOW_US)


def test_activities_have_the_tables_columns_and_no_other() -> None:
    sheet = a_sheet({})

    for columns, _ in (read_tasks({}), read_meetings({}), acts.mails(sheet, FRAME)):
        assert set(columns) == set(TABLES["activities"].names())
    assert set(acts.own_tasks(sheet, FRAME, WORDS)) == set(TABLES["tasks"].names())


@pytest.mark.parametrize(
    ("row", "kind", "direction"),
    [
        ({"CallType": "Outbound", "CallDisposition": "Connected"}, "call_connected", "outbound"),
        ({"CallType": "Outbound", "CallDisposition": "No Answer"}, "call_attempted", "outbound"),
        ({"CallType": None, "CallDisposition": "Left voicemail, will call back"}, "call_attempted", "outbound"),
        ({"CallType": "Outbound", "CallDisposition": None}, "call_attempted", "outbound"),
        ({"CallType": "Inbound", "CallDisposition": "Connected"}, "inbound_call", "inbound"),
        ({"CallType": "Outbound", "CallDisposition": "Connected", "IsClosed": False}, "task", "outbound"),
    ],
    ids=["reached", "nobody there", "voicemail", "no outcome", "they called", "still to be made"],
)
def test_a_call_is_told_by_its_type_and_outcome(row: dict[str, Any], kind: str, direction: str) -> None:
    columns, wanted = read_tasks({"TaskSubtype": "Call", **row})

    assert (columns["kind"], columns["direction"], wanted) == ([kind], [direction], [True])


def test_the_mapping_may_say_what_an_outcome_means() -> None:
    own = FieldMap(field="Result__c", values={"Gespräch": "connected"})

    columns, _ = read_tasks({"TaskSubtype": "Call", "Result__c": "gespräch"}, call_outcome=own)

    assert columns["kind"] == ["call_connected"]


def test_a_call_happened_when_it_was_completed_else_at_noon_of_its_day() -> None:
    columns, _ = read_tasks(
        {"TaskSubtype": "Call", "CompletedDateTime": "2026-10-05T15:00:00.000+0000", "ActivityDate": "2026-10-05"},
        {"TaskSubtype": "Call", "ActivityDate": "2026-10-05"},
        {"TaskSubtype": "Call"},
    )

    assert columns["occurred_at"] == [at(10, 5, 15), at(10, 5, 10), at(10, 1, 8)]


def test_a_to_do_stands_on_the_day_it_is_due() -> None:
    row = {"TaskSubtype": "Task", "CompletedDateTime": "2026-10-02T15:00:00.000+0000", "ActivityDate": "2026-10-05"}

    columns, _ = read_tasks(row)

    assert (columns["kind"], columns["occurred_at"]) == (["task"], [at(10, 5, 10)])


def test_mails_among_tasks_are_left_out_where_they_are_told_better() -> None:
    rows = ({"TaskSubtype": "Email"}, {"TaskSubtype": "ListEmail"}, {"TaskSubtype": "Call", "CallType": "Internal"})

    _, with_mails = read_tasks(*rows)
    columns, without = read_tasks(*rows, mails_elsewhere=False)

    assert with_mails == [False, False, False]
    assert without == [True, True, False]
    assert columns["automated"] == [False, True, False]


def test_a_series_is_not_counted_beside_its_instances() -> None:
    assert read_tasks({"IsRecurrence": True})[1] == [False]
    assert read_meetings({"IsRecurrence": True}, {"IsChild": True}, {})[1] == [False, False, True]


def test_a_queue_is_no_actor() -> None:
    columns, _ = read_tasks({"OwnerId": "00GQ"}, {"OwnerId": "005B"})

    assert columns["actor_id"] == [None, "005B"]


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        ("Held", "meeting_held"),
        ("No Show", "meeting_no_show"),
        ("Canceled by buyer", "meeting_cancelled"),
        ("Scheduled", "meeting_scheduled"),
        ("Went fine", "meeting_held"),
        (None, "meeting_held"),
    ],
)
def test_a_past_meeting_is_what_its_outcome_says_else_held(outcome: str | None, kind: str) -> None:
    row = {"StartDateTime": "2026-10-05T15:00:00.000+0000", "Meeting_Outcome__c": outcome}

    columns, _ = read_meetings(row)

    assert (columns["kind"], columns["occurred_at"], columns["direction"]) == ([kind], [at(10, 5, 15)], ["none"])


def test_a_meeting_to_come_is_scheduled() -> None:
    row = {"StartDateTime": "2026-11-02T08:30:00.000+0000", "EndDateTime": "2026-11-02T09:30:00.000+0000"}

    assert read_meetings(row)[0]["kind"] == ["meeting_scheduled"]


def test_a_mapped_outcome_may_leave_out_the_word_meeting() -> None:
    own = FieldMap(field="Result__c", values={"Fand statt": "held", "Ausgefallen": "meeting_cancelled"})
    rows = ({"Result__c": "Fand statt"}, {"Result__c": "Ausgefallen"})

    columns, _ = read_meetings(*rows, meeting_outcome=own)

    assert columns["kind"] == ["meeting_held", "meeting_cancelled"]


def test_a_mail_names_the_buyer_by_address() -> None:
    common = {"FromAddress": "ada@acme.com", "ToAddress": "Bob <bob@x.org>; c@x.org", "CreatedById": "005C"}
    sheet = a_sheet(
        {**common, "Incoming": True, "RelatedToId": "001A", "MessageDate": "2026-10-05T15:00:00.000+0000"},
        {**common, "Incoming": False, "RelatedToId": "006O"},
        {**common, "Incoming": False, "Status": acts.DRAFT},
    )

    columns, wanted = acts.mails(sheet, FRAME)

    assert wanted == [True, True, False]
    assert columns["kind"][:2] == ["email_reply", "email_sent"]
    assert columns["direction"][:2] == ["inbound", "outbound"]
    assert columns["email"][:2] == ["ada@acme.com", "bob@x.org"]
    assert columns["account_id"][:2] == ["001A", None]
    assert columns["occurred_at"][:2] == [at(10, 5, 15), at(10, 1, 8)]
    assert columns["actor_id"][0] == "005C"


@pytest.mark.parametrize(
    ("header", "found"),
    [("a@x.org", "a@x.org"), ('"B, A" <a@x.org>, c@x.org', "a@x.org"), ("nobody", None), (None, None), ("", None)],
)
def test_the_first_address_of_a_header_counts(header: str | None, found: str | None) -> None:
    assert (acts.address(header) or None) == found


def test_our_own_tasks_are_read_with_their_state_and_hour() -> None:
    day = {"ActivityDate": "2026-10-05", "Tierline_Key__c": "k", "Status": "Not Started", "IsClosed": False}
    sheet = a_sheet(
        {**day, "ReminderDateTime": "2026-10-05T13:30:00.000+0000"},
        {**day, "ReminderDateTime": "2026-09-01T13:30:00.000+0000"},
        {**day, "Status": "Completed", "IsClosed": True, "CompletedDateTime": "2026-10-04T10:00:00.000+0000"},
        {**day, "Status": "Withdrawn", "IsClosed": True},
        {**day, "Status": "Completed", "IsClosed": True, "IsDeleted": True},
    )

    columns = acts.own_tasks(sheet, FRAME, WORDS)

    assert columns["state"] == ["open", "open", "done", "withdrawn", "deleted"]
    assert columns["due_at"][:2] == [at(10, 5, 13) + 1_800_000_000, at(10, 5, 10)]  # a stale reminder says nothing
    assert columns["closed_at"] == [None, None, at(10, 4, 10), at(10, 1, 8), None]
    assert columns["key"][0] == "k"
