from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

from connectors.base import OpenTask, Outcome, Receipt
from engine.facts import POINT
from sync.artefacts import (
    read_decisions,
    read_json,
    run_folder,
    write_decisions,
    write_plan,
    write_receipts,
    write_summary,
)
from sync.planned import from_dict
from sync.record import Reject, Run
from tests.builders import decision, desired, facts, plan_for, task_wanted
from tests.fakes import MONDAY

NAME = 'Acme, "the" Söhne\nLtd'


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "deep/runs", "run-1")

    assert folder == tmp_path / "deep/runs/run-1"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, folder.parent)] == [0o700, 0o700]
    assert run_folder(tmp_path / "deep/runs", "run-1") == folder


def test_a_plan_is_kept_for_machines_and_for_people(tmp_path: Path) -> None:
    plan = plan_for(desired(open_task=task_wanted()))

    write_plan(tmp_path, plan, ["Plan ...", "  ~ Söhne"])

    assert from_dict(read_json(tmp_path / "plan.json")) == plan
    assert (tmp_path / "plan.txt").read_text(encoding="utf-8") == "Plan ...\n  ~ Söhne\n"


def test_a_summary_holds_the_run_and_rejects_their_reasons(tmp_path: Path) -> None:
    reject = Reject("acme", "acme", "set_fields", "rejected", "LOCKED", "the record is locked, for now")
    run = Run("run-1", "prod", True, "done", MONDAY, MONDAY, "p1", rejects=(reject,))

    write_summary(tmp_path, run)

    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert (told["run"], told["state"], told["started_at"], told["duration_s"]) == (
        "run-1", "done", "2026-11-02T09:00:00Z", 0.0,
    )  # fmt: skip
    assert rows_of(tmp_path / "rejects.csv") == [
        {
            "account_id": "acme",
            "record": "acme",
            "kind": "set_fields",
            "outcome": "rejected",
            "code": "LOCKED",
            "said": "the record is locked, for now",
        }
    ]


def test_every_receipt_has_its_row(tmp_path: Path) -> None:
    task = OpenTask("k1", "acme", None, False, "rep-1", "Call", "why", MONDAY, "high")

    write_receipts(tmp_path, [Receipt(task, Outcome.APPLIED, "T1"), Receipt(task, Outcome.UNKNOWN, code="RESET")])

    assert [tuple(row.values()) for row in rows_of(tmp_path / "receipts.csv")] == [
        ("open_task", "acme", "applied", "T1", ""),
        ("open_task", "acme", "unknown", "", "RESET"),
    ]


def test_decisions_read_back_as_they_were_written_whatever_the_name(tmp_path: Path) -> None:
    known = facts("acme", name=NAME, fit=80 * POINT + 5, signal=60 * POINT, why="pricing page\nthree people")

    write_decisions(tmp_path, [decision("acme", score=71)], {"acme": known}, {"rep-1": "Ana Reed"})

    (row,) = read_decisions(tmp_path)
    assert row == {
        "account_id": "acme",
        "name": NAME,
        "tier": "2 - Growth",
        "score": "71",
        "fit": "80",
        "signal": "60",
        "movement": "entered",
        "owner": "Ana Reed",
        "why": "pricing page\nthree people",
    }


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        pytest.param("rep-1", "Ana Reed", id="by name"),
        pytest.param("rep-9", "rep-9", id="without a name by id"),
        pytest.param(None, "", id="nobody"),
    ],
)
def test_owners_are_shown_as_people_know_them(owner: str | None, shown: str, tmp_path: Path) -> None:
    write_decisions(tmp_path, [decision("acme")], {"acme": facts(owner_id=owner)}, {"rep-1": "Ana Reed"})

    assert read_decisions(tmp_path)[0]["owner"] == shown


def test_what_is_not_known_stays_empty(tmp_path: Path) -> None:
    write_decisions(tmp_path, [decision("acme", score=None)], {"acme": facts(fit=None)}, {})
    write_decisions(
        tmp_path, [decision("gone", score=None), decision("acme", score=None)], {"acme": facts(fit=None)}, {}
    )

    gone, acme = read_decisions(tmp_path)
    assert (gone["name"], gone["score"], gone["fit"], gone["why"]) == ("", "", "", "")
    assert (acme["name"], acme["score"], acme["fit"]) == ("Acme", "", "")
