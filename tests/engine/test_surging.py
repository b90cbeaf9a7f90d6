from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine.facts import Standing
from engine.ladder import Ladder
from engine.policy import RECYCLE, SUPPRESS, Policy, Surge
from engine.surging import Case, Treatment, treat
from tests.engine.motion_builders import DAY, FOCUS, NOW, SCALED, an_account, standing_in, surging

POLICY = Policy.model_validate(
    {
        "tiers": [
            {"name": FOCUS, "enter": 70, "leave": 60, "require": {"fit": 65, "known": 0.6}},
            {"name": SCALED, "enter": 30, "leave": 25, "require": {"fit": 40}},
        ]
    }
)
LADDER = Ladder.of(POLICY)


def a_case(name: str = "Acme", ratio: float = 4.0, was: Standing | None = None, **more: Any) -> Case:
    facts = an_account(name, score=40, surge=surging(ratio), **more.pop("facts", {}))
    return replace(Case(facts, was, SCALED, "rita"), **more)


def treated(case: Case, at: datetime = NOW) -> Treatment:
    return treat([case], Surge(), LADDER, at).get(case.facts.account_id, Treatment())


def standing(treatment: Treatment) -> Standing:
    return standing_in(
        SCALED, treated_as=treatment.treated_as, treated_since=treatment.since, treated_until=treatment.until,
        treated_renewals=treatment.renewals,
    )  # fmt: skip


def test_the_treatment_is_the_best_tier_that_fit_allows() -> None:
    best = treated(a_case())

    assert (best.treated_as, best.until) == (FOCUS, NOW + 14 * DAY)
    assert best.since == datetime(2026, 10, 26, tzinfo=UTC)  # the surge's own first day, not the pass's
    assert best.sentence == "Activity 4.0x its normal: treated as 1 - Focus until 16 Nov 2026."
    assert treated(a_case(facts={"fit": 50}, tier=RECYCLE)).treated_as == SCALED
    assert treated(a_case(facts={"known": 0.5}, tier=RECYCLE)).treated_as == SCALED
    assert treated(a_case(facts={"fit": 50})).treated_as is None


def test_the_barred_and_suppressed_are_not_treated() -> None:
    assert treated(a_case(barred="it is held out")).treated_as is None
    assert treated(a_case(tier=SUPPRESS)).treated_as is None
    assert treated(a_case(facts={"fit": 30})).treated_as is None


def test_each_owner_gets_three_with_the_best_ratio_first() -> None:
    cases = [a_case(f"a{n}", ratio=3.0 + n) for n in range(5)]

    found = treat(cases, Surge(), LADDER, NOW)

    assert [name for name, one in found.items() if one.treated_as] == ["id-a4", "id-a3", "id-a2"]
    assert "its owner has 3 surging accounts already" in found["id-a0"].sentence


def test_treatments_that_stand_count_against_the_three() -> None:
    running = standing(treated(a_case()))
    cases = [a_case(f"a{n}", was=running) for n in range(3)]

    found = treat([*cases, a_case("new", ratio=9)], Surge(), LADDER, NOW + DAY)

    assert found["id-new"].treated_as is None


def test_it_lasts_fourteen_days_renews_once_then_rests_fourteen() -> None:
    case, days = a_case(), {}
    was: Standing | None = None
    for day in range(60):
        now = treated(replace(case, was=was), NOW + day * DAY)
        was = standing(now)
        days[day] = now.treated_as

    on = [day for day, tier in days.items() if tier is not None]
    assert on == [*range(28), *range(42, 60)]


def test_without_a_surge_it_is_not_renewed() -> None:
    was = standing(treated(a_case()))
    calm = replace(a_case(was=was), facts=replace(a_case().facts, surge=None))

    assert treated(calm, NOW + 13 * DAY).treated_as == FOCUS
    ended = treated(calm, NOW + 14 * DAY)
    assert (ended.treated_as, ended.sentence) == (None, "Treatment as 1 - Focus ended on 16 Nov 2026.")


def test_it_ends_early_when_barred_or_when_the_tier_caught_up() -> None:
    was = standing(treated(a_case()))

    changes: tuple[dict[str, Any], ...] = ({"barred": "an opportunity is open"}, {"tier": FOCUS})
    for change in changes:
        ended = treated(a_case(was=was, **change), NOW + 2 * DAY)
        assert (ended.treated_as, ended.until) == (None, NOW + 2 * DAY)
        again = treated(a_case(was=standing(ended)), NOW + 15 * DAY)
        assert again.treated_as is None
        assert "treatment rests until" in again.sentence
