"""Changes in the order of sending, in pieces of one kind without a record twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.base import AssignOwner, Change, OpenTask, SetFields, UpdateTask, WithdrawTask

# Withdrawn before opened: one open task per account and assignee.
_ORDER: Final = (SetFields, AssignOwner, WithdrawTask, UpdateTask, OpenTask)


def chunked(changes: Sequence[Change], size: int) -> Iterator[tuple[Change, ...]]:
    """Pieces of at most ``size`` changes; a second change of a record goes into a later piece."""
    for kind in _ORDER:
        waiting = [change for change in changes if type(change) is kind]
        while waiting:
            taken: dict[str, Change] = {}
            later: list[Change] = []
            for change in waiting:
                name = change.key if isinstance(change, OpenTask) else change.record
                if name in taken or len(taken) == size:
                    later.append(change)
                else:
                    taken[name] = change
            yield tuple(taken.values())
            waiting = later
