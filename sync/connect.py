"""From a connection in the config to a CRM behind the port, and from signal sources to pages."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import assert_never

from config.load import Loaded
from config.secrets import resolve
from config.settings import FilesConnection, HubSpotConnection, SalesforceConnection, Settings
from connectors.base import Crm
from engine.policy import all_tiers
from sync.clock import Clock
from sync.pull import Signals

AnyConnection = SalesforceConnection | HubSpotConnection | FilesConnection


def connect(loaded: Loaded, connection: AnyConnection, clock: Clock, *, spent_before: int = 0) -> Crm:
    """A connection to one CRM; nothing is called yet. Vendor clients are loaded here and nowhere before."""
    folder = loaded.file.resolve().parent
    settings, tiers = loaded.settings, all_tiers(loaded.settings.policy)

    def secret(reference: str) -> str:
        return resolve(reference, os.environ, folder).get_secret_value()

    match connection:
        case SalesforceConnection():
            from connectors import salesforce  # noqa: PLC0415

            return salesforce.make(
                connection,
                settings.mapping,
                secret,
                clock=clock.now,
                sleep=clock.sleep,
                monotonic=clock.monotonic,
                tiers=tiers,
                spent_before=spent_before,
            )
        case HubSpotConnection():
            from connectors import hubspot  # noqa: PLC0415

            return hubspot.make(
                connection,
                settings.mapping,
                secret,
                clock=clock.now,
                sleep=clock.sleep,
                monotonic=clock.monotonic,
                tiers=tiers,
                spent_before=spent_before,
            )
        case FilesConnection():
            return _files(connection, settings, folder, clock.now)
        case _:
            assert_never(connection)


def _files(connection: FilesConnection, settings: Settings, folder: Path, now: Callable[[], datetime]) -> Crm:
    from connectors.files import make  # noqa: PLC0415

    crm: Crm = make(connection, settings.mapping, folder=folder, clock=now)
    return crm


def signals_of(loaded: Loaded, connection: AnyConnection) -> Signals:
    """The outside files of a config as a source of pages."""
    from connectors.files.signals import read_signals  # noqa: PLC0415

    folder = loaded.file.resolve().parent

    return partial(read_signals, loaded.settings.signals, folder, zone=connection.time_zone)
