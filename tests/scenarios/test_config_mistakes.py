"""Three mistakes in a config, told at once and without a call to anybody."""

from __future__ import annotations

import re
import socket

import pytest

from tests.scenarios.town import Town

pytestmark = pytest.mark.slow


def test_three_planted_mistakes_are_told_at_once_with_their_places(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that does not exist, a number out of range, a tier that no rule knows: one look, three places."""
    # given a config with three mistakes of different kinds
    text = town.config.read_text(encoding="utf-8")
    for good, bad in (
        ("plan_fresh_for", "plan_fresh_for"),
        ("half_life: 30d", "half_lief: 30d"),
        ("canary: 25", "canary: -25"),
        ("in_tier: 1 - Focus", "in_tier: 1 - Fokus"),
    ):
        text = text.replace(good, bad, 1)
    town.config.write_text(text, encoding="utf-8")
    places = [place_of(text, bad) for bad in ("half_lief", "canary: -25", "1 - Fokus")]

    # when it is checked, and nobody can be called
    def refuse(*_: object) -> None:
        raise AssertionError("a call was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    told = town.tierline("config", "check")

    # then all three are told, each with its line and a hint
    assert told.code == 1
    found = re.findall(r"tierline\.yaml:(\d+):(\d+): ", told.out)
    assert [(int(line)) for line, _ in found] == sorted(line for line, _ in places), told.out
    assert "half_life" in told.out, "did you mean"
    assert "1 - Focus" in told.out, "did you mean"
    assert "3 problems" in told.err

    # and no other command starts with such a config
    plan = town.tierline("plan")
    assert plan.code == 1
    assert "half_lief" in plan.err


def place_of(text: str, words: str) -> tuple[int, int]:
    """Line and column, counted from one, of the first place that has these words."""
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
