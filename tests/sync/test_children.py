from __future__ import annotations

import os
from pathlib import Path

import pytest
import urllib3

from sync.children import ChildFailed, sandbox, write_world

pytestmark = pytest.mark.slow


def alive(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        return urllib3.PoolManager(retries=False, timeout=5).request("GET", f"{url}/_sandbox/").status == 200
    except urllib3.exceptions.HTTPError:
        return False


def test_a_sandbox_lives_as_long_as_its_block(tmp_path: Path) -> None:
    with sandbox(["--size", "empty"], tmp_path / "log") as running:
        assert alive(running.url)
        assert running.hubspot["token"]
        assert Path(running.salesforce["private_key_file"]).is_file()

    assert not alive(running.url)


def test_it_ends_too_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), sandbox(["--size", "empty"], tmp_path / "log") as running:
        raise KeyError

    assert not alive(running.url)


def test_one_crm_alone_has_credentials_for_that_one(tmp_path: Path) -> None:
    with sandbox(["--size", "empty", "--crm", "hubspot"], tmp_path / "log") as running:
        assert (bool(running.hubspot), running.salesforce) == (True, {})


def test_a_sandbox_that_does_not_come_up_names_its_log(tmp_path: Path) -> None:
    log = tmp_path / "sandbox.log"

    with pytest.raises(ChildFailed, match=r"sandbox\.log"), sandbox(["--size", "enormous"], log):
        pytest.fail("it came up")

    assert "enormous" in log.read_text(encoding="utf-8")


def test_a_world_is_written_as_files(tmp_path: Path) -> None:
    write_world(["--size", "small", "--seed", "7", "--out", str(tmp_path / "world"), "--format", "csv"])

    assert (tmp_path / "world/signals").is_dir()
    assert sum(len(files) for _, _, files in os.walk(tmp_path / "world")) > 3


def test_a_world_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="enormous"):
        write_world(["--size", "enormous", "--out", str(tmp_path)])
