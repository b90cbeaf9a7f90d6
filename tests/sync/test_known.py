from __future__ import annotations

from datetime import timedelta

import pytest

from sync.known import known_tasks
from sync.snapshot import ShownTask
from tests.builders import known_task
from tests.fakes import MONDAY

HOUR = timedelta(hours=1)
TASK = known_task()


def shown(**other: object) -> ShownTask:
    rest = {"assignee_id": TASK.assignee_id, "subject": TASK.subject, "due_at": TASK.due_at, "state": "open"}
    return ShownTask(**{"task_id": "task-1", "key": TASK.key, "closed_at": None, **rest, **other})  # type: ignore[arg-type]


def test_a_task_that_shows_what_we_wrote_is_untouched() -> None:
    assert (
        known_tasks({TASK.key: TASK}, {TASK.key: shown(subject=f" {TASK.subject} ")}, MONDAY)[TASK.key].touched is False
    )


@pytest.mark.parametrize(
    "change",
    [{"subject": "Mine now"}, {"assignee_id": "rep-2"}, {"due_at": MONDAY + 30 * HOUR}],
    ids=["subject", "assignee", "due time"],
)
def test_a_task_that_a_person_changed_is_touched_and_shown_as_it_is(change: dict[str, object]) -> None:
    found = known_tasks({TASK.key: TASK}, {TASK.key: shown(**change)}, MONDAY)[TASK.key]

    assert found.touched
    assert all(getattr(found, name) == value for name, value in change.items())


def test_a_task_that_is_not_shown_stays_as_it_was() -> None:
    assert known_tasks({TASK.key: TASK}, {}, MONDAY) == {TASK.key: TASK}


def test_a_task_that_only_the_crm_knows_is_left_out() -> None:
    assert known_tasks({}, {TASK.key: shown()}, MONDAY) == {}


def test_a_lagging_index_does_not_open_a_task_that_we_closed() -> None:
    closed = known_task(state="withdrawn", closed_at=MONDAY)

    soon = known_tasks({TASK.key: closed}, {TASK.key: shown()}, MONDAY + HOUR)[TASK.key]
    later = known_tasks({TASK.key: closed}, {TASK.key: shown()}, MONDAY + 3 * HOUR)[TASK.key]

    assert (soon.state, later.state, later.closed_at) == ("withdrawn", "open", None)  # later: a person reopened it
