"""Names that never change: creation keys of tasks, their epochs, and deterministic ties and draws."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b


def task_key(org: str, account_id: str, play: str, epoch: str) -> str:
    """The creation key of a task: the same trigger on the same account gives the same 32 hex digits for ever."""
    return blake2b(f"tierline:1|{org}|{account_id}|{play}|{epoch}".encode(), digest_size=16).hexdigest()


def reference(key: str) -> str:
    """The line by which a task's body names its key: ``Ref TL-<12 hex>``."""
    return f"Ref TL-{key[:12]}"


def moment_epoch(when: datetime) -> str:
    """A moment as an epoch: UTC, whole seconds, so that it survives every CRM's idea of a time."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_epoch(when: datetime) -> str:
    """The UTC day of a moment as an epoch."""
    return when.astimezone(UTC).strftime("%Y-%m-%d")


def tie(natural_key: str, name: str) -> bytes:
    """Orders equals without favour: who comes first differs from account to account, never from run to run."""
    return blake2b(f"{natural_key}|{name}".encode(), digest_size=16).digest()


def draw(*parts: str) -> float:
    """A number in [0, 1) that depends on nothing but ``parts``."""
    return int.from_bytes(blake2b("|".join(parts).encode(), digest_size=6).digest(), "big") / 2**48
