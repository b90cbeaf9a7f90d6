"""One run at a time per connection: the lease as a context, with a holder that can be told dead from alive."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sync.clock import Clock
from sync.store import Book, Lease

LASTS: Final = timedelta(minutes=10)  # prolonged by every batch; a longer silence lets another run take over
_NO_START: Final = "?"


@dataclass(frozen=True, slots=True)
class Tenure:
    """A lease that we hold, and how to prolong it."""

    book: Book
    lease: Lease
    clock: Clock
    lasts: timedelta = LASTS

    def until(self) -> datetime:
        """When the lease would end if it were prolonged now; the machine's time."""
        return self.clock.now() + self.lasts

    def renew(self) -> None:
        """Prolong the lease. LeaseLost when somebody has taken over."""
        with self.book.writing() as tx:
            tx.leases.keep(self.lease, self.until())


@contextmanager
def hold(book: Book, clock: Clock, *, holder: str = "", lasts: timedelta = LASTS) -> Iterator[Tenure]:
    """The lease of a connection for a block of work. LeaseHeld when another run has it.

    A holder on this machine whose process is gone does not block anybody.
    """
    with book.writing() as tx:
        lease = tx.leases.take(holder or this_process(), clock.now(), lasts, is_gone)
    try:
        yield Tenure(book, lease, clock, lasts)
    finally:
        with book.writing() as tx:
            tx.leases.give_back(lease, clock.now())


def this_process() -> str:
    """Names this process: place, process id, and when it started, since ids are used again."""
    return f"{_place()} pid {os.getpid()} started {_started(os.getpid())}"


def is_gone(holder: str) -> bool:
    """Whether the holder was a process of this very place and no longer runs. Strangers are never gone."""
    place, _, rest = holder.partition(" pid ")
    pid, _, started = rest.partition(" started ")
    if place != _place() or not pid.isdecimal():
        return False
    return _started(int(pid)) != started


def _place() -> str:
    """The machine and its space of process ids: two containers may share a name, but not that."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty when there is none, ``?`` where that cannot be told."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        # the second field is the program's name, in brackets, and may hold blanks; the start is the 22nd
        return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return "" if stat.parent.parent.joinpath("self").exists() else _alive(pid)


def _alive(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return _NO_START
    return _NO_START
