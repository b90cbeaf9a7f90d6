from __future__ import annotations

from engine.score import Scores, score_population
from tests.engine.worlds import TODAY_DAY, World, a_policy, at

RULES = [
    {"kind": "web_visit", "points": 2, "daily_cap": 3, "pages": {"*/pricing*": 5.0, "/": 0.25}},
    {"kind": "meeting_held", "points": 30},
]


def scored(world: World, day: int = TODAY_DAY) -> Scores:
    policy = a_policy(signal={"engagement": {"rules": RULES}, "intent": {"points": {"topic_core": 5}}})
    return score_population(world.evidence(day), policy)


def surged(world: World, day: int = TODAY_DAY) -> bool:
    return bool(scored(world, day).columns["surged"][0])


def busy(*people: str, n: int = 4) -> World:
    world = World().account("a")
    for person in people:
        world.contact(person, "a")
    for number in range(n):
        world.touch(people[number % len(people)], "web_visit", 1 + number)
    return world


def test_four_touches_by_two_people_in_a_quiet_account_are_a_surge() -> None:
    """C = 4, b = 0: (4 + 2) / (0 + 2) is exactly 3."""
    columns = scored(busy("p", "q")).columns

    assert (columns["touches"][0], columns["baseline"][0], columns["ratio"][0]) == (4, 0, 3000)
    assert columns["surged"].tolist() == [True]


def test_one_person_alone_or_too_few_touches_are_no_surge() -> None:
    assert not surged(busy("p"))
    assert not surged(busy("p", "q", n=3))


def test_a_high_normal_needs_more() -> None:
    world = busy("p", "q")
    world.touch("p", "web_visit", 20)

    assert not surged(world)


def test_today_generic_pages_meetings_and_acts_over_the_daily_cap_do_not_count() -> None:
    world = busy("p", "q", n=2).touch("p", "web_visit", 0).touch("q", "web_visit", 2, page=1)
    world.touch("q", "meeting_held", 3, inbound=0).touch("p", "web_visit", 6, n=9)

    assert scored(world).columns["touches"].tolist() == [1 + 1 + 3]


def test_two_families_of_signals_are_independent_too_and_repeats_count_once() -> None:
    world = World().account("a")
    for age in (1, 1, 2, 3):
        world.signal("a", "topic_core", age)
    world.signal("a", "topic_core", 1, "g2", family="reviews")

    assert scored(world).columns["touches"].tolist() == [4]
    assert surged(world)


def test_a_young_account_is_measured_by_the_weeks_it_has_lived() -> None:
    world = busy("p", "q").touch("p", "web_visit", 15)
    world.accounts[0]["created_at"] = at(TODAY_DAY - 7 - 21)

    columns = scored(world).columns

    assert columns["weeks"].tolist() == [3]
    assert columns["ratio"].tolist() == [(6000 * 3 * 1000) // (1000 + 2000 * 3)]


def test_the_first_day_of_a_surge_stays_while_it_lasts() -> None:
    world = busy("p", "q", n=6)

    firsts = {int(scored(world, TODAY_DAY + ahead).columns["first_day"][0]) for ahead in (-1, 0, 1)}

    assert len(firsts) == 1
    assert firsts != {-1}
