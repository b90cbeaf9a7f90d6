"""A run cut at any step and started again ends in the same CRM, with no task twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
from hypothesis import given, settings
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
            done = one_pass(crm, book, wish_of(book, round_), run=f"{crm.name}-{name}-{round_}-{turn}")
            crm.clock.advance(timedelta(minutes=6))
            if not done.plan.changes and not done.settled.waiting and not book.open_keys():
                break


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all lives; each has a connection of its own. The machine keeps its power, so no disk is awaited."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('crash')}/state.db")
    event.listen(opened.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
    opened.engine.dispose()
    yield opened
    opened.close()


def nothing_doubled(crm: FakeCrm) -> bool:
    keys = [task.key for task in crm.tasks.values()]
    held = [(task.account_id, task.assignee_id) for task in crm.open_tasks()]
    return len(keys) == len(set(keys)) and len(held) == len(set(held))


def live_twice(kept: Store, death: Steps, **options: Any) -> FakeCrm:
    """A process that dies, and after the lease of the dead ran out one that does not."""
    crm = org(*THREE, watch=death, name=uuid4().hex, **options)
    book = kept.of(crm.name)
    try:
        run_all(crm, MortalBook(book, death), "first")
    except Killed:
        crm.clock.advance(timedelta(minutes=11))
    crm.watch = lambda _step: None
    run_all(crm, book, "second")
    return crm


@pytest.mark.slow
@pytest.mark.parametrize(("guard", "first"), [("unique", 1), ("read_back", 2)], ids=["odd steps", "even steps"])
def test_a_run_killed_at_any_step_ends_in_the_same_crm(kept: Store, guard: Guard, first: int) -> None:
    calm = Steps()
    expected = live_twice(kept, calm, create_guard=guard).state()
    assert calm.taken > 40

    for kill_at in range(first, calm.taken + 1, 2):
        death = Steps(kill_at)
        crm = live_twice(kept, death, create_guard=guard)
        assert death.taken >= kill_at
        assert nothing_doubled(crm), kill_at
        assert crm.state() == expected, kill_at


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
@settings(max_examples=30, deadline=None)
@given(trouble=faults, guard=st.sampled_from(["unique", "read_back"]), kill_at=st.integers(1, 70))
def test_no_fault_and_no_crash_doubles_or_loses_anything(
    kept: Store, trouble: list[Fault], guard: Guard, kill_at: int
) -> None:
    crm = live_twice(kept, Steps(kill_at), create_guard=guard, faults=[replace(fault) for fault in trouble])

    assert nothing_doubled(crm)
    assert sorted(task.key for task in crm.open_tasks()) == ["key-bolt-rep-2", "key-cora-rep-2", "key-surge"]
    assert [crm.accounts[account]["owner_id"] for account in THREE] == ["rep-2", "rep-3", "rep-2"]
