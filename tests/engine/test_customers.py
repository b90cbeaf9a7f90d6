from typing import Any

import pytest

from engine.customers import is_customer, judge, top_quartile_arr
from engine.policy import CUSTOMER_DEFEND, CUSTOMER_GROW, CUSTOMER_MONITOR
from tests.engine.motion_builders import DAY, NOW, an_account, points, standing_in

HAPPY: dict[str, Any] = {
    "lifecycle": "customer", "health": 90.0, "adoption": 80.0, "arr": 100.0, "potential": 0.0, "signal": 0,
    "last_human_contact_at": NOW - DAY,
}  # fmt: skip


def judged(was: Any = None, quartile: float | None = None, **more: Any) -> tuple[str, str]:
    return judge(an_account(**{**HAPPY, **more}), was, quartile, NOW)


@pytest.mark.parametrize(
    ("more", "tier", "cause"),
    [
        pytest.param({"health": 49.0}, CUSTOMER_DEFEND, "health 49 of 100", id="health"),
        pytest.param({"adoption": 39.0}, CUSTOMER_DEFEND, "adoption 39 of 100", id="adoption"),
        pytest.param({"renewal_at": NOW + 120 * DAY, "health": 69.0}, CUSTOMER_DEFEND,
                     "renewal 2 Mar 2027, health 69", id="renewal"),
        pytest.param({"renewal_at": NOW + 20 * DAY, "health": None}, CUSTOMER_DEFEND,
                     "renewal 22 Nov 2026, health unknown", id="renewal, health unknown"),
        pytest.param({"renewal_at": NOW + 121 * DAY, "health": 69.0}, CUSTOMER_MONITOR, "", id="renewal far"),
        pytest.param({"last_human_contact_at": NOW - 90 * DAY, "quartile": 100.0}, CUSTOMER_DEFEND,
                     "no human contact since 4 Aug 2026", id="large and silent"),
        pytest.param({"last_human_contact_at": NOW - 90 * DAY, "quartile": 101.0}, CUSTOMER_MONITOR, "", id="small"),
        pytest.param({"potential": 30.0}, CUSTOMER_GROW, "potential 30", id="potential"),
        pytest.param({"signal": points(50)}, CUSTOMER_GROW, "signal 50 of 100", id="signal"),
        pytest.param({"strategic": True}, CUSTOMER_GROW, "named strategic", id="strategic"),
        pytest.param({"strategic": True, "health": None}, CUSTOMER_MONITOR, "", id="unknown health never grows"),
        pytest.param({"strategic": True, "adoption": None}, CUSTOMER_MONITOR, "", id="unknown adoption never grows"),
        pytest.param({"potential": None}, CUSTOMER_MONITOR, "", id="nothing special"),
    ],
)  # fmt: skip
def test_the_first_that_matches(more: dict[str, Any], tier: str, cause: str) -> None:
    found = judged(**more)

    assert found[0] == tier
    assert cause in found[1]


def test_defend_is_entered_at_once_and_left_after_thirty_days_and_five_points() -> None:
    young, old = standing_in(CUSTOMER_DEFEND, 29), standing_in(CUSTOMER_DEFEND, 30)

    assert judged(standing_in(CUSTOMER_GROW, 1), health=49.0)[0] == CUSTOMER_DEFEND
    assert judged(young) == (CUSTOMER_DEFEND, "better, but watched until 3 Nov 2026")
    assert judged(old, health=54.0) == (CUSTOMER_DEFEND, "health 54 of 100, not yet 5 points clear")
    assert judged(old, health=55.0)[0] == CUSTOMER_MONITOR


@pytest.mark.parametrize(
    ("more", "is_one"),
    [
        ({"lifecycle": "customer"}, True), ({"arr": 1.0}, True), ({"arr": 0.0}, False), ({}, False),
        ({"renewal_at": NOW - DAY / 8}, True), ({"renewal_at": NOW - DAY}, False),
    ],
)  # fmt: skip
def test_who_is_a_customer(more: dict[str, Any], is_one: bool) -> None:
    assert is_customer(an_account(**more), NOW) is is_one


def test_the_top_quartile_by_nearest_rank() -> None:
    assert top_quartile_arr(an_account(arr=float(n)) for n in range(1, 9)) == 6
    assert top_quartile_arr([an_account(), an_account(arr=0.0)]) is None
