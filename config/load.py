"""YAML and environment to Settings: each value with its origin, and every problem at once with its place and a hint."""

from __future__ import annotations

import copy
import difflib
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.crosscheck import crosscheck, warnings
from config.document import Document, read_document
from config.problems import ConfigError, Place, Problem, spelled
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings that can be used, and what `config show` and `config check` tell about them."""

    settings: Settings
    file: Path
    origins: Mapping[str, str]  # dotted place -> where the value came from; absent = default
    warnings: tuple[Problem, ...]


def load(path: Path, environment: Mapping[str, str]) -> Loaded:
    """Read, fill in, validate and cross-check one config file. Raises ConfigError with all problems."""
    document = read_document(path, environment)
    try:
        settings = Settings.model_validate(document.tree)
    except ValidationError as error:
        found = [*document.problems, *_problems(document, error), *_further(document, error)]
        raise ConfigError(found) from None
    problems = [*document.problems, *(document.problem(*found) for found in crosscheck(settings))]
    if problems:
        raise ConfigError(problems)
    warned = tuple(document.problem(*found) for found in warnings(settings))
    return Loaded(settings, path, {spelled(place): text for place, text in document.origins.items()}, warned)


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_context=True):
        place = _place(document, detail["loc"])
        yield document.problem(place, _said(detail), _hint(detail, place))


def _further(document: Document, error: ValidationError) -> Iterator[Problem]:
    """Cross-check what is left when the parts in error are taken out, so that one mistake does not hide another."""
    tree = copy.deepcopy(document.tree)
    for detail in error.errors(include_url=False):
        _mend(tree, _place(document, detail["loc"]), detail.get("ctx", {}))
    try:
        settings = Settings.model_validate(tree)
    except ValidationError:
        return
    for found in crosscheck(settings):
        yield document.problem(*found)


def _mend(tree: Any, place: Place, context: Mapping[str, Any]) -> None:
    """Put the nearest allowed value at a place, or take away what stands there."""
    for step in place[:-1]:
        try:
            tree = tree[step]
        except (LookupError, TypeError):
            return
    if not isinstance(tree, dict) or place[-1] not in tree:
        return
    bounds = [context[name] for name in ("le", "ge") if name in context]
    allowed = re.findall(r"'([^']+)'", str(context.get("expected", "")))
    if bounds or allowed:
        tree[place[-1]] = [*bounds, *allowed][0]
    else:
        tree.pop(place[-1])


def _place(document: Document, location: tuple[int | str, ...]) -> Place:
    """Pydantic's location without the steps that the file does not have (names of union branches)."""
    place: Place = ()
    for step in location[:-1]:
        if (*place, step) in document.places:
            place = (*place, step)
    return (*place, *location[-1:])


def _said(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return f"unknown setting {detail['loc'][-1]!r}"
    if detail["type"] == "missing":
        return "is required"
    text = detail["msg"].removeprefix("Value error, ")
    shown = detail.get("input")
    plain = isinstance(shown, str | int | float) and not isinstance(shown, bool) and len(str(shown)) <= 40
    return f"{text} (it is {shown!r})" if plain and repr(shown) not in text else text


def _hint(detail: ErrorDetails, place: Place) -> str:
    if detail["type"] == "extra_forbidden":
        names = _names_beside(place)
        near = difflib.get_close_matches(str(place[-1]), names, n=1, cutoff=0.6)
        return f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(names)[:12])}" if names else ""
    if detail["type"] == "union_tag_not_found":
        return "add crm: salesforce, hubspot or files"
    return ""


def _names_beside(place: Place) -> list[str]:
    """Names that the model knows where an unknown one stands."""
    kinds: list[Any] = [Settings]
    for step in place[:-1]:
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    return [name for kind in kinds for name in _aliases(kind)]


def _aliases(kind: Any) -> Iterator[str]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield field.alias or name


def _inside(kind: Any, step: str | int) -> Iterator[Any]:
    """The models reached from ``kind`` by one key or index."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if step in (name, field.alias):
                yield from _models(field.annotation)
        return
    yield kind


def _models(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _models(get_args(annotation)[0])
    elif origin in (Union, types.UnionType, tuple, list, dict, typing.Union):
        for part in get_args(annotation):
            yield from _models(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
