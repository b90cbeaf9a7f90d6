"""Search: operators, order, the window, the lag, and an independent reading of the filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.world import DAY_S, World
from tests.sandbox.hubspot.hs_house import NOW_S, an_account, an_owner, many_companies

SEARCH = "/crm/objects/2026-09/companies/search"


def keys_of(answer: dict[str, Any]) -> list[str]:
    return [row["properties"]["world_key"] for row in answer["results"]]


def find(house: Any, *filters: dict[str, Any], path: str = SEARCH, **more: Any) -> list[str]:
    body = {"filterGroups": [{"filters": list(filters)}], "properties": ["world_key"], **more}
    return keys_of(house.ok("POST", path, body))


def where(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    given = {} if value is None else {"value": value}
    return {"propertyName": name, "operator": operator, **given, **more}


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (where("name", "EQ", "firm a000002"), ["A000002"]),
        (where("name", "NEQ", "Firm A000002"), ["A000001", "A000003"]),
        (where("name", "IN", values=["firm a000001", "firm a000003"]), ["A000001", "A000003"]),
        (where("name", "NOT_IN", values=["firm a000001"]), ["A000002", "A000003"]),
        (where("arr", "HAS_PROPERTY"), ["A000002"]),
        (where("arr", "NOT_HAS_PROPERTY"), ["A000001", "A000003"]),
        (where("arr", "GT", "11999"), ["A000002"]),
        (where("arr", "LTE", 11999), []),
        (where("arr", "NEQ", "5"), ["A000002"]),
        (where("health_score", "BETWEEN", "70", highValue="72"), ["A000002"]),
        (where("account_status", "EQ", "customer"), ["A000002"]),
        (where("account_status", "EQ", "CUSTOMER"), []),
        (where("domain", "CONTAINS_TOKEN", "a000003*"), ["A000003"]),
        (where("domain", "NOT_CONTAINS_TOKEN", "a000003*"), ["A000001", "A000002"]),
        (where("tech_stack", "EQ", "spark"), ["A000001", "A000002", "A000003"]),
        (where("createdate", "LT", "2020-01-01"), []),
        (where("hs_lastmodifieddate", "GTE", "1776330000000"), ["A000001", "A000002", "A000003"]),
    ],
    ids=lambda item: f"{item['propertyName']} {item['operator']}" if isinstance(item, dict) else None,
)
def test_operators_on_loaded_and_on_edited_records(house: Any, condition: dict[str, Any], wanted: list[str]) -> None:
    """The same answer from the world's arrays and from records that were written since."""
    assert find(house, condition) == wanted

    for key in ("A000001", "A000002", "A000003"):
        house.crm.act({"do": "set_field", "id": key, "field": "city", "value": "Rome"})

    assert find(house, condition) == wanted


def test_groups_are_alternatives_and_filters_add_up(house: Any) -> None:
    groups = [
        {"filters": [where("account_status", "EQ", "customer"), where("country", "EQ", "united states")]},
        {"filters": [where("name", "EQ", "Firm A000003")]},
    ]

    answer = house.ok("POST", SEARCH, {"filterGroups": groups, "properties": ["world_key"]})

    assert (answer["total"], keys_of(answer)) == (2, ["A000002", "A000003"])


def test_the_short_form_is_one_group(house: Any) -> None:
    body = {"filters": [where("name", "EQ", "Firm A000003")], "properties": ["world_key"]}

    assert keys_of(house.ok("POST", SEARCH, body)) == ["A000003"]


def test_an_empty_body_finds_everything(house: Any) -> None:
    answer = house.ok("POST", SEARCH, {})

    assert (answer["total"], len(answer["results"])) == (3, 3)
    assert "paging" not in answer


def test_a_query_looks_into_names_and_domains(house: Any) -> None:
    body = {"query": "a000002.com", "properties": ["world_key"]}

    assert keys_of(house.ok("POST", SEARCH, body)) == ["A000002"]


def test_linked_records_can_be_asked_for(house: Any) -> None:
    account, contact = house.id_of("A000001"), house.id_of("C0000002")

    tasks = house.ok(
        "POST", "/crm/v3/objects/tasks/search", {"filters": [where("associations.company", "EQ", account)]}
    )

    assert tasks["total"] == 1
    assert find(house, where("associations.contact", "EQ", contact)) == ["A000002"]


@pytest.mark.parametrize("sorts", [["hs_lastmodifieddate"], [where("hs_lastmodifieddate", "", direction="DESCENDING")]])
def test_one_sort_orders_loaded_and_edited_records_together(open_house: Callable[..., Any], sorts: list[Any]) -> None:
    house = open_house(many_companies(5))
    house.clock.advance(10)
    house.crm.act({"do": "set_field", "id": "A000002", "field": "city", "value": "Rome"})

    found = find(house, sorts=sorts)

    rising = ["A000001", "A000003", "A000004", "A000005", "A000002"]
    assert found == (rising if isinstance(sorts[0], str) else rising[::-1])


def test_pages_go_by_offset_without_a_link(house: Any) -> None:
    first = house.ok("POST", SEARCH, {"limit": 2})
    second = house.ok("POST", SEARCH, {"limit": 2, "after": first["paging"]["next"]["after"]})

    assert first["paging"] == {"next": {"after": "2"}}
    assert (len(second["results"]), second["total"]) == (1, 3)
    assert "paging" not in second


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "abc"},
        {"after": 9999, "limit": 2},
        {"sorts": ["name", "domain"]},
        {"filterGroups": [{"filters": [where("name", "EQ", "x")]}] * 6},
        {"filterGroups": [{"filters": [where("name", "EQ", "x")] * 7}]},
        {"filterGroups": [{"filters": [where("name", "EQ", "x")] * 5}] * 4},
        {"filters": [where("nope", "EQ", "x")]},
        {"filters": [where("name", "LIKE", "x")]},
        {"filters": [where("name", "IN", "x")]},
        {"filters": [where("arr", "GT", "much")]},
        {"query": "x" * 3001},
    ],
)
def test_what_search_refuses_with_400(house: Any, body: dict[str, Any]) -> None:
    answer = house.post(SEARCH, body)

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_a_list_cursor_is_no_offset(house: Any) -> None:
    cursor = house.ok("GET", "/crm/v3/objects/companies", limit=1)["paging"]["next"]["after"]

    assert house.post(SEARCH, {"after": cursor}).status_code == 400


@pytest.mark.slow
def test_the_window_ends_at_ten_thousand(open_house: Callable[..., Any], big_world: World) -> None:
    house = open_house(big_world)

    last = house.ok("POST", SEARCH, {"limit": 200, "after": 9800})

    assert (last["total"], len(last["results"])) == (10_050, 200)
    assert last["paging"] == {"next": {"after": "10000"}}
    assert house.post(SEARCH, {"limit": 200, "after": "10000"}).status_code == 400


def test_the_index_lags_behind_writes_and_shows_old_values(open_house: Callable[..., Any]) -> None:
    house = open_house(lag_s=30)
    number = house.make_company(name="Fresh")
    house.ok("PATCH", f"/crm/v3/objects/companies/{house.id_of('A000001')}", {"properties": {"name": "Renamed"}})

    def names() -> list[str]:
        rows = house.ok("POST", SEARCH, {"properties": ["name"]})["results"]
        return [row["properties"]["name"] for row in rows]

    assert house.ok("GET", f"/crm/v3/objects/companies/{number}")["properties"]["name"] == "Fresh"
    assert names() == ["Firm A000001", "Firm A000002", "Firm A000003"]
    house.clock.advance(4.9)
    assert names() == ["Firm A000001", "Firm A000002", "Firm A000003"]
    house.clock.advance(25.1)
    assert names() == ["Renamed", "Firm A000002", "Firm A000003", "Fresh"]


def test_archived_records_leave_the_index_at_once(open_house: Callable[..., Any]) -> None:
    house = open_house(lag_s=3600)

    house.call("DELETE", f"/crm/v3/objects/companies/{house.id_of('A000002')}")

    assert find(house) == ["A000001", "A000003"]


def test_negative_operators_can_be_made_to_see_unset_records(open_house: Callable[..., Any]) -> None:
    house = open_house(neq_skips_unset=False)

    assert find(house, where("arr", "NEQ", "5")) == ["A000001", "A000002", "A000003"]


OPERATOR = st.sampled_from(["EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY"])
NAMES = {
    "arr": st.integers(0, 3).map(lambda at: str(at * 1000)),
    "numberofemployees": st.integers(1, 4).map(str),
    "industry": st.sampled_from(["steel", "glass"]),
    "hs_lastmodifieddate": st.integers(-3, 1).map(lambda day: str((NOW_S + day * DAY_S) * 1000)),
}
CONDITION = st.sampled_from(sorted(NAMES)).flatmap(
    lambda name: st.tuples(st.just(name), OPERATOR, NAMES[name], NAMES[name])
)


def oracle(row: dict[str, Any], name: str, operator: str, low: str, high: str) -> bool:
    """What the documentation says, asked of a record as the list shows it."""
    value = row["properties"][name]
    if value is None:
        return False
    if operator == "HAS_PROPERTY":
        return True
    mine: Any = value.lower()
    ends: list[Any] = [low, high]
    if name == "hs_lastmodifieddate":
        mine, ends = datetime.fromisoformat(value).timestamp() * 1000, [float(low), float(high)]
    elif name != "industry":
        mine, ends = float(value), [float(low), float(high)]
    verdicts = {
        "EQ": mine == ends[0],
        "NEQ": mine != ends[0],
        "LT": mine < ends[0],
        "LTE": mine <= ends[0],
        "GT": mine > ends[0],
        "GTE": mine >= ends[0],
        "BETWEEN": ends[0] <= mine <= ends[1],
        "IN": mine in ends,
        "NOT_IN": mine not in ends,
    }
    return bool(verdicts[operator])


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.lists(CONDITION, min_size=1, max_size=3), min_size=1, max_size=3))
def test_any_filter_agrees_with_reading_all_records(mixed: Any, groups: list[list[tuple[str, str, str, str]]]) -> None:
    """Half the records are as loaded, half were edited; the oracle sees the list alone."""
    body = {"filterGroups": [{"filters": [_condition(*item) for item in group]} for group in groups], "limit": 200}
    rows = mixed.ok("GET", "/crm/v3/objects/companies", limit=100, properties=",".join(NAMES))["results"]

    found = mixed.ok("POST", SEARCH, body)

    wanted = [row["id"] for row in rows if any(all(oracle(row, *item) for item in group) for group in groups)]
    assert [row["id"] for row in found["results"]] == wanted
    assert found["total"] == len(wanted)


def _condition(name: str, operator: str, low: str, high: str) -> dict[str, Any]:
    if operator in {"IN", "NOT_IN"}:
        return where(name, operator, values=[low, high])
    if operator == "HAS_PROPERTY":
        return where(name, operator)
    return where(name, operator, low, highValue=high)


@pytest.fixture
def mixed(open_house: Callable[..., Any]) -> Any:
    accounts = [
        an_account(
            f"A{at:06d}",
            arr=None if at % 3 == 0 else at % 4 * 1000.0,
            employees=at % 4 + 1,
            industry=(None, "Steel", "Glass")[at % 3],
            modified_at=NOW_S - at % 4 * DAY_S,
        )
        for at in range(1, 41)
    ]
    house = open_house(World("small", 1, NOW_S, [an_owner("O002")], accounts))
    for at in range(1, 41, 2):
        house.crm.act(
            {"do": "set_field", "id": f"A{at:06d}", "fields": {"city": "Rome", "arr": "" if at % 5 else "2000"}}
        )
    return house


@pytest.fixture(scope="module")
def big_world() -> World:
    return many_companies(10_050)
