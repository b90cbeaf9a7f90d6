"""Killed in the middle of apply, or left without an answer: nothing doubled, nothing lost, and the next run ends it."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from tests.scenarios.town import Ended, Town, end

pytestmark = pytest.mark.slow
FIELDS = {"salesforce": ("PATCH", "composite/sobjects"), "hubspot": ("POST", "companies/batch/update")}
TASKS = {"salesforce": ("POST", "composite/sobjects"), "hubspot": ("POST", "tasks/batch/create")}


def test_a_killed_apply_is_gone_on_with_and_nothing_is_doubled_or_lost(
    town: Town, undisturbed: dict[str, Ended]
) -> None:
    """Killed four times, before and after the CRM did what it was asked: the fifth run ends it all."""
    # given a CRM that was set up
    town.ready().freeze()
    fields, tasks = FIELDS[town.crm], TASKS[town.crm]

    # when the process is killed among the fields, and again, and twice among the tasks
    for (method, path), when, skip in (
        (fields, "before", 1),
        (fields, "after", 0),
        (tasks, "before", 0),
        (tasks, "after", 0),
    ):
        town.mend()
        town.fault(path=path, method=method, do="timeout", when=when, skip=skip)
        running = town.start("run", "--live")
        town.until_hit(running, f"a call to {path}")
        told = end(running, signal.SIGKILL)
        assert told.code == -signal.SIGKILL  # 137 by the shell
    town.mend()

    # then the next run goes on, and nothing is left to do
    last = town.tierline("run", "--live")
    assert last.code == 0, last.out[-500:] + last.err
    assert town.changes(town.tierline("run", "--live", "--json")) == []

    # and the CRM looks as if nobody had been killed
    assert most_of_a_key(town) == 1
    assert town.see().alike() == undisturbed[town.crm].looks


def test_the_run_after_a_kill_ends_the_work_while_the_clock_goes_on(town: Town) -> None:
    """What the next run finishes is later than its first look at the clock; it must not plan it a second time."""
    # given an apply that was killed among its tasks
    town.ready()
    method, path = TASKS[town.crm]
    town.fault(path=path, method=method, do="timeout", when="after")
    running = town.start("run", "--live")
    town.until_hit(running, f"a call to {path}")
    assert end(running, signal.SIGKILL).code == -signal.SIGKILL
    town.mend()

    # when the next run goes on
    last = town.tierline("run", "--live")

    # then it ends everything by itself, and made no task twice
    assert last.code == 0, last.out[-500:] + last.err
    assert town.changes(town.tierline("run", "--live", "--json")) == []
    assert most_of_a_key(town) == 1


@pytest.mark.parametrize(
    ("what", "do"), [pytest.param("fields", "truncate", id="fields"), pytest.param("tasks", "reset", id="tasks")]
)
def test_a_lost_answer_is_settled_by_the_next_run(
    town: Town, undisturbed: dict[str, Ended], what: str, do: str
) -> None:
    """The CRM did it and the answer was lost: told as unknown if it cannot be looked up at once, never done twice."""
    # given a CRM that was set up, and an answer that will be lost
    town.ready().freeze()
    method, path = (FIELDS if what == "fields" else TASKS)[town.crm]
    town.fault(path=path, method=method, do=do, when="after")

    # when a live run loses it
    told = town.tierline("run", "--live")

    # then it says so
    assert town.hits() == 1
    assert told.code in (0, 6), told.err
    if told.code == 6:
        assert "unknown" in told.out

    # and the next run settles it, without doing it again
    again = town.tierline("run", "--live")
    assert again.code == 0, again.out[-500:] + again.err
    assert town.changes(town.tierline("run", "--live", "--json")) == []
    assert most_of_a_key(town) == 1
    assert town.see().alike() == undisturbed[town.crm].looks


def most_of_a_key(town: Town) -> int:
    """So many tasks were ever made for one key; deleted and withdrawn ones count."""
    field = {"salesforce": "Tierline_Key__c", "hubspot": "tierline_key"}[town.crm]
    made = [write for write in town.writes() if write["verb"] == "create" and field in (write["after"] or {})]
    return max(Counter(write["after"][field] for write in made).values())
