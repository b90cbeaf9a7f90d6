"""The ``tierline`` command: finds the sub-command, runs it, and ends with a stable exit code."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import FrameType
from typing import Any

import click
import rich_click

from sync import exits

COMMANDS = {  # name: module under sync.cli, attribute; imported only when asked for
    "demo": ("demo", "demo"),
    "init": ("init", "init"),
    "check": ("ready", "check"),
    "setup": ("ready", "setup"),
    "plan": ("passes", "plan"),
    "apply": ("passes", "apply"),
    "run": ("passes", "run"),
    "serve": ("serve", "serve"),
    "explain": ("explain", "explain"),
    "runs": ("history", "runs"),
    "report": ("report", "report"),
    "config": ("configs", "config"),
    "sandbox": ("sandboxes", "sandbox"),
}
HELP = {
    "demo": "See the whole line work on two sandbox CRMs; needs no credentials.",
    "init": "Write a commented tierline.yaml to start from.",
    "check": "Is everything ready? Config, login, permissions, fields, budget. Writes nothing.",
    "setup": "The fields that Tierline needs in the CRM: shown; made with --apply.",
    "plan": "What would change, and why. Writes nothing to the CRM.",
    "apply": "Apply exactly one stored plan.",
    "run": "One pass; dry unless --live or mode: live.",
    "serve": "Run on the schedule until told to stop.",
    "explain": "Why an account has its score and tier, line by line.",
    "runs": "History: list, show.",
    "report": "One offline HTML page with charts.",
    "config": "Check and show the config; its JSON Schema.",
    "sandbox": "Pretend CRMs on this machine, for trials and tests.",
}


class LazyGroup(rich_click.RichGroup):
    """Imports a command's module only when it is called, so that --help stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a first day with Tierline."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A stand-in with the command's help alone: all that the overview needs."""
        del ctx
        return click.Command(cmd_name, help=HELP[cmd_name]) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called, imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            module, attribute = COMMANDS[name]
            command = getattr(importlib.import_module(f"sync.cli.{module}"), attribute)
        return name, command, rest


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("tierline"), prog_name="tierline")
def tierline() -> None:
    """Turns CRM data into prioritised action: scores, tiers, owners, tasks and timers, as a plan you can read."""


class Terminated(BaseException):
    """SIGTERM, where the command does not end by itself after the current batch."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Errors are told on stderr with their TL code."""
    try:
        answer: Any = tierline.main(args=arguments, prog_name="tierline", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return int(leaving.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return exits.INTERRUPTED
    except Terminated:
        click.echo("Terminated.", err=True)
        return exits.TERMINATED
    except Exception as error:
        ending = importlib.import_module("sync.endings").ending_of(error)
        if ending is None:
            raise
        _tell(ending)
        return int(ending.code)
    return answer if isinstance(answer, int) else exits.DONE


def _tell(ending: Any) -> None:
    lead = f"{ending.tl}: " if ending.tl else ""
    if "\n" in ending.said:
        lead += "\n" if lead else ""
    click.echo(f"{lead}{ending.said}", err=True)
    if ending.code == exits.USAGE:
        click.echo("See: tierline --help", err=True)


if __name__ == "__main__":
    main()
