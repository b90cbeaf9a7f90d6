from engine.holdout import band, held_out, is_held
from engine.motion import Holdout
from engine.policy import RECYCLE
from tests.engine.motion_builders import DAY, FOCUS, GROWTH, NOW, an_account, points, standing_in, three_tiers

MANY = [an_account(f"a{n}") for n in range(400)]
TIERS = {one.account_id: GROWTH for one in MANY}


def drawn(rules: Holdout, **more: object) -> set[str]:
    args = {"facts": MANY, "tiers": TIERS, "standing": {}, "barred": frozenset(), **more}
    return set(held_out(policy=three_tiers(), rules=rules, now=NOW, **args))  # type: ignore[arg-type]


def test_by_default_nobody_is_held_out() -> None:
    assert drawn(Holdout()) == set()


def test_about_the_share_is_drawn_the_same_in_any_order_and_another_salt_draws_others() -> None:
    tenth = Holdout(share=0.1)

    first = drawn(tenth)

    assert 20 <= len(first) <= 60
    assert drawn(tenth, facts=MANY[::-1]) == first
    assert drawn(Holdout(share=0.1, salt="other")) != first


def test_shares_by_tier_draw_in_those_tiers_alone() -> None:
    rules = Holdout(share={FOCUS: 1.0})

    assert drawn(rules) == set()
    assert drawn(rules, tiers={**TIERS, "id-a1": FOCUS}) == {"id-a1"}
    assert drawn(Holdout(share=1.0), tiers=dict.fromkeys(TIERS, RECYCLE)) == set()


def test_a_family_is_drawn_as_one_and_kept_out_by_one_member() -> None:
    family = [an_account(f"s{n}", family="root") for n in range(6)]
    tiers = {one.account_id: GROWTH for one in family}

    for share in (0.3, 0.5, 0.7):
        assert len(drawn(Holdout(share=share), facts=family, tiers=tiers)) in {0, 6}
    assert drawn(Holdout(share=1.0), facts=family, tiers=tiers, barred=frozenset({"id-s3"})) == set()


def test_a_draw_is_kept_for_its_epoch_and_made_once() -> None:
    rules = Holdout(share=1.0)
    standing = {"id-a0": standing_in(GROWTH, held_out_since=NOW - 200 * DAY)}

    since = held_out(MANY[:1], TIERS, standing, frozenset(), three_tiers(), rules, NOW)

    assert since == {"id-a0": NOW - 200 * DAY}
    assert not is_held(since["id-a0"], rules, NOW)
    assert is_held(NOW - 179 * DAY, rules, NOW)
    assert not is_held(None, rules, NOW)


def test_bands_are_those_of_the_report() -> None:
    assert [band(points(p)) for p in (80, 79.9, 60, 40, 39)] == ["A", "B", "B", "C", "D"]
    assert band(None) == "unknown"
