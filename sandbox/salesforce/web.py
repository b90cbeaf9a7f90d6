"""One call as handlers see it, and answers as the vendor sends them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.salesforce.errors import Refusal
from sandbox.salesforce.org import Org, View

JSON: Final = "application/json;charset=UTF-8"
if TYPE_CHECKING:
    from sandbox.salesforce.writes import Writer

_GZIP_OVER: Final = 2_048
_TRUE: Final = frozenset({"true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call. ``args`` are the variable parts of the path."""

    method: str
    path: str
    version: str  # "66.0"
    view: View
    params: Mapping[str, str]
    headers: Mapping[str, str]  # lower-case names
    body: bytes = b""
    args: Mapping[str, str] = field(default_factory=dict)
    base: str = ""  # scheme and host as the client called them
    shared: Writer | None = None  # the transaction that a composite call holds open

    @property
    def org(self) -> Org:
        """The org that is spoken to."""
        return self.view.org

    @property
    def user_id(self) -> str:
        """Whose session it is."""
        return self.view.user_id

    @property
    def root(self) -> str:
        """``/services/data/v66.0``."""
        return f"/services/data/v{self.version}"

    def json(self) -> Any:
        """The body as JSON. Raises Refusal JSON_PARSER_ERROR."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            words = f"The HTTP entity body is required, but this request has no entity body: {self.method}"
            message = words if not self.body else f"Unexpected character or end of input: {error}"
            raise Refusal(400, "JSON_PARSER_ERROR", message) from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Refusal JSON_PARSER_ERROR."""
        value = self.json()
        if not isinstance(value, dict):
            words = "Cannot deserialize request body: a JSON object is expected at [line:1, column:1]"
            raise Refusal(400, "JSON_PARSER_ERROR", words)
        return value

    def flag(self, header: str, *, default: bool) -> bool:
        """A header that says TRUE or FALSE."""
        return self.headers.get(header, str(default)).strip().lower() in _TRUE

    def inner(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Call:
        """A sub-request of a composite call."""
        path, _, query = url.partition("?")
        pairs = [each.partition("=") for each in query.split("&") if each]
        params = {unquote(key): unquote(value.replace("+", " ")) for key, _, value in pairs}
        given = {**self.headers, **{key.lower(): value for key, value in headers.items()}}
        return replace(self, method=method, path=path, params=params, headers=given, body=body, args={})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: a status, and JSON, or text of another type, or nothing."""

    status: int
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    media_type: str = JSON

    @property
    def empty(self) -> bool:
        """Whether there is no body at all."""
        return self.raw is None and self.value is None


Handler = Callable[[Call], Answer]


def ok(value: Any) -> Answer:
    """200 with JSON."""
    return Answer(200, value)


def no_content() -> Answer:
    """204."""
    return Answer(204)


def send(answer: Answer, request: Request, extra: Mapping[str, str]) -> Response:
    """The answer on the wire: encoded, zipped where the client takes it and it is worth it."""
    headers = {**extra, **answer.headers}
    if answer.empty:
        return Response(status_code=answer.status, headers=headers)
    body = answer.raw if answer.raw is not None else _encoded(answer.value, request)
    headers["Content-Type"] = answer.media_type
    if len(body) > _GZIP_OVER and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 1, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    return Response(body, answer.status, headers)


def _encoded(value: Any, request: Request) -> bytes:
    encoded = msgspec.json.encode(value)
    pretty = request.headers.get("x-prettyprint", "").lower() in _TRUE
    return msgspec.json.format(encoded, indent=2) if pretty else encoded


async def body_of(request: Request) -> bytes:
    """The request's body, unzipped where it came zipped. Raises Refusal."""
    body = await request.body()
    if request.headers.get("content-encoding", "").lower() == "gzip":
        try:
            return gzip.decompress(body)
        except (OSError, EOFError):
            raise Refusal(400, "JSON_PARSER_ERROR", "The request body is no valid gzip stream") from None
    return body


class Paths:
    """Path patterns and their handlers: ``sobjects/{type}/describe``. Case of fixed parts does not matter."""

    def __init__(self) -> None:
        self._patterns: list[tuple[re.Pattern[str], dict[str, Handler]]] = []
        self.listed: list[tuple[str, str]] = []  # method and pattern, for people

    def add(self, pattern: str, **handlers: Handler) -> None:
        """Handlers by method; earlier patterns win."""
        parts = [
            f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else f"(?i:{re.escape(part)})"
            for part in pattern.split("/")
        ]
        self._patterns.append((re.compile("/".join(parts)), handlers))
        self.listed += [(method, pattern) for method in handlers]

    def answer(self, call: Call, path: str) -> Answer:
        """Calls the handler of a path below the version. Raises Refusal for unknown paths and wrong methods."""
        for pattern, handlers in self._patterns:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            handler = handlers.get("GET" if call.method == "HEAD" else call.method)
            if handler is None:
                raise _wrong_method(call.method, handlers)
            return handler(replace(call, args={key: unquote(value) for key, value in match.groupdict().items()}))
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def _wrong_method(method: str, handlers: Mapping[str, Handler]) -> Refusal:
    allowed = sorted({*handlers, *(["HEAD"] if "GET" in handlers else [])})
    words = f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}"
    return Refusal(405, "METHOD_NOT_ALLOWED", words)
