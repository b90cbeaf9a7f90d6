from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.settings import FieldMap, Mapping
from connectors.salesforce import sources, wire
from connectors.salesforce.org import FieldShape, Shape
from connectors.salesforce.owned import Names
from connectors.salesforce.sheet import Sheet, to_micros
from connectors.salesforce.wire import Frame
from engine.tables import TABLES

BERLIN = ZoneInfo("Europe/Berlin")
STAMP = "2026-10-01T08:00:00.000+0000"
STAMP_US = to_micros(datetime(2026, 10, 1, 8, tzinfo=UTC))


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return to_micros(datetime(year, month, day, hour, minute, tzinfo=UTC))


def a_sheet(*rows: dict[str, Any], **types: str) -> Sheet:
    names = {name for row in rows for name in row} | {"Id", "CreatedDate", "SystemModstamp"}
    default = {"Id": "001", "CreatedDate": STAMP, "SystemModstamp": STAMP}
    columns = {name: [({**default, **row}).get(name) for row in rows] for name in names}
    return Sheet(len(rows), columns, types)


def resolved(defaults: sources.Candidates, sheet: Sheet, **mapped: FieldMap) -> sources.Sources:
    shape = Shape("Account", {name: FieldShape(name, sheet.types.get(name, "string")) for name in sheet.columns})
    return sources.resolve(shape, defaults, mapped)[0]


def read_accounts(*rows: dict[str, Any], frame: Frame | None = None, types: Any = None, **mapped: FieldMap) -> Any:
    sheet = a_sheet(*rows, **(types or {}))
    frame = frame or Frame(BERLIN, Names.of(Mapping()))
    return wire.accounts(sheet, resolved(sources.ACCOUNT, sheet, **mapped), frame)


def test_every_column_of_the_table_is_there_and_no_other() -> None:
    frame = Frame(BERLIN, Names.of(Mapping()))
    empty = a_sheet({})

    tables = {
        "accounts": wire.accounts(empty, resolved(sources.ACCOUNT, empty), frame),
        "contacts": wire.people(empty, resolved(sources.CONTACT, empty), frame, "contact", {}),
        "opportunities": wire.opportunities(empty, resolved(sources.OPPORTUNITY, empty), frame),
        "owners": wire.owners(empty, resolved(sources.USER, empty), frame),
    }

    for name, columns in tables.items():
        assert set(columns) == set(TABLES[name].names())
        assert {len(values) for values in columns.values()} == {1}


def test_an_account_is_read() -> None:
    row = {
        "Name": "Acme", "Website": "https://www.Acme.com/about", "Additional_Domains__c": "acme.de; acme.io",
        "ParentId": "001P", "OwnerId": "005A", "Industry": "Software", "NumberOfEmployees": 400.0,
        "AnnualRevenue": 3.5e6, "BillingCountryCode": "us", "BillingState": "CA", "Tech_Stack__c": "Snowflake;HubSpot",
        "Type": "Former Customer", "ARR__c": 12.5, "Renewal_Date__c": "2027-01-31", "Strategic__c": True,
    }  # fmt: skip

    columns = read_accounts(row, types={"Renewal_Date__c": "date"})

    assert {name: columns[name][0] for name in ("name", "parent_id", "owner_id", "employees", "country", "region")} == {
        "name": "Acme", "parent_id": "001P", "owner_id": "005A", "employees": 400, "country": "US", "region": "CA",
    }  # fmt: skip
    assert columns["domains"] == [["https://www.Acme.com/about", "acme.de", "acme.io"]]
    assert columns["tech"] == [["Snowflake", "HubSpot"]]
    assert columns["lifecycle"] == ["former"]
    assert columns["renewal_at"] == [at(2027, 1, 31, 11)]  # noon in Berlin
    assert (columns["arr"], columns["strategic"]) == ([12.5], [True])
    assert columns["created_at"] == columns["modified_at"] == [STAMP_US]


def test_what_an_account_does_not_say_is_unknown_and_never_zero() -> None:
    columns = read_accounts({})

    for name in ("name", "employees", "annual_revenue", "country", "arr", "strategic", "renewal_at", "override_tier"):
        assert columns[name] == [None], name
    assert (columns["domains"], columns["tech"], columns["lifecycle"]) == ([[]], [[]], ["prospect"])
    assert (columns["owned"], columns["attributes"]) == (["{}"], ["{}"])


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("Customer - Direct", "customer"),
        ("Former Customer", "former"),
        ("Technology Partner", "partner"),
        ("Channel Partner / Reseller", "partner"),
        ("Competitor", "competitor"),
        ("Analyst", "prospect"),
    ],
)
def test_account_types_become_lifecycles(label: str, word: str) -> None:
    assert read_accounts({"Type": label})["lifecycle"] == [word]


def test_the_mapping_chooses_field_and_words() -> None:
    own = FieldMap(field="Stage__c", values={"Client": "customer"})

    columns = read_accounts({"Stage__c": "CLIENT", "Type": "Prospect"}, {"Stage__c": "Lost customer"}, lifecycle=own)

    assert columns["lifecycle"] == ["customer", "customer"]


@pytest.mark.parametrize(
    ("name", "code"), [("Germany", "DE"), ("de", "DE"), ("Atlantis", None), ("United States", "US")]
)
def test_countries_become_codes(name: str, code: str | None) -> None:
    assert read_accounts({"BillingCountry": name})["country"] == [code]


def test_our_fields_are_shown_as_the_crm_holds_them() -> None:
    names = Names.of(Mapping())
    owned = {"tier": "Tierline_Tier__c", "score": "Tierline_Score__c", "tier_since": "Tierline_Tier_Since__c"}
    frame = Frame(BERLIN, names, owned=owned)
    row = {"Tierline_Tier__c": "1 - Focus", "Tierline_Score__c": 71.0, "Tierline_Tier_Since__c": STAMP}
    types = {"Tierline_Score__c": "double", "Tierline_Tier_Since__c": "datetime"}

    columns = read_accounts(row, {}, frame=frame, types=types)

    assert [json.loads(document) for document in columns["owned"]] == [
        {"tier": "1 - Focus", "score": 71, "tier_since": "2026-10-01T08:00:00Z"},
        {},
    ]


def test_an_override_holds_to_the_end_of_its_day() -> None:
    frame = Frame(BERLIN, Names.of(Mapping()), overrides={"override_until": "Until__c", "override_tier": "Override__c"})

    columns = read_accounts(
        {"Until__c": "2026-12-31", "Override__c": "2 - Growth"}, frame=frame, types={"Until__c": "date"}
    )

    assert columns["override_until"] == [at(2026, 12, 31, 23) - 1]
    assert columns["override_tier"] == ["2 - Growth"]


def test_custom_fields_become_attributes_of_their_own_kind() -> None:
    frame = Frame(BERLIN, Names.of(Mapping()), attributes={"seats": "Seats__c", "regions": "Regions__c", "vip": "V__c"})
    types = {"Seats__c": "double", "Regions__c": "multipicklist", "V__c": "boolean"}

    columns = read_accounts({"Seats__c": 5.0, "Regions__c": "A;B", "V__c": False}, frame=frame, types=types)

    assert json.loads(columns["attributes"][0]) == {"seats": 5, "regions": ["A", "B"], "vip": False}


def read_people(*rows: dict[str, Any], roles: dict[str, str] | None = None) -> Any:
    sheet = a_sheet(*rows)
    return wire.people(
        sheet, resolved(sources.CONTACT, sheet), Frame(BERLIN, Names.of(Mapping())), "contact", roles or {}
    )


def test_the_role_on_an_opportunity_fills_in_for_a_contact_without_one() -> None:
    rows = ({"Id": "003A", "Buying_Role__c": "Decision Maker"}, {"Id": "003B"}, {"Id": "003C"})

    columns = read_people(*rows, roles={"003A": "user", "003B": "champion"})

    assert columns["role"] == ["decision_maker", "champion", None]


def test_a_bounced_address_is_not_mailed() -> None:
    rows = ({"EmailBouncedDate": STAMP}, {"HasOptedOutOfEmail": True}, {"DoNotCall": True})

    columns = read_people(*rows)

    assert columns["mail_opt_out"] == [True, True, False]
    assert columns["call_opt_out"] == [False, False, True]


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("Economic Buyer", "budget_holder"),
        ("Business User", "user"),
        ("Other", None),
        ("Budget Holder", "budget_holder"),
    ],
)
def test_role_labels_become_words(label: str, word: str | None) -> None:
    assert wire.role_word(label) == word


def test_a_won_deal_closes_when_its_stage_moved_that_day_else_at_noon() -> None:
    rows = (
        {"IsClosed": True, "CloseDate": "2026-10-05", "LastStageChangeDate": "2026-10-05T15:30:00.000+0000"},
        {"IsClosed": True, "CloseDate": "2026-10-05", "LastStageChangeDate": "2026-10-09T15:30:00.000+0000"},
        {"IsClosed": False, "CloseDate": "2026-12-05", "LastStageChangeDate": None},
    )
    sheet = a_sheet(*rows, CloseDate="date")

    columns = wire.opportunities(sheet, resolved(sources.OPPORTUNITY, sheet), Frame(BERLIN, Names.of(Mapping())))

    assert columns["closed_at"] == [at(2026, 10, 5, 15, 30), at(2026, 10, 5, 10), None]
    assert columns["is_closed"] == [True, True, False]


def test_absences_hold_whole_days_of_the_persons_own_zone() -> None:
    row = {
        "Email": "Ann@Ours.com", "IsActive": True, "TimeZoneSidKey": "America/New_York",
        "Out_Of_Office_From__c": "2026-11-02", "Out_Of_Office_Until__c": "2026-11-03",
    }  # fmt: skip
    moments = {"Out_Of_Office_From__c": STAMP, "Out_Of_Office_Until__c": "2026-10-02T08:00:00.000+0000"}
    sheet = a_sheet(row, moments, {})

    columns = wire.owners(sheet, resolved(sources.USER, sheet), Frame(BERLIN, Names.of(Mapping())))

    day_us = int(timedelta(days=1).total_seconds()) * 1_000_000
    assert [json.loads(away) for away in columns["away"]] == [
        [[at(2026, 11, 2, 5), at(2026, 11, 4, 5)]],
        [[STAMP_US, STAMP_US + day_us]],
        [],
    ]
    assert columns["email"] == ["ann@ours.com", None, None]
    assert columns["active"] == [True, False, False]
