"""The tables that people read, from the numbers of one CRM's run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

CPU_GOAL: Final = 2.0
CALLS_GOAL: Final = 1.1
PEAK_GOAL_MIB: Final = 2048
_WIDE: Final = 34
_REPLICA: Final = ("replica: write", "replica: condense", "replica: load")
_ENGINE: Final = ("score", "decide", "plan", "store plan", "record", "run folder", "apply")


def lines(found: dict[str, Any]) -> Iterator[str]:
    """One CRM's table."""
    first, bare, after = found["first"], found["bare"], found["next"]
    yield ""
    title = f"{found['crm']}, {found['size']} world: {first['accounts']:,} accounts, {first['rows_read']:,} rows read"
    yield f"== {title} " + "=" * max(0, 96 - len(title))
    yield _row("first pass", "CPU s", "wall s", "x bare CPU", "goal")
    yield from _pull(found, first, bare)
    for name in _ENGINE:
        yield _stage(name, first["stages"])
    yield _row("first pass, whole", f"{found['cpu_s']:.1f}", f"{found['wall_s']:.1f}")
    yield ""
    yield _row("second pass, incremental", "CPU s", "wall s")
    yield _stage("connector", after["stages"], "pull: connector")
    yield _row("pull: replica", *_sum(after["stages"], (*_REPLICA, "signal files")))
    for name in ("score", "decide", "plan", "apply", "record"):
        yield _stage(name, after["stages"])
    yield _row("second pass, whole", *_sum(after["stages"], tuple(after["stages"])))
    yield f"  changes planned by the second pass: {sum(after['changes'].values())}"
    yield from _calls(found)
    yield from _ends(found, first)


def _pull(found: dict[str, Any], first: dict[str, Any], bare: dict[str, Any]) -> Iterator[str]:
    stages = first["stages"]
    how = f"bare transport ({bare['pages']:,} answers, {bare['bytes'] / 1e6:,.0f} MB)"
    yield _row(how, f"{bare['cpu_s']:.1f}", f"{bare['wall_s']:.1f}", "1.00")
    best = f"{found['connector_cpu_s']:.1f}"
    yield _row("connector alone, best reading", best, "", *_goal(found["x_connector"], CPU_GOAL))
    yield _stage("connector", stages, "connector: read, parse, columns")
    yield _stage("signal files", stages, "outside files: read, parse")
    for name in _REPLICA:
        yield _stage(name, stages)
    whole = _sum(stages, ("connector", "signal files", *_REPLICA))
    yield _row("pull, whole", *whole, f"{found['x_pull']:.2f}")


def _calls(found: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield _row("calls", "rows", "made", "fewest", "how")
    for part, said in (("pull", "pull"), ("write", "write")):
        for one in found["calls"][part]:
            yield _row(one["what"], f"{one['rows']:,}", f"{one['calls']:,}", f"{one['fewest']:,}", one["how"])
        counts = found["calls"][part]
        made, fewest = (sum(one[name] for one in counts) for name in ("calls", "fewest"))
        goal = _goal(found["calls"][f"x_{part}"], CALLS_GOAL)
        yield _row(f"{said}, all", "", f"{made:,}", f"{fewest:,}", f"x {goal[0]}  {goal[1]}")
    fixed = ", ".join(f"{n} {what}" for what, n in found["calls"]["fixed"].items())
    yield f"  beside them, whatever the size: {fixed}"


def _ends(found: dict[str, Any], first: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"  the vendor's limit alone: {found['limit']['said']}"
    for what, peak in (("pull", first["pull_peak_mb"]), ("whole pass", first["peak_mb"])):
        verdict = "ok" if peak < PEAK_GOAL_MIB else "MISSED"
        yield f"  peak memory, {what}: {peak:,.0f} MiB  (goal < {PEAK_GOAL_MIB:,}) {verdict}"
    yield f"  starting the process and loading our modules is beside all this: {first['start_cpu_s']:.1f} s CPU"


def _stage(name: str, stages: dict[str, Any], said: str = "", goal: tuple[str, str] = ("", "")) -> str:
    spent = stages.get(name, {"cpu_s": 0.0, "wall_s": 0.0})
    return _row(said or name, f"{spent['cpu_s']:.1f}", f"{spent['wall_s']:.1f}", *goal)


def _sum(stages: dict[str, Any], names: tuple[str, ...]) -> tuple[str, str]:
    found = [stages[name] for name in names if name in stages]
    return f"{sum(one['cpu_s'] for one in found):.1f}", f"{sum(one['wall_s'] for one in found):.1f}"


def _goal(ratio: float, goal: float) -> tuple[str, str]:
    return f"{ratio:.2f}", f"<= {goal:g} {'ok' if ratio <= goal else 'MISSED'}"


def _row(what: str, *cells: str) -> str:
    return (
        f"  {what:<{_WIDE + 10}}" + "".join(f"{cell:>12}" for cell in cells[:3]) + "".join(f"  {c}" for c in cells[3:])
    )
