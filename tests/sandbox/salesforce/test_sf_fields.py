from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House

PICKLIST: dict[str, Any] = {
    "type": "Picklist",
    "valueSet": {
        "restricted": True,
        "valueSetDefinition": {"sorted": False, "value": [{"fullName": "T1", "default": False, "label": "Tier 1"}]},
    },
}


def described(house: House, entity: str) -> dict[str, Any]:
    return {each["name"]: each for each in house.get(f"sobjects/{entity}/describe").json()["fields"]}


def test_a_new_field_is_invisible_until_it_is_granted(house: House) -> None:
    house.add_field("Account.Tier__c", granted=False, **PICKLIST)
    account = house.id("accounts", "A1")
    assert "Tier__c" not in described(house, "Account")
    assert house.refused("SELECT Tier__c FROM Account")[0] == "INVALID_FIELD"
    hidden = house.call("PATCH", f"sobjects/Account/{account}", {"Tier__c": "T1"}).json()[0]
    assert hidden["message"] == "No such column 'Tier__c' on sobject of type Account"

    house.grant("Account.Tier__c")

    field = described(house, "Account")["Tier__c"]
    assert (field["type"], field["restrictedPicklist"], field["updateable"]) == ("picklist", True, True)
    assert field["picklistValues"] == [
        {"active": True, "defaultValue": False, "label": "Tier 1", "validFor": None, "value": "T1"},
    ]
    assert house.call("PATCH", f"sobjects/Account/{account}", {"Tier__c": "T1"}).status_code == 204
    assert house.one(f"SELECT Tier__c FROM Account WHERE Id = '{account}'") == {"Tier__c": "T1"}
    bad = house.call("PATCH", f"sobjects/Account/{account}", {"Tier__c": "T9"}).json()[0]
    assert bad["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert bad["message"] == "Tier__c: bad value for restricted picklist field: T9"


def test_a_field_may_be_readable_but_not_editable(house: House) -> None:
    house.add_field("Account.Why__c", granted=False, type="LongTextArea", length=1000, visibleLines=3)
    house.grant("Account.Why__c", edit=False)

    field = described(house, "Account")["Why__c"]
    answer = house.call("PATCH", f"sobjects/Account/{house.id('accounts', 'A1')}", {"Why__c": "x"}).json()[0]

    assert (field["updateable"], field["createable"], field["filterable"]) == (False, False, False)
    assert answer["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert answer["fields"] == ["Why__c"]
    assert "Please check the security settings of this field" in answer["message"]


def test_activity_fields_appear_on_tasks_and_events_and_are_granted_one_by_one(house: House) -> None:
    house.add_field("Activity.Key__c", granted=False, type="Text", length=80, unique=True, externalId=True)
    house.grant("Task.Key__c")

    task = described(house, "Task")["Key__c"]

    assert (task["unique"], task["externalId"], task["length"], task["idLookup"]) == (True, True, 80, True)
    assert "Key__c" not in described(house, "Event")


@pytest.mark.parametrize(
    ("metadata", "kind", "value"),
    [
        ({"type": "Text", "length": 20}, "string", "x"),
        ({"type": "Number", "precision": 5, "scale": 1}, "double", 12.5),
        ({"type": "LongTextArea", "length": 4000, "visibleLines": 3}, "textarea", "long"),
        ({"type": "DateTime"}, "datetime", "2026-11-02T08:00:00.000+0000"),
        ({"type": "Date"}, "date", "2026-11-02"),
        ({"type": "Checkbox", "defaultValue": "false"}, "boolean", True),
        (PICKLIST, "picklist", "T1"),
    ],
)
def test_every_kind_of_field_is_stored_and_read_back(
    house: House, metadata: dict[str, Any], kind: str, value: object
) -> None:
    house.add_field("Account.New__c", **metadata)
    account = house.id("accounts", "A1")

    answer = house.call("PATCH", f"sobjects/Account/{account}", {"New__c": value})

    assert answer.status_code == 204, answer.text
    assert described(house, "Account")["New__c"]["type"] == kind
    assert house.one(f"SELECT New__c FROM Account WHERE Id = '{account}'") == {"New__c": value}


def test_a_field_cannot_be_made_twice(house: House) -> None:
    house.add_field("Account.Tier__c", **PICKLIST)

    body = {"FullName": "Account.TIER__c", "Metadata": {"label": "x", "type": "Date"}}
    answer = house.call("POST", "tooling/sobjects/CustomField", body)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "DUPLICATE_DEVELOPER_NAME")


@pytest.mark.parametrize(
    "metadata",
    [
        {"type": "Magic"},
        {"type": "Checkbox"},
        {"type": "Text", "length": 256},
        {"type": "LongTextArea", "length": 100, "visibleLines": 2},
        {"type": "Number", "precision": 30, "scale": 0},
        {"type": "Picklist"},
        {"type": "DateTime", "unique": True},
    ],
)
def test_wrong_metadata_is_refused(house: House, metadata: dict[str, Any]) -> None:
    body = {"FullName": "Account.Bad__c", "Metadata": {"label": "Bad", **metadata}}

    assert house.call("POST", "tooling/sobjects/CustomField", body).status_code == 400
    assert house.get("tooling/query", q="SELECT Id FROM CustomField").json()["size"] == 0


def test_fields_are_found_and_changed_through_the_tooling_api(house: House) -> None:
    made = house.add_field("Account.Tier__c", inlineHelpText="What it means", **PICKLIST)
    soql = (
        "SELECT Id, DeveloperName, TableEnumOrId, InlineHelpText, Metadata FROM CustomField "
        "WHERE TableEnumOrId = 'Account' AND DeveloperName = 'Tier'"
    )

    answer = house.get("tooling/query/", q=soql).json()

    assert {key: answer[key] for key in ("size", "totalSize", "done", "queryLocator", "entityTypeName")} == {
        "size": 1,
        "totalSize": 1,
        "done": True,
        "queryLocator": None,
        "entityTypeName": "CustomField",
    }
    (record,) = answer["records"]
    assert (record["Id"], record["InlineHelpText"]) == (made, "What it means")
    metadata = record["Metadata"]
    metadata["valueSet"]["valueSetDefinition"]["value"].append({"fullName": "T2", "default": False, "label": "Tier 2"})
    changed = house.call("PATCH", f"tooling/sobjects/CustomField/{made}", {"Metadata": metadata})
    assert changed.status_code == 204
    assert [each["value"] for each in described(house, "Account")["Tier__c"]["picklistValues"]] == ["T1", "T2"]
    typed = house.call("PATCH", f"tooling/sobjects/CustomField/{made}", {"Metadata": {**metadata, "type": "Text"}})
    assert typed.status_code == 400
    assert house.call("DELETE", f"tooling/sobjects/CustomField/{made}").status_code == 204
    assert "Tier__c" not in described(house, "Account")


def test_metadata_is_given_for_one_field_at_a_time(house: House) -> None:
    house.add_field("Account.A__c", type="Date")
    house.add_field("Account.B__c", type="Date")

    answer = house.get("tooling/query", q="SELECT Metadata FROM CustomField")

    assert answer.status_code == 400
    assert answer.json()[0]["message"].endswith("Result size: 2")


def test_edit_needs_read_and_a_set_is_assigned_once(house: House) -> None:
    house.add_field("Account.A__c", type="Date")
    parent = house.one("SELECT Id FROM PermissionSet WHERE Name = 'Test_Set'")["Id"]
    me = house.one("SELECT Id FROM User WHERE Username = 'tierline@sandbox.example'")["Id"]

    body = {"ParentId": parent, "SobjectType": "Account", "Field": "Account.A__c", "PermissionsEdit": True}
    alone = house.call("POST", "sobjects/FieldPermissions", body).json()[0]
    twice = house.call("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": me, "PermissionSetId": parent})

    assert alone["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert twice.json()[0]["errorCode"] == "DUPLICATE_VALUE"
    assert twice.json()[0]["fields"] == ["AssigneeId", "PermissionSetId"]


def test_describe_global_lists_objects_with_their_prefixes(house: House) -> None:
    body = house.get("sobjects/").json()

    assert (body["encoding"], body["maxBatchSize"]) == ("UTF-8", 200)
    prefixes = {each["name"]: each["keyPrefix"] for each in body["sobjects"]}
    assert prefixes["Account"] == "001"
    assert prefixes["Task"] == "00T"
    assert "CustomField" not in prefixes
