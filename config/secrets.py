"""Secrets by reference only: env:NAME, file:PATH, keyring:SERVICE/NAME, exec:COMMAND."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

_EXEC_TIMEOUT_S = 30


class SecretMissing(Exception):
    """A reference does not lead to a secret; the text names each place looked in, never a value."""


def resolve(reference: str, environment: Mapping[str, str], folder: Path) -> SecretStr:
    """The secret behind a reference. Relative files are looked up from the config file's folder."""
    scheme, _, rest = reference.partition(":")
    match scheme:
        case "env":
            value = environment.get(rest, "")
            if not value:
                raise SecretMissing(
                    f"environment variable {rest} is not set or empty; export it, or use file: or exec:"
                )
            return SecretStr(value)
        case "file":
            return SecretStr(_from_file(folder / rest))
        case "keyring":
            return SecretStr(_from_keyring(rest))
        case "exec":
            return SecretStr(_from_command(rest))
        case _:
            raise SecretMissing(f"{scheme}: is no kind of secret reference; use env:, file:, keyring: or exec:")


def _from_file(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretMissing(f"file {path} cannot be read ({error.strerror}); create it or fix its owner") from None
    if not text:
        raise SecretMissing(f"file {path} is empty")
    return text


def _from_keyring(rest: str) -> str:
    service, _, name = rest.partition("/")
    try:
        import keyring  # noqa: PLC0415  an optional extra
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        raise SecretMissing("keyring: needs the extra: pip install 'tierline[keyring]'") from None
    try:
        value: str | None = keyring.get_password(service, name)
    except KeyringError as error:
        raise SecretMissing(f"this machine has no usable keyring ({type(error).__name__}); use file: or env:") from None
    if not value:
        raise SecretMissing(f"the keyring has no {name!r} under {service!r}")
    return value


def _from_command(command: str) -> str:
    words = shlex.split(command)
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_EXEC_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SecretMissing(f"exec: {words[0]} could not be run ({type(error).__name__})") from None
    if done.returncode or not done.stdout.strip():
        raise SecretMissing(f"exec: {words[0]} ended with {done.returncode} and gave no secret")
    return done.stdout.strip()
