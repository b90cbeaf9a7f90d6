"""The unmodified vendor client against the pretend portal: typed methods turn a status that is one off into None."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from hubspot import Client
    from hubspot.crm.companies.exceptions import ApiException as CompaniesError
    from hubspot.crm.contacts.exceptions import ApiException as ContactsError
    from urllib3.util.retry import Retry

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def client_of(house: Any) -> Any:
    return Client.create(access_token=house.token, host=house.url, base_url=house.url, retry=Retry(0))


@pytest.fixture
def client(house: Any) -> Any:
    return client_of(house)


def test_a_company_lives_its_life(client: Any, house: Any) -> None:
    api = client.crm.companies.basic_api

    made = api.create(simple_public_object_input_for_create={"properties": {"name": "Neu", "domain": "neu.com"}})
    changed = api.update(made.id, simple_public_object_input={"properties": {"city": "Rome"}})
    read = api.get_by_id(made.id, properties=["city", "website"])
    gone = api.archive(made.id)

    assert made.properties["website"] == "neu.com"
    assert changed.properties["city"] == "Rome"
    assert read.properties["website"] == "neu.com"
    assert gone is None
    with pytest.raises(CompaniesError) as caught:
        api.get_by_id(made.id)
    assert caught.value.status == 404
    assert [write.verb for write in house.journal.since()] == ["create", "update", "delete"]


def test_get_all_reads_every_page(open_house: Callable[..., Any]) -> None:
    from tests.sandbox.hubspot.hs_house import many_companies

    house = open_house(many_companies(250))

    rows = client_of(house).crm.companies.get_all(properties=["name"])

    assert [row.properties["name"] for row in rows] == [f"Firm A{at:06d}" for at in range(1, 251)]


def test_associations_arrive_in_the_typed_page(client: Any, house: Any) -> None:
    page = client.crm.contacts.basic_api.get_page(limit=1, associations=["companies"], archived=False)

    linked = page.results[0].associations["companies"].results
    assert {row.id for row in linked} == {house.id_of("A000001")}
    assert page.paging.next.after == house.id_of("C0000002")


def test_batches_have_the_statuses_that_the_client_knows(client: Any) -> None:
    api = client.crm.contacts.batch_api
    person = {"properties": {"email": "x@y.com"}, "objectWriteTraceId": "1"}
    taken = {"properties": {"email": "c0000001@firm.com"}, "objectWriteTraceId": "2"}

    made = api.create(batch_input_simple_public_object_batch_input_for_create={"inputs": [person]})
    part = api.create(batch_input_simple_public_object_batch_input_for_create={"inputs": [taken]})
    number = made.results[0].id
    read = api.read(batch_read_input_simple_public_object_id={"inputs": [{"id": number}], "properties": ["email"]})
    row = {"id": number, "properties": {"lastname": "Y"}}
    updated = api.update(batch_input_simple_public_object_batch_input={"inputs": [row]})
    keyed = {"id": "x@y.com", "idProperty": "email", "properties": {"firstname": "X"}}
    upserted = api.upsert(batch_input_simple_public_object_batch_input_upsert={"inputs": [keyed]})
    archived = api.archive(batch_input_simple_public_object_id={"inputs": [{"id": number}]})

    assert type(made).__name__ == "BatchResponseSimplePublicObject"
    assert type(part).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert (part.num_errors, part.errors[0].category) == (1, "CONFLICT")
    assert read.results[0].properties["email"] == "x@y.com"
    assert updated.results[0].properties["lastname"] == "Y"
    assert upserted.results[0].new is False
    assert archived is None


def test_a_conflict_raises_with_its_status(client: Any) -> None:
    person = {"properties": {"email": "c0000001@firm.com"}}

    with pytest.raises(ContactsError) as caught:
        client.crm.contacts.basic_api.create(simple_public_object_input_for_create=person)

    assert caught.value.status == 409


def test_search_finds_by_domain(client: Any, house: Any) -> None:
    request = {"filters": [{"propertyName": "domain", "operator": "EQ", "value": "a000002.com"}], "limit": 200}

    found = client.crm.companies.search_api.do_search(public_object_search_request=request)

    assert (found.total, [row.id for row in found.results]) == (1, [house.id_of("A000002")])


def test_a_task_is_created_with_its_links(client: Any, house: Any) -> None:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}]
    links = [{"to": {"id": house.id_of("A000001")}, "types": types}]
    body = {"properties": {"hs_timestamp": "2026-11-03T09:00:00Z", "hs_task_subject": "Call"}, "associations": links}

    made = client.crm.objects.tasks.basic_api.create(simple_public_object_input_for_create=body)
    linked = client.crm.associations.v4.basic_api.get_page("tasks", made.id, "companies")

    assert made.properties["hs_task_status"] == "NOT_STARTED"
    assert [row.to_object_id for row in linked.results] == [house.id_of("A000001")]


def test_associations_v4_statuses(client: Any, house: Any) -> None:
    api = client.crm.associations.v4
    contact, company = house.id_of("C0000003"), house.id_of("A000003")
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]

    put = api.basic_api.create("contacts", contact, "companies", company, association_spec=spec)
    default = api.basic_api.create_default("contacts", contact, "companies", company)
    read = api.batch_api.get_page(
        "contacts", "companies", batch_input_public_fetch_associations_batch_request={"inputs": [{"id": contact}]}
    )
    labels = api.schema.definitions_api.get_all("contacts", "companies")

    assert put.labels == ["Primary"]
    assert default.status == "COMPLETE"
    assert [row.to_object_id for row in read.results[0].to] == [company]
    assert {row.type_id for row in labels.results} == {1, 279}


def test_properties_and_groups(client: Any) -> None:
    api = client.crm.properties
    group = api.groups_api.create("companies", property_group_create={"name": "scores", "label": "Scores"})
    body = {"groupName": "scores", "name": "tier", "label": "Tier", "type": "string", "fieldType": "text"}

    made = api.core_api.create("companies", property_create=body)
    changed = api.core_api.update("companies", "tier", property_update={"label": "Level"})
    listed = api.core_api.get_all("companies")
    batch = api.batch_api.create("companies", batch_input_property_create={"inputs": [{**body, "name": "fit"}]})

    assert (group.name, made.name, changed.label) == ("scores", "tier", "Level")
    assert {"name", "tier"} <= {item.name for item in listed.results}
    assert [item.name for item in batch.results] == ["fit"]
    assert api.core_api.archive("companies", "fit") is None


def test_owners_and_users(client: Any, house: Any) -> None:
    owners = client.crm.owners.owners_api.get_page(limit=100, archived=False)
    gone = client.crm.owners.owners_api.get_page(archived=True)
    users = client.crm.objects.basic_api.get_page("users", properties=["hs_email"])

    assert [row.id for row in owners.results] == [house.id_of("O001"), house.id_of("O002")]
    assert [row.user_id for row in gone.results] == [None]
    assert len(users.results) == 3


def test_call_api_reaches_the_dated_paths(client: Any, house: Any) -> None:
    transport = client.crm.companies.basic_api.api_client

    body = transport.call_api(
        "/crm/objects/2026-09/companies",
        "GET",
        query_params=[("limit", 2), ("archived", False)],
        header_params={"Accept": "application/json"},
        auth_settings=["oauth2"],
        response_types_map={200: "object"},
        _return_http_data_only=True,
        _request_timeout=(5, 60),
    )

    assert [row["id"] for row in body["results"]] == [house.id_of("A000001"), house.id_of("A000002")]


def test_a_429_raises_and_is_not_retried(open_house: Callable[..., Any]) -> None:
    house = open_house(limits_on=True)
    house.options.limits["hubspot.burst"] = 1
    api = client_of(house).crm.companies.basic_api
    api.get_page()

    with pytest.raises(CompaniesError) as caught:
        api.get_page()

    assert caught.value.status == 429
    assert '"policyName":"TEN_SECONDLY_ROLLING"' in caught.value.body


def test_an_address_in_a_path_is_decoded(client: Any, house: Any) -> None:
    client.crm.contacts.basic_api.update(house.id_of("C0000003"), {"properties": {"email": "a+b@x.com"}})

    found = client.crm.contacts.basic_api.get_by_id("a+b@x.com", id_property="email")

    assert found.id == house.id_of("C0000003")
