"""The name of a policy's version: every decision, plan and ledger carries it."""

from __future__ import annotations

import hashlib

from config.settings import Settings


def fingerprint(settings: Settings) -> str:
    """16 hex digits over policy and motion, whatever order or comments the file has."""
    text = settings.policy.model_dump_json(by_alias=True) + settings.motion.model_dump_json(by_alias=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
