"""``tierline demo``: the whole line on two sandbox CRMs that it starts and ends itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from config.load import load
from sync import exits
from sync.approve import apply_stored
from sync.artefacts import write_summary
from sync.children import Sandbox, sandbox, write_world
from sync.cli import output, parts
from sync.cli.passes import keep, labels_of
from sync.clock import SystemClock
from sync.demo.configs import write_config
from sync.names import new_run_id
from sync.render.labels import counted
from sync.render.plan_text import plan_lines
from sync.render.run_text import summary_lines
from sync.report.from_runs import report_of
from sync.run import Line, Pass, Watch, run_once

CRMS = ("salesforce", "hubspot")
NOW = "2026-11-02T09:00:00Z"  # of the sandbox: the same world every time


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder to work in; default: a new temporary one.")
@click.option(
    "--size",
    type=click.Choice(("small", "medium")),
    default="small",
    show_default=True,
    help="300 accounts, or 20,000.",
)
@click.option("--seed", default=7, show_default=True, help="Another number is another world.")
def demo(out: Path | None, size: str, seed: int) -> int:
    """See the whole line work on two sandbox CRMs; needs no credentials and writes only to them."""
    folder = (out or Path(tempfile.mkdtemp(prefix="tierline-demo-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    words = ["--size", size, "--seed", str(seed), "--now", NOW]
    output.note(f"Making a world of the size {size!r}, and two pretend CRMs that hold it ...")
    write_world([*words, "--out", str(folder), "--format", "csv"])
    with sandbox(["--port", "0", "--limits", "off", *words], folder / "sandbox.log") as running:
        shown = [_one(crm, running, folder) for crm in CRMS]
    tiers = load(folder / f"{CRMS[0]}.yaml", {}).settings.policy.tiers
    bars = [(tier.name, tier.enter) for tier in tiers]
    report = report_of(folder / "runs", shown, folder / "report.html", title="Tierline demo", bars=bars)
    output.answer()
    output.answer(f"Report with charts: {report}")
    output.answer(f"Explain an account: tierline explain Acme --config {folder / 'salesforce.yaml'}")
    return exits.DONE


def _one(crm: str, running: Sandbox, folder: Path) -> str:
    """The line on one CRM: fields, plan, apply, and a second pass that finds nothing to do. The run's id."""
    loaded = load(write_config(folder / f"{crm}.yaml", crm, running), {})
    connection = loaded.settings.connections[0]
    with parts.opened_store(loaded) as store, parts.opened(loaded, connection, store) as line:
        output.answer()
        output.answer(f"== {line.crm.vendor} " + "=" * (86 - len(line.crm.vendor)))
        made = sum(step.missing for step in line.crm.setup(act=True, installation=store.installation()))
        output.answer(
            f"$ tierline setup --apply      made {counted(made, 'field and permission', 'fields and permissions')}"
        )
        output.answer("$ tierline plan")
        first = _pass(line, live=False)
        for text in plan_lines(first.plan, labels_of(first), tripped=_tripped(first)):
            output.answer(text)
        force = [trip.guard for trip in first.verdict.tripped]
        output.answer()
        output.answer(f"$ tierline apply {first.plan.short}" + "".join(f" --force {guard}" for guard in force))
        with output.bars() as bars:
            watch = Watch(applied=lambda done, total: bars.of("applying", done, total))
            done = apply_stored(line, first.plan.short, force, watch)
        for text in summary_lines(done.run):
            output.answer(text)
        write_summary(keep(first, loaded), done.run)
        output.answer("$ tierline run --live          (the second pass)")
        again = _pass(line, live=True)
        for text in summary_lines(again.run):
            output.answer(text)
    keep(again, loaded)
    return first.run.run


def _pass(line: Line, *, live: bool) -> Pass:
    with output.bars() as bars:
        watch = Watch(
            pulled=lambda table, rows: bars.count(f"reading {table}", rows),
            applied=lambda done, total: bars.of("applying", done, total),
        )
        return run_once(line, new_run_id(SystemClock().now()), act=live, watch=watch)


def _tripped(done: Pass) -> dict[str, str]:
    return {trip.guard: trip.sentence for trip in done.verdict.tripped}
