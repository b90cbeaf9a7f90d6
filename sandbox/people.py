"""Our own side of a world: reps, managers, the integration user, their teams, zones and absences."""

from __future__ import annotations

from typing import Final

import numpy as np

from sandbox.names import FIRST_NAMES, LAST_NAMES, OUR_DOMAIN
from sandbox.world import DAY_S, Owner

TEAMS: Final = {"ae": ("Enterprise", "Mid-Market"), "sdr": ("Sales Development",), "csm": ("Customer Success",)}
ZONES: Final = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "UTC")
JOB_CYCLE: Final = ("ae", "ae", "sdr", "csm", "ae", "csm", "ae", "sdr")
INTEGRATION: Final = 0  # index of the integration user among the owners
REPS_PER_MANAGER: Final = 6


def make_owners(count: int, dice: np.random.Generator, now: int) -> list[Owner]:
    """The integration user, one manager for every six reps, and ``count`` reps, some of them gone."""
    managers = max(1, -(-count // REPS_PER_MANAGER))
    rows = [_owner(0, "integration", ("Integration", "User"), "Operations", None, zone="UTC", now=now)]
    for number in range(1, managers + 1):
        boss = None if number == 1 else "O001"
        team = "Sales Leadership"
        rows.append(_owner(number, "manager", _full_name(number), team, boss, zone=_zone(dice), now=now))
    gone_every = 9
    for place in range(count):
        number = managers + 1 + place
        job = JOB_CYCLE[place % len(JOB_CYCLE)]
        team = TEAMS[job][place % len(TEAMS[job])]
        boss = f"O{1 + place // REPS_PER_MANAGER:03d}"
        active = place % gone_every != 4
        away = _absences(dice, now) if active else ()
        rows.append(
            _owner(number, job, _full_name(number), team, boss, zone=_zone(dice), now=now, away=away, active=active)
        )
    return rows


def _full_name(number: int) -> tuple[str, str]:
    first = FIRST_NAMES[(number * 7) % len(FIRST_NAMES)]
    last = LAST_NAMES[(number * 13 + number // len(FIRST_NAMES)) % len(LAST_NAMES)]
    return first, last


def _zone(dice: np.random.Generator) -> str:
    return ZONES[int(dice.integers(0, len(ZONES) - 1))]


def _absences(dice: np.random.Generator, now: int) -> tuple[tuple[int, int], ...]:
    """At most one absence: over, running or to come; whole UTC days."""
    if dice.random() > 0.25:
        return ()
    today = now - now % DAY_S
    start = today + int(dice.integers(-10, 11)) * DAY_S
    return ((start, start + int(dice.integers(2, 15)) * DAY_S),)


def _owner(
    number: int,
    job: str,
    name: tuple[str, str],
    team: str,
    manager: str | None,
    *,
    zone: str,
    now: int,
    away: tuple[tuple[int, int], ...] = (),
    active: bool = True,
) -> Owner:
    first, last = name
    made = now - (720 - number % 300) * DAY_S
    return Owner(
        key=f"O{number:03d}",
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number}@{OUR_DOMAIN}".lower() if number else f"integration@{OUR_DOMAIN}",
        active=active,
        job=job,
        team=team,
        manager=manager,
        time_zone=zone,
        away=away,
        hours=(0, 1440) if job == "integration" else (540, 1050),
        created_at=made,
        modified_at=made if active else now - (40 + number % 50) * DAY_S,
    )
