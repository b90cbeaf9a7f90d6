"""Text to dense int32 surrogates: each id is interned once, at pull, and means the same in every generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

DICTIONARIES = ("accounts", "people", "owners", "kinds", "urls", "subjects", "topics")


class Dictionary(dict[str | None, int]):
    """Text -> surrogate; None is -1. Grows by being asked."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        super().__init__({None: -1})
        for code, text in enumerate(texts):
            self[text] = code

    def __missing__(self, text: str | None) -> int:
        code = self[text] = len(self) - 1
        return code

    def codes(self, texts: Iterable[Any], count: int) -> NDArray[np.int32]:
        """Surrogates of ``count`` texts; new texts get new ones."""
        return np.fromiter(map(self.__getitem__, texts), np.int32, count)

    def texts(self) -> NDArray[np.object_]:
        """Surrogate -> text."""
        out = np.empty(len(self) - 1, dtype=object)
        out[:] = [text for text in self if text is not None]
        return out


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """All dictionaries of a replica."""

    by_name: Mapping[str, Dictionary]

    def __getitem__(self, name: str) -> Dictionary:
        return self.by_name[name]

    def sizes(self) -> dict[str, int]:
        """Number of texts in each."""
        return {name: len(dictionary) - 1 for name, dictionary in self.by_name.items()}


def read_dictionaries(files: Mapping[str, Path], connection: duckdb.DuckDBPyConnection) -> Dictionaries:
    """Dictionaries from their Parquet files; a missing file is an empty dictionary."""
    found: dict[str, Dictionary] = {name: Dictionary() for name in DICTIONARIES}
    for name, path in files.items():
        rows = connection.execute("SELECT text FROM read_parquet(?) ORDER BY code", [str(path)]).fetchall()
        found[name] = Dictionary(row[0] for row in rows)
    return Dictionaries(found)


def write_dictionary(dictionary: Dictionary, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """One dictionary as Parquet: code, text."""
    texts = dictionary.texts()
    connection.register("dictionary_rows", {"code": np.arange(len(texts), dtype=np.int32), "text": texts})
    select = "SELECT CAST(code AS INTEGER) AS code, CAST(text AS VARCHAR) AS text FROM dictionary_rows"
    connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    connection.unregister("dictionary_rows")
