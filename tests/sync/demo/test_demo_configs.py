from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config.load import Loaded, load
from config.secrets import resolve
from config.settings import HubSpotConnection, SalesforceConnection
from sync.children import Sandbox
from sync.demo.configs import write_config

CRMS = ("salesforce", "hubspot")


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """What a running sandbox tells of itself."""
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    login = {"username": "tierline@sandbox.example", "consumer_key": "3MVG9", "private_key_file": str(key)}
    return Sandbox("http://127.0.0.1:8025", login, {"token": "pat-planted"})


def loaded(tmp_path: Path, crm: str, sandbox: Sandbox) -> Loaded:
    return load(write_config(tmp_path / f"{crm}.yaml", crm, sandbox), {})


@pytest.mark.parametrize("crm", CRMS)
def test_the_config_that_is_written_loads_without_a_warning(tmp_path: Path, crm: str, sandbox: Sandbox) -> None:
    told = loaded(tmp_path, crm, sandbox)

    assert [str(warning) for warning in told.warnings] == []
    (connection,) = told.settings.connections
    assert (connection.name, connection.crm, connection.base_url) == (crm, crm, sandbox.url)
    assert told.settings.mode == "plan"
    assert {source.name for source in told.settings.signals} == {"web", "intent"}


@pytest.mark.parametrize("crm", CRMS)
def test_the_secret_stays_out_of_the_config_and_can_be_resolved(tmp_path: Path, crm: str, sandbox: Sandbox) -> None:
    told = loaded(tmp_path, crm, sandbox)
    (connection,) = told.settings.connections

    assert isinstance(connection, SalesforceConnection | HubSpotConnection)
    reference = connection.auth.token if isinstance(connection, HubSpotConnection) else connection.auth.private_key
    secret = resolve(str(reference), {}, tmp_path).get_secret_value()

    assert secret in {"pat-planted", "-----BEGIN PRIVATE KEY-----"}
    assert secret not in told.file.read_text(encoding="utf-8")


def test_the_token_is_for_its_owner_alone(tmp_path: Path, sandbox: Sandbox) -> None:
    loaded(tmp_path, "hubspot", sandbox)

    assert stat.S_IMODE((tmp_path / "hubspot.token").stat().st_mode) == 0o600


def test_both_configs_judge_by_the_same_rules_and_keep_apart(tmp_path: Path, sandbox: Sandbox) -> None:
    one, other = (loaded(tmp_path, crm, sandbox).settings for crm in CRMS)

    assert one.policy == other.policy
    assert one.motion == other.motion
    assert one.state != other.state
    assert one.replica != other.replica
    assert one.mapping.fields == other.mapping.fields == "full"
