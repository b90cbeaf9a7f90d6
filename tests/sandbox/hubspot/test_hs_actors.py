"""Other people in the portal, roll-ups, secondary addresses, and the frame's side of the CRM."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.frame import BadOrderError, CountsRecords, ExpiresSessions
from sandbox.generate import generate
from sandbox.hubspot import HubSpot
from sandbox.world import CRM_KINDS, KINDS, World
from tests.sandbox.hubspot.hs_house import NOW, NOW_S, House


@pytest.mark.parametrize("kind", CRM_KINDS)
def test_every_parity_kind_can_be_logged(house: House, kind: str) -> None:
    order = {"do": "log_activity", "kind": kind, "contact": "C0000001", "actor": "O002", "subject": "Hi"}

    done = house.crm.act(order)

    path = f"/crm/v3/objects/{done['object']}/{done['id']}"
    row = house.ok("GET", path, properties="hs_timestamp,hubspot_owner_id", associations="contacts,companies")
    assert row["properties"]["hs_timestamp"] == "2026-11-02T09:00:00.000Z"
    assert row["properties"]["hubspot_owner_id"] == house.id_of("O002")
    assert row["associations"]["contacts"]["results"][0]["id"] == house.id_of("C0000001")
    assert row["associations"]["companies"]["results"][0]["id"] == house.id_of("A000001")
    assert house.journal.since()[0].who == "actor:Rita O002"


def test_a_logged_mail_has_its_addresses(house: House) -> None:
    order = {"do": "log_activity", "contact": "C0000001", "actor": "O002"}
    ids = [house.crm.act({**order, "kind": kind})["id"] for kind in ("email_reply", "email_sent")]

    names = "hs_email_from_email,hs_email_to_email,hs_email_direction"
    rows = [house.ok("GET", f"/crm/v3/objects/emails/{number}", properties=names)["properties"] for number in ids]

    assert [row["hs_email_direction"] for row in rows] == ["INCOMING_EMAIL", "EMAIL"]
    assert [row["hs_email_from_email"] for row in rows] == ["c0000001@firm.com", "o002@ours.com"]
    assert [row["hs_email_to_email"] for row in rows] == ["o002@ours.com", "c0000001@firm.com"]


def test_an_account_can_be_made_given_away_and_deleted(house: House) -> None:
    made = house.crm.act({"do": "create_account", "name": "Late", "domain": "late.com", "owner": "O002"})
    order = {"object": "account", "id": made["id"]}

    house.crm.act({"do": "set_field", **order, "field": "hubspot_owner_id", "value": "O001"})
    row = house.ok("GET", f"/crm/v3/objects/companies/{made['id']}", properties="hubspot_owner_id")
    house.crm.act({"do": "delete_record", **order})

    assert row["properties"]["hubspot_owner_id"] == house.id_of("O001")
    assert house.get(f"/crm/v3/objects/companies/{made['id']}").status_code == 404


def test_an_admin_can_merge_by_world_key(house: House) -> None:
    done = house.crm.act({"do": "merge", "object": "accounts", "winner": "A000001", "loser": "A000003"})

    assert house.ok("GET", f"/crm/v3/objects/companies/{house.id_of('A000003')}")["id"] == done["id"]


@pytest.mark.parametrize(
    "order",
    [
        {"do": "dance"},
        {"do": "log_activity", "kind": "web_visit", "account": "A000001"},
        {"do": "log_activity", "kind": "task", "account": "A999999"},
        {"do": "log_activity", "kind": "task", "account": "A000001", "at": "soon"},
        {"do": "set_field", "id": "A000001", "field": "nope", "value": "1"},
        {"do": "set_field", "object": "planets", "id": "1", "field": "name", "value": "1"},
        {"do": "merge", "winner": "A000001", "loser": "A000001"},
        {"do": "deactivate_owner", "owner": "7"},
        {"do": "close_task", "id": "7"},
        {"do": "create_account"},
        {"do": "add_token"},
    ],
)
def test_orders_that_make_no_sense_are_refused_and_write_nothing(house: House, order: dict[str, Any]) -> None:
    with pytest.raises(BadOrderError):
        house.crm.act(order)

    assert len(house.journal) == 0


def test_a_call_moves_the_companys_last_contact_and_its_modification_time(house: House) -> None:
    company, names = house.id_of("A000003"), "notes_last_contacted,notes_next_activity_date"
    path = f"/crm/v3/objects/companies/{company}"
    assert house.ok("GET", path, properties=names)["properties"]["notes_last_contacted"] is None

    house.crm.act({"do": "log_activity", "kind": "call_connected", "account": "A000003"})
    later = (NOW + timedelta(days=2)).isoformat()
    house.crm.act({"do": "log_activity", "kind": "task", "account": "A000003", "at": later})

    row = house.ok("GET", path, properties=names)
    assert row["properties"]["notes_last_contacted"] == "2026-11-02T09:00:00.000Z"
    assert row["properties"]["notes_next_activity_date"] == "2026-11-04T09:00:00.000Z"
    assert row["updatedAt"] == "2026-11-02T09:00:00.000Z"


def test_loaded_companies_show_their_last_contact(house: House) -> None:
    names = "notes_last_contacted,notes_next_activity_date"
    rows = house.ok("GET", "/crm/v3/objects/companies", properties=names)["results"]

    shown = [(row["properties"]["notes_last_contacted"], row["properties"]["notes_next_activity_date"]) for row in rows]
    assert shown == [("2026-11-01T09:00:00.000Z", None), (None, "2026-11-03T09:00:00.000Z"), (None, None)]


def test_rollups_can_be_left_alone(open_house: Callable[..., House]) -> None:
    house = open_house(rollups=False)
    before = house.ok("GET", f"/crm/v3/objects/companies/{house.id_of('A000003')}")

    house.crm.act({"do": "log_activity", "kind": "call_connected", "account": "A000003"})

    assert house.ok("GET", f"/crm/v3/objects/companies/{house.id_of('A000003')}") == before


def test_a_merged_contact_keeps_both_addresses(house: House) -> None:
    made = house.crm.act({"do": "merge", "object": "contacts", "winner": "C0000001", "loser": "C0000002"})

    found = house.ok("GET", "/crm/v3/objects/contacts/C0000002@firm.com", idProperty="email")
    taken = house.post("/crm/v3/objects/contacts", {"properties": {"email": "c0000002@firm.com"}})

    assert found["id"] == made["id"]
    assert (taken.status_code, taken.json()["category"]) == (409, "CONFLICT")


def test_a_new_contact_joins_its_company_where_the_account_wants_it(open_house: Callable[..., House]) -> None:
    house = open_house(auto_associate_company=True)

    made = house.ok("POST", "/crm/v3/objects/contacts", {"properties": {"email": "neu@a000003.com"}})

    row = house.ok("GET", f"/crm/v3/objects/contacts/{made['id']}", properties="associatedcompanyid")
    assert row["properties"]["associatedcompanyid"] == house.id_of("A000003")


def test_in_wants_lower_case_and_epoch_zero_is_a_server_error(house: House) -> None:
    path = "/crm/v3/objects/companies/search"
    upper = {"propertyName": "name", "operator": "IN", "values": ["Firm A000001"]}
    zero = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"}

    assert house.ok("POST", path, {"filters": [upper]})["total"] == 0
    assert house.post(path, {"filters": [zero]}).status_code == 500


def test_the_frame_finds_what_it_needs(house: House) -> None:
    crm: HubSpot = house.crm

    assert isinstance(crm, ExpiresSessions)
    assert isinstance(crm, CountsRecords)
    assert crm.counts()["companies"] == 3
    assert crm.credentials() == {"token": house.token}
    crm.clear()
    assert crm.counts()["companies"] == 0
    assert crm.keys() == {}


@pytest.fixture(scope="module")
def generated() -> World:
    return generate("small", 7, NOW_S)


def read_all(house: House, kind: str, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: str | None = "0"
    while after:
        body = house.ok("GET", f"/crm/objects/2026-09/{kind}", limit=100, after=after, **query)
        rows += body["results"]
        after = body.get("paging", {}).get("next", {}).get("after")
    return rows


@pytest.mark.slow
def test_a_generated_world_is_all_there(open_house: Callable[..., House], generated: World) -> None:
    """Counted over HTTP against the world's own tables."""
    house, acts = open_house(generated), generated.activities
    counts = house.crm.counts()

    assert len(read_all(house, "companies")) == len(generated.accounts) == counts["companies"]
    assert len(read_all(house, "contacts")) == len(generated.contacts)
    calls = read_all(house, "calls", properties="hs_call_direction,hs_call_status", associations="contacts,companies")
    wanted = [row for row in acts.crm_rows().tolist() if "call" in KINDS[acts.kind[row]]]
    assert len(calls) == len(wanted)
    for shown, row in zip(calls, wanted, strict=True):
        inbound = KINDS[acts.kind[row]] == "inbound_call"
        assert (shown["properties"]["hs_call_direction"] == "INBOUND") is inbound
        linked = shown.get("associations", {})
        person = linked["contacts"]["results"][0]["id"] if "contacts" in linked else None
        contact = acts.contact[row]
        assert person == (house.id_of(generated.contacts[contact].key) if contact >= 0 else None)
    total = sum(counts[kind] for kind in ("calls", "emails", "meetings", "tasks"))
    assert total == len(acts.crm_rows())
