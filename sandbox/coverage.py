"""What the sandbox can do, listed from the tables that serve it: routes, switches, faults, actors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sandbox.actors import DEEDS as ACTS
from sandbox.app import CRMS, Sandbox, makers
from sandbox.control import routes as control_routes
from sandbox.faults import DEEDS as FAULTS
from sandbox.hubspot.oauth import OPEN
from sandbox.hubspot.routes import DATED, TABLE
from sandbox.hubspot.switches import Switches
from sandbox.salesforce.crm import Salesforce
from sandbox.salesforce.resources import NEWEST, OLDEST

Row = tuple[str, str]  # method, path
_HERE: Final = Path(__file__).parent
_ASKED: Final = re.compile(r"\.(switch|limit)\(\s*\"([a-z_.]+)\"")

_INTRO: Final = """\
Both CRMs answer in the vendors' shapes, statuses and error bodies. A path that is not listed here answers 404 in the
vendor's own way. `{}` is any value.
"""
_BESIDE: Final = """\
Beside them: `POST /services/oauth2/token` (JWT bearer, client credentials, refresh token), `GET /services/data/`,
`GET /id/{}/{}`.
"""
_NOT_BOTH: Final = "HubSpot takes no `undelete`; Salesforce takes no `add_token`."
_SWITCHES: Final = """\
Where the vendors' documentation is silent or accounts differ, a switch decides. Set by `POST /_sandbox/limits`.
"""


def page() -> str:
    """The whole page as Markdown."""
    box = Sandbox(makers("both"), start=datetime(2026, 11, 2, 9, tzinfo=UTC))
    salesforce = box.crms["salesforce"]
    assert isinstance(salesforce, Salesforce)
    parts = [
        "# What the sandbox covers\n",
        "<!-- Made by: python -m sandbox coverage. Change the routes, not this page. -->\n",
        _INTRO,
        f"## Salesforce: v{OLDEST}.0 to v{NEWEST}.0, below `/services/data/vNN.0/`\n",
        _table(("method", "path"), _of_salesforce(salesforce)),
        _BESIDE,
        f"## HubSpot: dated paths {' and '.join(DATED)}, and the older ones named\n",
        _table(("method", "path", "also as"), _of_hubspot()),
        "## Control\n",
        _table(("method", "path"), _of_control(box)),
        f"Faults: {_listed(FAULTS)}.\n",
        f"Acts of other people: {_listed(ACTS)}. {_NOT_BOTH}\n",
        "## Switches and limits\n",
        _SWITCHES,
        _table(("switch", "default"), [(f"`hubspot.{one.name}`", f"`{one.default}`") for one in fields(Switches)]),
        f"Salesforce switches: {_listed(_named('switch', 'salesforce.'))}.\n",
        f"Limits: {_listed(_named('limit', ''))}.\n",
    ]
    return "\n".join(parts)


def _of_salesforce(crm: Salesforce) -> list[tuple[str, str]]:
    return [
        (method, f"`{re.sub(r'{[a-z]+}', '{}', path) or '(the version itself)'}`") for method, path in crm.paths.listed
    ]


def _of_hubspot() -> list[tuple[str, str, str]]:
    rows = [(method, f"`/{path}`", ", ".join(others)) for method, path, others, _ in TABLE]
    opened = [(method, f"`/{_readable(pattern.pattern)}`", "") for method, pattern, _ in OPEN]
    return [*rows, *opened]


def _readable(pattern: str) -> str:
    return re.sub(r"\(\[\^/\]\+\)", "{}", re.sub(r"\(\?:([^)]*)\)", r"(\1)", pattern)).removesuffix("()")


def _of_control(box: Sandbox) -> list[tuple[str, str]]:
    rows = []
    for route in control_routes(box):
        methods = getattr(route, "methods", None) or set()
        rows += [(method, f"`{getattr(route, 'path', '')}`") for method in sorted(methods - {"HEAD"})]
    return rows


def _named(what: str, prefix: str) -> list[str]:
    """Names that the code asks its options for."""
    found = {
        prefix + name if not name.startswith(CRMS) else name
        for path in sorted(_HERE.rglob("*.py"))
        for kind, name in _ASKED.findall(path.read_text(encoding="utf-8"))
        if kind == what
    }
    return sorted(found)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines) + "\n"
