"""A folder of files as a CRM for trials, and evidence from outside the CRM."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from config.settings import FilesConnection, Mapping
from connectors.files.crm import FilesCrm


def make(connection: FilesConnection, mapping: Mapping, *, folder: Path, clock: Callable[[], datetime]) -> FilesCrm:
    """A folder behind the port; ``folder`` is the config file's, from which relative paths count."""
    return FilesCrm(connection, mapping, folder=folder, clock=clock)
