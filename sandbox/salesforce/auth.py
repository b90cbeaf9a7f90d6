"""Logging in: the token endpoint, sessions and the identity of their users."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
import jwt.types
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sandbox.salesforce.errors import Refusal
from sandbox.salesforce.org import USERNAME, Org

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES: Final = ("https://login.salesforce.com", "https://test.salesforce.com")
_TTL_S: Final = 7_200
_UNCHECKED: Final[jwt.types.Options] = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}
EXPIRED: Final = "Session expired or invalid"


class LoginRefusal(Exception):
    """A login that is answered with ``error`` and ``error_description``."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


@dataclass(slots=True)
class Session:
    """One access token; it lives as long as it is used."""

    user_id: str
    used_at: float


class Doors:
    """The connected app, its key pair, its sessions and refresh tokens."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.consumer_key = "3MVG9" + secrets.token_urlsafe(48)
        self.consumer_secret = secrets.token_hex(32).upper()
        self._key: RSAPrivateKey = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._sessions: dict[str, Session] = {}
        self._refresh: dict[str, str] = {}  # refresh token -> user id

    def private_key(self) -> bytes:
        """The private half, PEM, that clients sign with; the sandbox itself verifies with the public half."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def clear(self) -> None:
        """Forgets all sessions and refresh tokens; the app and its keys stay."""
        self._sessions.clear()
        self._refresh.clear()

    def expire(self) -> int:
        """Invalidates every access token; refresh tokens live on."""
        count = len(self._sessions)
        self._sessions.clear()
        return count

    # ---- sessions ---------------------------------------------------------------------------------------------------
    def user_of(self, authorization: str) -> str:
        """The user behind an Authorization header. Raises Refusal INVALID_SESSION_ID."""
        scheme, _, token = authorization.partition(" ")
        session = self._sessions.get(token.strip()) if scheme.lower() in {"bearer", "oauth"} else None
        now = self._org.clock.seconds()
        ttl = self._org.options.limit("salesforce.session_ttl_s", _TTL_S)
        if session is None or now - session.used_at > ttl:
            raise Refusal(401, "INVALID_SESSION_ID", EXPIRED)
        session.used_at = now
        return session.user_id

    def _open(self, user_id: str) -> str:
        token = f"{self._org.org_id[:15]}!AQ{secrets.token_urlsafe(60)}"
        self._sessions[token] = Session(user_id, self._org.clock.seconds())
        return token

    # ---- the token endpoint -----------------------------------------------------------------------------------------
    def grant(self, form: Mapping[str, str], basic: str, host: str, base: str) -> dict[str, Any]:
        """The answer to a token request. Raises LoginRefusal."""
        match form.get("grant_type"):
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                return self._answer(self._by_assertion(form.get("assertion", ""), base), base)
            case "client_credentials":
                self._known_client(form, basic)
                if host.startswith(("login.", "test.")):
                    raise LoginRefusal("invalid_grant", "request not supported on this domain")
                return self._answer(self._active(USERNAME, "no client credentials user enabled"), base)
            case "refresh_token":
                return self._by_refresh_token(form, basic, base)
            case "password":
                raise LoginRefusal("invalid_grant", "authentication failure")
            case _:
                raise LoginRefusal("unsupported_grant_type", "grant type not supported")

    def _by_assertion(self, assertion: str, base: str) -> str:
        claims = self._claims(assertion)
        if claims.get("iss") != self.consumer_key:
            raise LoginRefusal("invalid_client_id", "client identifier invalid")
        audience = claims.get("aud")
        if audience not in {*_AUDIENCES, base, base + "/services/oauth2/token"}:
            raise LoginRefusal("invalid_grant", "Audience validation failed")
        ahead = float(claims.get("exp") or 0) - self._org.clock.seconds()
        if ahead <= 0 or ahead > float(self._org.switch("jwt_max_ahead_s", float("inf"))):
            raise LoginRefusal("invalid_grant", "invalid assertion")
        return self._active(str(claims.get("sub") or ""), "user hasn't approved this consumer")

    def _claims(self, assertion: str) -> dict[str, Any]:
        """What a signed assertion claims; times are checked against the sandbox's clock, not this machine's."""
        try:
            return dict(jwt.decode(assertion, self._key.public_key(), algorithms=["RS256"], options=_UNCHECKED))
        except jwt.PyJWTError:
            raise LoginRefusal("invalid_grant", "invalid assertion") from None

    def _active(self, username: str, otherwise: str) -> str:
        position = self._org.user(username)
        if position < 0:
            raise LoginRefusal("invalid_grant", otherwise)
        users = self._org.table("User")
        if not users.value(position, "IsActive"):
            raise LoginRefusal("invalid_grant", "inactive user")
        return users.record_id(position)

    def _known_client(self, form: Mapping[str, str], basic: str) -> None:
        key, secret = form.get("client_id", ""), form.get("client_secret", "")
        if basic.lower().startswith("basic "):
            try:
                key, _, secret = base64.b64decode(basic[6:]).decode().partition(":")
            except ValueError:
                raise LoginRefusal("invalid_client", "invalid client credentials") from None
        if key != self.consumer_key:
            raise LoginRefusal("invalid_client_id", "client identifier invalid")
        if secret != self.consumer_secret:
            raise LoginRefusal("invalid_client", "invalid client credentials")

    def _by_refresh_token(self, form: Mapping[str, str], basic: str, base: str) -> dict[str, Any]:
        given = form.get("client_secret") is not None or bool(basic)
        if given:
            self._known_client(form, basic)
        elif form.get("client_id") != self.consumer_key:
            raise LoginRefusal("invalid_client_id", "client identifier invalid")
        old = form.get("refresh_token", "")
        user_id = self._refresh.get(old)
        if user_id is None:
            raise LoginRefusal("invalid_grant", "expired access/refresh token")
        if not self._org.switch("rotate_refresh_tokens", default=False):
            return self._answer(user_id, base)
        del self._refresh[old]
        return self._answer(user_id, base) | {"refresh_token": self.refresh_token(user_id)}

    def refresh_token(self, user_id: str | None = None) -> str:
        """A new refresh token, as a user's consent in a browser would give; the integration user's by default."""
        token = "5Aep861" + secrets.token_urlsafe(48)
        self._refresh[token] = user_id or self._org.table("User").record_id(0)
        return token

    def _answer(self, user_id: str, base: str) -> dict[str, Any]:
        return {
            "access_token": self._open(user_id),
            "scope": "api refresh_token",
            "instance_url": base,
            "id": f"{base}/id/{self._org.org_id}/{user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(self._org.clock.seconds() * 1000)),
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
