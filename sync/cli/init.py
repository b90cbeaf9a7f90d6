"""``tierline init``: a commented config to start from."""

from __future__ import annotations

import os
import zoneinfo
from importlib import resources
from pathlib import Path

import click

from config.load import load
from sync import exits
from sync.cli import output

_ENV = {
    "salesforce": "# The External Client App's consumer key; its private key lies in salesforce.key (owner-only).\n"
    "SALESFORCE_CONSUMER_KEY=\n",
    "hubspot": "# A service key or private app token.\nHUBSPOT_TOKEN=\n",
    "files": "# Nothing is needed for files.\n",
}
_IGNORE = ".env\n.tierline/\nruns/\nout/\n*.key\n"


@click.command()
@click.option("--crm", type=click.Choice(("salesforce", "hubspot", "files")), help="Which CRM; asked for if not given.")
@click.option("--zone", help="Time zone of the office, for example Europe/Berlin; asked for if not given.")
@click.option("--into", type=click.Path(path_type=Path), default=".", show_default=True, help="Folder to write into.")
def init(crm: str | None, zone: str | None, into: Path) -> int:
    """Write a commented tierline.yaml, .env.example and .gitignore; files that exist are left alone."""
    crm = crm or click.prompt("CRM", type=click.Choice(tuple(_ENV)), default="salesforce")
    zone = zone or click.prompt("Time zone of the office", default="UTC")
    if zone not in zoneinfo.available_timezones():
        raise click.UsageError(f"{zone!r} is no time zone; write for example Europe/Berlin")
    text = resources.files("config.starter").joinpath(f"{crm}.yaml").read_text()
    text = text.replace("{name: office, zone: UTC,", f"{{name: office, zone: {zone},")
    into.mkdir(parents=True, exist_ok=True)
    for name, content in (("tierline.yaml", text), (".env.example", _ENV[crm]), (".gitignore", _IGNORE)):
        _write(into / name, content)
    loaded = load(into / "tierline.yaml", os.environ)
    output.answer(f"{loaded.file} is well formed. Fill in the login, then:  tierline check")
    return exits.DONE


def _write(path: Path, content: str) -> None:
    try:
        with path.open("x") as file:
            file.write(content)
    except FileExistsError:
        output.answer(f"{path} exists and is left as it is")
    else:
        output.answer(f"wrote {path}")
