"""Secrets by reference: found in their place, and a missing one names the place but never a value."""

from pathlib import Path

import pytest

from config.secrets import SecretMissing, resolve


def test_each_kind_of_reference_finds_its_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")

    assert resolve("env:TOKEN", {"TOKEN": "from-env"}, tmp_path).get_secret_value() == "from-env"
    assert resolve("file:token", {}, tmp_path).get_secret_value() == "from-file"
    assert resolve("exec:echo from-command", {}, tmp_path).get_secret_value() == "from-command"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:TOKEN", "environment variable TOKEN is not set"),
        ("file:absent", "cannot be read"),
        ("exec:false", "ended with 1"),
        ("exec:/no/such/program", "could not be run"),
        ("plain:value", "no kind of secret reference"),
    ],
)
def test_a_missing_secret_says_where_it_was_looked_for(reference: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match=said):
        resolve(reference, {}, tmp_path)


def test_a_secret_does_not_show_in_its_representation() -> None:
    assert "hidden" not in repr(resolve("env:TOKEN", {"TOKEN": "hidden"}, Path()))
