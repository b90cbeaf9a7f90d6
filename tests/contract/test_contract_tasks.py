"""Clauses on tasks: a creation key is used once for ever, whatever became of the first try."""

from __future__ import annotations

from datetime import timedelta

from connectors.base import Ask, Fields, KeyAsk, Outcome, UpdateTask, Value, WithdrawTask
from sync import owned
from tests.contract.houses import House, batch_of, remember
from tests.contract.over import EVERYWHERE, OVER_HTTP, WITH_PEOPLE
from tests.contract.sandboxes import SandboxHouse
from tests.fakes import MONDAY

SHOWN = ("subject", "due_at", "assignee_id", "state")


@EVERYWHERE
def test_a_new_task_is_shown_found_and_pulled_as_it_was_sent(house: House) -> None:
    house.ready()
    task, task_id = house.opened(0, contact_id=house.contact)

    (found,) = house.crm.find([KeyAsk(task.key, task.account_id)])[task.key]
    shown = house.crm.read([Ask("task", task_id, SHOWN)])[task_id]
    row = house.pull(house.untouched()).table("tasks")[task_id]

    assert (found.task_id, found.key, found.state, found.touched) == (task_id, task.key, "open", False)
    assert found.assignee_id == task.assignee_id
    assert abs(found.created_at - house.crm.server_time()) < timedelta(minutes=1)
    wanted: Fields = {"subject": task.subject, "due_at": task.due_at, "assignee_id": task.assignee_id, "state": "open"}
    assert set(shown) == set(SHOWN)
    assert owned.all_same(shown, wanted)
    assert owned.all_same(row, wanted)
    assert (row["key"], row["account_id"], row["contact_id"]) == (task.key, task.account_id, task.contact_id)
    assert row["closed_at"] is None


@EVERYWHERE
def test_a_second_task_of_a_key_is_adopted_never_doubled(house: House) -> None:
    house.ready()
    assert house.crm.create_guard == "unique"
    task, task_id = house.opened(1)

    again = house.send(task, house.task(2))

    assert [(one.outcome, one.crm_id == task_id) for one in again] == [
        (Outcome.APPLIED, True),
        (Outcome.APPLIED, False),
    ]
    assert house.states(task, house.task(2), house.task(3)) == [["open"], ["open"], []]


@EVERYWHERE
def test_a_key_stays_used_when_its_task_is_closed(house: House) -> None:
    house.ready()
    task, task_id = house.opened(1)
    house.close(task_id)

    (again,) = house.send(task)

    assert (again.outcome, again.crm_id) == (Outcome.APPLIED, task_id)
    assert house.states(task) == [["done"]]
    assert house.pull(house.untouched()).table("tasks")[task_id]["state"] == "done"


@WITH_PEOPLE
def test_a_deleted_task_is_found_and_told_as_deleted(house: House) -> None:
    house.ready()
    task, task_id = house.opened(1)
    kept, _ = house.opened(2)
    before = house.pull(house.untouched())
    house.set_clock(MONDAY + timedelta(hours=3))
    house.remove(task_id)

    found = house.crm.find([KeyAsk(one.key, one.account_id) for one in (task, kept)])
    after = house.pull(before if house.deletes_in_changes else None)

    assert [(one.task_id, one.state) for one in found[task.key]] == [(task_id, "deleted")]
    assert [one.state for one in found[kept.key]] == ["open"]
    assert after.table("tasks")[task_id]["state"] == "deleted"


@WITH_PEOPLE
def test_a_task_that_a_person_closed_says_so(house: House) -> None:
    house.ready()
    task, task_id = house.opened(1)
    house.set_clock(MONDAY + timedelta(hours=3))
    house.close(task_id)

    (found,) = house.crm.find([KeyAsk(task.key, task.account_id)])[task.key]

    assert (found.state, found.touched) == ("done", True)


@WITH_PEOPLE
def test_a_create_whose_answer_is_lost_is_unknown_and_then_found(house: House) -> None:
    house.ready()
    task = house.task(1)
    house.lose_answers()

    (lost,) = house.send(task)
    house.heal()

    assert lost.outcome is Outcome.UNKNOWN
    assert house.states(task) == [["open"]]
    (again,) = house.send(task)
    assert again.outcome is Outcome.APPLIED
    assert house.states(task) == [["open"]]


@OVER_HTTP
def test_a_create_gets_one_attempt_alone(house: SandboxHouse) -> None:
    house.ready()
    task = house.task(1)
    house.fault(house.words.creates, method="POST", do="status", status=503, count=1)

    (receipt,) = house.crm.send(batch_of(house.crm, task), remember)

    assert receipt.outcome is Outcome.UNKNOWN  # though another attempt would have passed
    assert house.tasks_made(task.key) == 0
    assert house.states(task) == [[]]


@OVER_HTTP
def test_a_create_that_is_turned_away_is_not_sent_and_may_be_planned_again(house: SandboxHouse) -> None:
    house.ready()
    task = house.task(1)
    house.be_busy(house.words.creates, method="POST")

    (receipt,) = house.send(task)
    (again,) = house.send(task)

    assert [receipt.outcome, again.outcome] == [Outcome.UNSENT, Outcome.APPLIED]
    assert house.tasks_made(task.key) == 1


@EVERYWHERE
def test_an_update_of_a_task_is_shown_and_pulled(house: House) -> None:
    house.ready()
    task, task_id = house.opened(1)
    after: dict[str, Value] = {
        "subject": "Call again - demo asked for",
        "due_at": MONDAY + timedelta(days=1),
        "priority": "low",
    }

    (receipt,) = house.send(UpdateTask(task_id, task.key, task.account_id, {}, {**after, "body": "new"}))

    assert receipt.outcome is Outcome.APPLIED
    assert owned.all_same(house.crm.read([Ask("task", task_id, tuple(after))])[task_id], after)
    row = house.pull(house.untouched()).table("tasks")[task_id]
    assert (row["subject"], row["state"], row["key"]) == (after["subject"], "open", task.key)
    assert owned.same("due_at", row["due_at"], after["due_at"])
    assert house.states(task) == [["open"]]


@EVERYWHERE
def test_a_withdrawn_task_is_closed_as_withdrawn_and_never_deleted(house: House) -> None:
    house.ready()
    task, task_id = house.opened(1)

    (receipt,) = house.send(WithdrawTask(task_id, task.key, task.account_id, {}, "the tier fell"))

    assert receipt.outcome is Outcome.APPLIED
    assert house.states(task) == [["withdrawn"]]
    assert house.crm.read([Ask("task", task_id, ("state",))])[task_id] == {"state": "withdrawn"}
    row = house.pull(house.untouched()).table("tasks")[task_id]
    assert row["state"] == "withdrawn"
    assert row["closed_at"] is not None


@WITH_PEOPLE
def test_a_task_that_is_gone_is_not_updated(house: House) -> None:
    house.ready()
    task, task_id = house.opened(1)
    kept, kept_id = house.opened(2)
    house.remove(task_id)
    changes = [
        UpdateTask(one_id, one.key, one.account_id, {}, {"subject": "Call again"})
        for one, one_id in ((task, task_id), (kept, kept_id))
    ]

    gone, done = house.send(*changes)

    assert gone.outcome in (Outcome.REJECTED, Outcome.STALE)
    assert done.outcome is Outcome.APPLIED
    assert house.states(task, kept) == [["deleted"], ["open"]]
    assert set(house.crm.read([Ask("task", one, ("state",)) for one in (task_id, kept_id)])) == {kept_id}
