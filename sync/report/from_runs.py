"""The report's sections from run folders: what was decided, planned and done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sync.artefacts import read_decisions, read_json
from sync.changes import Kind
from sync.render.labels import shown
from sync.report import charts
from sync.report.page import AccountLine, Section, write

ROWS = 40
_TIERS_LAST = ("Recycle", "Suppress")
_KINDS = {
    Kind.SET_FIELDS: "accounts with new fields",
    Kind.ASSIGN_OWNER: "owners set",
    Kind.OPEN_TASK: "tasks opened",
    Kind.UPDATE_TASK: "tasks updated",
    Kind.WITHDRAW_TASK: "tasks withdrawn",
}


def report_of(runs: Path, names: Sequence[str], out: Path, *, title: str, bars: Sequence[tuple[str, int]] = ()) -> Path:
    """One page over some runs, one section each. FileNotFoundError when a run folder is gone."""
    return write(out, title, [section_of(runs / name, bars) for name in names])


def section_of(folder: Path, bars: Sequence[tuple[str, int]] = ()) -> Section:
    """One run's section."""
    summary, plan = read_json(folder / "summary.json"), read_json(folder / "plan.json")
    decisions = read_decisions(folder)
    found = [row["tier"] for row in decisions]
    scores = [int(row["score"]) if row["score"] else None for row in decisions]
    drawn = [
        charts.tier_distribution(_order(found), found),
        charts.score_histogram(scores, bars),
        charts.movement(row["movement"] for row in decisions),
        charts.changes(_changes(plan["changes"])),
    ]
    accounts = _accounts(plan["changes"], {row["account_id"]: row for row in decisions})
    return Section(
        connection=summary["connection"],
        vendor="live" if summary["live"] else "dry run",
        run=summary["run"],
        at=shown(datetime.fromisoformat(summary["started_at"])),
        policy=summary["policy"],
        numbers=_numbers(summary["counts"]),
        charts=drawn,
        accounts=accounts[:ROWS],
        more=max(0, len(accounts) - ROWS),
        held=[_guard(guard, sentence, summary["forced"]) for guard, sentence in summary["tripped"].items()],
    )


def _guard(guard: str, sentence: str, forced: Sequence[str]) -> str:
    return f"{guard}, approved by a person: {sentence}" if guard in forced else f"Held by {guard}: {sentence}"


def _order(found: Sequence[str]) -> list[str]:
    """Prospect tiers by their leading number, then Recycle and Suppress, then customers."""

    def place(tier: str) -> tuple[int, str]:
        if tier in _TIERS_LAST:
            return (1, tier)
        return (2 if tier.startswith("Customer") else 0, tier)

    return sorted(set(found), key=place)


def _changes(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counts = dict.fromkeys(_KINDS.values(), 0)
    for row in rows:
        counts[_KINDS[Kind(row["change"]["kind"])]] += 1
    return counts


def _numbers(counts: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = ("read", "scored", "updated", "tasks_opened", "owners_moved", "held", "rejected", "api_calls")
    words = {"read": "rows read", "scored": "accounts scored", "held": "held", "api_calls": "API calls"}
    return [(words.get(name, name.replace("_", " ")), f"{counts[name]:,}") for name in names]


def _accounts(rows: Sequence[Mapping[str, Any]], decisions: Mapping[str, Mapping[str, str]]) -> list[AccountLine]:
    tasks = {
        row["change"]["account_id"]: row["change"]["subject"] for row in rows if row["change"]["kind"] == Kind.OPEN_TASK
    }
    order = dict.fromkeys(row["change"]["account_id"] for row in rows)
    return [
        AccountLine(
            name=known["name"] or account,
            tier=known["tier"],
            score=int(known["score"]) if known["score"] else None,
            movement=known["movement"],
            why=known["why"],
            task=tasks.get(account, ""),
            owner=known["owner"],
        )
        for account in order
        if (known := decisions.get(account)) is not None
    ]
