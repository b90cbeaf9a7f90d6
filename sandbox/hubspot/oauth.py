"""OAuth endpoints: tokens for a code or a refresh token, introspection, revocation; called without a bearer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from sandbox.hubspot.auth import Caller
from sandbox.hubspot.portal import Portal

LIFE_S: Final = 1_800
Form = Mapping[str, str]
Said = tuple[int, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Knock:
    """One request without a bearer token."""

    portal: Portal
    form: Form
    rest: str  # the last path segment, where it is a token


def refusal(error: str, status: str, message: str) -> Said:
    """A 400 as RFC 6749 wants it, with the vendor's own words beside."""
    return 400, {"error": error, "error_description": message, "status": status, "message": message}


def token(knock: Knock) -> Said:
    """POST .../token: a new access token of 30 minutes; the refresh token stays the same."""
    form, tokens = knock.form, knock.portal.tokens
    if form.get("client_id") != tokens.client_id:
        return refusal("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id")
    if form.get("client_secret") != tokens.client_secret:
        return refusal("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
    grant = form.get("grant_type")
    if grant == "authorization_code":
        refresh = tokens.redeem(form.get("code", ""))
        if refresh is None:
            return refusal("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
    elif grant == "refresh_token":
        refresh = form.get("refresh_token", "")
        if refresh not in tokens.refreshable:
            return refusal("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked")
    else:
        return refusal("unsupported_grant_type", "BAD_GRANT_TYPE", f"grant type {grant} is not supported")
    made = tokens.mint(refresh, knock.portal.now_ms() + LIFE_S * 1000)
    return 200, {
        "token_type": "bearer",
        "access_token": made.token,
        "refresh_token": refresh,
        "expires_in": LIFE_S,
        "hub_id": knock.portal.switches.portal_id,
        "scopes": sorted(made.scopes),
        "token_use": "access_token",
    }


def _about(portal: Portal, caller: Caller) -> dict[str, Any]:
    left_ms = (caller.expires_ms or 0) - portal.now_ms()
    return {
        "hub_id": portal.switches.portal_id,
        "user_id": caller.user_id,
        "app_id": caller.app_id,
        "user": "admin@ours.com",
        "hub_domain": "ours.com",
        "scopes": sorted(caller.scopes),
        "expires_in": max(0, left_ms // 1000),
        "token_use": "access_token",
    }


def introspect(knock: Knock) -> Said:
    """POST .../token/introspect: whether a token is active, and whose it is."""
    given = knock.form.get("access_token") or knock.form.get("token", "")
    found = knock.portal.tokens.find(given)
    if found is None or not found.oauth or (found.expires_ms or 0) <= knock.portal.now_ms():
        return 200, {"active": False}
    return 200, {"active": True, **_about(knock.portal, found)}


def describe(knock: Knock) -> Said:
    """GET /oauth/v1/access-tokens/{token}."""
    found = knock.portal.tokens.find(knock.rest)
    if found is None or not found.oauth:
        return 404, {"status": "error", "message": "access token not found", "category": "OBJECT_NOT_FOUND"}
    return 200, {"token": found.token, "token_type": "access", **_about(knock.portal, found)}


def revoke(knock: Knock) -> Said:
    """POST .../token/revoke and DELETE /oauth/v1/refresh-tokens/{token}: 204; its access tokens live on."""
    given = knock.rest or knock.form.get("refresh_token") or knock.form.get("token", "")
    knock.portal.tokens.refreshable.discard(given)
    return 204, None


Opener = Callable[[Knock], Said]
_VERSION: Final = r"(?:v1|v3|2026-03|2026-09)"
OPEN: Final[tuple[tuple[str, re.Pattern[str], Opener], ...]] = (
    ("POST", re.compile(rf"oauth/{_VERSION}/token()"), token),
    ("POST", re.compile(r"oauth/(?:v3|2026-03|2026-09)/token/introspect()"), introspect),
    ("POST", re.compile(r"oauth/(?:v3|2026-03|2026-09)/token/revoke()"), revoke),
    ("GET", re.compile(r"oauth/v1/access-tokens/([^/]+)"), describe),
    ("DELETE", re.compile(r"oauth/v1/refresh-tokens/([^/]+)"), revoke),
)


def answer(portal: Portal, method: str, path: str, raw: bytes) -> Said | None:
    """The answer of an endpoint that asks for no bearer token; None when the path is none of them."""
    for verb, pattern, opener in OPEN:
        found = pattern.fullmatch(path.strip("/"))
        if found is not None and verb == method:
            form = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
            return opener(Knock(portal, form, found.group(1)))
    return None
