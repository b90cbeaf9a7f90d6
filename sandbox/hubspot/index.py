"""The search index: a copy of the records that trails the store by a jittered while."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass

from sandbox.frame import Options
from sandbox.hubspot.table import Record, Table


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as the index holds it."""

    id: int
    props: dict[str, str]
    created_ms: int
    updated_ms: int


class Index:
    """What searches see; records of the loaded world are there from the start."""

    def __init__(self, options: Options, seed: int = 0) -> None:
        self._options = options
        self._dice = random.Random(seed)
        self._waiting: list[tuple[int, int, str, Seen]] = []
        self._count = 0
        self._seen: dict[str, dict[int, tuple[int, Seen]]] = {}

    def note(self, table: Table, record: Record, now_ms: int) -> None:
        """A record was written: it shows up after the lag, with a jitter of its own."""
        lag_s = self._options.lag_s
        waits_ms = int(self._dice.uniform(lag_s / 6, lag_s) * 1000)
        self._count += 1
        seen = Seen(record.id, record.props, record.created_ms, record.updated_ms)
        heapq.heappush(self._waiting, (now_ms + waits_ms, self._count, table.kind.type_id, seen))

    def overrides(self, table: Table, now_ms: int) -> dict[int, Seen]:
        """Records of a type whose indexed form differs from the world's rows, as of now."""
        while self._waiting and self._waiting[0][0] <= now_ms:
            _, seq, type_id, seen = heapq.heappop(self._waiting)
            of_type = self._seen.setdefault(type_id, {})
            if seen.id not in of_type or of_type[seen.id][0] < seq:
                of_type[seen.id] = (seq, seen)
        return {record_id: seen for record_id, (_, seen) in self._seen.get(table.kind.type_id, {}).items()}
