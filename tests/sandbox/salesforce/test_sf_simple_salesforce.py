"""The unmodified simple-salesforce client against the sandbox: it cannot tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from tests.sandbox.salesforce.conftest import redirected

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House


@pytest.fixture
def client(house: House) -> Any:
    login = house.login
    with redirected(house.url) as session:
        yield Salesforce(
            consumer_key=login["consumer_key"],
            consumer_secret=login["consumer_secret"],
            domain="acme.my",
            version="66.0",
            session=session,
        )


def test_the_jwt_flow_logs_in(house: House) -> None:
    house.box.clock.set(datetime.now(UTC))  # this client signs by the machine's clock
    login = house.login
    how: dict[str, Any] = {
        "consumer_key": login["consumer_key"],
        "privatekey_file": login["private_key_file"],
        "version": "66.0",
    }

    with redirected(house.url) as session:
        client = Salesforce(username=login["username"], session=session, **how)
        assert client.query("SELECT Id FROM Account")["totalSize"] == 4
        with (
            pytest.warns(UserWarning, match="authorize"),
            pytest.raises(SalesforceAuthenticationFailed, match="approved"),
        ):
            Salesforce(username="nobody@x.y", session=session, **how)


def test_query_all_follows_pages(house: House, client: Any) -> None:
    house.box.options.switches["salesforce.small_random_pages"] = True
    rows = [{"attributes": {"type": "Account"}, "Name": f"N{number}"} for number in range(200)]
    for _ in range(12):
        client.restful("composite/sobjects", method="POST", json={"records": rows})

    assert client.query_all("SELECT Id FROM Account")["totalSize"] == 2_404
    assert len({each["Id"] for each in client.query_all_iter("SELECT Id FROM Account")}) == 2_404
    client.Account.delete(house.id("accounts", "A1"))
    assert len(list(client.query_all_iter("SELECT Id FROM Account", include_deleted=True))) == 2_404
    assert "api-usage" in client.api_usage


def test_records_and_describes(client: Any) -> None:
    made = client.Contact.create({"LastName": "Smith", "Email": "smith@example.com"})
    assert made["success"] is True
    assert client.Contact.update(made["id"], {"LastName": "Smythe"}) == 204
    assert client.Contact.get(made["id"])["Name"] == "Smythe"
    assert client.Contact.get_by_custom_id("Email", "smith@example.com")["Id"] == made["id"]
    assert client.Account.upsert("World_Key__c/A1", {"Name": "Acme 2"}) == 200
    assert client.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        client.Contact.get(made["id"])
    assert client.Account.describe()["name"] == "Account"
    assert any(each["name"] == "Task" for each in client.describe()["sobjects"])
    assert client.Account.updated(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))["ids"]


def test_errors_arrive_as_its_exceptions(house: House, client: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.query("SELECT Nope FROM Account")
    assert "INVALID_FIELD" in str(caught.value.content)
    house.crm.expire_sessions()
    direct = Salesforce(session_id="stale", instance="acme.my.salesforce.com", session=client.session, version="66.0")
    with pytest.raises(SalesforceExpiredSession):
        direct.query("SELECT Id FROM Account")


def test_tooling_goes_through_restful(client: Any) -> None:
    metadata = {"label": "Score", "type": "Number", "precision": 4, "scale": 0}
    made = client.restful(
        "tooling/sobjects/CustomField", method="POST", json={"FullName": "Account.Score__c", "Metadata": metadata}
    )
    found = client.toolingexecute("query?q=SELECT+Id+FROM+CustomField+WHERE+DeveloperName='Score'")

    assert made["success"] is True
    assert found["records"][0]["Id"] == made["id"]


@pytest.mark.slow
def test_bulk_2_reads_and_writes(client: Any) -> None:
    pages = list(client.bulk2.Account.query("SELECT Id, Name FROM Account", max_records=3, wait=0))
    assert [page.count('"001') for page in pages] == [3, 1]
    assert "Öl & Söhne" in "".join(pages)

    (result,) = client.bulk2.Account.insert(records=[{"Name": "Bulk 1"}, {"Name": ""}], wait=0)

    assert (result["numberRecordsTotal"], result["numberRecordsFailed"]) == (2, 1)
    assert "REQUIRED_FIELD_MISSING" in client.bulk2.Account.get_failed_records(result["job_id"])
