from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from engine.conditions import event_of, holds, mask, satisfies
from engine.score import score_population, whole_view
from tests.engine.worlds import TODAY_DAY, World, a_policy


@pytest.mark.parametrize(
    ("column", "value", "want", "met"),
    [
        pytest.param("industry", "Software", "software", True, id="text in any case"),
        pytest.param("industry", "Software", ["Energy", "Software"], True, id="any of a list"),
        pytest.param("industry", None, "*", False, id="unknown never satisfies"),
        pytest.param("industry", "x", "*", True, id="any known value"),
        pytest.param("tech", ["HubSpot", "Excel"], "hubspot", True, id="a list holds it"),
        pytest.param("tech", [], "hubspot", False, id="an empty list holds nothing"),
        pytest.param("employees", 200, 200, True, id="least value is in"),
        pytest.param("employees", 199, 200, False, id="under the least value"),
        pytest.param("employees", float("nan"), 0, False, id="an unknown number"),
        pytest.param("employees", 199, "50..200", True, id="inside a band"),
        pytest.param("employees", 200, "50..200", False, id="upper end excluded"),
        pytest.param("employees", 7, "*", True, id="any known number"),
        pytest.param("employees", 7, "7", True, id="a number as text"),
        pytest.param("naics", "511210", "5112", True, id="industry codes by prefix"),
        pytest.param("country", "DE", "EU", True, id="country group"),
        pytest.param("country", "CH", "eu", False, id="not in the group"),
        pytest.param("strategic", True, True, True, id="a flag"),
        pytest.param("strategic", None, True, False, id="an unknown flag"),
        pytest.param("strategic", np.bool_(False), False, True, id="a numpy flag"),
    ],
)
def test_what_a_condition_means(column: str, value: Any, want: Any, met: bool) -> None:
    assert satisfies(column, value, want) is met


def test_events_have_topics_and_days() -> None:
    assert event_of({"event": "funding", "within": "90d"}) == (("funding",), 90)
    assert event_of({"any_of": ["a", "b"], "within": timedelta(days=7)}) == (("a", "b"), 7)
    assert event_of({"country": "DE"}) is None
    with pytest.raises(ValueError, match="not a span"):
        event_of({"event": "x", "within": "soon"})


def test_every_condition_must_hold_for_one_record() -> None:
    record = {"country": "DE", "employees": 10}
    when = {"country": "DE", "employees": 5, "event": "funding", "within": "30d"}

    assert holds(when, record.get, lambda _: 30)
    assert not holds(when, record.get, lambda _: 31)
    assert not holds(when, record.get, lambda _: None)
    assert not holds({**when, "employees": 11}, record.get, lambda _: 0)


def test_a_population_is_asked_the_same_as_one_record() -> None:
    world = World(kinds=["meeting_held"]).contact("c", "a")
    world.account("a", country="DE", employees=10.0, attributes='{"region_code": "x"}', tech=("HubSpot",))
    world.account("b", country="FR", employees=None, attributes="not json").account("c2")
    world.signal("a", "funding", 30).signal("b", "funding", 31).signal("c2", "bankruptcy", 1)
    world.touch("c", "meeting_held", 3, n=2).touch("c", "meeting_held", 731)
    evidence = world.evidence()
    scores = score_population(evidence, a_policy())
    view = whole_view(scores, evidence)
    days = np.full(3, TODAY_DAY, dtype=np.int32)

    def met(when: dict[str, Any]) -> list[bool]:
        return [bool(one) for one in mask(when, view, days)]

    assert met({"country": ["DE", "FR"]}) == [True, True, False]
    assert met({"employees": 10}) == [True, False, False]
    assert met({"event": "funding", "within": "30d"}) == [True, False, False]
    assert met({"region_code": "X"}) == [True, False, False]
    assert met({"contacts_known": 1}) == [True, False, False]
    assert met({"past_meetings_24mo": 2}) == [True, False, False]
    assert met({"past_meetings_24mo": 3}) == [False, False, False]
    assert met({"tech": "hubspot"}) == [True, False, False]
    assert met({"nobody_knows": 1}) == [False, False, False]
    assert met({}) == [True, True, True]
