"""The pretend Salesforce as the sandbox's frame knows it: routes, worlds, acts."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.frame import Clock, Journal, Options
from sandbox.salesforce import acts, resources
from sandbox.salesforce.auth import Doors, LoginRefusal
from sandbox.salesforce.bulk_ingest import Ingests
from sandbox.salesforce.bulk_query import BulkQueries
from sandbox.salesforce.errors import Refusal, RowRefusal, not_found
from sandbox.salesforce.fill import fill
from sandbox.salesforce.org import USERNAME, Org
from sandbox.salesforce.query import Queries
from sandbox.salesforce.routes import data_paths
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.web import Answer, Call, body_of, send
from sandbox.soql.errors import SoqlError
from sandbox.world import World, empty_world

_ALL: Final = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]
_DATA: Final = re.compile(r"/services/data/v(\d+)\.0(?:/(.*?))?/*")
_LONGEST: Final = 16_384


class Salesforce:
    """One org, one connected app, one integration user."""

    name = "salesforce"

    def __init__(self, clock: Clock, journal: Journal, options: Options) -> None:
        self.org = Org(clock, journal, options)
        self.doors = Doors(self.org)
        self.usage = Usage(clock, options)
        self.queries = Queries(self.org)
        self.bulk_queries = BulkQueries(self.org)
        self.ingests = Ingests(self.org)
        self.paths = data_paths(self.queries, self.bulk_queries, self.ingests, self.usage)
        self._key_file: Path | None = None
        self.clear()

    # ---- the frame's side -------------------------------------------------------------------------------------------
    def routes(self) -> list[BaseRoute]:
        """All HTTP routes of the pretend Salesforce."""
        return [
            Route("/services/oauth2/token", self._token, methods=["POST", "GET"]),
            Route("/services/data{rest:path}", self._data, methods=_ALL),
            Route("/id/{org}/{user}", self._identity, methods=["GET"]),
        ]

    def load(self, world: World) -> None:
        """Replaces all records by those of the world; sessions, custom fields and jobs go too."""
        fill(self.org, world)
        self._forget()

    def clear(self) -> None:
        """An org with nobody in it but the integration users."""
        self.load(empty_world(int(self.org.clock.seconds())))

    def _forget(self) -> None:
        for each in (self.doors, self.queries, self.bulk_queries, self.ingests, self.usage):
            each.clear()

    def keys(self) -> dict[str, dict[str, str]]:
        """World key to record id, by table."""
        return acts.keys(self.org)

    def act(self, order: dict[str, Any]) -> dict[str, Any]:
        """Does what somebody else in the org would do. Raises BadOrderError."""
        return acts.act(self.org, self.usage, order)

    def credentials(self) -> dict[str, str]:
        """What a client needs to log in; the private key is written to a file of its own, gone at exit."""
        return {
            "username": USERNAME,
            "consumer_key": self.doors.consumer_key,
            "consumer_secret": self.doors.consumer_secret,
            "private_key_file": str(self._key_path()),
        }

    def _key_path(self) -> Path:
        if self._key_file is None:
            folder = Path(tempfile.mkdtemp(prefix="tierline-sandbox-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            self._key_file = folder / "salesforce.key"
            self._key_file.touch(mode=0o600)
            self._key_file.write_bytes(self.doors.private_key())
        return self._key_file

    def expire_sessions(self) -> int:
        """Invalidates every access token; returns how many."""
        return self.doors.expire()

    def counts(self) -> dict[str, int]:
        """Live records by object name."""
        return {table.entity.name: table.live for table in self.org.tables.values() if table.live}

    # ---- the wire's side --------------------------------------------------------------------------------------------
    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True)) | dict(request.query_params)
        try:
            value = self.doors.grant(
                form, request.headers.get("authorization", ""), request.url.hostname or "", _base(request)
            )
        except LoginRefusal as refusal:
            value = {"error": refusal.error, "error_description": refusal.description}
            return send(Answer(refusal.status, value), request, {"Cache-Control": "no-store"})
        return send(Answer(200, value), request, {"Cache-Control": "no-store", "Pragma": "no-cache"})

    async def _identity(self, request: Request) -> Response:
        token = request.headers.get("authorization") or "Bearer " + request.query_params.get("oauth_token", "")
        try:
            call = self._call(request, self.doors.user_of(token), "66.0", b"", dict(request.path_params))
            return send(resources.identity(call), request, {})
        except Refusal as refusal:
            return send(Answer(refusal.status if refusal.status != 401 else 403, refusal.body()), request, {})

    async def _data(self, request: Request) -> Response:
        path = _raw_path(request)
        if path.rstrip("/") == "/services/data":
            return send(Answer(200, resources.versions()), request, {})
        counted: dict[str, str] = {}
        try:
            user_id = self.doors.user_of(request.headers.get("authorization", ""))
            version, below = _versioned(path, request)
            self.usage.count()
            counted = self.usage.header()
            body = await body_of(request)
            call = self._call(request, user_id, version, body, {})
            answer = self._answer(call, below)
        except Refusal as refusal:
            answer = _refused(refusal)
        return send(answer, request, counted or self.usage.header())

    def _answer(self, call: Call, below: str) -> Answer:
        try:
            return self.paths.answer(call, below)
        except SoqlError as error:
            return Answer(400, [{"message": error.message, "errorCode": error.code}])
        except RowRefusal as refusal:
            return _refused(refusal.whole())
        except Refusal as refusal:
            return _refused(refusal)

    def _call(self, request: Request, user_id: str, version: str, body: bytes, args: Mapping[str, str]) -> Call:
        return Call(
            method=request.method,
            path=_raw_path(request),
            version=version,
            view=self.org.view(user_id),
            params=dict(request.query_params),
            headers=dict(request.headers),
            body=body,
            args=args,
            base=_base(request),
        )


def _base(request: Request) -> str:
    """Scheme and host as the client called them."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    return bytes(raw).decode("ascii", "replace").partition("?")[0]


def _versioned(path: str, request: Request) -> tuple[str, str]:
    """The version and the path below it. Raises Refusal for dead versions and over-long addresses."""
    if len(path) + len(request.url.query) > _LONGEST:
        raise Refusal(414, "URI_TOO_LONG", "The request URI is too long")
    match = _DATA.fullmatch(path)
    if match is None:
        raise not_found()
    number = int(match[1])
    if number < resources.OLDEST:
        words = f"API version {number}.0 is retired and no longer available"
        raise Refusal(410, "UNSUPPORTED_API_VERSION", words)
    if number > resources.NEWEST:
        raise not_found()
    return f"{number}.0", match[2] or ""


def _refused(refusal: Refusal) -> Answer:
    headers = {"WWW-Authenticate": "Token"} if refusal.status == 401 else {}
    return Answer(refusal.status, refusal.body(), headers)
