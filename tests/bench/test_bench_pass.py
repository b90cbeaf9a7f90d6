"""The bench runs on the small world and tells everything that its goals are judged by."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import minimum
from bench.meter import Meter
from bench.requests_made import what_for

ROOT = Path(__file__).parents[2]
ROWS = (
    "bare transport",
    "connector alone, best reading",
    "connector: read, parse, columns",
    "replica: write",
    "pull, whole",
    "score",
    "decide",
    "plan",
    "apply",
    "first pass, whole",
    "second pass, whole",
    "changes planned by the second pass: 0",
    "pull, all",
    "read back before it",
    "open tasks",
    "write, all",
    "the vendor's limit alone",
    "peak memory, pull",
    "peak memory, whole pass",
)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_bench_on_the_small_world_fills_every_row_for_both_crms(tmp_path: Path) -> None:
    results = tmp_path / "pass.json"
    command = [sys.executable, str(ROOT / "bench" / "pass.py"), "--size", "small", "--results", str(results)]

    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    tables = done.stdout.split("\n== ")[1:]
    assert [table.partition(",")[0] for table in tables] == ["salesforce", "hubspot"]
    assert [(table[:20], row) for table in tables for row in ROWS if f"\n  {row}" not in table] == []
    for found in json.loads(results.read_text())["crms"]:
        assert found["first"]["left"] == 0
        assert found["first"]["outcomes"] == {"applied": sum(found["first"]["changes"].values())}
        assert sum(found["bare"]["rows"].values()) > 10_000
        assert found["calls"]["x_pull"] <= 1.1
        assert found["x_connector"] < found["x_pull"]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/services/data/v66.0/queryAll?q=SELECT+Id+FROM+Task", b"", ("page", "Task")),
        ("GET", "/services/data/v66.0/query/0r8000000000001-2000", b"", ("page", "")),
        ("POST", "/services/data/v66.0/jobs/query", b'{"query": "SELECT Id FROM Event"}', ("job", "Event")),
        ("GET", "/services/data/v66.0/jobs/query/750/results?maxRecords=50000", b"", ("result", "")),
        ("GET", "/services/data/v66.0/jobs/query/750", b"", ("poll", "")),
        ("PATCH", "/services/data/v66.0/composite/sobjects", b"{}", ("update", "")),
        ("POST", "/services/data/v66.0/composite/sobjects/Account", b"{}", ("read back", "Account")),
        ("POST", "/services/oauth2/token", b"", ("login", "")),
        ("GET", "/services/data/", b"", ("clock", "")),
        ("GET", "/crm/objects/2026-09/companies?limit=100", b"", ("page", "companies")),
        ("GET", "/crm/v3/objects/companies?limit=100", b"", ("page", "companies")),
        ("POST", "/crm/objects/2026-09/tasks/batch/create", b"{}", ("create", "tasks")),
        ("POST", "/crm/objects/2026-09/companies/batch/read", b"{}", ("read back", "companies")),
        ("POST", "/crm/objects/2026-09/calls/search", b"{}", ("search", "calls")),
        ("GET", "/crm/properties/2026-09/companies", b"", ("describe", "")),
    ],
)
def test_a_request_is_known_by_its_address(
    method: str, path: str, body: bytes, expected: tuple[str, str]
) -> None:  # fmt: skip
    assert what_for(method, path, body) == expected


def test_a_job_needs_three_calls_at_least_and_pages_one_for_each_two_thousand_rows() -> None:
    calls = [
        ("connector", "page", "Account"),
        ("connector", "page", ""),
        ("connector", "page", "Task"),
        ("connector", "job", "Task"),
        ("connector", "poll", ""),
        ("connector", "poll", ""),
        ("connector", "result", ""),
        ("apply", "update", ""),
    ]

    accounts, tasks = minimum.pull_counts("salesforce", calls, {"Account": 2001, "Task": 49_000})

    assert (accounts.calls, accounts.fewest) == (2, 2)
    assert (tasks.calls, tasks.fewest) == (5, 3)
    assert minimum.ratio([accounts, tasks]) == pytest.approx(7 / 5)


def test_updates_are_counted_with_what_is_read_before_them() -> None:
    calls = [("apply", "read back", "companies")] * 3 + [("apply", "update", "companies")] * 3

    update, look, create = minimum.write_counts("hubspot", calls, updates=201, creates=0)

    assert (update.fewest, look.fewest, create.fewest) == (3, 3, 0)
    assert minimum.ratio([update, look, create]) == 1.0


def test_a_second_is_charged_to_the_innermost_stage_alone() -> None:
    meter = Meter()

    with meter.stage("outer"):
        for _ in meter.each([1, 2, 3], "inner"):
            sum(range(20_000))

    assert meter.current == "outside"
    assert meter.spent["outer"].cpu_s > meter.spent["inner"].cpu_s
    assert meter.spent["outer"].peak_mb > 0
