"""The requests that a process makes, as they leave it: to count them, and to make them again without our code."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from urllib3.connectionpool import HTTPConnectionPool

_FROM: Final = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
PAGES: Final = ("page", "result")  # purposes whose answers carry rows


@dataclass(frozen=True, slots=True)
class Made:
    """One request: when (which stage), what for, on which object, and all that is needed to make it again."""

    stage: str
    purpose: str
    about: str  # object, empty where there is none
    method: str
    path: str
    headers: dict[str, str]
    body: str  # base64

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


class Recorder:
    """Notes every request that goes through urllib3, whichever client makes it."""

    def __init__(self, stage: Callable[[], str]) -> None:
        self.made: list[Made] = []
        self._stage, self._about = stage, ""

    def start(self) -> None:
        """From now on every request of this process is noted."""
        inner, note = HTTPConnectionPool.urlopen, self._note

        def urlopen(
            pool: HTTPConnectionPool, method: str, url: str, body: Any = None, headers: Any = None, *a: Any, **k: Any
        ) -> Any:
            note(method, url, body, headers)
            return inner(pool, method, url, body, headers, *a, **k)

        HTTPConnectionPool.urlopen = urlopen  # type: ignore[assignment,method-assign]

    def _note(self, method: str, url: str, body: Any, headers: Mapping[Any, Any] | None) -> None:
        plain = _bytes(body)
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        purpose, about = what_for(method, path, plain)
        if about:
            self._about = about
        elif purpose in PAGES:
            about = self._about  # a later page does not say of what
        named = {_text(name): _text(value) for name, value in (headers or {}).items()}
        coded = base64.b64encode(plain).decode()
        self.made.append(Made(self._stage(), purpose, about, method, path, named, coded))


def what_for(method: str, path: str, body: bytes) -> tuple[str, str]:
    """Purpose and object of a request, from its address."""
    return (_salesforce if path.startswith("/services/") else _hubspot)(method, path, body)


def _salesforce(method: str, path: str, body: bytes) -> tuple[str, str]:  # noqa: PLR0911 - a table of addresses
    parts = urlsplit(path)
    words = [word for word in parts.path.split("/") if word]
    named = words[3:] if words[1:2] == ["data"] else ["login" if "oauth2" in words else "other"]
    match method, named:
        case "GET", [] | [""]:
            return "clock", ""
        case _, ["query" | "queryAll", *_]:
            return "page", _object("".join(parse_qs(parts.query).get("q", [])))
        case "POST", ["jobs", "query"]:
            return "job", _object(body.decode())
        case "GET", ["jobs", "query", _, "results"]:
            return "result", ""
        case "GET", ["jobs", "query", _]:
            return "poll", ""
        case "POST", ["composite", "sobjects", name]:
            return "read back", name
        case "PATCH", ["composite", "sobjects"]:
            return "update", ""
        case "POST", ["composite", "sobjects"]:
            return "create", ""
        case _, ["sobjects", name, "describe"]:
            return "describe", name
        case _:
            return named[0], ""


def _hubspot(method: str, path: str, body: bytes) -> tuple[str, str]:  # noqa: ARG001, PLR0911 - one signature for both
    words = [word for word in urlsplit(path).path.split("/") if word and not re.fullmatch(r"v\d|\d{4}-\d\d", word)]
    match method, words:
        case "GET", ["crm", "objects", kind]:
            return "page", kind
        case "GET", ["crm", "owners"]:
            return "page", "owners"
        case "POST", ["crm", "objects", kind, "search"]:
            return "search", kind
        case "POST", ["crm", "objects", kind, "batch", verb]:
            return {"read": "read back"}.get(verb, verb), kind
        case "POST", ["crm", "associations", *_]:
            return "associations", ""
        case _, ["crm", "properties", *_]:
            return "describe", ""
        case _, ["account-info", *_]:
            return "clock", ""
        case _:
            return "other", ""


def _object(query: str) -> str:
    found = _FROM.search(query)
    return found[1] if found else ""


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
