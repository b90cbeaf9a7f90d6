"""``tierline config``: check, show, schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from config.load import Loaded, load
from config.problems import ConfigError
from config.settings import Settings
from sync import exits
from sync.cli import output

FILE = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    default="tierline.yaml",
    envvar="TIERLINE_CONFIG",
    show_default=True,
    help="The config file.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@click.group()
def config() -> None:
    """Check and show the config; its JSON Schema."""


@config.command()
@FILE
@JSON
def check(file: Path, *, as_json: bool) -> int:
    """Every problem at once as file:line:col with a hint; no network call."""
    try:
        loaded = load(file, os.environ)
    except ConfigError as error:
        if as_json:
            output.document({"ok": False, "problems": [_problem(problem) for problem in error.problems]})
        else:
            for problem in error.problems:
                output.answer(str(problem))
            count = len(error.problems)
            output.note(f"{count} problem{'s' if count != 1 else ''}.")
        return exits.FAILED
    if as_json:
        output.document({"ok": True, "warnings": [_problem(problem) for problem in loaded.warnings]})
        return exits.DONE
    for problem in loaded.warnings:
        output.answer(f"warning: {problem}")
    output.answer(f"{file} is well formed: {_outline(loaded)}")
    return exits.DONE


@config.command()
@FILE
@JSON
def show(file: Path, *, as_json: bool) -> int:
    """Every value with its origin; secrets are references and stay so."""
    loaded = load(file, os.environ)
    rows = [(place, value, loaded.origins.get(place, "default")) for place, value in _leaves(loaded)]
    if as_json:
        output.document([{"setting": place, "value": value, "origin": origin} for place, value, origin in rows])
    else:
        output.table(("setting", "value", "origin"), rows)
    return exits.DONE


@config.command()
def schema() -> int:
    """JSON Schema of the config file, for editors."""
    tree = Settings.model_json_schema()
    output.document({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "tierline.yaml", **tree})
    return exits.DONE


def _outline(loaded: Loaded) -> str:
    settings = loaded.settings
    names = ", ".join(f"{connection.name} ({connection.crm})" for connection in settings.connections)
    return f"{names}; {len(settings.policy.tiers)} tiers, {len(settings.motion.plays)} plays, mode {settings.mode}"


def _problem(problem: Any) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("file", "line", "column", "path", "said", "hint")}


def _leaves(loaded: Loaded) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []

    def walk(value: object, place: str) -> None:
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                walk(inner, f"{place}.{key}" if place else str(key))
        elif isinstance(value, list | tuple) and value:
            for index, inner in enumerate(value):
                walk(inner, f"{place}.{index}")
        else:
            found.append((place, value))

    walk(loaded.settings.model_dump(mode="json", by_alias=True), "")
    return found
