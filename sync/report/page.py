"""The report as one HTML file: no network, no server; scripts and data lie inside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_SCRIPTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js")


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account that this run changes, as the report lists it."""

    name: str
    tier: str
    score: int | None
    movement: str
    why: str
    task: str
    owner: str


@dataclass(frozen=True, slots=True)
class Section:
    """One connection's run."""

    connection: str
    vendor: str
    run: str
    at: str
    policy: str
    numbers: Sequence[tuple[str, str]]
    charts: Sequence[dict[str, Any]]
    accounts: Sequence[AccountLine]
    more: int = 0
    held: Sequence[str] = field(default_factory=tuple)


def render(title: str, sections: Sequence[Section]) -> str:
    """The whole page."""
    environment = Environment(loader=PackageLoader("sync.report"), autoescape=True, undefined=StrictUndefined)
    specs = [spec for section in sections for spec in section.charts]
    return environment.get_template("report.html").render(
        title=title,
        sections=sections,
        scripts=[Markup(_script(name)) for name in _SCRIPTS],  # noqa: S704  # our own vendored files
        specs=Markup(_harmless(json.dumps(specs))),  # noqa: S704  # made harmless in the line above
    )


def write(path: Path, title: str, sections: Sequence[Section]) -> Path:
    """The page as a file, readable by its owner alone: it names accounts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(title, sections), encoding="utf-8")
    path.chmod(0o600)
    return path


def _script(name: str) -> str:
    return resources.files("sync.report").joinpath("static", name).read_text(encoding="utf-8")


def _harmless(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
