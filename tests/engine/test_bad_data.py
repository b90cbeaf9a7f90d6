from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.facts_from import facts
from engine.ledger import ledger_of
from engine.packing import sort_together
from engine.score import score_population
from engine.stitch import stitch
from tests.engine.worlds import TODAY_DAY, World, a_policy

POLICY = a_policy(
    fit={
        "criteria": [
            {"name": "industry", "weight": 1, "values": {"*": 1.0}},
            {"name": "seats", "weight": 1, "bands": {"0..10": 0.1, "10..": 0.9}},
            {"name": "mixed", "weight": 1, "values": {"a": 0.5, "*": 0.1}},
            {"name": "nothing", "weight": 1, "event": {"within": "5d"}},
        ]
    },
    signal={"engagement": {"rules": [{"kind": "chat", "points": 10}]}, "intent": {"points": {"topic_core": 10}}},
)


def wild() -> World:
    """Everything that a CRM has ever let in."""
    world = World().account(
        "\U0001f600", name="\U0001f600" * 50, industry="x" * 1_000_000, attributes='{"seats": "12"}'
    )
    world.account("b", domains=tuple(f"d{n}.com" for n in range(300)), employees=float("inf"), attributes="[1]")
    world.account(
        "c", domains=("", "...", "http://[", "a b c", "münchen..de", "x" * 3000), attributes='{"seats": "many"}'
    )
    world.account("d", name=None, attributes='{"seats": [1], "mixed": ["a", "b"]}', parent="d", lifecycle="prospect")
    for number in range(40):
        world.contact(f"p{number}", "b", email="same@person.com", role="\U0001f600", name=None)
    world.contact("odd", None, email="@@@").contact("lone", None, email="x@münchen..de").contact("out", None, email="")
    world.people += ["e:", "d:", "e:no-at", "d:[::1]", "what"]
    world.touch("p1", "chat", -400, 9).touch("p1", "chat", 100_000).touch("p1", "chat", 3, 2_000_000_000, page=999)
    world.signal("b", "topic_core", -3).signal("b", "topic_core", 2, strength=float("inf")).signal(
        "b", "y" * 100_000, 1
    )
    return world


def test_bad_data_never_stops_a_pass() -> None:
    evidence = wild().evidence()
    matches = stitch(evidence, POLICY)
    scores = score_population(evidence, POLICY, matches=matches)

    told = facts(scores, evidence, matches, POLICY)

    assert len(told) == 4
    assert scores.acts["kept"].tolist() == [3]
    assert matches.loops == (("d",),)
    for account in range(4):
        ledger = ledger_of(scores, evidence, POLICY, account)
        assert sum(line.points for line in ledger.lines) == (ledger.total or 0)


def test_custom_fields_are_read_as_what_they_say() -> None:
    shares = score_population(wild().evidence(), POLICY).columns["shares"].tolist()

    tenth, ninth, half = 100_000_000, 900_000_000, 500_000_000
    assert [row[1] for row in shares] == [ninth, -1, -1, -1]
    assert [row[2] for row in shares] == [-1, -1, -1, half]
    assert [row[3] for row in shares] == [-1] * 4
    assert tenth < half


def test_an_account_that_went_silent_says_since_when() -> None:
    evidence = World().account("a", industry="x").touch(None, "chat", 200, account="a").evidence()
    scores = score_population(evidence, POLICY)

    one = facts(scores, evidence, scores.matches, POLICY)["a"]

    assert one.reasons == ("nothing from their side since 16 Apr 2026", "fit 100: industry x")


def test_a_misfit_says_so_first() -> None:
    policy = a_policy(fit={"criteria": [{"name": "industry", "weight": 1, "values": {"x": 0.2}}]})
    evidence = World().account("a", industry="x").evidence()
    scores = score_population(evidence, policy)

    assert facts(scores, evidence, scores.matches, policy)["a"].reasons == ("fit 20 is under 40",)


def test_aliases_in_a_circle_end() -> None:
    world = World(account_alias={"x": "y", "y": "x"}, person_alias={"p": "q", "q": "p"}).account("a")

    found = stitch(world.evidence(), POLICY)

    assert found.population.local[0] == 0
    assert len(found.person) == 2


def test_rows_too_wide_to_pack_are_sorted_all_the_same() -> None:
    dice = np.random.default_rng(5)
    columns = [dice.integers(0, 1 << 40, 50), dice.integers(0, 1 << 30, 50)]
    columns[0][::2] = columns[0][0]

    found = sort_together(columns)

    assert list(zip(*found, strict=True)) == sorted(zip(*columns, strict=True))


@pytest.mark.parametrize("day", [TODAY_DAY, TODAY_DAY + 1])
def test_evidence_without_a_single_row_is_scored(day: int) -> None:
    evidence = replace(World().evidence(day))

    scores = score_population(evidence, POLICY, shards=2)

    assert facts(scores, evidence, scores.matches, POLICY) == {}
