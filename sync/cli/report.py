"""``tierline report``: one offline HTML page with charts."""

from __future__ import annotations

from pathlib import Path

import click

from sync import exits
from sync.cli import output, parts
from sync.report.from_runs import report_of


@click.command()
@parts.options
@click.option(
    "--run", "wanted", help="A run by its id; default: the newest of each connection that left its artefacts."
)
@click.option("--out", type=click.Path(path_type=Path), default="report.html", show_default=True, help="File to write.")
def report(file: Path, name: str | None, *, as_json: bool, wanted: str | None, out: Path) -> int:
    """Tier distribution, scores, movement and this run's changes, as one offline HTML page."""
    loaded = parts.read_config(file)
    folder = parts.runs_folder(loaded)
    with parts.opened_store(loaded) as store:
        runs = []
        for connection in parts.chosen(loaded, name):
            with store.of(connection.name).reading() as tx:
                known = [row.run for row in tx.runs.list(100)]
            found = [run for run in known if (folder / run / "decisions.csv").exists() and wanted in (None, run)]
            runs += found[:1]
    if not runs:
        raise exits.Stopped(exits.FAILED, f"no run with artefacts in {folder}; run: tierline plan", "TL-063")
    bars = [(tier.name, tier.enter) for tier in loaded.settings.policy.tiers]
    made = report_of(folder, runs, out, title="Account priority", bars=bars)
    if as_json:
        output.document({"report": str(made), "runs": runs})
    else:
        output.answer(f"Report of {', '.join(runs)}: {made}")
    return exits.DONE
