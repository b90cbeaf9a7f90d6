"""The folder of a run: plan, decisions, receipts, rejects, summary; readable by its owner alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.base import Receipt
from engine.facts import POINT, Decision, Facts
from sync.changes import kind_of
from sync.planned import Plan
from sync.record import Run

_OWNER_ONLY = 0o700


def run_folder(runs: Path, run: str) -> Path:
    """The folder of one run, made if need be."""
    folder = runs / run
    folder.mkdir(parents=True, exist_ok=True)
    runs.chmod(_OWNER_ONLY)
    folder.chmod(_OWNER_ONLY)
    return folder


def write_plan(folder: Path, plan: Plan, text: Iterable[str]) -> None:
    """``plan.json`` for machines and ``plan.txt`` for people."""
    _json(folder / "plan.json", plan.as_dict())
    (folder / "plan.txt").write_text("\n".join(text) + "\n", encoding="utf-8")


def write_summary(folder: Path, run: Run) -> None:
    """``summary.json``, and ``rejects.csv`` with one line per change that did not go through."""
    _json(folder / "summary.json", run.as_dict())
    rows = [(one.account_id, one.record, one.kind, one.outcome, one.code, one.said) for one in run.rejects]
    _csv(folder / "rejects.csv", ("account_id", "record", "kind", "outcome", "code", "said"), rows)


def write_receipts(folder: Path, receipts: Sequence[Receipt]) -> None:
    """``receipts.csv``: what became of each change."""
    rows = [
        (str(kind_of(one.change)), one.change.record, str(one.outcome), one.crm_id or "", one.code) for one in receipts
    ]
    _csv(folder / "receipts.csv", ("kind", "record", "outcome", "crm_id", "code"), rows)


def write_decisions(
    folder: Path, decisions: Sequence[Decision], facts: Mapping[str, Facts], people: Mapping[str, str]
) -> None:
    """``decisions.csv``: every account with tier, score and how it moved; what the report is drawn from.

    ``people`` gives names by owner id.
    """
    rows = []
    for decision in decisions:
        known = facts.get(decision.account_id)
        fit, signal = (known.fit, known.signal) if known else (None, 0)
        rows.append(
            (
                decision.account_id,
                known.name if known else "",
                decision.standing.tier,
                "" if decision.score is None else decision.score,
                "" if fit is None else fit // POINT,
                signal // POINT,
                decision.movement,
                people.get(known.owner_id or "", known.owner_id or "") if known else "",
                known.why if known else "",
            )
        )
    header = ("account_id", "name", "tier", "score", "fit", "signal", "movement", "owner", "why")
    _csv(folder / "decisions.csv", header, rows)


def read_decisions(folder: Path) -> list[dict[str, str]]:
    """Rows of ``decisions.csv``."""
    with (folder / "decisions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_json(path: Path) -> dict[str, Any]:
    """A document of a run folder."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n", encoding="utf-8")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
