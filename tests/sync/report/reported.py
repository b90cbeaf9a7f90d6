"""A run folder as a pass leaves it, for the report's tests."""

from __future__ import annotations

from pathlib import Path

from engine.facts import POINT
from sync.artefacts import run_folder, write_decisions, write_plan, write_summary
from sync.record import Counts, Run
from tests.builders import an_account, decision, desired, facts, fields, plan_for, task_wanted
from tests.fakes import MONDAY

NASTY = "</script><script>alert(1)</script> & Söhne"
TIERS = ("1 - Focus", "2 - Growth", "3 - Scaled", "Recycle", "Suppress", "Customer 1")


def a_run(runs: Path, name: str = "run-1", accounts: int = 60) -> Path:
    """The folder of one run over so many accounts, the first of which has a name that would break a careless page."""
    ids = [f"a{number:02}" for number in range(accounts)]
    wants = [desired(one, fields(TIERS[place % 4]), open_task=task_wanted(one)) for place, one in enumerate(ids)]
    plan = plan_for(wants, *(an_account(one) for one in ids))
    decisions = [
        decision(one, TIERS[place % len(TIERS)], score=place % 101, movement=("rose", "stays", "entered")[place % 3])
        for place, one in enumerate(ids)
    ]
    known = {one: facts(one, fit=80 * POINT, why="pricing page <b>twice</b>") for one in ids}
    known[ids[0]] = facts(ids[0], name=NASTY)
    folder = run_folder(runs, name)
    write_plan(folder, plan, ["a plan"])
    write_decisions(folder, decisions, known, {"rep-1": "Ana Reed"})
    counts = Counts(read=1_000, scored=accounts, updated=accounts, tasks_opened=accounts, api_calls=7)
    tripped = {"tier_changes": f"{accounts} accounts change tier"}
    write_summary(folder, Run(name, "prod", True, "done", MONDAY, MONDAY, "p1", counts=counts, tripped=tripped))
    return folder
