from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sync.report import charts

TIERS = ["1 - Focus", "2 - Growth", "Recycle"]
Spec = dict[str, Any]
ALL = {
    "tiers": charts.tier_distribution(TIERS, ["1 - Focus", "Recycle", "Recycle"]),
    "scores": charts.score_histogram([0, 4, 5, 99, 100, None], [("1 - Focus", 70), ("2 - Growth", 50)]),
    "movement": charts.movement(["rose", "rose", "stays"]),
    "changes": charts.changes({"owners set": 0, "tasks opened": 3}),
}
specs = pytest.mark.parametrize("spec", ALL.values(), ids=ALL.keys())


def units(spec: Spec) -> Iterator[tuple[list[Spec], Spec]]:
    """Each mark of a chart: the rows it is drawn from, and its encodings with those it inherits."""
    for layer in spec["layer"]:
        rows = layer.get("data", spec["data"])["values"]
        yield rows, {**spec.get("encoding", {}), **layer.get("encoding", {})}


@specs
def test_every_mark_has_rows_and_places_for_them(spec: Spec) -> None:
    for rows, encoding in units(spec):
        assert rows
        assert {"x", "y"} & encoding.keys()


@specs
def test_every_field_that_is_drawn_stands_in_every_row(spec: Spec) -> None:
    for rows, encoding in units(spec):
        drawn = {channel["field"] for channel in encoding.values() if "field" in channel}
        assert drawn
        assert all(drawn <= row.keys() for row in rows)


@specs
def test_a_chart_names_its_schema_and_says_what_it_shows(spec: Spec) -> None:
    assert spec["$schema"] == charts.SCHEMA
    assert spec["title"]["text"]
    assert {layer["mark"] if isinstance(layer["mark"], str) else layer["mark"]["type"] for layer in spec["layer"]} <= {
        "bar",
        "rule",
        "text",
    }


def test_every_tier_has_its_bar_even_when_nobody_is_in_it() -> None:
    assert ALL["tiers"]["data"]["values"] == [
        {"tier": "1 - Focus", "accounts": 1},
        {"tier": "2 - Growth", "accounts": 0},
        {"tier": "Recycle", "accounts": 2},
    ]


def test_scores_fall_into_steps_of_five_and_a_hundred_into_the_last() -> None:
    rows = {row["from"]: row["accounts"] for row in ALL["scores"]["data"]["values"]}

    assert len(rows) == 20
    assert {low: count for low, count in rows.items() if count} == {0: 2, 5: 1, 95: 2}


def test_the_entry_bars_stand_at_their_scores() -> None:
    _, rule, words = ALL["scores"]["layer"]

    assert [(row["tier"], row["bar"]) for row in rule["data"]["values"]] == [
        ("1 - Focus: 70", 70),
        ("2 - Growth: 50", 50),
    ]
    assert words["data"] == rule["data"]


def test_movements_are_always_in_the_same_order() -> None:
    rows = [(row["movement"], row["accounts"]) for row in ALL["movement"]["data"]["values"]]

    assert rows == [("baseline", 0), ("entered", 0), ("rose", 2), ("fell", 0), ("stays", 1)]
