"""The page of all commands, made from the command line itself; exit codes are those of sync.exits."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import click

from sync.cli.main import COMMANDS

_HEAD = """\
# Commands

<!-- Made by: python -m tests.project.pages. Change the commands, not this page. -->

Answers go to stdout, everything else to stderr. A table on a terminal is tab-separated lines in a pipe. Nothing writes
to a CRM but `apply`, `run` with `--live` or `mode: live`, `serve` under `mode: live`, and `setup --apply`; `demo`
writes only to the sandboxes that it started.

Every command can end with 0 (done), 1 (failed, for example by a wrong config), 64 (wrong usage), 130 (interrupted) and
143 (terminated). What else a command ends with stands beside it. [errors.md](errors.md) tells what each code means.
"""
_CRM = (4, 5)
# what a command may end with beside 0, 1, 64, 130 and 143
EXITS: dict[str, tuple[int, ...]] = {
    "demo": (),
    "init": (),
    "check": _CRM,
    "setup": _CRM,
    "plan": (2, *_CRM, 75),
    "apply": (3, *_CRM, 6, 75),
    "run": (3, *_CRM, 6, 75),
    "serve": (),
    "explain": (),
    "runs list": (),
    "runs show": (),
    "report": (),
    "config check": (),
    "config show": (),
    "config schema": (),
    "sandbox up": (),
}
_NOTES = {
    "plan": "2 only with `--detailed-exitcode`.",
    "run": "3: a guard holds the plan. Several connections: the first of 4, 5, 1, 3, 6.",
    "apply": "3: the plan is stale, superseded, unknown or not approved, or the question was answered with no.",
    "check": "4: something must be done in the CRM; the line says what. 5: the CRM cannot be reached.",
    "serve": "It ends with 0 on SIGTERM and Ctrl-C, after the current batch. A pass that fails is logged.",
    "sandbox up": "1: the port is taken.",
}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its full name, in the order of the overview."""
    for name, (module, attribute) in COMMANDS.items():
        command = getattr(importlib.import_module(f"sync.cli.{module}"), attribute)
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())
        else:
            yield name, command


def render() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(name, command) for name, command in commands())


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"tierline {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"\n## `tierline {name}`\n", (command.help or "").replace("\n\n", "\n").strip(), ""]
    lines += ["```", f"tierline {name} {usage}", "```", ""]
    options = [one for one in command.get_params(context) if isinstance(one, click.Option) and "--help" not in one.opts]
    if options:
        lines += ["| option | default | meaning |", "|---|---|---|", *(_row(one, context) for one in options), ""]
    codes = ", ".join(str(code) for code in EXITS[name])
    note = _NOTES.get(name, "")
    if codes or note:
        lines.append(" ".join(part for part in (f"Also ends with {codes}." if codes else "", note) if part))
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _row(option: click.Option, context: click.Context) -> str:
    names = ", ".join((*option.opts, *option.secondary_opts))
    kind = "" if option.is_flag else f" {option.make_metavar(context)}"
    many = " (may be given several times)" if option.multiple else ""
    default = option.get_default(context)
    shown = "-" if option.is_flag or default in (None, ()) or "UNSET" in repr(default) else f"`{default}`"
    environment = f" Or by `{option.envvar}`." if option.envvar else ""
    return f"| `{(names + kind).replace('|', chr(92) + '|')}` | {shown} | {option.help or ''}{environment}{many} |"
