"""CPU and wall seconds by stage of a process, each second charged once; and its peak memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")
OUTSIDE = "outside"


@dataclass(slots=True)
class Spent:
    """What one stage took. ``peak_mb`` is the process's peak when the stage last ended."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float = 0.0


@dataclass(slots=True)
class Meter:
    """Charges every second to the innermost stage that is open. CPU counts user and system, of all threads."""

    spent: dict[str, Spent] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _text: None
    _told: str = ""
    _open: list[str] = field(default_factory=lambda: [OUTSIDE])
    _cpu_s: float = field(default_factory=time.process_time)
    _wall_s: float = field(default_factory=time.perf_counter)

    @property
    def current(self) -> str:
        """The innermost open stage."""
        return self._open[-1]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Within it seconds are charged to ``name``."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()
            self.spent[name].peak_mb = peak_mb()
            if name != self._told:
                self._tell(name)

    def wrap(self, module: ModuleType, function: str, name: str) -> None:
        """Put a function of a module under a stage, for whoever looks it up there."""
        inner = getattr(module, function)

        @wraps(inner)
        def measured(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                return inner(*args, **kwargs)

        setattr(module, function, measured)

    def each(self, items: Iterable[T], name: str) -> Iterator[T]:
        """The items, with the making of each under a stage; what the reader does in between is charged elsewhere."""
        making = iter(items)
        end = object()
        while True:
            with self.stage(name):
                item: Any = next(making, end)
            if item is end:
                return
            yield item

    def _tell(self, name: str) -> None:
        self._told, spent = name, self.spent[name]
        self.tell(f"{name}: {spent.cpu_s:.1f} s CPU, {spent.wall_s:.1f} s, peak {spent.peak_mb:,.0f} MiB")

    def _charge(self) -> None:
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        spent = self.spent.setdefault(self._open[-1], Spent())
        spent.cpu_s += cpu_s - self._cpu_s
        spent.wall_s += wall_s - self._wall_s
        self._cpu_s, self._wall_s = cpu_s, wall_s


def pages_of(meter: Meter, pull: Callable[..., Iterable[T]], name: str) -> Callable[..., Iterator[T]]:
    """A source of pages with the making of each page under a stage."""

    def measured(*args: Any) -> Iterator[T]:
        return meter.each(pull(*args), name)

    return measured


def peak_mb() -> float:
    """Peak resident memory of this process in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def used_cpu_s() -> float:
    """User and system CPU seconds of this process since it started."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
