"""A run cut at any step and started again ends in the same CRM, with no task twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from sync.store import Book, Store, Tx, open_store
from tests.builders import desired, owner_choice, task_wanted, withdrawal
from tests.fakes import FakeCrm, Fault
from tests.line import Wish, one_pass, org

THREE = ("acme", "bolt", "cora")
Guard = Literal["unique", "read_back"]


class Killed(BaseException):
    """The process is gone."""


class Steps:
    """Counts steps, and kills the process at one of them."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.taken, self.kill_at = 0, kill_at

    def __call__(self, _name: str) -> None:
        self.taken += 1
        if self.taken == self.kill_at:
            raise Killed


class MortalBook(Book):
    """A book whose process may die before and after each commit."""

    def __init__(self, book: Book, step: Callable[[str], None]) -> None:
        super().__init__(book._engine, book.connection)
        self.step = step

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        with super().writing() as tx:
            yield tx
            self.step("before commit")
        self.step("after commit")


def wish_of(book: Book, round_: int) -> Wish:
    """First: tiers, owners and tasks. Then: one task is taken back for another, one account gets another owner."""
    if round_ == 0:
        return Wish(
            [desired(one, owner=owner_choice(one, "rep-2"), open_task=task_wanted(one, "rep-2")) for one in THREE]
        )
    old = book.tasks().get("key-acme-rep-2")
    back = (withdrawal(old, "surged"),) if old is not None else ()
    surge = task_wanted("acme", "rep-2", key="key-surge", play="surge", epoch="e2")
    return Wish(
        [
            desired("acme", withdraw=back, open_task=surge, owner=owner_choice("acme", "rep-2")),
            desired("bolt", owner=owner_choice("bolt", "rep-3"), open_task=task_wanted("bolt", "rep-2")),
            desired("cora", owner=owner_choice("cora", "rep-2"), open_task=task_wanted("cora", "rep-2")),
        ]
    )


def run_all(crm: FakeCrm, book: Book, name: str) -> None:
    """Both rounds, each until nothing is left to plan; time passes between passes."""
    for round_ in (0, 1):
        for turn in range(6):
            done = one_pass(crm, book, wish_of(book, round_), run=f"{name}-{round_}-{turn}")
            crm.clock.advance(timedelta(minutes=6))
            if not done.plan.changes and not done.settled.waiting and not book.open_keys():
                break


def new_store(tmp_path: Path, name: str) -> Store:
    """A store whose process may die, but whose machine keeps its power: the disk need not be waited for."""
    empty = tmp_path / "empty.db"
    if not empty.exists():
        open_store(f"sqlite:///{empty}").close()
    shutil.copy(empty, tmp_path / f"{name}.db")
    opened = open_store(f"sqlite:///{tmp_path}/{name}.db")
    event.listen(opened.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
    opened.engine.dispose()
    return opened


def undisturbed(tmp_path: Path, guard: Guard) -> tuple[dict[str, Any], int]:
    """What the CRM looks like when nobody dies, and how many steps that took."""
    store, steps = new_store(tmp_path, "undisturbed"), Steps()
    crm = org(*THREE, create_guard=guard, watch=steps)
    run_all(crm, MortalBook(store.of("prod"), steps), "run")
    store.close()
    return crm.state(), steps.taken


def nothing_doubled(crm: FakeCrm) -> bool:
    keys = [task.key for task in crm.tasks.values()]
    held = [(task.account_id, task.assignee_id) for task in crm.open_tasks()]
    return len(keys) == len(set(keys)) and len(held) == len(set(held))


@pytest.mark.slow
@pytest.mark.parametrize("guard", ["unique", "read_back"])
def test_a_run_killed_at_any_step_ends_in_the_same_crm(tmp_path: Path, guard: Guard) -> None:
    expected, steps = undisturbed(tmp_path, guard)
    assert steps > 40

    for kill_at in range(1, steps + 1):
        store = new_store(tmp_path, f"killed-{kill_at}")
        death = Steps(kill_at)
        crm = org(*THREE, create_guard=guard, watch=death)
        with pytest.raises(Killed):
            run_all(crm, MortalBook(store.of("prod"), death), "first")
        crm.clock.advance(timedelta(minutes=11))  # the lease of the dead runs out

        run_all(crm, store.of("prod"), "second")

        assert nothing_doubled(crm), kill_at
        assert crm.state() == expected, kill_at
        store.close()


faults = st.lists(
    st.builds(
        Fault,
        do=st.sampled_from(["lost", "late", "reset", "unnamed", "refuse"]),
        skip=st.integers(0, 6),
        comes_after=st.integers(0, 4).map(lambda minutes: timedelta(minutes=minutes)),
    ),
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trouble=faults, guard=st.sampled_from(["unique", "read_back"]), kill_at=st.integers(1, 70))
def test_no_fault_and_no_crash_doubles_or_loses_anything(
    tmp_path: Path, trouble: list[Fault], guard: Guard, kill_at: int
) -> None:
    (tmp_path / "hard.db").unlink(missing_ok=True)
    for side in ("hard.db-wal", "hard.db-shm"):
        (tmp_path / side).unlink(missing_ok=True)
    store = new_store(tmp_path, "hard")
    death = Steps(kill_at)
    crm = org(*THREE, create_guard=guard, watch=death, faults=trouble)
    try:
        run_all(crm, MortalBook(store.of("prod"), death), "first")
    except Killed:
        crm.clock.advance(timedelta(minutes=11))
    crm.watch = lambda _step: None

    run_all(crm, store.of("prod"), "second")

    open_keys = sorted(task.key for task in crm.open_tasks())
    assert nothing_doubled(crm)
    assert open_keys == ["key-bolt-rep-2", "key-cora-rep-2", "key-surge"]
    assert {account: shown["owner_id"] for account, shown in crm.accounts.items()} == {
        "acme": "rep-2",
        "bolt": "rep-3",
        "cora": "rep-2",
    }
    store.close()
