"""``tierline plan``, ``apply`` and ``run``: one pass shown, one plan applied, one pass done."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from config.load import Loaded
from sync import exits
from sync.approve import apply_stored, find_plan
from sync.artefacts import run_folder, write_decisions, write_plan, write_receipts, write_summary
from sync.cli import output, parts
from sync.cli.stopping import Stopping, stop_between_batches
from sync.clock import SystemClock
from sync.connect import AnyConnection
from sync.endings import ending_of
from sync.guards import unknown_guards
from sync.names import new_run_id
from sync.planned import Plan
from sync.record import Run
from sync.render.labels import Labels
from sync.render.plan_text import plan_lines
from sync.render.run_text import summary_lines
from sync.run import Line, Pass, Watch, receipts_of, run_once
from sync.store import Store


@click.command()
@parts.options
@click.option("--out", type=click.Path(path_type=Path), help="Write the plan as JSON to this file too.")
@click.option("--all", "every", is_flag=True, help="Every account, not only the first ones.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when the plan has changes.")
def plan(file: Path, name: str | None, *, as_json: bool, out: Path | None, every: bool, detailed_exitcode: bool) -> int:
    """What would change, and why. Writes nothing to the CRM."""
    if out is not None and name is None and len(parts.read_config(file).settings.connections) > 1:
        raise click.UsageError("one file holds one plan: add --connection NAME")

    def one(line: Line, loaded: Loaded) -> Answer:
        done, code = _pass(line, loaded, live=False)
        if out is not None:
            out.write_text(json.dumps(done.plan.as_dict(), indent=1, ensure_ascii=False, default=str), encoding="utf-8")
        if not as_json:
            _show(done, every=every)
            _next_step(done.plan, {trip.guard: trip.sentence for trip in done.verdict.tripped}, file)
        changes = detailed_exitcode and done.plan.changes and code == exits.DONE
        return Answer(exits.CHANGES if changes else code, {"run": done.run.as_dict(), "plan": done.plan.as_dict()})

    return each(file, name, one, as_json=as_json)


@click.command()
@parts.options
@click.option("--live", is_flag=True, help="Write to the CRM, whatever the config's mode.")
def run(file: Path, name: str | None, *, as_json: bool, live: bool) -> int:
    """One pass; dry unless --live or mode: live."""

    def one(line: Line, loaded: Loaded) -> Answer:
        act = live or loaded.settings.mode == "live"
        done, code = _pass(line, loaded, live=act)
        if not as_json:
            _show(done, every=False)
            if done.run.code == exits.HELD or not act:
                _next_step(done.plan, {trip.guard: trip.sentence for trip in done.verdict.tripped}, file)
            for text in summary_lines(done.run, parts.runs_folder(loaded) / done.run.run):
                output.answer(text)
        return Answer(code, done.run.as_dict())

    return each(file, name, one, as_json=as_json)


@click.command()
@click.argument("plan_name", metavar="PLAN")
@parts.options
@click.option("--force", multiple=True, metavar="GUARD", help="Apply although this guard holds the plan; name each.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(plan_name: str, file: Path, name: str | None, *, as_json: bool, force: Sequence[str], yes: bool) -> int:
    """Apply exactly one stored plan: a file, a run id, or the first 8 or more digits of its digest."""
    unknown = unknown_guards(force)
    if unknown:
        raise click.UsageError(f"no guard is named {', '.join(unknown)}")
    loaded = parts.read_config(file)
    wanted = _wanted(plan_name)
    with parts.opened_store(loaded) as store:
        connection = _connection_of(loaded, store, name, wanted)
        _ask(find_plan(store.of(connection.name), wanted).plan, yes=yes)
        with parts.opened(loaded, connection, store) as line, stop_between_batches() as stop:
            with output.bars() as bars:
                watch = Watch(applied=lambda done, total: bars.of("applying", done, total), stop=stop)
                done = apply_stored(line, wanted, force, watch)
            folder = run_folder(parts.runs_folder(loaded), done.run.run)
            write_summary(folder, done.run)
            write_receipts(folder, done.applied.receipts)
    if as_json:
        output.document(done.run.as_dict())
    else:
        for text in summary_lines(done.run, folder):
            output.answer(text)
    return _code(done.run, stop)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command makes of one connection: its exit code, and the document for machines."""

    code: int
    document: dict[str, Any]


def each(file: Path, name: str | None, one: Callable[[Line, Loaded], Answer], *, as_json: bool) -> int:
    """Do something for each chosen connection; what stops one does not stop the others. The worst code.

    As JSON it is one document: of the connection, or a list where there are several.
    """
    loaded = parts.read_config(file)
    answers: list[Answer] = []
    with parts.opened_store(loaded) as store:
        connections = parts.chosen(loaded, name)
        for connection in connections:
            with parts.opened(loaded, connection, store) as line:
                alone = len(connections) == 1
                answers.append(one(line, loaded) if alone else _told(connection, line, loaded, one))
            if answers[-1].code in (exits.INTERRUPTED, exits.TERMINATED):
                break
    if as_json:
        documents = [answer.document for answer in answers]
        output.document(documents[0] if len(connections) == 1 else documents)
    return exits.worst([answer.code for answer in answers])


def _told(connection: AnyConnection, line: Line, loaded: Loaded, one: Callable[[Line, Loaded], Answer]) -> Answer:
    try:
        return one(line, loaded)
    except Exception as error:
        ending = ending_of(error)
        if ending is None:
            raise
        output.note(f"{connection.name}: {ending.tl}: {ending.said}")
        failed = {"connection": connection.name, "error": ending.tl, "said": ending.said}
        return Answer(ending.code, failed)


def _pass(line: Line, loaded: Loaded, *, live: bool) -> tuple[Pass, int]:
    """One pass with its artefacts, and the exit code."""
    run_id = new_run_id(SystemClock().now())
    with output.bars() as bars, stop_between_batches() as stop:
        watch = Watch(
            pulled=lambda table, rows: bars.count(f"reading {table}", rows),
            applied=lambda done, total: bars.of("applying", done, total),
            stop=stop,
        )
        try:
            done = run_once(line, run_id, act=live, watch=watch)
        except exits.Halted as halted:
            raise exits.Stopped(stop.code, str(halted)) from None
    keep(done, loaded)
    return done, _code(done.run, stop)


def keep(done: Pass, loaded: Loaded) -> Path:
    """Write the artefacts of a pass."""
    folder = run_folder(parts.runs_folder(loaded), done.run.run)
    tripped = {trip.guard: trip.sentence for trip in done.verdict.tripped}
    write_plan(folder, done.plan, plan_lines(done.plan, labels_of(done), tripped=tripped, every=True))
    write_decisions(folder, done.judged.decisions, done.judged.facts, labels_of(done).people)
    write_summary(folder, done.run)
    if done.run.live:
        write_receipts(folder, receipts_of(done))
    return folder


def labels_of(done: Pass) -> Labels:
    """Names for a pass's plan."""
    people = {owner.owner_id: owner.name for owner in done.snapshot.owners().values()}
    return Labels(done.snapshot.names(), people)


def _show(done: Pass, *, every: bool) -> None:
    tripped = {trip.guard: trip.sentence for trip in done.verdict.tripped}
    for text in plan_lines(done.plan, labels_of(done), tripped=tripped, every=every):
        output.answer(text)


def _next_step(plan: Plan, tripped: dict[str, str], file: Path) -> None:
    if not plan.changes:
        output.answer("Nothing to change: the CRM shows what it should.")
        return
    force = "".join(f" --force {guard}" for guard in tripped)
    where = "" if str(file) == "tierline.yaml" else f" --config {file}"
    output.answer(f"Nothing was written. To apply exactly this plan:  tierline apply {plan.short}{force}{where}")


def _wanted(name: str) -> str:
    """A plan's name for the store: of a file the digest that it holds."""
    path = Path(name)
    if not path.is_file():
        return name
    try:
        tree: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return str(tree["digest"])
    except (ValueError, KeyError) as error:
        raise click.UsageError(f"{path} is no plan: it has no digest") from error


def _connection_of(loaded: Loaded, store: Store, name: str | None, plan_name: str) -> AnyConnection:
    """The connection whose store holds the plan."""
    from sync.store import PlanRefused

    failed: PlanRefused | None = None
    for connection in parts.chosen(loaded, name):
        try:
            find_plan(store.of(connection.name), plan_name)
        except PlanRefused as error:
            failed = error
        else:
            return connection
    raise failed or click.UsageError("there is no connection")


def _ask(plan: Plan, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: add --yes to apply without a question")
    question = f"Apply plan {plan.short} on {plan.connection}: {len(plan.changes):,} changes?"
    if not click.confirm(question, default=False):
        raise exits.Stopped(exits.HELD, "Nothing was written.")


def _code(run: Run, stop: Stopping) -> int:
    """How a run ends the command: a stop between two batches by the signal that asked for it."""
    return stop.code if run.state == "interrupted" else run.code
