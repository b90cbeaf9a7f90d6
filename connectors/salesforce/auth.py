"""Logging in to Salesforce: JWT bearer, client credentials or refresh token.

Logging in with user name and password (the SOAP ``login()``) is not offered: API v65 dropped it and Summer '27 ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from config.settings import SalesforceAuth
from connectors.errors import CrmError, NeedsPerson
from connectors.salesforce.faults import CRM, Unclear, parse_faults

JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DOING: Final = "log in"
_OUTAGES: Final = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable"})
_FIXES: Final[Mapping[str, tuple[str, str]]] = {
    "user hasn't approved this consumer": (
        "the user is not approved for the app",
        "set the app to 'Admin approved users are pre-authorized' and give the user its permission set",
    ),
    "audience": ("the audience does not fit the org", "set auth.audience to the production or the test login address"),
    "expired access/refresh token": (
        "the refresh token has expired",
        "authorize again and store the new refresh token",
    ),
    "no client credentials user": ("the app has no run-as user", "set one in the app's client credentials policy"),
    "inactive user": ("the user is inactive", "activate the user, or use another"),
    "ip restricted": ("this address may not log in", "relax the app's IP policy or allow this address"),
    "assertion": ("the signed login was not accepted", "check that the certificate in the app fits the private key"),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A session: where it holds and who we are in it. The token is never printed."""

    token: str
    instance_url: str
    org_id: str
    user_id: str

    def __repr__(self) -> str:
        return f"Ticket(org {self.org_id}, user {self.user_id})"


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What the token endpoint answered."""

    status: int
    content: bytes


class _Granted(msgspec.Struct):
    access_token: str
    instance_url: str
    id: str
    refresh_token: str = ""


class Login:
    """Gets a new session on every call, by the method of the config.

    ``post`` sends a form; ``server_time`` is the CRM's clock, which dates the JWT so that a wrong clock of ours does no
    harm. A rotated refresh token is kept for the life of this object.
    """

    def __init__(
        self,
        auth: SalesforceAuth,
        secrets: Callable[[str], str],
        *,
        post: Callable[[str, Mapping[str, str]], FormAnswer],
        server_time: Callable[[], datetime],
    ) -> None:
        self._auth, self._secrets, self._post, self._server_time = auth, secrets, post, server_time
        self._rotated = ""

    def host(self) -> str:
        """Where we log in: the My Domain where one is given, else the general login host."""
        domain = self._auth.my_domain
        return f"https://{domain}.my.salesforce.com" if domain else self._auth.audience

    def __call__(self) -> Ticket:
        """A fresh session; ``NeedsPerson`` when the org refuses us, ``Retryable`` when it is not there."""
        answer = self._post(f"{self.host()}/services/oauth2/token", self._form())
        if answer.status != 200:
            raise _refusal(answer)
        try:
            granted = msgspec.json.decode(answer.content, type=_Granted)
        except msgspec.DecodeError:
            raise Unclear(CRM, doing=DOING, said="no readable answer (HTTP 200)") from None
        self._rotated = granted.refresh_token or self._rotated
        *_, org_id, user_id = granted.id.rstrip("/").split("/")
        return Ticket(granted.access_token, granted.instance_url.rstrip("/"), org_id, user_id)

    def _form(self) -> dict[str, str]:
        auth = self._auth
        key = auth.consumer_key or ""
        if auth.method == "jwt":
            return {"grant_type": JWT_GRANT, "assertion": self._assertion()}
        if auth.method == "client_credentials":
            return {"grant_type": auth.method, "client_id": key, "client_secret": self._secret(auth.consumer_secret)}
        token = self._rotated or self._secret(auth.refresh_token)
        form = {"grant_type": auth.method, "client_id": key, "refresh_token": token}
        if auth.consumer_secret:
            form["client_secret"] = self._secret(auth.consumer_secret)
        return form

    def _assertion(self) -> str:
        import jwt  # noqa: PLC0415 - cryptography is slow to load

        auth = self._auth
        claims: dict[str, Any] = {
            "iss": auth.consumer_key,
            "sub": auth.username,
            "aud": auth.audience,
            "exp": int((self._server_time() + timedelta(minutes=3)).timestamp()),
        }
        try:
            return jwt.encode(claims, self._secret(auth.private_key), algorithm="RS256")
        except (ValueError, jwt.PyJWTError):
            raise NeedsPerson(
                CRM, doing=DOING, said="the private key cannot be read", hint="auth.private_key must name a PEM key"
            ) from None

    def _secret(self, reference: str | None) -> str:
        return self._secrets(reference or "")


def _refusal(answer: FormAnswer) -> CrmError:
    faults = parse_faults(answer.content)
    if not faults or answer.status >= 500 or faults[0].code in _OUTAGES:
        return Unclear(CRM, doing=DOING, said=f"the login service is not available (HTTP {answer.status})")
    fault = faults[0]
    text = fault.text.lower()
    said, hint = next(
        (fix for sign, fix in _FIXES.items() if sign in text),
        ("the org refused our credentials", "check the auth section of the connection and the app in the org"),
    )
    return NeedsPerson(CRM, doing=DOING, said=said, code=fault.code, hint=hint)
