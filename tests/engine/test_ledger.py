from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger import Ledger, ledger_of, settle
from engine.policy import Policy
from engine.score import score_population
from engine.words import acts_text, by_text, day_text, page_text, points_text, topic_text, when_text
from tests.engine.worlds import TODAY_DAY, World, a_policy

G = 1_000_000_000
RULES = [
    {"kind": "demo_request", "points": 40, "half_life": "21d", "hand_raise": True},
    {"kind": "web_visit", "points": 2, "category": "web", "daily_cap": 3, "pages": {"*/pricing*": 5.0, "/": 0.25}},
]
SIGNAL = {
    "engagement": {"rules": RULES, "account_cap": {"web": 30}, "role_weight": {"decision_maker": 1.5}},
    "intent": {"points": {"review_compare": 25, "topic_core": 20}},
}
FIT = {"criteria": [
    {"name": "industry", "weight": 3, "values": {"Software": 1.0, "*": 0.3}},
    {"name": "size", "of": "employees", "weight": 1, "bands": {"0..10000": 0.5}},
    {"name": "growth", "weight": 2, "event": {"event": "funding", "within": "30d"}},
]}  # fmt: skip
POLICY = a_policy(fit=FIT, signal=SIGNAL)


def ledger(world: World, policy: Policy = POLICY) -> Ledger:
    evidence = world.evidence()
    return ledger_of(score_population(evidence, policy), evidence, policy, 0, version="v1")


def a_hot_account() -> World:
    world = World(kinds=["demo_request"]).account("a", industry="Software").contact("d", "a", role="Decision Maker")
    world.touch("d", "demo_request", 5).hand_raises.append(
        {"activity_id": "t1", "kind": "demo_request", "person": "d", "age": 5}
    )
    for age in (1, 2, 3, 4):
        world.touch("d", "web_visit", age, n=7, page=0)
    world.signal("a", "review_compare", 3, "g2", family="reviews").signal("a", "topic_core", 9)
    return world.signal("a", "topic_core", 2)


def test_every_line_says_what_happened_in_words_with_absolute_dates() -> None:
    told = ledger(a_hot_account())

    assert [(line.category, line.why) for line in told.lines] == [
        ("fit", "industry: Software"),
        ("fit", "size is not known: left out"),
        ("fit", "growth is not known: left out"),
        ("engagement", "12 visits to pricing pages, last on 1 Nov 2026 by a decision maker"),
        ("engagement", "demo request, on 28 Oct 2026 by a decision maker"),
        ("engagement", "web counts at most 30 points for an account"),
        ("engagement", "much engagement already: each further point counts for less"),
        ("intent", "research on our core topic (intent), last on 31 Oct 2026"),
        ("intent", "compared us on a review site (g2), on 30 Oct 2026"),
        ("intent", "independent sources agree within 14 days"),
        ("intent", "much intent already: each further point counts for less"),
        ("roles", "decision maker reached, last on 1 Nov 2026"),
        ("roles", "no champion reached within 90 days"),
        ("roles", "no user reached within 90 days"),
    ]
    assert sum(line.points for line in told.lines) == told.total
    visits, demo = told.lines[3], told.lines[4]
    assert "28 seen, 12 counted: at most 3 per person and day" in visits.notes
    assert (visits.n, visits.oldest, visits.newest, visits.person) == (12, TODAY_DAY - 4, TODAY_DAY - 1, "d")
    assert demo.evidence == ("t1",)
    assert told.lines[7].evidence == ("s2", "s1")


def test_the_ledger_is_plain_data_too() -> None:
    told = ledger(a_hot_account()).as_dict()

    assert told["policy"] == "v1"
    assert told["confidence"] == "medium"  # half of the weight is known
    assert told["shown"] == told["total"] // G
    assert sum(line["points"] for line in told["lines"]) == told["total"]


def test_what_subsidiaries_did_is_a_line_of_its_own() -> None:
    policy = a_policy(fit=FIT, signal=SIGNAL, score={"family": "parent", "family_share": 0.5})
    world = World().account("a", industry="Software").account("b", parent="a").touch(None, "demo_request", account="b")

    told = ledger(world, policy)

    assert [line.why for line in told.lines if line.rule == "family"] == [
        "from subsidiaries: 0.5 of what their people did"
    ]
    assert told.parts["engagement"] > 0


def test_a_source_that_says_much_is_capped_in_a_line() -> None:
    world = World().account("a", industry="Software")
    for age in range(3):
        world.signal("a", "review_compare", age)

    told = ledger(world)

    assert [line.why for line in told.lines if line.rule == "cap intent"] == ["intent counts at most 40 points"]
    assert told.parts["intent"] == 63_212_055_883
    assert sum(line.points for line in told.lines) == told.total


def test_the_gate_is_a_line_and_the_score_stays_under_the_ceiling() -> None:
    world = a_hot_account()
    world.accounts[0]["industry"] = "Mining"

    told = ledger(world)

    assert told.total == 24 * G
    assert told.lines[-1].why == "fit is under 40: no signal lifts it above 24"
    assert told.lines[-1].points < 0


def test_a_score_over_100_ends_there() -> None:
    policy = a_policy(fit=FIT, signal=SIGNAL, score={"fit_weight": 1.2, "signal_weight": 0.5})

    told = ledger(World().account("a", industry="Software"), policy)

    assert told.total == 100 * G
    assert [line.points for line in told.lines if line.rule == "ceiling"] == [-20 * G]


def test_an_event_of_fit_says_when_it_was_seen() -> None:
    world = World().account("a", industry="Software").signal("a", "funding", 40)
    world.account("b").signal("b", "funding", 0).account("c").signal("c", "odd", 1)
    evidence = world.evidence()
    scores = score_population(evidence, POLICY)

    said = [ledger_of(scores, evidence, POLICY, account).lines[2].why for account in range(3)]

    assert said == ["growth: last seen 23 Sep 2026", "growth: last seen 2 Nov 2026", "growth: none seen"]


def test_an_unconfigured_part_says_so() -> None:
    world = a_hot_account()
    world.configured = frozenset({"engagement"})

    said = [line.why for line in ledger(world).lines if line.category in {"intent", "roles"}]

    assert said == [
        "intent has no source in this connection: left out",
        "roles has no source in this connection: left out",
    ]


@given(st.lists(st.fractions(min_value=-100, max_value=100), min_size=1, max_size=20), st.integers(-3, 3))
def test_settling_keeps_the_sum_and_moves_no_line_by_more_than_it_must(exact: list[Fraction], off: int) -> None:
    total = round(sum(exact)) + off
    if not any(exact):
        total = 0

    found = settle(exact, total)

    assert sum(found) == total
    assert all(abs(one - value) <= 2 + abs(off) for one, value in zip(found, exact, strict=True))
    assert all(one == 0 for one, value in zip(found, exact, strict=True) if value == 0)


def test_a_score_without_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot sum"):
        settle([Fraction(0)], 1)


def test_words() -> None:
    assert day_text(TODAY_DAY) == "2 Nov 2026"
    assert acts_text("web_visit", "/", 1) == "visit to the home page"
    assert acts_text("partner_lunch", "", 2) == "2 partner lunch acts"
    assert page_text("*/case-studies/*") == "case studies"
    assert [by_text(role) for role in ("influencer", "user", "unknown", None)] == [
        " by an influencer",
        " by a user",
        "",
        "",
    ]
    assert when_text(3, 3, 2) == "on 4 Jan 1970"
    assert topic_text("odd_topic") == "odd topic"
    assert [points_text(p) for p in (58_690_000_000, -1_290_000_000, -1)] == ["58.6", "-1.2", "0.0"]
