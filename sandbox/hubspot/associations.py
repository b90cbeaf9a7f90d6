"""Which records belong together: the world's links as arrays, changes in an overlay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sandbox.hubspot.links import PRIMARY, PRIMARY_CODES, LinkTypes, Pair
from sandbox.hubspot.source import STEP

Int32 = NDArray[np.int32]
Codes = tuple[int, ...]
Targets = dict[int, Codes]  # record id to association types, ids rising


class WorldLinks:
    """Links between the world's rows of two types; each end's list is built when first asked for."""

    def __init__(
        self,
        from_rows: Int32,
        to_rows: Int32,
        firsts: tuple[int, int],
        forms: Sequence[tuple[Codes, Codes]],
        form: NDArray[np.int8] | None = None,
    ) -> None:
        self._ends = (from_rows, to_rows)
        self._firsts = firsts
        self._forms = forms  # forward and backward types of each form
        self._form = form  # which form a link has; None = all the first
        self._lists: dict[int, tuple[NDArray[np.int64], Int32, NDArray[np.int64]]] = {}

    def targets(self, side: int, record_id: int) -> Targets:
        """Targets of one record; side 0 looks forward, 1 backward."""
        row, rest = divmod(record_id - self._firsts[side], STEP)
        starts, others, at = self._list(side)
        if rest or not 0 <= row < len(starts) - 1:
            return {}
        low, high = starts[row], starts[row + 1]
        if low == high:
            return {}
        first = self._firsts[1 - side]
        rows = others[low:high].tolist()
        if self._form is None:
            codes = self._forms[0][side]
            return {first + other * STEP: codes for other in rows}
        forms = self._form[at[low:high]].tolist()
        return {first + other * STEP: self._forms[f][side] for other, f in zip(rows, forms, strict=True)}

    def count(self, side: int, record_id: int) -> int:
        """How many links one record has."""
        row = (record_id - self._firsts[side]) // STEP
        starts, _, _ = self._list(side)
        return int(starts[row + 1] - starts[row]) if 0 <= row < len(starts) - 1 else 0

    def _list(self, side: int) -> tuple[NDArray[np.int64], Int32, NDArray[np.int64]]:
        if side not in self._lists:
            mine, others = self._ends[side], self._ends[1 - side]
            at = np.lexsort((others, mine))
            counts = np.bincount(mine) if len(mine) else np.zeros(0, np.int64)
            starts = np.concatenate(([0], np.cumsum(counts)))
            self._lists[side] = (starts, others[at], at)
        return self._lists[side]


class Associations:
    """All links of a portal."""

    def __init__(self) -> None:
        self.types = LinkTypes()
        self._world: dict[Pair, list[tuple[WorldLinks, int]]] = {}
        self._changed: dict[Pair, dict[int, Targets]] = {}

    def load(self, pair: Pair, links: WorldLinks) -> None:
        """Adds links of the world; both directions can be asked for."""
        self._world.setdefault(pair, []).append((links, 0))
        self._world.setdefault((pair[1], pair[0]), []).append((links, 1))

    def targets(self, pair: Pair, record_id: int) -> Targets:
        """What a record is linked to, archived records included."""
        changed = self._changed.get(pair)
        if changed is not None and record_id in changed:
            return changed[record_id]
        found: Targets = {}
        for links, side in self._world.get(pair, ()):
            for target, codes in links.targets(side, record_id).items():
                found[target] = found.get(target, ()) + codes
        return found

    def _own(self, pair: Pair, record_id: int) -> Targets:
        changed = self._changed.setdefault(pair, {})
        if record_id not in changed:
            changed[record_id] = dict(self.targets(pair, record_id))
        return changed[record_id]

    def set(self, pair: Pair, from_id: int, to_id: int, codes: Iterable[int]) -> None:
        """Gives a link exactly these types, in both directions; none of them removes it."""
        kept = sorted(set(codes), key=self._order)
        back = sorted((self.types.by_code[code].inverse for code in kept), key=self._order)
        for one, start, end, listed in ((pair, from_id, to_id, kept), ((pair[1], pair[0]), to_id, from_id, back)):
            mine = self._own(one, start)
            if listed:
                mine[end] = tuple(listed)
            else:
                mine.pop(end, None)
            self._changed[one][start] = dict(sorted(mine.items()))

    @staticmethod
    def _order(code: int) -> tuple[bool, int]:
        return (code not in PRIMARY_CODES, abs(code))

    def add(self, pair: Pair, from_id: int, to_id: int, codes: Iterable[int]) -> None:
        """Adds types to a link; the unlabelled type comes along, a primary one leaves every other target."""
        back = (pair[1], pair[0])
        if back in PRIMARY:
            self.add(back, to_id, from_id, [self.types.by_code[code].inverse for code in codes])
            return
        wanted = set(codes) or {self.types.default[pair]}
        if pair[0] != pair[1]:
            wanted.add(self.types.default[pair])
        primary = self._primary(pair)
        if primary is not None and primary not in wanted and self.primary(pair, from_id) is None:
            wanted.add(primary)
        if primary is not None and primary in wanted:
            held = self.primary(pair, from_id)
            if held is not None and held != to_id:
                self.set(pair, from_id, held, set(self.targets(pair, from_id)[held]) - {primary})
        wanted |= set(self.targets(pair, from_id).get(to_id, ()))
        self.set(pair, from_id, to_id, wanted)

    @staticmethod
    def _primary(pair: Pair) -> int | None:
        both = PRIMARY.get(pair)
        return both[0] if both is not None else None

    def primary(self, pair: Pair, from_id: int) -> int | None:
        """The record's primary target, if the pair knows one."""
        code = self._primary(pair)
        if code is None:
            return None
        return next((target for target, codes in self.targets(pair, from_id).items() if code in codes), None)

    def count(self, pair: Pair, record_id: int) -> int:
        """How many records one is linked to."""
        changed = self._changed.get(pair)
        if changed is not None and record_id in changed:
            return len(changed[record_id])
        return sum(links.count(side, record_id) for links, side in self._world.get(pair, ()))

    def pairs_of(self, type_id: str) -> list[Pair]:
        """Pairs that start at a type."""
        return [pair for pair in self.types.default if pair[0] == type_id]
