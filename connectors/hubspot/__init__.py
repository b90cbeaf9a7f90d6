"""HubSpot as a CRM behind the port."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from config.settings import HubSpotConnection, Mapping
from connectors.budget import CallBudget
from connectors.hubspot.auth import bearer
from connectors.hubspot.client import HubSpotClient, is_loopback
from connectors.hubspot.crm import HubSpotCrm
from connectors.hubspot.errors import CRM
from connectors.hubspot.pace import Pace
from connectors.hubspot.paths import HOST
from connectors.patience import Patience


def make(
    connection: HubSpotConnection,
    mapping: Mapping,
    secrets: Callable[[str], str],
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    tiers: Sequence[str] = (),
    monotonic: Callable[[], float] = time.monotonic,
    dice: Callable[[], float] = random.random,
    spent_before: int = 0,
) -> HubSpotCrm:
    """A portal behind the port; nothing is called yet.

    ``clock`` gives aware moments and serves only to judge our own clock. ``tiers``: the values of the Tier property,
    best first. ``spent_before``: API calls of earlier runs today.
    """
    base_url = connection.base_url or HOST
    token = bearer(connection.auth.token, secrets)
    client = HubSpotClient(
        base_url,
        token,
        patience=Patience(sleep=sleep, monotonic=monotonic, dice=dice),
        budget=CallBudget(CRM, connection.budget, spent_before=spent_before),
        pace=Pace(monotonic=monotonic, sleep=sleep, loopback=is_loopback(base_url)),
    )
    return HubSpotCrm(connection, mapping, client, token, clock=clock, tiers=tiers)
