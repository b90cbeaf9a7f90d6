from dataclasses import replace
from typing import Any

import pytest

from engine.facts import OwnerChoice
from engine.ladder import Draft
from engine.ownership import choose_owners, owner_slot
from engine.policy import RECYCLE, SUPPRESS
from tests.engine.motion_builders import (
    DAY,
    FOCUS,
    GROWTH,
    NOW,
    a_motion,
    an_account,
    an_owner,
    people,
    standing_in,
    three_tiers,
)

RITA, TOM, GONE = an_owner("Rita", team="Sales"), an_owner("Tom", team="Sales"), an_owner("Gone", active=False)
POOLS = {"sales": {"team": "Sales"}}


def chosen(*drafts: Draft, **owner: Any) -> list[OwnerChoice]:
    slots = owner.pop("slots", {"ae": ["keep", {"pool": "sales"}]})
    motion = a_motion(slots=slots, pools=POOLS, owner=owner)
    standing = {draft.facts.account_id: draft.was for draft in drafts if draft.was is not None}
    everyone = people(RITA, TOM, GONE)
    return list(choose_owners(drafts, standing, everyone, three_tiers(), motion, NOW).values())


def a_draft(tier: str = FOCUS, was: Any = None, **more: Any) -> Draft:
    return Draft(an_account(**more), was, tier)


@pytest.mark.parametrize(
    ("owner_id", "more", "reason"),
    [
        pytest.param(None, {}, "it had no owner; least loaded in pool sales", id="empty"),
        pytest.param("gone", {}, "Gone Rep is not active; least loaded in pool sales", id="inactive"),
        pytest.param("left", {}, "its owner is not a user any more; least loaded in pool sales", id="deleted"),
        pytest.param(
            "rita", {"placeholders": ["rita@ours.com"]}, "Rita Rep stands for nobody; least loaded in pool sales",
            id="placeholder",
        ),
    ],
)  # fmt: skip
def test_an_account_that_nobody_owns_gets_an_owner(owner_id: str | None, more: Any, reason: str) -> None:
    (choice,) = chosen(a_draft(owner_id=owner_id), **more)

    assert choice.moved
    assert choice.owner_id in {"rita", "tom"}
    assert choice.reason == reason


def test_by_default_an_active_owner_is_never_moved() -> None:
    (choice,) = chosen(a_draft(), slots={"ae": [{"named": "tom@ours.com"}]})

    assert (choice.owner_id, choice.moved, choice.reason) == (None, False, "kept: its owner is active")


@pytest.mark.parametrize("tier", [RECYCLE, SUPPRESS])
def test_nobody_has_to_own_what_nobody_works(tier: str) -> None:
    (choice,) = chosen(a_draft(tier, owner_id=None))

    assert (choice.owner_id, choice.reason) == (None, f"{tier}: nobody has to own it")


@pytest.mark.parametrize(
    ("more", "was", "reason"),
    [
        pytest.param({"open_opportunity": True}, None, "kept: an opportunity is open", id="opportunity"),
        pytest.param({"last_two_way_at": NOW - 44 * DAY}, None, "kept: in contact on 19 Sep 2026", id="in contact"),
        pytest.param({}, standing_in(FOCUS, owner_set_at=NOW - 89 * DAY), "kept: we moved it on 5 Aug 2026", id="ours"),
        pytest.param({"tier": GROWTH}, standing_in(FOCUS), "kept: a fall never moves the owner", id="fall"),
    ],
)
def test_a_move_has_its_rests(more: dict[str, Any], was: Any, reason: str) -> None:
    tier = more.pop("tier", FOCUS)

    (choice,) = chosen(a_draft(tier, was, **more), mode="move", slots={"ae": [{"named": "tom@ours.com"}]})

    assert (choice.moved, choice.reason) == (False, reason)


def test_in_move_mode_the_rules_decide_and_a_pool_keeps_its_own() -> None:
    (moved,) = chosen(a_draft(), mode="move", slots={"ae": [{"named": "tom@ours.com"}]})
    (kept,) = chosen(a_draft(), mode="move", slots={"ae": [{"pool": "sales"}]})

    assert (moved.owner_id, moved.reason) == ("tom", "moved by the rules; named")
    assert (kept.owner_id, kept.reason) == (None, "already in pool sales")


def test_the_days_intake_counts_what_we_gave_today() -> None:
    today = a_draft(name="a", was=standing_in(FOCUS, owner_set_at=NOW))
    orphans = [a_draft(name=f"o{n}", owner_id=None) for n in range(4)]

    choices = chosen(today, *orphans, per_day=2)

    given = [choice.owner_id for choice in choices[1:]]
    assert sorted(who or "" for who in given) == ["", "rita", "tom", "tom"]
    waits = next(choice for choice in choices[1:] if choice.owner_id is None)
    assert waits.reason.startswith("waiting for owner: nobody active holds it; nobody in pool sales is free")


def test_owners_stay_under_their_limits_by_our_doing() -> None:
    orphans = [a_draft(name=f"o{n}", owner_id=None) for n in range(9)]

    choices = chosen(*orphans, limits={FOCUS: 3, "total": 100})

    assert [choice.owner_id for choice in choices].count("rita") == 3
    assert sum(choice.owner_id is None for choice in choices) == 3


def test_the_owner_field_is_the_ae_slot_or_the_first_there_is() -> None:
    assert owner_slot(a_motion(slots={"sdr": ["keep"], "ae": ["keep"]})) == "ae"
    assert owner_slot(a_motion(slots={"hunter": ["keep"]})) == "hunter"


def test_a_move_takes_the_account_off_the_old_owners_load() -> None:
    drafts = [a_draft(name=f"a{n}") for n in range(2)] + [a_draft(name="new", owner_id=None)]
    slots = {"ae": ["territory", {"pool": "sales"}]}
    motion = a_motion(
        slots=slots, pools=POOLS, owner={"mode": "move"},
        territories=[{"name": "t", "when": {"name": ["a0", "a1"]}, "to": "tom@ours.com"}],
    )  # fmt: skip

    choices = choose_owners(drafts, {}, people(RITA, TOM), three_tiers(), motion, NOW)

    assert [choice.owner_id for choice in choices.values()] == ["tom", "tom", "rita"]
    assert replace(choices["id-new"], reason="") == OwnerChoice("id-new", "rita", "", moved=True)
