"""HTTP in and out: one table of paths for both path families, authentication, limits and headers."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.hubspot import account_api, associations_api, batch_api, oauth, objects_api, properties_api, search
from sandbox.hubspot.auth import Caller
from sandbox.hubspot.call import Answer, Call
from sandbox.hubspot.errors import HTML_NOT_ALLOWED, HTML_NOT_FOUND, HTML_TOO_LONG, HtmlError, RefusalError
from sandbox.hubspot.portal import Portal

Handler = Callable[[Call], Answer]
METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
DATED: Final = ("2026-03", "2026-09")
VERSION: Final = re.compile(r"v\d|20\d\d-\d\d(-beta)?")
JSON_TYPE: Final = "application/json;charset=utf-8"

# method, path with the version taken out ({} = a variable segment), versions other than the dated ones, handler
TABLE: Final[tuple[tuple[str, str, tuple[str, ...], Handler], ...]] = (
    ("POST", "crm/objects/{}/batch/read", ("v3",), batch_api.read_batch),
    ("POST", "crm/objects/{}/batch/create", ("v3",), batch_api.create_batch),
    ("POST", "crm/objects/{}/batch/update", ("v3",), batch_api.update_batch),
    ("POST", "crm/objects/{}/batch/upsert", ("v3",), batch_api.upsert_batch),
    ("POST", "crm/objects/{}/batch/archive", ("v3",), batch_api.archive_batch),
    ("POST", "crm/objects/{}/search", ("v3",), search.search),
    ("POST", "crm/objects/{}/merge", ("v3",), objects_api.merge_records),
    ("POST", "crm/objects/{}/gdpr-delete", ("v3",), objects_api.forget_contact),
    ("GET", "crm/objects/{}", ("v3",), objects_api.list_records),
    ("POST", "crm/objects/{}", ("v3",), objects_api.create_record),
    ("GET", "crm/objects/{}/{}", ("v3",), objects_api.read_record),
    ("PATCH", "crm/objects/{}/{}", ("v3",), objects_api.update_record),
    ("DELETE", "crm/objects/{}/{}", ("v3",), objects_api.archive_record),
    ("GET", "crm/objects/{}/{}/associations/{}", ("v3", "v4"), associations_api.read_single),
    ("PUT", "crm/objects/{}/{}/associations/default/{}/{}", ("v4",), associations_api.put_default),
    ("PUT", "crm/objects/{}/{}/associations/{}/{}", ("v4",), associations_api.put_labels),
    ("DELETE", "crm/objects/{}/{}/associations/{}/{}", ("v4",), associations_api.remove),
    ("POST", "crm/associations/{}/{}/batch/read", ("v4",), associations_api.read_batch),
    ("POST", "crm/associations/{}/{}/batch/create", ("v4",), associations_api.create_batch),
    ("POST", "crm/associations/{}/{}/batch/associate/default", ("v4",), associations_api.create_default_batch),
    ("POST", "crm/associations/{}/{}/batch/archive", ("v4",), associations_api.archive_batch),
    ("POST", "crm/associations/{}/{}/batch/labels/archive", ("v4",), associations_api.archive_labels_batch),
    ("GET", "crm/associations/{}/{}/labels", ("v4",), associations_api.list_labels),
    ("POST", "crm/associations/{}/{}/labels", ("v4",), associations_api.create_label),
    ("GET", "crm/properties/{}/groups", ("v3",), properties_api.list_groups),
    ("POST", "crm/properties/{}/groups", ("v3",), properties_api.create_group),
    ("GET", "crm/properties/{}/groups/{}", ("v3",), properties_api.read_group),
    ("PATCH", "crm/properties/{}/groups/{}", ("v3",), properties_api.change_group),
    ("DELETE", "crm/properties/{}/groups/{}", ("v3",), properties_api.archive_group),
    ("POST", "crm/properties/{}/batch/create", ("v3",), properties_api.create_batch),
    ("POST", "crm/properties/{}/batch/read", ("v3",), properties_api.read_batch),
    ("POST", "crm/properties/{}/batch/archive", ("v3",), properties_api.archive_batch),
    ("GET", "crm/properties/{}", ("v3",), properties_api.list_properties),
    ("POST", "crm/properties/{}", ("v3",), properties_api.create_property),
    ("GET", "crm/properties/{}/{}", ("v3",), properties_api.read_property),
    ("PATCH", "crm/properties/{}/{}", ("v3",), properties_api.change_property),
    ("DELETE", "crm/properties/{}/{}", ("v3",), properties_api.archive_property),
    ("GET", "crm/limits/custom-properties", ("v3",), properties_api.custom_limits),
    ("GET", "crm/owners", ("v3",), account_api.list_owners),
    ("GET", "crm/owners/{}", ("v3",), account_api.read_owner),
    ("GET", "crm/pipelines/{}", ("v3",), account_api.list_pipelines),
    ("GET", "account-info/details", ("v3",), account_api.details),
    ("GET", "account-info/api-usage/daily/private-apps", ("v3",), account_api.daily_usage),
    ("POST", "oauth/private-apps/get/access-token-info", ("v2",), account_api.token_info),
)


@dataclass(frozen=True, slots=True)
class _Rule:
    method: str
    parts: tuple[str, ...]
    versions: frozenset[str]
    handler: Handler

    def variables(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """The variable segments when the path fits."""
        pairs = list(zip(self.parts, parts, strict=True))
        if any(mine not in ("{}", given) for mine, given in pairs):
            return None
        return tuple(given for mine, given in pairs if mine == "{}")


def _rules() -> dict[tuple[str, int], list[_Rule]]:
    found: dict[tuple[str, int], list[_Rule]] = {}
    for method, path, versions, handler in TABLE:
        parts = tuple(path.split("/"))
        rule = _Rule(method, parts, frozenset((*versions, *DATED)), handler)
        found.setdefault((parts[0], len(parts)), []).append(rule)
    return found


RULES: Final = _rules()


def matched(method: str, raw_path: str) -> tuple[Handler, str, tuple[str, ...]]:
    """Handler, version and variable segments of a request; an HTML 404 or 405 when there is none."""
    segments = tuple(unquote(part) for part in raw_path.strip("/").split("/"))
    version = next((part for part in segments[1:3] if VERSION.fullmatch(part)), "")
    at = segments.index(version) if version else 0
    parts = segments[:at] + segments[at + 1 :] if version else segments
    others = False
    for rule in RULES.get((parts[0], len(parts)), ()):
        variables = rule.variables(parts) if version in rule.versions and _placed(segments, at) else None
        if variables is None:
            continue
        if rule.method == method:
            return rule.handler, version, variables
        others = True
    raise HtmlError(405, HTML_NOT_ALLOWED) if others else HtmlError(404, HTML_NOT_FOUND)


def _placed(segments: tuple[str, ...], at: int) -> bool:
    """Whether the version stands where its family has it: /crm/v3/objects, but /crm/objects/2026-09."""
    old = segments[at].startswith("v")
    return at == (1 if old or segments[0] in {"account-info", "oauth"} else 2)


class Http:
    """The portal over HTTP."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._dice = random.Random(portal.switches.portal_id)

    def routes(self) -> list[BaseRoute]:
        """Everything under the vendor's own top-level folders."""
        heads = ("/crm/{rest:path}", "/account-info/{rest:path}", "/oauth/{rest:path}")
        return [Route(head, self._serve, methods=METHODS, name=f"hubspot {head}") for head in heads]

    async def _serve(self, request: Request) -> Response:
        raw_path = request.scope.get("raw_path") or request.url.path.encode()
        correlation = str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
        headers = {"x-hubspot-correlation-id": correlation}
        path, raw = raw_path.decode("latin-1").partition("?")[0], await request.body()
        said = oauth.answer(self._portal, request.method, path, raw) if path.startswith("/oauth/") else None
        if said is not None:
            content = None if said[1] is None else msgspec.json.encode(said[1])
            return Response(content, said[0], headers, None if content is None else JSON_TYPE)
        try:
            self._demand_short(len(path) + len(request.scope.get("query_string", b"")))
            answer = self._answer(request, matched(request.method, path), raw, headers)
        except RefusalError as refusal:
            body = {**refusal.body, "correlationId": correlation}
            return Response(msgspec.json.encode(body), refusal.status, headers, JSON_TYPE)
        except HtmlError as error:
            return Response(error.page, error.status, headers, "text/html;charset=utf-8")
        if answer.body is None:
            return Response(None, answer.status, headers)
        return Response(msgspec.json.encode(answer.body), answer.status, headers, JSON_TYPE)

    def _demand_short(self, length: int) -> None:
        if length > self._portal.switches.longest_url:
            raise HtmlError(414, HTML_TOO_LONG)

    def _answer(
        self, request: Request, found: tuple[Handler, str, tuple[str, ...]], raw: bytes, headers: dict[str, str]
    ) -> Answer:
        handler, version, parts = found
        portal, now_ms, searching = self._portal, self._portal.now_ms(), handler is search.search
        caller = portal.tokens.caller(request.headers.get("authorization"), now_ms)
        try:
            portal.limits.take(caller, now_ms, search=searching)
        finally:
            self._show_limits(caller, now_ms, headers, searching=searching)
        base = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
        path = request.url.path.rstrip("/")
        answer = handler(Call(portal, caller, version, parts, request.query_params, raw, base, path))
        headers |= answer.headers
        return answer

    def _show_limits(self, caller: Caller, now_ms: int, headers: dict[str, str], *, searching: bool) -> None:
        daily = self._portal.switches.daily_headers
        headers |= self._portal.limits.headers(caller, now_ms, search=searching, daily=daily)
