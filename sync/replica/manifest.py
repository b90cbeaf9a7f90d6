"""A generation: one JSON manifest naming immutable Parquet files and the cursors they cover, replaced in one rename."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One immutable Parquet file: rows of one table that came from one stream."""

    table: str
    stream: str
    file: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation consists of. ``as_of`` is the CRM's time up to which it was read, microseconds UTC."""

    number: int = 0
    as_of: int = 0
    parts: tuple[Part, ...] = ()
    cursors: dict[str, str] = field(default_factory=dict)
    dictionaries: dict[str, str] = field(default_factory=dict)
    aliases: str = ""  # file: table, loser, winner
    touches: str = ""
    sieve: str = ""  # fingerprint under which the touches were condensed
    org: str = ""

    def files(self) -> set[str]:
        """Every file that this generation needs."""
        named = {part.file for part in self.parts} | set(self.dictionaries.values())
        return named | {file for file in (self.aliases, self.touches) if file}

    def rows(self, table: str) -> int:
        """Stored rows of a table."""
        return sum(part.rows for part in self.parts if part.table == table)

    def of(self, table: str, stream: str | None = None) -> tuple[Part, ...]:
        """Parts of a table, or of one stream of it."""
        return tuple(p for p in self.parts if p.table == table and stream in (None, p.stream))


def read_manifest(folder: Path) -> Manifest | None:
    """The current generation, or None before the first. A manifest of another format is as good as none."""
    path = folder / MANIFEST
    if not path.exists():
        return None
    tree: dict[str, Any] = json.loads(path.read_text())
    if tree.pop("format", None) != FORMAT:
        return None
    tree["parts"] = tuple(Part(**part) for part in tree["parts"])
    return Manifest(**tree)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make ``manifest`` the current generation, in one rename; files older than the generation before go."""
    before = read_manifest(folder)
    draft = folder / f"{MANIFEST}.new"
    with draft.open("w") as file:
        json.dump({"format": FORMAT, **asdict(manifest)}, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / MANIFEST)
    needed = manifest.files() | (before.files() if before else set())
    for path in folder.glob("*.parquet"):
        if path.name not in needed:
            path.unlink(missing_ok=True)


def next_generation(manifest: Manifest) -> Manifest:
    """The same generation under the next number, to be changed."""
    return replace(manifest, number=manifest.number + 1)
