"""``tierline check`` and ``tierline setup``: is everything ready, and the fields that are needed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from connectors.base import Finding, Level, SetupStep
from connectors.errors import NeedsPerson
from sync import exits
from sync.cli import output, parts

_MARK = {Level.OK: "ok", Level.WARN: "warn", Level.FAIL: "FAIL"}


@click.command()
@parts.options
def check(file: Path, name: str | None, *, as_json: bool) -> int:
    """Config, login, permissions, fields, owners, budget, clocks; each with its fix. Writes nothing."""
    loaded = parts.read_config(file)
    codes, told = [exits.DONE], []
    with parts.opened_store(loaded) as store:
        for connection in parts.chosen(loaded, name):
            with parts.opened(loaded, connection, store) as line:
                findings = [*line.crm.check(), *_installation(line.crm.installation(), store.installation())]
            codes.append(exits.NEEDS_PERSON if any(one.level is Level.FAIL for one in findings) else exits.DONE)
            told.append({"connection": connection.name, "findings": [asdict(one) for one in findings]})
            if not as_json:
                _tell(connection.name, findings)
    if as_json:
        output.document(told)
    return exits.worst(codes)


@click.command()
@parts.options
@click.option("--apply", "act", is_flag=True, help="Make what is missing.")
@click.option("--take-over", is_flag=True, help="Take an org over from another installation.")
def setup(file: Path, name: str | None, *, as_json: bool, act: bool, take_over: bool) -> int:
    """The fields, permissions and groups that Tierline needs in the CRM."""
    loaded = parts.read_config(file)
    told, missing = [], 0
    with parts.opened_store(loaded) as store:
        for connection in parts.chosen(loaded, name):
            with parts.opened(loaded, connection, store) as line:
                if act and not take_over:
                    _refuse_strangers(line.crm.vendor, line.crm.installation(), store.installation())
                steps = line.crm.setup(act=act, installation=store.installation())
            missing += sum(step.missing for step in steps)
            told.append({"connection": connection.name, "steps": [asdict(step) for step in steps]})
            if not as_json:
                _list(connection.name, steps, act=act)
    if as_json:
        output.document(told)
    elif missing and not act:
        output.answer(f"Nothing was written. To make what is missing:  tierline setup --apply --config {file}")
    return exits.DONE


def _installation(theirs: str | None, ours: str) -> list[Finding]:
    if theirs is None:
        fix = "tierline setup --apply"
        return [Finding(Level.WARN, "installation", "no installation has left its id in this org yet", fix)]
    if theirs != ours:
        fix = "stop the other one, or take over: tierline setup --apply --take-over"
        return [Finding(Level.FAIL, "installation", "another installation works on this org", fix)]
    return [Finding(Level.OK, "installation", "this org is ours to write to")]


def _refuse_strangers(vendor: str, theirs: str | None, ours: str) -> None:
    if theirs not in (None, ours):
        raise NeedsPerson(
            vendor,
            doing="set up",
            said="another installation of Tierline works on this org",
            hint="stop it, or take over with: tierline setup --apply --take-over",
            code="TL-011",
        )


def _tell(name: str, findings: list[Finding]) -> None:
    output.answer(f"{name}:")
    rows = [(f"  {_MARK[one.level]}", one.what, one.said + (f" - {one.fix}" if one.fix else "")) for one in findings]
    output.table(("", "what", "how it is"), rows)


def _list(name: str, steps: list[SetupStep], *, act: bool) -> None:
    output.answer(f"{name}:")
    rows = [
        ("  +", one.what, "made" if act else one.said) if one.missing else ("   ", one.what, one.said) for one in steps
    ]
    output.table(("", "what", ""), rows)
