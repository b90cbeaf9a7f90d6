from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.evidence import NO_TIME, Evidence
from sync.snapshot import Snapshot, microseconds, moment, owners_from
from tests.engine.worlds import World
from tests.fakes import MONDAY

OWNER: dict[str, Any] = {
    "owner_id": "rep-1", "name": "Ana Reed", "email": "ana@ours.example", "active": True, "team": "Enterprise",
    "manager_id": None, "time_zone": "Europe/Berlin", "away": None,
}  # fmt: skip


def columns(*rows: dict[str, Any]) -> dict[str, Any]:
    """Rows as object arrays, times as int64."""
    made = {name: np.array([row[name] for row in rows], dtype=object) for name in rows[0]}
    return {name: values.astype(np.int64) if name.endswith("_at") else values for name, values in made.items()}


def a_snapshot(evidence: Evidence) -> Snapshot:
    return Snapshot(evidence, MONDAY, 10, None, 1)


def a_task(task_id: str, key: str, created_us: int, **other: Any) -> dict[str, Any]:
    given = {"task_id": task_id, "key": key, "assignee_id": "rep-1", "subject": "Call", "state": "open"}
    return {**given, "due_at": NO_TIME, "closed_at": NO_TIME, "created_at": created_us, **other}


def with_tasks(*tasks: dict[str, Any]) -> Snapshot:
    evidence = World().account("acme").evidence()
    evidence.tasks.clear()
    evidence.tasks.update(columns(*tasks))
    return a_snapshot(evidence)


def test_what_the_crm_shows_comes_by_account_with_times_as_moments() -> None:
    shown = json.dumps({"tier": "1 - Focus", "tier_since": "2026-11-02T09:00:00Z", "score": "70", "why": ""})
    snapshot = a_snapshot(World().account("acme", owned=shown).account("beta", owned="{}").evidence())

    assert snapshot.accounts == 2
    assert snapshot.shown() == {
        "acme": {"tier": "1 - Focus", "tier_since": MONDAY, "score": 70},
        "beta": {},
    }


def test_names_and_owners_come_by_account_and_an_account_without_a_name_has_its_id() -> None:
    world = World().account("acme", owner_id="rep-1", name="Acme Corp").account("beta", name=None)
    snapshot = a_snapshot(world.evidence())

    assert snapshot.names() == {"acme": "Acme Corp", "beta": "beta"}
    assert snapshot.owner_of() == {"acme": "rep-1", "beta": None}


def test_of_several_tasks_with_one_key_the_oldest_counts() -> None:
    snapshot = with_tasks(a_task("t2", "k", 200), a_task("t1", "k", 100, state="done"), a_task("t3", "other", 50))

    assert {key: task.task_id for key, task in snapshot.tasks().items()} == {"k": "t1", "other": "t3"}
    assert snapshot.tasks()["k"].state == "done"


def test_times_of_a_task_are_moments_and_unknown_ones_are_none() -> None:
    (task,) = with_tasks(a_task("t1", "k", 100, due_at=microseconds(MONDAY))).tasks().values()

    assert (task.due_at, task.closed_at) == (MONDAY, None)


def test_people_have_their_absences_as_moments() -> None:
    away = [[microseconds(MONDAY), microseconds(MONDAY + timedelta(days=3))]]
    rows = columns(OWNER | {"away": json.dumps(away)}, OWNER | {"owner_id": "rep-2", "name": None, "active": False})

    ana, other = owners_from(rows).values()

    assert ana.away == ((MONDAY, MONDAY + timedelta(days=3)),)
    assert (ana.active, ana.team, ana.time_zone) == (True, "Enterprise", "Europe/Berlin")
    assert (other.name, other.active, other.away) == ("rep-2", False, ())


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_moment_goes_there_and_back(us: int) -> None:
    told = moment(us)

    assert told is not None
    assert microseconds(told) == us
    assert moment(NO_TIME) is None
