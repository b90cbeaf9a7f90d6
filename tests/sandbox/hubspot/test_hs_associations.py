"""Associations over HTTP: batch read, paging per input, creating, primary companies, labels and removal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.hubspot.hs_house import a_contact, an_account, an_owner

FAMILIES = ["/crm/v4/associations", "/crm/associations/2026-09"]


def read(house: Any, a: str, b: str, *ids: str, family: str = FAMILIES[1]) -> Any:
    return house.post(f"{family}/{a}/{b}/batch/read", {"inputs": [{"id": number} for number in ids]})


def primary_of(house: Any, contact: str) -> str | None:
    row = house.ok("GET", f"/crm/v3/objects/contacts/{contact}", properties="associatedcompanyid")
    value: str | None = row["properties"]["associatedcompanyid"]
    return value


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_read_gives_numbers_labels_and_errors_for_none(house: Any, family: str) -> None:
    linked, alone = house.id_of("C0000001"), house.id_of("C0000003")

    answer = read(house, "contacts", "companies", linked, alone, family=family)

    body = answer.json()
    assert (answer.status_code, body["numErrors"]) == (207, 1)
    assert body["results"] == [
        {
            "from": {"id": linked},
            "to": [
                {
                    "toObjectId": int(house.id_of("A000001")),
                    "associationTypes": [
                        {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
                        {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
                    ],
                }
            ],
        }
    ]
    assert body["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert read(house, "contacts", "companies", linked).status_code == 200


def test_more_than_500_targets_are_paged_inside_the_row(open_house: Callable[..., Any]) -> None:
    from sandbox.world import World
    from tests.sandbox.hubspot.hs_house import NOW_S

    people = [a_contact(f"C{at:07d}") for at in range(1, 703)]
    house = open_house(World("small", 1, NOW_S, [an_owner("O001")], [an_account("A000001", owner=None)], people))
    number = house.id_of("A000001")

    first = read(house, "companies", "contacts", number).json()["results"][0]
    after = first["paging"]["next"]["after"]
    body = {"inputs": [{"id": number, "after": after}]}
    second = house.ok("POST", f"{FAMILIES[0]}/companies/contacts/batch/read", body)["results"][0]

    assert (len(first["to"]), len(second["to"])) == (500, 202)
    assert "paging" not in second
    assert len({row["toObjectId"] for row in first["to"] + second["to"]}) == 702


def test_parents_and_children_see_each_other(house: Any) -> None:
    child, parent = house.id_of("A000002"), house.id_of("A000001")

    up = read(house, "companies", "companies", child).json()["results"][0]["to"]
    down = read(house, "companies", "companies", parent).json()["results"][0]["to"]

    assert [(row["toObjectId"], row["associationTypes"][0]["typeId"]) for row in up] == [(int(parent), 14)]
    assert [(row["toObjectId"], row["associationTypes"][0]["typeId"]) for row in down] == [(int(child), 13)]


def test_deal_roles_are_labels_of_the_account(house: Any) -> None:
    row = read(house, "deals", "contacts", house.id_of("P000001")).json()["results"][0]["to"][0]
    labels = house.ok("GET", "/crm/v4/associations/deals/contacts/labels")["results"]

    own = [kind for kind in row["associationTypes"] if kind["category"] == "USER_DEFINED"]
    assert own[0]["label"] == "Champion"
    assert own[0] in labels


def test_a_single_put_is_201_and_a_default_put_200(house: Any) -> None:
    contact, company = house.id_of("C0000003"), house.id_of("A000003")
    path = f"/crm/v4/objects/contacts/{contact}/associations"
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]

    put = house.call("PUT", f"{path}/companies/{company}", types)
    default = house.call("PUT", f"{path}/default/companies/{company}")

    assert put.status_code == 201
    assert put.json() == {
        "fromObjectTypeId": "0-1",
        "fromObjectId": int(contact),
        "toObjectTypeId": "0-2",
        "toObjectId": int(company),
        "labels": ["Primary"],
    }
    assert (default.status_code, len(default.json()["results"])) == (200, 2)


def test_the_first_company_becomes_primary_and_moves_the_property(house: Any) -> None:
    contact = house.id_of("C0000003")
    link = {"from": {"id": contact}, "to": {"id": house.id_of("A000003")}}

    answer = house.post("/crm/v4/associations/contacts/companies/batch/associate/default", {"inputs": [link]})

    assert answer.status_code == 200
    assert primary_of(house, contact) == house.id_of("A000003")


def test_setting_the_property_moves_the_primary_association(house: Any) -> None:
    contact, old, new = house.id_of("C0000001"), house.id_of("A000001"), house.id_of("A000003")

    house.ok("PATCH", f"/crm/v3/objects/contacts/{contact}", {"properties": {"associatedcompanyid": new}})

    rows = read(house, "contacts", "companies", contact).json()["results"][0]["to"]
    kinds = {str(row["toObjectId"]): [kind["typeId"] for kind in row["associationTypes"]] for row in rows}
    assert kinds == {old: [279], new: [1, 279]}


def test_a_batch_create_is_201_or_207(house: Any) -> None:
    contact, company = house.id_of("C0000003"), house.id_of("A000003")
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    good = {"from": {"id": contact}, "to": {"id": company}, "types": types}
    bad = {"from": {"id": "unknown_id"}, "to": {"id": company}, "types": types}
    path = "/crm/associations/2026-09/contacts/companies/batch/create"

    whole, part = house.post(path, {"inputs": [good]}), house.post(path, {"inputs": [good, bad]})

    assert (whole.status_code, part.status_code) == (201, 207)
    assert part.json()["errors"][0] == {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "subCategory": "crm.associations.INVALID_IDENTIFIER",
        "message": "unknown_id is not a valid ID",
        "context": {"id": ["unknown_id"]},
    }


def test_a_record_is_not_linked_to_itself_nor_the_wrong_way_round(house: Any) -> None:
    number = house.id_of("A000001")
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 450}]
    itself = {"from": {"id": number}, "to": {"id": number}, "types": types}
    backward = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 280}]

    same = house.post("/crm/v4/associations/companies/companies/batch/create", {"inputs": [itself]})
    wrong = house.call(
        "PUT", f"/crm/v4/objects/contacts/{house.id_of('C0000001')}/associations/companies/{number}", backward
    )

    assert same.json()["errors"][0]["message"] == f"Object {number} cannot be associated to itself ({number})"
    assert wrong.status_code == 400
    assert "expected: 0-1" in wrong.json()["message"]


def test_removing_a_link_removes_all_its_labels(house: Any) -> None:
    contact, company = house.id_of("C0000001"), house.id_of("A000001")

    gone = house.call("DELETE", f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}")

    assert gone.status_code == 204
    assert read(house, "contacts", "companies", contact).json()["results"] == []
    assert primary_of(house, contact) is None


def test_batch_archive_is_204(house: Any) -> None:
    contact, company = house.id_of("C0000001"), house.id_of("A000001")
    body = {"inputs": [{"from": {"id": contact}, "to": [{"id": company}]}]}

    assert house.post("/crm/v4/associations/contacts/companies/batch/archive", body).status_code == 204
    assert read(house, "contacts", "companies", contact).json()["results"] == []


def test_archived_records_are_no_targets(house: Any) -> None:
    house.call("DELETE", f"/crm/v3/objects/contacts/{house.id_of('C0000001')}")

    assert read(house, "companies", "contacts", house.id_of("A000001")).json()["results"] == []


def test_a_new_label_comes_with_its_inverse_and_is_replaced_by_a_put(house: Any) -> None:
    contact, company = house.id_of("C0000001"), house.id_of("A000001")
    body = {"label": "Billing", "name": "billing", "inverseLabel": "Billed by"}
    made = house.ok("POST", "/crm/v4/associations/contacts/companies/labels", body)["results"]
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    own = [{"associationCategory": "USER_DEFINED", "associationTypeId": made[0]["typeId"]}]

    labelled = house.call("PUT", path, own).json()["labels"]
    plain = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    replaced = house.call("PUT", path, plain).json()["labels"]

    assert [row["label"] for row in made] == ["Billing", "Billed by"]
    assert sorted(labelled) == ["Billing", "Primary"]
    assert replaced == ["Primary"]


def test_the_contact_count_of_a_company_follows_its_links(house: Any) -> None:
    company = house.id_of("A000001")

    def count() -> str:
        row = house.ok("GET", f"/crm/v3/objects/companies/{company}", properties="num_associated_contacts")
        return str(row["properties"]["num_associated_contacts"])

    assert count() == "1"
    house.call("PUT", f"/crm/v4/objects/contacts/{house.id_of('C0000003')}/associations/default/companies/{company}")
    assert count() == "2"
