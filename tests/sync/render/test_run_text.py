from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sync.record import Counts, Reject, Run
from sync.render.run_text import summary_lines
from sync.settle import Incident
from tests.conftest import Golden
from tests.fakes import MONDAY

COUNTS = Counts(
    read=10_326, matched=1_800, ambiguous=3, scored=300, unchanged=180, updated=120, held=2, rejected=1, unknown=1,
    tasks_opened=30, tasks_withdrawn=2, owners_moved=4, api_calls=61, api_budget=10_000,
)  # fmt: skip
RUN = Run("20261102-0900-ab12", "prod", True, "done", MONDAY, MONDAY + timedelta(seconds=42), "p1", counts=COUNTS)
REJECTS = tuple(
    Reject(f"a{number}", f"a{number}", "set_fields", "rejected", "ENTITY_IS_LOCKED", "the record is locked")
    for number in range(7)
)


def text_of(run: Run, folder: Path | None = None) -> str:
    return "\n".join(summary_lines(run, folder)) + "\n"


def test_the_summary_of_a_live_run_reads_as_it_did(golden: Golden) -> None:
    incident = Incident("INC-1", "acme", "two tasks carry one key; the younger was withdrawn")
    told = replace(RUN, rejects=REJECTS, incidents=(incident,), error="Salesforce: could not write changes")

    golden("live.run.txt", text_of(told, Path("runs/20261102-0900-ab12")))


def test_zeros_are_told_only_where_people_look_for_them() -> None:
    quiet = text_of(replace(RUN, live=False, counts=Counts(read=18, scored=300, unchanged=300, api_calls=1)))

    assert quiet == (
        "Run 20261102-0900-ab12 on prod: done (dry, 42 s by the CRM's clock)\n"
        "  18 rows read · 300 accounts scored · 300 unchanged · 0 updated · 0 tasks opened\n"
        "  0 rejected\n"
        "  1 API call\n"
    )


def test_only_the_first_rejects_are_listed_and_the_rest_counted() -> None:
    lines = text_of(replace(RUN, rejects=REJECTS)).splitlines()

    assert sum(line.startswith("  x ") for line in lines) == 5
    assert "  and 2 more in rejects.csv" in lines
