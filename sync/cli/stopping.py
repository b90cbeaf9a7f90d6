"""Ctrl-C and SIGTERM while something is written: the current batch ends, the rest waits for the next run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sync import exits


class Stopping:
    """Whether somebody asked to stop: called, it says so; ``code`` is what the command then ends with."""

    def __init__(self) -> None:
        self.code = exits.DONE

    def __call__(self) -> bool:
        """Whether a signal came."""
        return self.code != exits.DONE

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """A signal came; a second one interrupts at once."""
        if self():
            raise KeyboardInterrupt
        self.code = exits.INTERRUPTED if number == signal.SIGINT else exits.TERMINATED


@contextmanager
def stop_between_batches() -> Iterator[Stopping]:
    """Inside the block the first signal only sets a flag; a second one interrupts at once."""
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {number: signal.signal(number, stopping.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
