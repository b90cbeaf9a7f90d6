"""The page of all settings, made from the settings tree and the meanings in docs/settings.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from config.settings import HubSpotAuth, SalesforceAuth, Settings
from engine.motion import WorkSpan

ROOT = Path(__file__).parents[2]
MEANINGS = ROOT / "docs" / "settings.yaml"
_LOGINS: dict[type[BaseModel], str] = {SalesforceAuth: "salesforce", HubSpotAuth: "hubspot"}
Meanings = dict[str, dict[str, str]]
_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_HEAD = """\
# Configuration

<!-- Made by: python -m tests.project.pages. Change docs/settings.yaml or the models, not this page. -->

Everything an admin writes stands in one file, `tierline.yaml`. `tierline init` writes a commented one, `tierline config
check` names every problem in it as `file:line:col`, `tierline config show` prints every value with its origin, and
`tierline config schema` prints the JSON Schema for editors. An unknown key is an error. No value ever changes while a
command runs.

- **Order**: flag, then environment, then file, then default. `TIERLINE_CONFIG` names the file.
- **Variables**: `${NAME}`, `${NAME:-default}` and `${NAME:?message}` work in any value.
- **Secrets** are references: `env:NAME`, `file:PATH` (relative paths count from the config file),
  `keyring:SERVICE/NAME` (needs the extra `keyring`), `exec:COMMAND`. They are looked up when a login needs them.
- **Times**: `30d`, `8w`, `4h`, `15m`, `30s` are plain time. `4 business hours` and `2 business days` are working time.
- **Percentages**: `30%` or `0.30`.
- **Conditions** (`when`): `{column: value}`, `{column: [several]}`, a least value for numbers (`{fit: 75}`), a flag
  (`{strategic: true}`), or `{event: funding, within: 365d}`. All of them must hold.
"""


def meanings() -> Meanings:
    """What people wrote about each setting: class, then field."""
    tree: Meanings = YAML(typ="safe", pure=True).load(MEANINGS)
    return tree


def models() -> dict[type[BaseModel], str]:
    """Every class of the settings tree with the first place where it stands, in the order of the file."""
    found: dict[type[BaseModel], str] = {Settings: ""}
    _collect(Settings, "", found)
    return found


def render() -> str:
    """The whole page."""
    told = meanings()
    parts = [_HEAD]
    for model, place in models().items():
        parts.append(f"\n## {f'`{place}`' if place else 'The file'}\n\n{_sentence(model)}\n\n{_table(model, told)}")
    return "".join(parts)


def meaning(model: type[BaseModel], name: str, told: Meanings) -> str | None:
    """What a setting means: the words of docs/settings.yaml, else those in the model."""
    for owner in model.__mro__:
        words = told.get(owner.__name__.removeprefix("_"), {}).get(name)
        if words:
            return words
    text = model.model_fields[name].description
    return f"{text[0].upper()}{text[1:]}." if text else None


def _collect(model: type[BaseModel], place: str, found: dict[type[BaseModel], str]) -> None:
    for name, info in model.model_fields.items():
        for inner in _inside(info.annotation):
            if inner not in found:
                at = f"{place}.{info.alias or name}".lstrip(".") + _variant(inner)
                found[inner] = at
                _collect(inner, at.partition(" ")[0], found)


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)


def _variant(model: type[BaseModel]) -> str:
    """Which of several kinds: connections differ by CRM."""
    info = model.model_fields.get("crm")
    crm = get_args(info.annotation)[0] if info is not None else _LOGINS.get(model)
    return f" (crm: {crm})" if crm else ""


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").replace("``", "`").split())


def _table(model: type[BaseModel], told: Meanings) -> str:
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, info in model.model_fields.items():
        words = meaning(model, name, told) or "?"
        rows.append(f"| `{info.alias or name}` | {_default(info)} | {_choices(info)}{words} |")
    return "\n".join(rows) + "\n"


def _choices(info: FieldInfo) -> str:
    if get_origin(info.annotation) is not Literal or len(get_args(info.annotation)) < 2:
        return ""
    return ", ".join(f"`{one}`" for one in get_args(info.annotation)) + ". "


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "*needed*"
    value = info.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "see below"
    if value is None or value in ((), "", {}):
        return "-"
    return f"`{_shown(value)}`"


def _shown(value: Any) -> str:
    match value:
        case timedelta():
            seconds = int(value.total_seconds())
            unit, length = next((unit, length) for unit, length in _UNITS if seconds % length == 0)
            return f"{seconds // length}{unit}"
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {_shown(one)}" for key, one in value.items()) + "}"
        case tuple() | list():
            return "[" + ", ".join(_shown(one) for one in value) + "]"
        case float():
            return f"{value:g}"
        case Path() | WorkSpan() | str() | int():
            return str(value)
        case _:
            raise TypeError(f"no way to show a default of type {type(value).__name__}")
