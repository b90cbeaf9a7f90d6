"""Each exit code by a command that ends with it: what scripts and services rely on."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest

from sync import exits
from sync.clock import SystemClock
from sync.lease import hold
from sync.store import open_store
from tests.scenarios.town import Ended, Told, Town, end

pytestmark = pytest.mark.slow


def done(town: Town) -> Told:
    """A config without mistakes."""
    return town.tierline("config", "check")


def failed(town: Town) -> Told:
    """A config with one."""
    town.config.write_text(town.config.read_text(encoding="utf-8").replace("canary: 25", "canary: many"))
    return town.tierline("config", "check")


def changes(town: Town) -> Told:
    """A plan that has changes, asked to tell so by its code."""
    return town.tierline("plan", "--detailed-exitcode")


def held(town: Town) -> Told:
    """A first pass that nobody has approved."""
    return town.tierline("run", "--live")


def refused_prompt(town: Town) -> Told:
    """A plan that was held, applied without naming the guard."""
    return town.tierline("apply", town.tierline("plan").plan, "--yes")


def stale(town: Town) -> Told:
    """A plan of this morning, applied in the evening."""
    plan = town.tierline("plan").plan
    town.clock(advance_s=5 * 3600)
    return town.tierline("apply", plan, "--force", "canary", "--yes")


def superseded(town: Town) -> Told:
    """A plan after which another one was made."""
    first = town.tierline("plan").plan
    town.clock(advance_s=60)
    town.tierline("plan")
    return town.tierline("apply", first, "--force", "canary", "--yes")


def needs_person(town: Town) -> Told:
    """A secret that cannot be found."""
    town.connection(auth={"method": "token", "token": "env:NOT_SET_ANYWHERE"})
    return town.tierline("run", "--live")


def rejects(town: Town) -> Told:
    """The CRM refuses a batch of tasks, and only that."""
    town.write(limits={"canary": 0, "accounts_updated": "100%", "tier_changes": "100%", "owners_moved": "100%"})
    town.fault(path="tasks/batch/create", do="status", status=400, count=1000, body="{}")
    return town.tierline("run", "--live")


def unknown_guard(town: Town) -> Told:
    """A guard that does not exist."""
    return town.tierline("apply", "0123456789ab", "--force", "canaries", "--yes")


def unknown_connection(town: Town) -> Told:
    """A connection that does not exist."""
    return town.tierline("plan", "--connection", "prod")


def nobody_to_ask(town: Town) -> Told:
    """No terminal, and no --yes."""
    process = town.start("apply", town.tierline("plan").plan, "--force", "canary")
    out, err = process.communicate(timeout=60)
    return Told(process.returncode, out, err)


def unknown_option(town: Town) -> Told:
    """An option that does not exist; Click's own 2 would say that the plan has changes."""
    return town.tierline("plan", "--detailed")


def leased(town: Town) -> Told:
    """Another run has the connection."""
    store = open_store(f"sqlite:///{town.folder / town.crm}.db")
    try:
        with hold(store.of(town.crm), SystemClock(), holder=f"elsewhere pid {os.getpid()} started 1"):
            return town.tierline("plan")
    finally:
        store.close()


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        pytest.param(done, exits.DONE, "is well formed", id="0 done"),
        pytest.param(failed, exits.FAILED, r"tierline\.yaml:\d+:\d+: ", id="1 config problems"),
        pytest.param(changes, exits.CHANGES, "Nothing was written", id="2 the plan has changes"),
        pytest.param(held, exits.HELD, "--force canary", id="3 held by a guard"),
        pytest.param(refused_prompt, exits.HELD, "canary", id="3 guard not named"),
        pytest.param(stale, exits.HELD, "plan again|tierline plan|too old", id="3 stale plan"),
        pytest.param(superseded, exits.HELD, "newer|superseded", id="3 superseded plan"),
        pytest.param(needs_person, exits.NEEDS_PERSON, "TL-002: .*NOT_SET_ANYWHERE", id="4 no secret"),
        pytest.param(rejects, exits.REJECTS, "rejected", id="6 rejects"),
        pytest.param(unknown_guard, exits.USAGE, "no guard is named canaries", id="64 unknown guard"),
        pytest.param(unknown_connection, exits.USAGE, "no connection is named 'prod'", id="64 unknown connection"),
        pytest.param(nobody_to_ask, exits.USAGE, "--yes", id="64 nobody to ask"),
        pytest.param(unknown_option, exits.USAGE, "No such option", id="64 unknown option"),
        pytest.param(leased, exits.LEASE, "TL-040", id="75 lease held"),
    ],
)
def test_a_command_ends_with_its_code_and_a_word(
    town_of: Callable[[str], Town],
    undisturbed: dict[str, Ended],
    command: Callable[[Town], Told],
    code: int,
    said: str,
) -> None:
    """The code for the script, the word for the person."""
    # given a CRM that was set up, and guards as they come
    town = town_of("hubspot").ready(limits=True).has_read(undisturbed["hubspot"])
    town.freeze()

    # when the command runs
    told = command(town)

    # then it ends so
    assert told.code == code, told.out[-800:] + told.err
    assert re.search(said, told.out + told.err), told.out[-800:] + told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("number", "code", "path", "left"),
    [
        pytest.param(signal.SIGINT, exits.INTERRUPTED, "objects/2026-09/meetings", None, id="130 while reading"),
        pytest.param(signal.SIGTERM, exits.TERMINATED, "companies/batch/update", "left", id="143 while writing"),
    ],
)
def test_a_run_that_is_told_to_stop_ends_after_its_batch(
    town_of: Callable[[str], Town], number: signal.Signals, code: int, path: str, left: str | None
) -> None:
    """What is under way is finished and noted, nothing new begins, and the next run goes on."""
    # given a run in the middle of a page, or of a batch
    town = town_of("hubspot").ready()
    town.freeze()
    town.fault(path=path, do="slow", when="after", delay_s=1.0)
    running = town.start("run", "--live")
    town.until_hit(running, f"a call to {path}")

    # when it is told to stop
    told = end(running, number)

    # then it ends so, with the run noted as interrupted
    assert told.code == code, told.out[-800:] + told.err
    assert "Traceback" not in told.err
    run = town.runs()[0]
    assert run["state"] == "interrupted"
    if left is None:
        assert "next run goes on" in told.err
        assert town.rows("journal") == 0
    else:
        assert run["summary"]["counts"]["updated"] == 100
        assert run["summary"]["counts"]["left"] > 0

    # and the next run goes on
    assert town.tierline("run", "--live").code == 0
