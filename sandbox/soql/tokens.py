"""Cuts the text of a query into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sandbox.soql.errors import pointed

_DATETIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
_PATTERN: Final = re.compile(
    rf"""(?P<space>\s+)
    |(?P<datetime>{_DATETIME})
    |(?P<date>\d{{4}}-\d\d-\d\d(?![\w:-]))
    |(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<currency>[A-Z]{{3}}\d+(?:\.\d+)?(?![\w.]))
    |(?P<range>[A-Za-z_]+:\d+)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<mark><=|>=|!=|<>|[=<>(),])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_LIKE_ESCAPES: Final = frozenset("_%")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``kind`` is a group name of the pattern, or ``end``."""

    kind: str
    text: str
    at: int

    @property
    def upper(self) -> str:
        """The text in upper case, for keywords."""
        return self.text.upper()


def tokens(text: str) -> list[Token]:
    """All tokens of a query and a closing ``end``. Raises SoqlError MALFORMED_QUERY at the first bad character."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise _bad_character(text, at)
        kind = match.lastgroup or "space"
        if kind != "space":
            found.append(Token(kind, match.group(), at))
        at = match.end()
    found.append(Token("end", "<EOF>", len(text.rstrip())))
    return found


def _bad_character(text: str, at: int) -> Exception:
    if text[at] == "'":
        return pointed("MALFORMED_QUERY", text, at, "Unterminated string literal")
    return pointed("MALFORMED_QUERY", text, at, f"line 1:{at} no viable alternative at character '{text[at]}'")


def unquoted(text: str, at: int, query: str, *, pattern: bool) -> str:
    """The string that a quoted literal stands for; in a LIKE pattern escaped wildcards keep their backslash.

    Raises SoqlError MALFORMED_QUERY for an escape that the language does not know.
    """
    out: list[str] = []
    body = iter(text[1:-1])
    for char in body:
        if char != "\\":
            out.append(char)
            continue
        escaped = next(body, "")
        if escaped in _LIKE_ESCAPES and pattern:
            out.append("\\" + escaped)
        elif escaped.lower() in _ESCAPES:
            out.append(_ESCAPES[escaped.lower()])
        elif escaped == "\\":
            out.append("\\\\" if pattern else "\\")
        elif escaped in "'\"" or escaped in _LIKE_ESCAPES:
            out.append(escaped)
        else:
            raise pointed("MALFORMED_QUERY", query, at, f"Invalid string literal {text}. Illegal character sequence")
    return "".join(out)
