from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House

MULTI: dict[str, Any] = {"type": "MultiselectPicklist"} | {
    "valueSet": {"valueSetDefinition": {"value": [{"fullName": each, "label": each} for each in "ABC"]}},
    "visibleLines": 3,
}


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ("CreatedDate < LAST_N_DAYS:30", "A1 A2 A3 A4"),
        ("SystemModstamp = LAST_90_DAYS", "A1 A2 A3 A4"),
        ("SystemModstamp = LAST_N_MONTHS:2", "A2 A3 A4"),
        ("SystemModstamp = LAST_MONTH", "A2 A3 A4"),
        ("SystemModstamp > THIS_WEEK", ""),
        ("SystemModstamp <= THIS_QUARTER", "A1 A2 A3 A4"),
        ("CreatedDate = LAST_YEAR", "A1 A2 A3 A4"),
        ("CreatedDate != THIS_YEAR", "A1 A2 A3 A4"),
        ("Renewal_Date__c = NEXT_N_DAYS:5", ""),
        ("Renewal_Date__c IN (2026-11-02)", "A3"),
        ("CALENDAR_MONTH(Renewal_Date__c) = 11", "A3"),
        ("HOUR_IN_DAY(SystemModstamp) = 9", "A1 A2 A3 A4"),
        ("DAY_ONLY(SystemModstamp) = 2026-10-03", "A2 A3 A4"),
        ("Multi__c INCLUDES ('A;B')", "A1"),
        ("Multi__c INCLUDES ('A;C', 'B')", "A1"),
        ("Multi__c EXCLUDES ('A')", "A2 A3 A4"),
        ("Name = 'O\\'Neil' OR Name LIKE '%\\_%' OR Name LIKE 'B%'", "A3"),
        ("Id IN (SELECT AccountId FROM Contact WHERE Account.Parent.Name = 'none')", ""),
        ("World_Key__c >= 'a3' AND (NOT Strategic__c = true)", "A3"),
        ("AnnualRevenue >= USD1000", "A1"),
    ],
)
def test_where_in_depth(house: House, where: str, keys: str) -> None:
    house.add_field("Account.Multi__c", **MULTI)
    house.call("PATCH", f"sobjects/Account/{house.id('accounts', 'A1')}", {"Multi__c": "A;B"})

    records = house.query(f"SELECT World_Key__c FROM Account a WHERE {where} ORDER BY a.World_Key__c")

    assert " ".join(each["World_Key__c"] for each in records) == keys


@pytest.mark.parametrize(
    ("soql", "expected"),
    [
        (
            "SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id) n FROM Account GROUP BY CALENDAR_YEAR(CreatedDate)",
            [[2025, 4]],
        ),
        ("SELECT COUNT_DISTINCT(OwnerId), AVG(NumberOfEmployees), SUM(ARR__c) FROM Account", [[3, 210.0, 12000.0]]),
        ("SELECT MIN(Name) FROM Account HAVING COUNT(Id) > 1 AND NOT (COUNT(Id) > 9 OR COUNT(Id) < 2)", [["Acme"]]),
        ("SELECT Owner.Name o FROM Account GROUP BY Owner.Name ORDER BY Owner.Name DESC LIMIT 1", [["Robot Owner"]]),
        ("SELECT SUM(NumberOfEmployees) FROM Account WHERE Name = 'none'", [[None]]),
        ("SELECT FORMAT(convertCurrency(ARR__c)) x FROM Account WHERE Name = 'Bolt'", [[12000.0]]),
    ],
)
def test_functions(house: House, soql: str, expected: list[list[object]]) -> None:
    found = [[value for name, value in each.items() if name != "attributes"] for each in house.query(soql)]

    assert found == expected


@pytest.mark.parametrize(
    ("soql", "words"),
    [
        ("", "begin with SELECT"),
        ("UPDATE Account", "unexpected token: 'UPDATE'"),
        ("SELECT Id FROM Account extra stuff", "unexpected token"),
        ("SELECT Id FROM Account LIMIT many", "unexpected token: 'many'"),
        ("SELECT Id FROM Account WHERE Name ; 3", "no viable alternative at character ';'"),
        ("SELECT Id FROM Account WHERE Name = 'a\\q'", "Illegal character sequence"),
        ("SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Contacts) FROM Account", "unexpected token"),
        ("SELECT FIELDS(SOME) FROM Account", "unexpected token: 'SOME'"),
        ("SELECT MAGIC(Id) FROM Account", "unexpected token: '('"),
        ("SELECT Id FROM Account WHERE COUNT(Id) > 1", "Aggregate functions are not allowed in WHERE"),
        ("SELECT Id FROM Account WHERE FORMAT(Name) = 'x'", "FORMAT is not allowed in WHERE"),
        ("SELECT CALENDAR_YEAR(CreatedDate) FROM Account", "unexpected token: 'CALENDAR_YEAR'"),
        ("SELECT Name alias FROM Account", "only aggregate expressions use field aliasing"),
        ("SELECT Id FROM Account WHERE Name IN (SELECT Id FROM Contact)", "can only query id fields"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Email FROM Contact)", "can only query id fields"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Id, Name FROM Contact)", "must select a single field"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Nope)", "sObject type 'Nope'"),
        ("SELECT Id FROM Account WHERE Id > '001Hs0000000001'", "invalid operator on id field"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "invalid operator on id field"),
        ("SELECT Id FROM Account WHERE NumberOfEmployees LIKE '1%'", "invalid operator on int field"),
        ("SELECT Id FROM Account WHERE Name LIKE 3", "must be of type string"),
        ("SELECT Id FROM Account WHERE Name INCLUDES ('a')", "only valid on multipicklist"),
        ("SELECT Id FROM Account WHERE Strategic__c = 'true'", "must be of type boolean"),
        ("SELECT Id FROM Account WHERE Renewal_Date__c = 2026-13-40", "invalid date"),
        ("SELECT Id FROM Account WHERE Renewal_Date__c = SOMEDAY", "unexpected token: 'SOMEDAY'"),
        ("SELECT Type FROM Account GROUP BY Type ORDER BY Name", "Ordered field must be grouped"),
        ("SELECT Type FROM Account GROUP BY Type HAVING Name = 'x'", "Field must be grouped or aggregated"),
        ("SELECT COUNT(Id) FROM Account GROUP BY CreatedDate", "can not be grouped"),
        ("SELECT SUM(Name) FROM Account", "does not support aggregate operator SUM"),
        ("SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account", "Maximum 5 relationship levels"),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Account", "Didn't understand relationship"),
        ("SELECT TYPEOF What WHEN Lead THEN Name END FROM Task", "No such column 'Lead'"),
        ("SELECT Who.Nope FROM Task", "No such column 'Nope' on entity 'Name'"),
        ("SELECT Id FROM Account ORDER BY COUNT(Id)", "can not be sorted"),
    ],
)
def test_refusals_in_depth(house: House, soql: str, words: str) -> None:
    _, message = house.refused(soql)

    assert words in message


def test_the_shape_of_a_statement_may_vary(house: House) -> None:
    soql = (
        "select\n  Account.Name, toLabel(Type)\nfrom Account\nwhere Account.Name != null\n"
        "order by CALENDAR_YEAR(CreatedDate) desc nulls last, Parent.Name nulls first, Name\nlimit 3 offset 1 for view"
    )

    assert len(house.query(soql)) == 3
    row, column = house.refused("SELECT Id,\n  Nope\nFROM Account")[1].split("ERROR at ")[1].split("\n")[0].split(":C")
    assert (row, column) == ("Row:2", "olumn:3")


def test_a_person_in_another_zone_has_another_today(house: House) -> None:
    me = house.one("SELECT Id FROM User WHERE Username = 'tierline@sandbox.example'")["Id"]
    house.call("PATCH", f"sobjects/User/{me}", {"TimeZoneSidKey": "Pacific/Auckland"})
    house.call("POST", "sobjects/Account", {"Name": "Now"})
    house.box.clock.advance(3 * 3600)  # 12:00 UTC is 01:00 of the next day in Auckland
    house.session.headers["Authorization"] = "Bearer " + house.token().json()["access_token"]

    assert house.query("SELECT Id FROM Account WHERE CreatedDate = TODAY") == []
    assert len(house.query("SELECT Id FROM Account WHERE CreatedDate = YESTERDAY")) == 1
