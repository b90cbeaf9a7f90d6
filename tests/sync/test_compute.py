from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from config.settings import Settings
from sync import compute
from sync.compute import Judged, Known, acts_of
from sync.snapshot import RawAct, Snapshot
from tests.engine.worlds import World
from tests.fakes import MONDAY

RULES = [{"kind": "web_visit", "points": 8, "half_life": "14d"}, {"kind": "demo_request", "points": 40}]
TIERS = {"1 - Focus": (80, 70), "2 - Growth": (58, 54), "3 - Scaled": (30, 25)}  # a visit or two make a difference
POLICY: dict[str, Any] = {
    "tiers": [{"name": name, "enter": enter, "leave": leave} for name, (enter, leave) in TIERS.items()],
    "fit": {"criteria": [{"name": "industry", "weight": 1, "values": {"Software": 1.0, "*": 0.2}}]},
    "signal": {"engagement": {"rules": RULES}},
}
SETTINGS = Settings.model_validate(
    {"version": 1, "connections": [{"name": "trial", "crm": "files", "path": "data"}], "policy": POLICY}
)
NOTHING = Known({}, {}, (), first_pass=True)


def a_world(accounts: int = 12) -> World:
    """Accounts of which every second is a software house and the higher ones visit more."""
    world = World(kinds=["web_visit", "demo_request"])
    for number in range(accounts):
        name = f"a{number:02}"
        world.account(name, industry="Software" if number % 2 else "Mining", domains=[f"{name}.example"])
        world.contact(f"c{number:02}", name)
        for age in range(number):
            world.touch(f"c{number:02}", "web_visit", age)
    return world


def a_snapshot(world: World | None = None) -> Snapshot:
    return Snapshot((world or a_world()).evidence(), MONDAY, 0, None, 1)


def judged(snapshot: Snapshot, settings: Settings = SETTINGS) -> Judged:
    scores = compute.score(snapshot, settings)
    return compute.judge(snapshot, scores, NOTHING, settings, snapshot.owners(), "org", "UTC")


def test_shards_that_bound_memory_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = a_snapshot()
    whole = judged(snapshot)

    monkeypatch.setattr(compute, "TOUCHES_PER_SHARD", 10)
    parts = judged(snapshot)

    assert len(snapshot.evidence.touches["n"]) > 50
    assert parts.decisions == whole.decisions
    assert parts.desired == whole.desired
    assert parts.facts == whole.facts


def test_every_account_is_decided_once_and_wanted_once() -> None:
    snapshot = a_snapshot()

    told = judged(snapshot)

    ids = {f"a{number:02}" for number in range(12)}
    assert {one.account_id for one in told.decisions} == {one.account_id for one in told.desired} == ids
    assert len(told.decisions) == len(told.desired) == len(ids)
    assert told.by_account().keys() == told.facts.keys() == ids


def test_who_does_more_never_has_the_lower_score() -> None:
    told = judged(a_snapshot()).by_account()

    scores = [told[f"a{number:02}"].score or 0 for number in range(1, 12, 2)]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0]


def test_the_day_of_falling_belongs_to_the_tier_that_was_just_decided() -> None:
    """An account in Growth falls when its visits fade; one in Scaled is held by its fit alone and never does."""
    full = SETTINGS.model_copy(update={"mapping": SETTINGS.mapping.model_copy(update={"fields": "full"})})

    told = judged(a_snapshot(), full)

    falls = {one.account_id: one.fields["falls_on"] for one in told.desired}
    tiers = {one.account_id: one.standing.tier for one in told.decisions}
    assert {tiers[account] for account, day in falls.items() if day is not None} == {"2 - Growth"}
    assert {tiers[account] for account, day in falls.items() if day is None} == {"3 - Scaled", "Recycle"}
    assert all(day > MONDAY for day in falls.values() if isinstance(day, datetime))


def test_acts_count_for_the_account_they_name_else_for_the_persons_and_for_nobody_not_at_all() -> None:
    world = a_world(3)
    snapshot = a_snapshot(world)
    matches = compute.score(snapshot, SETTINGS).matches
    person = list(snapshot.evidence.names.people).index("c02")
    account = list(snapshot.evidence.names.accounts).index("a01")
    act = RawAct("x", "call_connected", -1, -1, "rep-1", MONDAY, MONDAY + timedelta(minutes=1))

    named, through, nobody = (
        list(acts_of([one], matches))
        for one in (replace(act, account=account, person=person), replace(act, person=person), act)
    )

    assert [one.account_id for one in named] == ["a01"]
    assert [one.account_id for one in through] == ["a02"]
    assert nobody == []


def test_the_starter_settings_judge_a_world_as_well() -> None:
    starter = Path(__file__).parents[2] / "config/starter/files.yaml"
    settings = load(starter, {}).settings

    assert len(judged(a_snapshot(), settings).decisions) == 12
