"""Random queries over random rows give what SQLite gives over the same rows."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.frame import Clock, Journal, Options
from sandbox.salesforce.columns import NEVER, Coded, Listed, Moments
from sandbox.salesforce.org import Org
from sandbox.soql.run import run

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BASE = int(NOW.timestamp())
NAMES = (None, "Acme", "ACME", "bolt", "Bolt Inc", "50%", "a_b", "O'Neil", "zed")
INDUSTRIES = (None, "Energy", "Retail", "retail")
STORED = ("Name", "Industry", "NumberOfEmployees", "AnnualRevenue", "Strategic__c")
CLOCK = Clock(NOW)
JOURNAL = Journal(CLOCK)

rows = st.lists(
    st.fixed_dictionaries(
        {
            "Name": st.sampled_from(NAMES),
            "Industry": st.sampled_from(INDUSTRIES),
            "NumberOfEmployees": st.one_of(st.none(), st.integers(0, 5)),
            "AnnualRevenue": st.one_of(st.none(), st.sampled_from([0.0, 1.5, 2.0, 100.25])),
            "Strategic__c": st.booleans(),
            "Renewal": st.one_of(st.none(), st.integers(-3, 3)),
            "Stamp": st.integers(-3, 3),
        },
    ),
    max_size=12,
)


def wire(offset: int | None, *, dates: bool) -> str | None:
    if offset is None:
        return None
    moment = datetime.fromtimestamp(BASE + offset * 86_400, UTC)
    return moment.strftime("%Y-%m-%d" if dates else "%Y-%m-%dT%H:%M:%S.000+0000")


def an_org(given_rows: list[dict[str, Any]], split: int) -> Org:
    """The first rows below, as a world's columns; the others above, as written later; one of each edited."""
    org = Org(CLOCK, JOURNAL, Options())
    table = org.table("Account")
    below, above = given_rows[:split], given_rows[split:]
    table.fill(
        len(below),
        {
            "Name": Listed([each["Name"] for each in below]),
            "Industry": Coded(np.array([INDUSTRIES.index(each["Industry"]) for each in below], np.int8), INDUSTRIES),
            "NumberOfEmployees": Listed([each["NumberOfEmployees"] for each in below]),
            "AnnualRevenue": Listed([each["AnnualRevenue"] for each in below]),
            "Strategic__c": Listed([not each["Strategic__c"] for each in below]),  # put right by an edit
            "Renewal_Date__c": Moments(
                np.array([NEVER if each["Renewal"] is None else BASE + each["Renewal"] * 86_400 for each in below]),
                dates=True,
            ),
            "SystemModstamp": Moments(np.array([BASE + each["Stamp"] * 86_400 for each in below], np.int64)),
        },
    )
    for position, each in enumerate(below):
        table.patch(position, {"Strategic__c": each["Strategic__c"]})
    for each in above:
        plain = {name: each[name] for name in STORED}
        table.add(
            plain
            | {
                "Renewal_Date__c": wire(each["Renewal"], dates=True),
                "SystemModstamp": wire(each["Stamp"], dates=False),
            },
        )
    return org


def a_database(given_rows: list[dict[str, Any]]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE TABLE Account (Place INTEGER, Name TEXT COLLATE NOCASE, Industry TEXT COLLATE NOCASE, "
        "NumberOfEmployees INT, AnnualRevenue REAL, Strategic__c INT, Renewal_Date__c TEXT, SystemModstamp TEXT)",
    )
    for place, each in enumerate(given_rows):
        values = (
            place,
            each["Name"],
            each["Industry"],
            each["NumberOfEmployees"],
            each["AnnualRevenue"],
            int(each["Strategic__c"]),
            wire(each["Renewal"], dates=True),
            wire(each["Stamp"], dates=False),
        )
        database.execute("INSERT INTO Account VALUES (?,?,?,?,?,?,?,?)", values)
    return database


# ---- conditions, in both languages at once: (SOQL, SQL) ------------------------------------------------------------
def quoted(text: str) -> tuple[str, str]:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'", "'" + text.replace("'", "''") + "'"


def _text(field: str, values: tuple[str | None, ...]) -> st.SearchStrategy[tuple[str, str]]:
    word = st.sampled_from([each for each in values if each]).map(quoted)
    return st.one_of(
        word.map(lambda it: (f"{field} = {it[0]}", f"{field} IS {it[1]}")),
        word.map(lambda it: (f"{field} != {it[0]}", f"{field} IS NOT {it[1]}")),
        st.tuples(st.sampled_from(["<", "<=", ">", ">="]), word).map(
            lambda it: (f"{field} {it[0]} {it[1][0]}", f"COALESCE({field} {it[0]} {it[1][1]}, 0)"),
        ),
        st.lists(word, min_size=1, max_size=3).map(
            lambda it: (
                f"{field} NOT IN ({','.join(each[0] for each in it)})",
                f"COALESCE({field} NOT IN ({','.join(each[1] for each in it)}), 1)",
            ),
        ),
        st.sampled_from(["a%", "%o%", "_cme", "%inc", "50\\%", "a\\_b"]).map(
            lambda it: (f"{field} LIKE '{it}'", f"COALESCE({field} LIKE '{it}' ESCAPE '\\', 0)"),
        ),
        st.just((f"{field} = null", f"{field} IS NULL")),
    )


def _ordered(field: str, values: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[tuple[str, str]]:
    return st.one_of(
        st.tuples(st.sampled_from(["<", "<=", ">", ">="]), values).map(
            lambda it: (f"{field} {it[0]} {it[1][0]}", f"COALESCE({field} {it[0]} {it[1][1]}, 0)"),
        ),
        values.map(lambda it: (f"{field} = {it[0]}", f"{field} IS {it[1]}")),
        values.map(lambda it: (f"{field} != {it[0]}", f"{field} IS NOT {it[1]}")),
        st.lists(values, min_size=1, max_size=3).map(
            lambda it: (
                f"{field} IN ({','.join(each[0] for each in it)})",
                f"COALESCE({field} IN ({','.join(each[1] for each in it)}), 0)",
            ),
        ),
    )


numbers = st.sampled_from(["0", "1", "1.5", "3", "100.25"]).map(lambda it: (it, it))
days = st.integers(-3, 3).map(lambda it: str(wire(it, dates=True))).map(lambda it: (it, f"'{it}'"))
stamps = st.integers(-3, 3).map(
    lambda it: (str(wire(it, dates=False)).replace(".000+0000", "Z"), f"'{wire(it, dates=False)}'"),
)
leaves = st.one_of(
    _text("Name", NAMES),
    _text("Industry", INDUSTRIES),
    _ordered("NumberOfEmployees", numbers),
    _ordered("AnnualRevenue", numbers),
    _ordered("Renewal_Date__c", days),
    _ordered("SystemModstamp", stamps),
    st.sampled_from([("Strategic__c = true", "Strategic__c = 1"), ("Strategic__c != true", "Strategic__c != 1")]),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda it: (f"NOT ({it[0]})", f"NOT ({it[1]})")),
        st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)).map(
            lambda it: tuple(f" {it[0]} ".join(f"({each[side]})" for each in it[1]) for side in (0, 1)),
        ),
    ),
    max_leaves=6,
)
FIELDS = ("Name", "Industry", "NumberOfEmployees", "AnnualRevenue", "Renewal_Date__c", "SystemModstamp")
orders = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(["ASC", "DESC"]), st.sampled_from(["FIRST", "LAST"])),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(given_rows=rows, split=st.integers(0, 12), where=conditions, order=orders, limit=st.integers(0, 12))
def test_where_order_and_limit_agree_with_sqlite(
    given_rows: list[dict[str, Any]],
    split: int,
    where: tuple[str, str],
    order: list[tuple[str, str, str]],
    limit: int,
) -> None:
    org, database = an_org(given_rows, split), a_database(given_rows)
    clause = ", ".join(f"{name} {way} NULLS {nulls}" for name, way, nulls in order)
    soql = f"SELECT Id FROM Account WHERE {where[0]}{' ORDER BY ' + clause if order else ''} LIMIT {limit}"
    sql = f"SELECT Place FROM Account WHERE {where[1]} ORDER BY {clause + ', ' if order else ''}Place LIMIT {limit}"

    found = run(org.view("005"), soql).positions.tolist()

    assert found == [place for (place,) in database.execute(sql)], soql


@settings(max_examples=80, deadline=None)
@given(given_rows=rows, split=st.integers(0, 12), where=conditions)
def test_groups_agree_with_sqlite(given_rows: list[dict[str, Any]], split: int, where: tuple[str, str]) -> None:
    org, database = an_org(given_rows, split), a_database(given_rows)
    parts = "COUNT(Name), SUM(AnnualRevenue), MIN(NumberOfEmployees), MAX(NumberOfEmployees), AVG(AnnualRevenue)"
    soql = f"SELECT Strategic__c, {parts} FROM Account WHERE {where[0]} GROUP BY Strategic__c ORDER BY Strategic__c"
    sql = f"SELECT Strategic__c, {parts} FROM Account WHERE {where[1]} GROUP BY Strategic__c ORDER BY Strategic__c"

    groups = run(org.view("005"), soql).groups

    assert groups is not None
    found = [tuple(value for name, value in each.items() if name != "attributes") for each in groups]
    assert found == list(database.execute(sql)), soql
