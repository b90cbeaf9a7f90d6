from __future__ import annotations

from engine.facts import POINT, Person
from engine.lead import leads_of, people_of
from engine.score import score_population
from tests.engine.worlds import TODAY_DAY, World, a_policy, moment

POLICY = a_policy(
    signal={
        "engagement": {
            "rules": [
                {"kind": "email_reply", "points": 15, "daily_cap": 1},
                {"kind": "web_visit", "points": 2, "category": "web"},
            ],
            "account_cap": {"web": 30},
            "role_weight": {"champion": 1.3},
        }
    }
)


def people(world: World, account: int = 0) -> list[Person]:
    evidence = world.evidence()
    scores = score_population(evidence, POLICY)
    return list(people_of(leads_of(scores, evidence, scores.matches), evidence, POLICY, account, TODAY_DAY))


def test_a_lead_score_is_the_same_rules_for_one_person() -> None:
    """One reply by a champion: raw 19.5, squashed 27.7; nobody else's acts count."""
    world = World().account("a").contact("c", "a", role="champion").contact("d", "a")
    world.touch("c", "email_reply").touch("d", "web_visit")

    found = {one.contact_id: one.lead_score for one in people(world)}

    assert found == {"c": 27, "d": 3}


def test_a_persons_own_categories_are_capped_too() -> None:
    world = World().account("a").contact("c", "a")
    for age in range(20):
        world.touch("c", "web_visit", 0, account="a").touch("c", "web_visit", age, n=3)
    evidence = world.evidence()

    scores = score_population(evidence, POLICY)

    assert scores.people["lead"].tolist() == scores.columns["engagement"].tolist()
    assert scores.columns["own_engagement"].tolist() == [30 * POINT]


def test_who_did_nothing_is_last_and_known_names_come_in_order() -> None:
    world = World().account("a").contact("c1", "a", name="Zoe").contact("c2", "a", name="Ann")
    world.contact("c3", "a", name="Cy").touch("c3", "web_visit", 100)

    found = people(world)

    assert [(one.name, one.reached) for one in found] == [("Cy", False), ("Ann", False), ("Zoe", False)]
    assert found[0].last_touch_at == moment(TODAY_DAY - 100)
    assert found[1].last_touch_at is None


def test_what_an_address_did_counts_for_the_contact_that_has_it() -> None:
    world = World().account("a").contact("c", "a", email="p@x.com").touch("e:p@x.com", "email_reply")

    assert [one.lead_score for one in people(world)] == [22]


def test_merged_contacts_are_shown_once() -> None:
    world = World(person_alias={"old": "c"}).account("a").contact("c", "a").contact("old", "a")
    world.touch("old", "email_reply")

    assert [(one.contact_id, one.lead_score) for one in people(world)] == [("c", 22)]
