"""``tierline sandbox``: the pretend CRMs alone, for trials and tests."""

from __future__ import annotations

import subprocess

import click

from sync import exits
from sync.children import SANDBOX
from sync.cli import output


@click.group()
def sandbox() -> None:
    """Pretend CRMs on this machine, for trials and tests."""


@sandbox.command(context_settings={"ignore_unknown_options": True})
@click.option("--port", default=8025, show_default=True, help="Port on loopback; 0 takes a free one.")
@click.option(
    "--size",
    type=click.Choice(("small", "medium", "empty")),
    default="small",
    show_default=True,
    help="300 accounts, 20,000, or none.",
)
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same world.")
@click.option("--limits/--no-limits", default=True, show_default=True, help="API limits as the vendors have them.")
def up(port: int, size: str, seed: int, *, limits: bool) -> int:
    """Start a pretend Salesforce and a pretend HubSpot; Ctrl-C ends them.

    The first line on stdout tells address and credentials as JSON; /_sandbox/ is the control desk.
    """
    output.note("Starting. Clock, journal and faults are at /_sandbox/ ; Ctrl-C ends.")
    words = ["up", "--port", str(port), "--size", size, "--seed", str(seed), "--limits", "on" if limits else "off"]
    with subprocess.Popen([*SANDBOX, *words]) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            return exits.INTERRUPTED
        finally:
            child.terminate()
            child.wait()
