from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.score import score_population
from tests.engine.worlds import World, a_policy, at

G = 1_000_000_000


def shares(world: World, *criteria: dict[str, Any]) -> list[list[float | None]]:
    policy = a_policy(fit={"criteria": list(criteria)})
    told = score_population(world.evidence(), policy).columns["shares"].tolist()
    return [[None if share < 0 else share / G for share in row] for row in told]


def one(criterion: dict[str, Any], **columns: Any) -> float | None:
    return shares(World().account("a", **columns), {"name": "x", "weight": 1, **criterion})[0][0]


@pytest.mark.parametrize(
    ("employees", "share"), [(49.0, 0.2), (50.0, 0.6), (199.0, 0.6), (200.0, 1.0), (2000.0, 0.0), (None, None)]
)
def test_a_band_has_its_lower_bound_and_not_its_upper_one(employees: float | None, share: float | None) -> None:
    bands = {"..50": 0.2, "50..200": 0.6, "200..2000": 1.0}

    assert one({"of": "employees", "bands": bands}, employees=employees) == share


@pytest.mark.parametrize(
    ("column", "value", "share"),
    [("industry", "SOFTWARE", 1.0), ("industry", "Mining", 0.3), ("industry", None, None), ("naics", "511", 0.3)],
)
def test_values_are_folded_and_a_star_is_any_other(column: str, value: Any, share: float | None) -> None:
    assert one({"of": column, "values": {"Software": 1.0, "*": 0.3}}, **{column: value}) == share


def test_codes_go_by_prefix_and_countries_by_group() -> None:
    assert one({"of": "naics", "values": {"51": 0.7}}, naics="511210") == 0.7
    assert one({"of": "country", "values": {"EU": 0.9, "DE": 1.0}}, country="DE") == 1.0
    assert one({"of": "country", "values": {"EU": 0.9, "DE": 1.0}}, country="FR") == 0.9
    assert one({"of": "country", "values": {"EU": 0.9}}, country="US") == 0.0


@pytest.mark.parametrize(
    ("tech", "any_of", "all_of"),
    [
        (("HubSpot", "Excel"), 1.0, 0.0),
        (("hubspot", "snowflake"), 1.0, 0.6),
        (("Excel",), 0.2, 0.0),
        ((), None, None),
    ],
)
def test_technology_counts_by_the_best_or_all_of_it(
    tech: tuple[str, ...], any_of: float | None, all_of: float | None
) -> None:
    wanted = {"HubSpot": 1.0, "Snowflake": 0.6}

    assert one({"of": "tech", "has_any": {**wanted, "*": 0.2}}, tech=tech) == any_of
    assert one({"of": "tech", "has_all": wanted}, tech=tech) == all_of


def test_an_event_is_unknown_where_no_source_covers_the_account() -> None:
    world = World().account("fresh").account("old").account("covered").account("unseen").account("elsewhere")
    world.signal("fresh", "funding", 90, "news").signal("old", "funding", 91, "news")
    world.signal("covered", "other", 500, "news").signal("elsewhere", "other", 5, "another source")

    found = shares(world, {"name": "growth", "weight": 1, "event": {"any_of": ["funding", "hiring"], "within": "90d"}})

    assert found == [[1.0], [0.0], [0.0], [None], [None]]


def test_columns_are_derived_from_history() -> None:
    world = World().account("a").account("b", domains=("old.com",), lifecycle="former").account("c", domains=("c.com",))
    world.contact("x", "a", email="x@old.com").contact("y", "a", email="y@c.com").contact("z", "b", email="z@old.com")
    world.opportunities = [
        {"opportunity_id": "o1", "account_id": "a", "is_closed": True, "closed_at": at(1)},
        {"opportunity_id": "o2", "account_id": "a"},
    ]
    bands = {"0..1": 0.0, "1..2": 0.1, "2..3": 0.2}
    names = ("contacts_known", "past_opportunities", "former_customer_contact", "past_meetings_24mo")

    found = shares(world, *({"name": name, "weight": 1, "bands": bands} for name in names))

    assert found == [[0.2, 0.1, 0.1, 0.0], [0.1, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]


@given(st.integers(1, 1000), st.integers(1, 1000), st.booleans())
def test_fit_is_the_weighted_mean_of_what_is_known(first: int, second: int, both: bool) -> None:
    criteria = [
        {"name": "country", "weight": first / 1000, "values": {"DE": 1.0}},
        {"name": "industry", "weight": second / 1000, "values": {"*": 0.5}},
    ]
    world = World().account("a", country="DE", industry="x" if both else None)

    columns = score_population(world.evidence(), a_policy(fit={"criteria": criteria})).columns

    assert columns["fit"][0] == (100 * G * (2 * first + second) // (2 * (first + second)) if both else 100 * G)
    assert columns["known"][0] == (G if both else first * G // (first + second))
