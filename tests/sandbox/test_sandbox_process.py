from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-P", "-m", "sandbox"]


def start(*arguments: str) -> subprocess.Popen[str]:
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Exit code and what was said on stderr."""
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    return process.returncode, said


@pytest.fixture(scope="module")
def up() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = start("up", "--size", "small", "--now", "2026-11-02T09:00:00Z", "--limits", "off", "--lag-s", "2")
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(process.communicate(timeout=20)[1])
    yield process, json.loads(line)
    ended(process, signal.SIGTERM)


@pytest.mark.slow
def test_the_ready_line_names_the_address_and_what_a_client_needs(up: tuple[Any, dict[str, Any]]) -> None:
    told = up[1]
    assert told["url"].startswith("http://127.0.0.1:")
    assert set(told["salesforce"]) >= {"username", "consumer_key", "private_key_file", "consumer_secret"}
    assert Path(told["salesforce"]["private_key_file"]).read_text(encoding="ascii").startswith("-----BEGIN")
    assert set(told["hubspot"]) >= {"token"}


@pytest.mark.slow
def test_one_port_serves_both_crms_and_the_control_routes(up: tuple[Any, dict[str, Any]]) -> None:
    url = up[1]["url"]
    state = requests.get(url + "/_sandbox/", timeout=10).json()
    assert set(state["crms"]) == {"salesforce", "hubspot"}
    assert (state["limits"]["on"], state["limits"]["lag_s"]) == (False, 2.0)
    versions = requests.get(url + "/services/data/", timeout=10)
    assert versions.status_code == 200
    assert parsedate_to_datetime(versions.headers["date"]).year == 2026
    assert requests.get(url + "/crm/v3/objects/companies", timeout=10).status_code == 401


@pytest.mark.slow
def test_both_crms_hold_the_same_world_by_key(up: tuple[Any, dict[str, Any]]) -> None:
    keys = requests.get(up[1]["url"] + "/_sandbox/keys", timeout=10).json()
    for table in ("accounts", "contacts", "owners"):
        assert set(keys["salesforce"][table]) == set(keys["hubspot"][table])
    assert len(keys["salesforce"]["accounts"]) == 300


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly_even_with_a_request_hanging(number: int) -> None:
    process = start("up", "--size", "empty", "--crm", "hubspot")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert set(told) == {"url", "hubspot"}
    order = {"path": "companies", "do": "timeout"}
    requests.post(told["url"] + "/_sandbox/faults", json=order, timeout=10).raise_for_status()
    with pytest.raises(requests.Timeout):
        requests.get(told["url"] + "/crm/v3/objects/companies", timeout=0.2)
    code, said = ended(process, number)
    assert code == 0
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_taken_port_is_told_in_one_line(up: tuple[Any, dict[str, Any]]) -> None:
    port = up[1]["url"].rsplit(":", 1)[1]
    process = start("up", "--size", "empty", "--port", port)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said.startswith(f"cannot listen on port {port}")


@pytest.mark.slow
def test_world_writes_files_and_says_what(tmp_path: Path) -> None:
    process = start("world", "--size", "small", "--seed", "3", "--out", str(tmp_path / "w"), "--format", "jsonl")
    said, wrong = process.communicate(timeout=60)
    assert process.returncode == 0, wrong
    told = json.loads(said)
    assert told == json.loads((tmp_path / "w/world.json").read_text(encoding="utf-8"))
    assert told["rows"]["accounts"] == len((tmp_path / "w/tables/accounts.jsonl").read_text("utf-8").splitlines())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["up", "--now", "today"], "no ISO 8601 time"),
        (["up", "--size", "large"], "invalid choice"),
        (["world"], "--out"),
        ([], "command"),
    ],
)
def test_wrong_usage_is_refused_with_what_is_wrong(arguments: list[str], part: str) -> None:
    process = start(*arguments)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert part in said
