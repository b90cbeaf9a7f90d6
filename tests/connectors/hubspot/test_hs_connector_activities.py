from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from config.settings import Mapping
from connectors.hubspot import activities, columns, wire
from connectors.hubspot.activities import call_meaning, email_meaning, meeting_meaning, task_state
from connectors.hubspot.columns import Layout
from connectors.hubspot.owned import Names
from connectors.hubspot.owners import Owner, absences, owner_columns, working_hours

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
STAMPS = {"hs_createdate": "2026-10-01T08:00:00.000Z", "hs_lastmodifieddate": "2026-10-02T08:00:00.000Z"}


def layout(mapping: dict[str, Any] | None = None, **other: Any) -> Layout:
    found = Mapping(**(mapping or {}))
    return Layout(found, Names.of(found), ZoneInfo("UTC"), **other)


def sheet(kind: str, of: Layout, *records: Any) -> wire.Sheet:
    decoding = wire.decoders(of.properties(kind))
    rows = [{"id": str(place), **record} for place, record in enumerate(records, start=1)]
    return wire.Sheet(decoding.batch.decode(msgspec.json.encode({"results": rows})).results, decoding.places)


@pytest.mark.parametrize(
    ("direction", "disposition", "status", "meaning"),
    [
        ("OUTBOUND", CONNECTED, "COMPLETED", ("call_connected", "outbound")),
        ("OUTBOUND", NO_ANSWER, "COMPLETED", ("call_attempted", "outbound")),
        ("OUTBOUND", None, "NO_ANSWER", ("call_attempted", "outbound")),
        ("OUTBOUND", None, "COMPLETED", ("call_connected", "outbound")),
        ("OUTBOUND", "a-portals-own-guid", "COMPLETED", ("call_connected", "outbound")),
        ("OUTBOUND", "a-portals-own-guid", "BUSY", ("call_attempted", "outbound")),
        (None, None, None, ("call_attempted", "outbound")),
        ("INBOUND", NO_ANSWER, "NO_ANSWER", ("inbound_call", "inbound")),
    ],
)
def test_a_call_is_what_its_direction_disposition_and_status_say(
    direction: str | None, disposition: str | None, status: str | None, meaning: tuple[str, str]
) -> None:
    assert call_meaning(direction, disposition, status) == meaning


def test_mails_and_meetings_are_named_with_their_outcome() -> None:
    assert email_meaning("INCOMING_EMAIL", None) == ("email_reply", "inbound")
    assert email_meaning("EMAIL", "SENT") == ("email_sent", "outbound")
    assert email_meaning("EMAIL", "BOUNCED") == ("email_bounced", "outbound")
    assert meeting_meaning("COMPLETED") == ("meeting_held", "none")
    assert meeting_meaning("NO_SHOW") == ("meeting_no_show", "none")
    assert meeting_meaning(None) == ("meeting_scheduled", "none")


def test_an_activity_happened_when_it_says_and_was_logged_when_it_was_made() -> None:
    of = layout()
    call = {"properties": {"hs_timestamp": "2026-03-01T10:00:00.000Z", **STAMPS}}
    undated = {"properties": STAMPS}

    made = activities.activities(of, sheet("calls", of, call, undated), "calls")

    assert made["activity_id"] == ["calls:1", "calls:2"]
    assert made["occurred_at"] == [1_772_359_200_000_000, made["logged_at"][1]]
    assert made["logged_at"] == [1_790_841_600_000_000] * 2


def test_a_mail_without_contact_names_the_buyers_address() -> None:
    of = layout()
    ends = {"hs_email_from_email": "from@x.com", "hs_email_to_email": "to@x.com", **STAMPS}
    rows: list[Any] = [
        {"properties": {"hs_email_direction": "INCOMING_EMAIL", **ends}},
        {"properties": {"hs_email_direction": "EMAIL", **ends}},
        {"properties": ends, "associations": {"contacts": {"results": [{"id": "9", "type": "email_to_contact"}]}}},
    ]

    made = activities.activities(of, sheet("emails", of, *rows), "emails")

    assert made["email"] == ["from@x.com", "to@x.com", None]
    assert made["contact_id"] == [None, None, "9"]


def test_what_a_machine_sent_is_automated() -> None:
    of = layout()
    rows = [{"properties": {"hs_object_source": source, **STAMPS}} for source in ("SEQUENCES", "CRM_UI", None)]

    assert activities.activities(of, sheet("emails", of, *rows), "emails")["automated"] == [True, False, False]


@pytest.mark.parametrize(
    ("status", "subject", "mark", "archived", "state"),
    [
        ("NOT_STARTED", "Call", None, False, "open"),
        ("DEFERRED", "Call", None, False, "open"),
        ("COMPLETED", "Call", None, False, "done"),
        ("COMPLETED", "Call", "true", False, "withdrawn"),
        ("COMPLETED", "Withdrawn: Call", None, False, "withdrawn"),
        ("NOT_STARTED", "Withdrawn: Call", "true", False, "open"),
        ("COMPLETED", "Call", "true", True, "deleted"),
    ],
)
def test_a_withdrawn_task_is_a_completed_one_with_our_mark(
    status: str, subject: str, mark: str | None, archived: bool, state: str
) -> None:
    assert task_state(status, subject, mark, archived=archived) == state


def test_without_a_key_property_a_task_is_known_by_the_line_in_its_body() -> None:
    of = layout(defined={"tasks": dict.fromkeys(["hs_task_body", "hs_task_subject", "hs_task_status"], "string")})
    rows = [
        {"properties": {"hs_task_body": body, **STAMPS}} for body in ("why<br>Ref TL-0123456789ab", "Ref TL-xyz", None)
    ]

    assert activities.keys(of, sheet("tasks", of, *rows)) == ["0123456789ab", None, None]


def test_who_changed_a_task_last_is_told_by_owner_id() -> None:
    of = layout(key="tierline_key", users={"77": "41629779"})
    rows = [
        {"properties": {"tierline_key": "k", "hs_updated_by_user_id": user, **STAMPS}} for user in ("77", "1", None)
    ]

    assert activities.tasks(of, sheet("tasks", of, *rows))["modified_by"] == ["41629779", None, None]


def test_an_account_takes_the_mapping_before_hubspots_own_properties() -> None:
    of = layout(
        {
            "accounts": {"industry": {"field": "branch", "values": {"SW": "Software"}}, "employees": "staff"},
            "attributes": {"seats": "seat_count", "pilot": "pilot"},
        },
        defined={"companies": {"branch": "string", "staff": "number", "seat_count": "number", "pilot": "bool"}},
    )
    values = {"branch": "SW", "staff": "250", "seat_count": "12", "pilot": "true", "industry": "x", **STAMPS}

    found = columns.accounts(of, sheet("companies", of, {"properties": values}))

    assert found["industry"] == ["Software"]
    assert found["employees"] == [250]
    assert msgspec.json.decode(found["attributes"][0]) == {"pilot": True, "seats": 12}
    assert found["country"] == [None]


def test_countries_are_told_by_name_or_code() -> None:
    of = layout()
    rows = [{"properties": {"country": text}} for text in ("Germany", "de", "United States", "Atlantis", None)]

    assert columns.accounts(of, sheet("companies", of, *rows))["country"] == ["DE", "DE", "US", None, None]


def test_the_best_of_several_buying_roles_counts() -> None:
    of = layout()
    texts = ("END_USER;CHAMPION", "BLOCKER;DECISION_MAKER", "END_USER", "LEGAL_AND_COMPLIANCE", None)
    rows = [{"properties": {"hs_buying_role": text}} for text in texts]

    roles = columns.contacts(of, sheet("contacts", of, *rows))["role"]

    assert roles == ["champion", "decision_maker", "user", "legal_and_compliance", None]


def test_an_open_deals_close_date_is_a_hope_not_a_fact() -> None:
    of = layout()
    rows = [
        {"properties": {"closedate": "2026-12-24T00:00:00.000Z", "hs_is_closed": flag}} for flag in ("false", "true")
    ]

    closed = columns.opportunities(of, sheet("deals", of, *rows))["closed_at"]

    assert closed[0] is None
    assert closed[1] is not None


def test_merged_companies_lead_to_the_one_that_stayed() -> None:
    of = layout()
    rows = sheet("companies", of, {"id": "30", "properties": {"hs_merged_object_ids": "10;20;30"}})

    assert columns.merged_into(rows) == {"10": "30", "20": "30"}


def test_an_owner_is_one_row_with_hours_and_absences() -> None:
    decoding = wire.decoders(
        ("hs_internal_user_id", "hs_standard_time_zone", "hs_working_hours", "hs_out_of_office_hours")
    )
    week = '{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1020}'
    hours = f'[{week},{{"days":"SATURDAY","startMinute":0,"endMinute":60}}]'
    away = '[{"startTimestamp":2000,"endTimestamp":3000},{"startTimestamp":0,"endTimestamp":1000}]'
    user = {"hs_internal_user_id": "7", "hs_standard_time_zone": "Europe/Berlin", "hs_working_hours": hours}
    row = {"id": "1", "properties": {**user, "hs_out_of_office_hours": away}}
    users = wire.Sheet(decoding.batch.decode(msgspec.json.encode({"results": [row]})).results, decoding.places)
    active = Owner("100", "ADA@OURS.COM", "Ada", "L", userId=7, updatedAt="2026-01-01T00:00:00.000Z")
    gone = Owner("200", None, "Bob", None, userIdIncludingInactive=9, archived=True)

    made = owner_columns([active, gone, Owner("100", archived=True)], users, ZoneInfo("UTC"))

    by_id = dict(zip(made["owner_id"], zip(*made.values(), strict=True), strict=True))
    names = list(made)
    ada = dict(zip(names, by_id["100"], strict=True))
    assert len(made["owner_id"]) == 2
    assert (ada["email"], ada["active"], ada["time_zone"]) == ("ada@ours.com", True, "Europe/Berlin")
    assert msgspec.json.decode(ada["working_hours"])[0] == {"days": [1, 2, 3, 4, 5], "from": 540, "until": 1020}
    assert ada["away"] == "[[0,1000000],[2000000,3000000]]"
    assert dict(zip(names, by_id["200"], strict=True))["active"] is False


@pytest.mark.parametrize("text", [None, "", "not json", "{}", '[{"days":"NEVER","startMinute":1,"endMinute":2}]'])
def test_hours_that_make_no_sense_are_unknown(text: str | None) -> None:
    assert working_hours(text) is None
    assert absences(text) == "[]"
