"""What is wrong with a config file: every problem at once, each as ``file:line:col`` with a hint."""

from __future__ import annotations

from dataclasses import dataclass

Place = tuple[str | int, ...]  # keys and indexes from the root of the file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake, where it stands, and what to do about it."""

    file: str
    line: int  # from 1
    column: int  # from 1
    path: str  # policy.tiers.0.enter
    said: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " + (f"{self.path}: " if self.path else "")
        return where + self.said + (f"     ({self.hint})" if self.hint else "")


class ConfigError(Exception):
    """The config cannot be used; ``problems`` holds all that was found, in the file's order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


def spelled(place: Place) -> str:
    """A place as people write it: policy.tiers.0.enter."""
    return ".".join(map(str, place))
