"""Tasks whose holder leaves: handed over once, unless a person has made them theirs."""

from datetime import timedelta

from sync.store import Book
from tests.builders import desired, task_wanted
from tests.fakes import MONDAY
from tests.line import Wish, one_pass, org, wishes


def test_an_open_task_goes_to_somebody_else_when_its_holder_leaves(book: Book) -> None:
    # given a task that rep-1 holds
    crm = org("acme")
    one_pass(crm, book, wishes("acme"), run="run-1")
    [task] = crm.open_tasks()

    # when the engine wants the same task for rep-2
    due = MONDAY + timedelta(hours=30)
    wish = Wish([desired(open_task=task_wanted(key=task.key, assignee_id="rep-2", due_at=due, sla_due=False))])
    one_pass(crm, book, wish, run="run-2")

    # then the very task has a new holder and due time, and nothing is left to plan
    [after] = crm.open_tasks()
    assert (after.key, after.assignee_id, after.due_at) == (task.key, "rep-2", due)
    assert book.tasks()[task.key].assignee_id == "rep-2"
    assert one_pass(crm, book, wish, run="run-3").plan.changes == ()


def test_a_task_that_a_person_changed_stays_with_its_holder(book: Book) -> None:
    crm = org("acme")
    one_pass(crm, book, wishes("acme"), run="run-1")
    [task] = crm.open_tasks()
    task.subject = "My own words"

    wish = Wish([desired(open_task=task_wanted(key=task.key, assignee_id="rep-2", sla_due=False))])
    done = one_pass(crm, book, wish, run="run-2")

    assert crm.open_tasks()[0].assignee_id == "rep-1"
    assert [held.by for held in done.plan.held] == ["human wins"]
