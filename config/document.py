"""A YAML file as plain values, with the place of every key and item, and ``${NAME}`` filled from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from config.problems import ConfigError, Place, Problem, spelled

_REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:-|:\?)(?P<rest>[^}]*))?\}")


@dataclass(slots=True)
class Document:
    """One config file, read: values, places (line and column from 1), and where each value came from."""

    file: str
    tree: dict[str, Any]
    places: dict[Place, tuple[int, int]] = field(default_factory=dict)
    origins: dict[Place, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, place: Place, said: str, hint: str = "") -> Problem:
        """A problem at a place, or at the nearest place above it that the file has."""
        known = place
        while known and known not in self.places:
            known = known[:-1]
        line, column = self.places.get(known, (1, 1))
        return Problem(self.file, line, column, spelled(place), said, hint)


def read_document(path: Path, environment: Mapping[str, str]) -> Document:
    """Read one YAML file. Raises ConfigError when it is missing, is no YAML, or is no mapping."""
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError([Problem(name, 1, 1, "", "no such file", "make one with: tierline init")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(name, 1, 1, "", f"cannot be read: {error.__class__.__name__}")]) from error
    try:
        root = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = (error.problem or error.context or "is not YAML").strip()
        raise ConfigError([Problem(name, line, column, "", said)]) from error
    except YAMLError as error:
        raise ConfigError([Problem(name, 1, 1, "", "is not YAML")]) from error
    if not isinstance(root, CommentedMap):
        raise ConfigError([Problem(name, 1, 1, "", "must be a mapping of settings", "see: tierline init")])
    document = Document(name, {})
    document.tree = _plain(root, (), document, environment)
    return document


def _plain(node: Any, place: Place, document: Document, environment: Mapping[str, str]) -> Any:
    if isinstance(node, CommentedMap):
        out: dict[Any, Any] = {}
        for key, value in node.items():
            inner = (*place, key if isinstance(key, int) else str(key))
            line, column = node.lc.key(key)
            document.places[inner] = (line + 1, column + 1)
            out[key if isinstance(key, str) else str(key)] = _plain(value, inner, document, environment)
        return out
    if isinstance(node, CommentedSeq):
        items: list[Any] = []
        for index, value in enumerate(node):
            line, column = node.lc.item(index)
            document.places[*place, index] = (line + 1, column + 1)
            items.append(_plain(value, (*place, index), document, environment))
        return items
    document.origins[place] = f"{document.file}:{document.places.get(place, (1, 1))[0]}"
    return _filled(str(node), place, document, environment) if isinstance(node, str) else _bare(node)


def _bare(node: Any) -> Any:
    """A scalar without the YAML library's wrappers."""
    for kind in (bool, int, float):
        if isinstance(node, kind):
            return kind(node)
    return node


def _filled(text: str, place: Place, document: Document, environment: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name, how, rest = match["name"], match["how"], match["rest"] or ""
        value = environment.get(name, "")
        if value or (how is None and name in environment):
            document.origins[place] = f"environment variable {name}"
            return value
        if how == ":-":
            document.origins[place] += f" (default, {name} is not set)"
            return rest
        said = rest if how == ":?" and rest else f"environment variable {name} is not set"
        document.problems.append(document.problem(place, said, f"export {name}=... or write ${{{name}:-default}}"))
        return match[0]

    return _REFERENCE.sub(fill, text)
