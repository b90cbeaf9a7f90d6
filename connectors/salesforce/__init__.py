"""Salesforce, through the unmodified simple-salesforce client."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime

from config.settings import Mapping, SalesforceConnection
from connectors.base import Crm


def make(
    connection: SalesforceConnection,
    mapping: Mapping,
    secrets: Callable[[str], str],
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    monotonic: Callable[[], float] = time.monotonic,
    dice: Callable[[], float] = random.random,
    tiers: tuple[str, ...] = (),
    spent_before: int = 0,
    bulk_over: int = 50_000,
    attempts: int = 6,
) -> Crm:
    """A connection to one org. Nothing is sent before the first question.

    ``secrets`` turns a reference such as ``env:NAME`` into the secret; ``tiers`` are the values of the Tier field, for
    ``setup``; ``spent_before`` are our API calls of earlier runs today; objects with more than ``bulk_over`` rows are
    read as one bulk job each.
    """
    from connectors.patience import Patience  # noqa: PLC0415 - vendor clients are slow to load
    from connectors.salesforce.crm import SalesforceCrm  # noqa: PLC0415 - the same

    return SalesforceCrm(
        connection,
        mapping,
        secrets,
        clock=clock,
        patience=Patience(attempts, sleep=sleep, monotonic=monotonic, dice=dice),
        tiers=tiers,
        spent_before=spent_before,
        bulk_over=bulk_over,
    )
