from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House


def test_a_record_carries_attributes_and_nulls(house: House) -> None:
    answer = house.get("query/", q="SELECT Id, Name, Industry FROM Account WHERE World_Key__c = 'A1'")

    account = house.id("accounts", "A1")
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.json() == {
        "totalSize": 1,
        "done": True,
        "records": [
            {
                "attributes": {"type": "Account", "url": f"/services/data/v66.0/sobjects/Account/{account}"},
                "Id": account,
                "Name": "Acme",
                "Industry": None,
            },
        ],
    }


def test_parents_nest_and_empty_ones_are_null(house: House) -> None:
    child, top = house.query("SELECT Name, Parent.Name, Parent.Owner.Manager.Name FROM Account ORDER BY Name LIMIT 2")[
        ::-1
    ]

    assert child["Parent"]["Name"] == "Acme"
    assert child["Parent"]["Owner"]["Manager"]["Name"] == "Boss Owner"
    assert top["Parent"] is None


def test_children_come_as_an_answer_of_their_own_or_null(house: House) -> None:
    first, second = house.query("SELECT Id, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account LIMIT 2")

    assert [each["LastName"] for each in first["Contacts"]["records"]] == ["Buyer", "User"]
    assert (first["Contacts"]["totalSize"], first["Contacts"]["done"]) == (2, True)
    assert second["Contacts"] is None


def test_polymorphic_parents_show_what_all_share(house: House) -> None:
    task = house.one("SELECT Who.Name, Who.Type, What.Type FROM Task WHERE IsClosed = false")

    assert task["Who"]["Type"] == "Contact"
    assert task["Who"]["Name"] == "Pat Buyer"
    assert task["Who"]["attributes"]["type"] == "Name"
    assert task["What"]["Type"] == "Account"


def test_typeof_shows_fields_by_kind(house: House) -> None:
    soql = "SELECT TYPEOF What WHEN Account THEN Name, Type ELSE Name END FROM Task WHERE IsClosed = false"

    assert house.one(soql)["What"]["Type"] == "Prospect"


@pytest.mark.parametrize(
    ("where", "names"),
    [
        pytest.param("Name = 'ACME'", ["Acme"], id="text is compared without case"),
        pytest.param("Name LIKE 'a%' AND NumberOfEmployees < 100", ["acme labs"], id="and"),
        pytest.param("Name LIKE '_olt' OR Strategic__c = true", ["Bolt", "Öl & Söhne"], id="or"),
        pytest.param("NOT (Name LIKE 'a%' OR Name = 'Bolt')", ["Öl & Söhne"], id="not"),
        pytest.param("NumberOfEmployees != 400", ["acme labs", "Bolt", "Öl & Söhne"], id="unequal keeps nulls"),
        pytest.param("NumberOfEmployees = null", ["Bolt", "Öl & Söhne"], id="null"),
        pytest.param("Industry = ''", ["Acme", "Bolt", "Öl & Söhne"], id="empty text is null"),
        pytest.param("Owner.Name = 'Ann Owner'", ["Acme", "acme labs"], id="parent"),
        pytest.param("Account.Parent.Name = 'acme'", ["acme labs"], id="own name as prefix"),
        pytest.param("Id IN (SELECT AccountId FROM Contact WHERE DoNotCall = true)", ["Acme"], id="semi-join"),
        pytest.param("Id NOT IN (SELECT AccountId FROM Contact)", ["acme labs", "Öl & Söhne"], id="anti-join"),
        pytest.param("Renewal_Date__c = TODAY", ["Bolt"], id="date literal"),
        pytest.param("Renewal_Date__c >= 2026-11-02", ["Bolt"], id="date"),
        pytest.param("CreatedDate = LAST_N_DAYS:10", [], id="counted literal"),
        pytest.param("SystemModstamp >= 2026-10-03T09:00:00Z", ["Acme", "acme labs", "Bolt", "Öl & Söhne"], id="stamp"),
        pytest.param("SystemModstamp > 2026-10-03T11:00:00+02:00", [], id="offset"),
        pytest.param("CALENDAR_YEAR(CreatedDate) = 2025 AND AnnualRevenue > 1e6", ["Acme"], id="part of a date"),
    ],
)
def test_where(house: House, where: str, names: list[str]) -> None:
    records = house.query(f"SELECT Name FROM Account WHERE {where} ORDER BY World_Key__c")

    assert [each["Name"] for each in records] == names


def test_nulls_come_first_rising_and_last_falling_unless_told(house: House) -> None:
    def order(clause: str) -> list[str]:
        records = house.query(f"SELECT World_Key__c FROM Account ORDER BY NumberOfEmployees {clause}, Name")
        return [each["World_Key__c"] for each in records]

    assert order("ASC") == ["A3", "A4", "A2", "A1"]
    assert order("DESC") == ["A1", "A2", "A3", "A4"]
    assert order("ASC NULLS LAST") == ["A2", "A1", "A3", "A4"]
    assert order("DESC NULLS FIRST") == ["A3", "A4", "A1", "A2"]


def test_counts_groups_and_having(house: House) -> None:
    assert house.get("query", q="SELECT COUNT() FROM Task").json() == {"totalSize": 5, "done": True, "records": []}
    groups = house.query("SELECT Type, COUNT(Id), MAX(NumberOfEmployees) most FROM Account GROUP BY Type ORDER BY Type")
    assert groups == [
        {"attributes": {"type": "AggregateResult"}, "Type": "Customer", "expr0": 1, "most": None},
        {"attributes": {"type": "AggregateResult"}, "Type": "Prospect", "expr0": 3, "most": 400},
    ]
    kept = house.query("SELECT Type FROM Account GROUP BY Type HAVING COUNT(Id) > 1")
    assert [each["Type"] for each in kept] == ["Prospect"]


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        pytest.param(
            "select count() from XYZZY",
            "INVALID_TYPE",
            "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not "
            "supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity "
            "name. Please reference your WSDL or the describe call for the appropriate names.",
            id="as recorded",
        ),
        pytest.param(
            "SELECT Id,Foo FROM Account",
            "INVALID_FIELD",
            "\nSELECT Id,Foo FROM Account\n          ^\nERROR at Row:1:Column:11\nNo such column 'Foo' on entity "
            "'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom "
            "field name. Please reference your WSDL or the describe call for the appropriate names.",
            id="column",
        ),
    ],
)
def test_errors_point_with_a_caret(house: House, soql: str, code: str, words: str) -> None:
    assert house.refused(soql) == (code, words)


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT Id FORM Account", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: <EOF>"),
        ("SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Id = null OR Id != null", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY", "Unterminated"),
        ("SELECT Id FROM Account WHERE Id = 'xyz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
        ("SELECT Id FROM Account WHERE NumberOfEmployees = 'x'", "INVALID_FIELD", "must be of type int and should not"),
        ("SELECT Id FROM Account WHERE Name = 3", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id, Foo.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path"),
        ("SELECT Id, (SELECT Id FROM Foos) FROM Account", "INVALID_TYPE", "relationship 'Foos' in FROM part of query"),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "LIMIT of at most 200"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset"),
        ("SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD", "can not be sorted in a query call"),
    ],
)
def test_refusals(house: House, soql: str, code: str, words: str) -> None:
    found, message = house.refused(soql)

    assert (found, words in message) == (code, True), message


def test_pages_lead_to_each_other_and_the_total_stays(house: House) -> None:
    rows = [{"attributes": {"type": "Account"}, "Name": f"N{number}"} for number in range(200)]
    for _ in range(3):
        house.call("POST", "composite/sobjects", {"records": rows})
    headers = {"Sforce-Query-Options": "batchSize=250"}

    page = house.call("GET", "query", params={"q": "SELECT Id FROM Account"}, headers=headers).json()
    sizes, seen = [len(page["records"])], {each["Id"] for each in page["records"]}
    while not page["done"]:
        assert page["nextRecordsUrl"].rsplit("-", 1)[1] == str(sum(sizes))
        page = house.get(page["nextRecordsUrl"]).json()
        assert page["totalSize"] == 604
        sizes.append(len(page["records"]))
        seen |= {each["Id"] for each in page["records"]}

    assert sizes == [250, 250, 104]
    assert len(seen) == 604
    assert "nextRecordsUrl" not in page


def _a_locator(house: House) -> str:
    rows = [{"attributes": {"type": "Account"}, "Name": f"N{number}"} for number in range(200)]
    house.call("POST", "composite/sobjects", {"records": rows})
    headers = {"Sforce-Query-Options": "batchSize=200"}
    page = house.call("GET", "query", params={"q": "SELECT Id FROM Account"}, headers=headers).json()
    return str(page["nextRecordsUrl"])


def test_a_locator_outlives_the_session_but_not_two_days_nor_another_user(house: House) -> None:
    where = _a_locator(house)
    house.crm.expire_sessions()
    house.session.headers["Authorization"] = "Bearer " + house.token().json()["access_token"]
    assert house.get(where).status_code == 200

    house.box.clock.advance(2 * 86_400 + 1)
    house.session.headers["Authorization"] = "Bearer " + house.token().json()["access_token"]
    stale = house.get(where)

    assert stale.status_code == 400
    assert stale.json() == [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]
    assert house.get("query/0r8nonsense-200").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_pages_may_be_short_at_the_servers_whim(house: House) -> None:
    house.box.options.switches["salesforce.small_random_pages"] = True
    rows = [{"attributes": {"type": "Account"}, "Name": f"N{number}"} for number in range(200)]
    for _ in range(10):
        house.call("POST", "composite/sobjects", {"records": rows})

    page = house.get("query", q="SELECT Id FROM Account").json()
    sizes = [len(page["records"])]
    while not page["done"]:
        page = house.get(page["nextRecordsUrl"]).json()
        sizes.append(len(page["records"]))

    assert sum(sizes) == 2_004
    assert len(set(sizes)) > 1


def test_big_answers_are_zipped_when_asked_for(house: House) -> None:
    answer = house.get("sobjects/Account/describe")
    plain = house.call("GET", "sobjects/Account/describe", headers={"Accept-Encoding": "identity"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert answer.json() == plain.json()


def test_activities_of_the_world_look_like_a_sellers_week(house: House) -> None:
    calls = house.query(
        "SELECT CallType, CallDisposition, Status, IsClosed FROM Task WHERE TaskSubtype = 'Call' "
        "ORDER BY CompletedDateTime",
    )
    assert [(each["CallType"], each["CallDisposition"]) for each in calls] == [
        ("Outbound", "No Answer"),
        ("Outbound", "Connected"),
        ("Inbound", "Connected"),
    ]
    mails = house.query("SELECT Incoming, FromAddress, ToAddress FROM EmailMessage ORDER BY MessageDate")
    assert [(each["Incoming"], each["FromAddress"]) for each in mails] == [
        (False, "robot@ours.com"),
        (False, "ann@ours.com"),
        (True, "buyer@buyer.example"),
    ]
    event = house.one("SELECT StartDateTime, EndDateTime, Meeting_Outcome__c, Account.Name FROM Event")
    assert event["StartDateTime"] == "2026-10-23T09:00:00.000+0000"
    assert event["EndDateTime"] == "2026-10-23T09:10:00.000+0000"
    assert (event["Meeting_Outcome__c"], event["Account"]["Name"]) == ("Held", "Acme")
