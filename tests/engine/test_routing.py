from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import OwnerFacts
from engine.routing import Choice, Loads, Rules, Waiting, matches, route
from tests.engine.motion_builders import DAY, FOCUS, GROWTH, NOW, a_motion, an_account, an_owner, people

ANN, BEN, CAT = an_owner("Ann", team="Sales"), an_owner("Ben", team="Sales"), an_owner("Cat", team="Legal")
AWAY = replace(ANN, away=((NOW - DAY, NOW + 3 * DAY),))


def rules(*owners: OwnerFacts, slots: Any = None, limits: Any = None, per_day: int | None = None, **more: Any) -> Rules:
    chain = slots or {"ae": [{"pool": "all"}]}
    motion = a_motion(slots=chain, pools={"all": {"team": "Sales"}}, **more)
    return Rules.of(motion, people(*owners), NOW, limits=limits, per_day=per_day)


def ask(name: str = "Acme", **more: Any) -> Waiting:
    return Waiting(an_account(name, **more), FOCUS, "ae")


def only(choices: list[Choice]) -> Choice:
    assert len(choices) == 1
    return choices[0]


def test_the_least_loaded_gets_the_account_and_weights_count() -> None:
    loads = Loads()
    loads.held.update({"ann": 3, "ben": 2})
    assert only(route([ask()], loads, rules(ANN, BEN))).owner_id == "ben"

    heavy = {"all": {"members": [{"email": "ann@ours.com", "weight": 3}, "ben@ours.com"]}}
    motion = a_motion(slots={"ae": [{"pool": "all"}]}, pools=heavy)
    weighted = Rules.of(motion, people(ANN, BEN), NOW)

    choice = only(route([ask()], loads, weighted))  # (3 + 1) / 3 for Ann is less than (2 + 1) / 1 for Ben
    assert (choice.owner_id, choice.reason) == ("ann", "least loaded in pool all")


def test_each_choice_counts_for_those_after_it_and_loads_given_stay_as_they_are() -> None:
    loads = Loads()

    choices = route([ask(f"a{n}") for n in range(10)], loads, rules(ANN, BEN))

    counts = [choice.owner_id for choice in choices]
    assert counts.count("ann") == counts.count("ben") == 5
    assert not loads.held


@pytest.mark.parametrize(
    ("owners", "more", "words"),
    [
        pytest.param((replace(ANN, active=False),), {}, "Ann Rep is not active", id="inactive"),
        pytest.param((AWAY,), {}, "Ann Rep is away until 5 Nov 2026", id="away"),
        pytest.param((ANN,), {"limits": {"total": 3}}, "Ann Rep holds 3 accounts already", id="total"),
        pytest.param((ANN,), {"limits": {FOCUS: 2}}, "Ann Rep holds 2 of 1 - Focus already", id="tier"),
        pytest.param((ANN,), {"per_day": 1}, "Ann Rep was given 1 today", id="intake"),
        pytest.param((ANN,), {"owner": {"placeholders": ["ANN@ours.com"]}}, "not active", id="placeholder"),
        pytest.param((CAT,), {}, "it is empty", id="nobody in the team"),
    ],
)
def test_whoever_cannot_take_it_is_passed_over_with_a_reason(owners: Any, more: Any, words: str) -> None:
    loads = Loads()
    loads.held["ann"], loads.by_tier["ann", FOCUS], loads.today["ann"] = 3, 2, 1

    choice = only(route([ask()], loads, rules(*owners, **more)))

    assert choice.owner_id is None
    assert words in choice.reason


def test_limits_are_by_tier() -> None:
    loads = Loads()
    loads.by_tier["ann", FOCUS] = 2

    other = Waiting(an_account(), GROWTH, "ae")

    assert only(route([other], loads, rules(ANN, limits={FOCUS: 2}))).owner_id == "ann"


def test_a_chain_is_tried_in_order() -> None:
    chain = {"ae": ["keep", "parent_owner", "territory", {"named": "cat@ours.com"}, {"pool": "all"}]}
    land = [{"name": "dach", "when": {"country": ["DE", "AT"]}, "to": "ben@ours.com"}]
    asked = {"parent_owner_id": "ann", "country": "DE"}
    owners = (ANN, BEN, CAT)

    def choose(*who: OwnerFacts, holder: str | None = None, **more: Any) -> tuple[str | None, str]:
        one = Waiting(an_account(**more), FOCUS, "ae", holder)
        choice = only(route([one], Loads(), rules(*who, slots=chain, territories=land)))
        return choice.owner_id, choice.reason

    assert choose(*owners, holder="cat", **asked) == ("cat", "kept")
    assert choose(*owners, **asked) == ("ann", "the parent account's owner")
    assert choose(*owners, country="AT") == ("ben", "territory dach")
    assert choose(*owners, country="FR") == ("cat", "named")
    assert choose(BEN, country="FR") == ("ben", "least loaded in pool all")


def test_the_queue_takes_what_nobody_else_could() -> None:
    chain = {"ae": [{"pool": "all"}, {"queue": "cat@ours.com"}]}

    assert only(route([ask()], Loads(), rules(AWAY, CAT, slots=chain))).reason == "fallback queue"
    gone = only(route([ask()], Loads(), rules(AWAY, slots=chain)))
    assert gone.reason.endswith("cat@ours.com is not a user of the CRM")


def test_a_territory_may_name_a_pool_and_conditions_read_like_the_policys() -> None:
    land = [{"name": "big", "when": {"arr": 1000, "vertical": "bank"}, "to": "all"}]
    chain = {"ae": ["territory"]}
    rich = an_account(arr=5_000.0, attributes={"vertical": "Bank"})

    choice = only(route([Waiting(rich, FOCUS, "ae")], Loads(), rules(ANN, slots=chain, territories=land)))

    assert (choice.owner_id, choice.reason) == ("ann", "territory big: least loaded in pool all")
    assert matches(rich, {"fit": 80})
    assert not matches(rich, {"fit": 81})
    assert not matches(rich, {"event": "funding", "within": "30d"})
    assert only(route([ask()], Loads(), rules(ANN, slots=chain, territories=land))).reason == "no territory matches"


def test_two_users_with_one_address_count_as_the_active_one() -> None:
    ghost = OwnerFacts("aaa", "Old Ann", "ann@ours.com", active=False)
    chain = {"ae": [{"named": "Ann@Ours.com"}]}

    assert only(route([ask()], Loads(), rules(ghost, ANN, slots=chain))).owner_id == "ann"


@given(
    st.lists(st.booleans(), min_size=1, max_size=5),
    st.dictionaries(st.integers(0, 4), st.integers(0, 8)),
    st.permutations(range(5)),
)
def test_the_same_input_gives_the_same_owner_and_never_an_inactive_one(
    active: list[bool], held: dict[int, int], order: list[int]
) -> None:
    team = [an_owner(f"P{n}", active=works, team="Sales") for n, works in enumerate(active)]
    loads = Loads()
    loads.held.update({f"p{n}": count for n, count in held.items()})
    waiting = [ask(f"a{n}") for n in range(4)]

    choices = route(waiting, loads, rules(*team, limits={"total": 6}))
    again = route(waiting, loads, rules(*(team[n] for n in order if n < len(team)), limits={"total": 6}))

    assert choices == again
    working = {one.owner_id for one in team if one.active}
    assert all(choice.owner_id in working for choice in choices if choice.owner_id is not None)
    final = {who: loads.held[who] + sum(c.owner_id == who for c in choices) for who in working}
    assert all(count <= max(6, loads.held[who]) for who, count in final.items())
    assert all(choice.reason for choice in choices)


@pytest.mark.parametrize(
    ("chain", "land", "reason"),
    [
        ([{"pool": "nope"}], [], "there is no pool nope"),
        (["parent_owner"], [], "the parent account's owner: nobody"),
        (["territory"], [{"name": "t", "when": {}, "to": "x@y.z"}],
         "territory t: x@y.z is neither a pool nor a user of the CRM"),
        ([{"queue": "cat@ours.com"}], [], "the queue cat@ours.com is not active"),
    ],
)  # fmt: skip
def test_a_rule_that_leads_nowhere_says_so(chain: Any, land: Any, reason: str) -> None:
    nobody = replace(CAT, active=False), OwnerFacts("m", "Mailless", None, active=True)

    choice = only(route([ask()], Loads(), rules(*nobody, slots={"ae": chain}, territories=land)))

    assert (choice.owner_id, choice.reason) == (None, reason)


def test_a_pool_passes_over_names_that_are_no_users() -> None:
    motion = a_motion(slots={"ae": [{"pool": "p"}]}, pools={"p": {"members": ["gone@ours.com", "ann@ours.com"]}})

    assert only(route([ask()], Loads(), Rules.of(motion, people(ANN, CAT), NOW))).owner_id == "ann"
