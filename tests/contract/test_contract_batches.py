"""Clauses on batches: which changes go out together, and in which order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from connectors.base import AssignOwner, Batch, Change, OpenTask, SetFields, UpdateTask, WithdrawTask
from tests.contract.houses import House
from tests.contract.over import EVERYWHERE
from tests.fakes import MONDAY

ORDER = (SetFields, AssignOwner, WithdrawTask, UpdateTask, OpenTask)  # a task leaves before its successor comes
RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WISHES = some.lists(some.tuples(some.sampled_from(ORDER), some.integers(0, 400)), max_size=600)


def a_change(kind: type[Change], record: int) -> Change:
    """Some change of a kind; equal numbers are the same record."""
    account, task, key = f"a{record}", f"t{record}", f"{record:032x}"
    if kind is SetFields:
        return SetFields(account, {}, {"score": 1})
    if kind is AssignOwner:
        return AssignOwner(account, None, "rep-1")
    if kind is WithdrawTask:
        return WithdrawTask(task, key, account, {}, "why")
    if kind is UpdateTask:
        return UpdateTask(task, key, account, {}, {"subject": "Call"})
    due = MONDAY + timedelta(hours=4)
    return OpenTask(key, account, None, False, "rep-1", "Call", "why", due, "high")


def name_of(change: Change) -> str:
    return change.key if isinstance(change, OpenTask) else change.record


def kinds_of(batch: Batch) -> set[type[Change]]:
    return {type(change) for change in batch.changes}


@EVERYWHERE
@RELAXED
@given(wishes=WISHES)
def test_every_change_goes_out_once_in_batches_of_one_kind(
    house: House, wishes: list[tuple[type[Change], int]]
) -> None:
    changes = [a_change(kind, record) for kind, record in wishes]

    batches = list(house.crm.batches(changes))

    sent = [change for batch in batches for change in batch.changes]
    assert Counter(map(id, sent)) == Counter(map(id, changes))
    assert all(len(kinds_of(batch)) == 1 for batch in batches)
    assert all(0 < len(batch.changes) <= house.largest_batch for batch in batches)
    assert all(len({name_of(change) for change in batch.changes}) == len(batch.changes) for batch in batches)
    places = [ORDER.index(type(batch.changes[0])) for batch in batches]
    assert places == sorted(places)


@EVERYWHERE
def test_batches_are_as_full_as_they_may_be(house: House) -> None:
    count = min(house.largest_batch, 500) * 2 + 1

    batches = list(house.crm.batches([a_change(SetFields, record) for record in range(count)]))

    assert len(batches) == -(-count // house.largest_batch)
    assert all(batch.calls >= 0 and batch.transport for batch in batches)


@EVERYWHERE
def test_two_changes_of_a_record_keep_their_order(house: House) -> None:
    first, second = (SetFields("a1", {}, {"score": score}) for score in (1, 2))

    batches = list(house.crm.batches([first, a_change(SetFields, 2), second]))

    place = {id(change): number for number, batch in enumerate(batches) for change in batch.changes}
    assert place[id(first)] < place[id(second)]
