"""How a command ends: the stable exit codes.

0 done - 1 failed - 2 the plan has changes - 3 held - 4 a person must act in the CRM - 5 try later - 6 finished with
rejects - 64 wrong usage - 75 another run holds the lease - 130 interrupted - 143 terminated.
"""

from __future__ import annotations

from typing import Final

DONE: Final = 0
FAILED: Final = 1
CHANGES: Final = 2
HELD: Final = 3
NEEDS_PERSON: Final = 4
TRY_LATER: Final = 5
REJECTS: Final = 6
USAGE: Final = 64
LEASE: Final = 75
INTERRUPTED: Final = 130
TERMINATED: Final = 143
_WORST_FIRST: Final = (NEEDS_PERSON, TRY_LATER, FAILED, HELD, REJECTS, CHANGES)


class Stopped(Exception):
    """The command ends here with a code and words of its own; nothing went wrong that is not told."""

    def __init__(self, code: int, said: str, tl: str = "") -> None:
        self.code, self.tl = code, tl
        super().__init__(said)


class Halted(Exception):
    """Somebody asked the run to stop: what is done is kept, the rest waits for the next run."""


def worst(codes: list[int]) -> int:
    """The code to end with when several connections ended differently: the first of 4, 5, 1, 3, 6, 2.

    Being told to stop, and a lease that another run holds, come before all of them.
    """
    for code in (INTERRUPTED, TERMINATED, LEASE, *_WORST_FIRST):
        if code in codes:
            return code
    return DONE
