"""Bearer tokens: who calls, what it may do, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.hubspot.errors import expired, missing_scopes, no_credentials
from sandbox.hubspot.moments import iso

MAIN_TOKEN: Final = "pat-na1-5a4db0c5-0001-4000-8000-7e57ab1e0000"  # noqa: S105 - the sandbox's own, printed at start
REFRESH_TOKEN: Final = "na1-7e57-ab1e-4000-8000-00000000ref1"  # noqa: S105 - pretend
AUTH_CODE: Final = "na1-c0de-0001"
OAUTH_APP: Final = "sandbox-oauth-app"
APP_ID: Final = 19_083_857
ALL_SCOPES: Final = (
    "oauth",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.leads.read",
    "crm.objects.leads.write",
    "crm.objects.owners.read",
    "crm.objects.users.read",
    "crm.objects.users.write",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.read",
    "crm.lists.read",
    "crm.lists.write",
    "sales-email-read",
    "tickets",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The app behind a token."""

    token: str
    app: str  # the name that journal and history show
    app_id: int
    user_id: int  # whose token it is
    scopes: frozenset[str]
    expires_ms: int | None = None  # None = never, as private app tokens and service keys
    oauth: bool = False


class Tokens:
    """The tokens that this portal has given out."""

    def __init__(self, app: str = "sandbox-app") -> None:
        self._app = app
        self._known: dict[str, Caller] = {}
        self.client_id = "7e57ab1e-c11e-4000-8000-000000000001"
        self.client_secret = "7e57ab1e-5ec2-4000-8000-000000000002"  # noqa: S105 - pretend
        self.refreshable: set[str] = set()
        self._codes: set[str] = set()
        self._minted = 0
        self.clear()

    def clear(self) -> None:
        """Back to the one token a fresh portal has."""
        main = Caller(MAIN_TOKEN, self._app, APP_ID, 9_586_504, frozenset(ALL_SCOPES))
        self._known = {MAIN_TOKEN: main}
        self.refreshable = {REFRESH_TOKEN}
        self._codes = {AUTH_CODE}

    def redeem(self, code: str) -> str | None:
        """The refresh token for an authorization code, which works once; None for an unknown one."""
        if code not in self._codes:
            return None
        self._codes.remove(code)
        self.refreshable.add(REFRESH_TOKEN)
        return REFRESH_TOKEN

    def mint(self, refresh: str, expires_ms: int) -> Caller:
        """A fresh access token of the OAuth app."""
        self._minted += 1
        made = f"{OAUTH_APP}-{self._minted:04d}-{refresh[-8:]}"
        return self.add(made, OAUTH_APP, expires_ms=expires_ms)

    def add(self, token: str, app: str, scopes: Sequence[str] = ALL_SCOPES, *, expires_ms: int | None = None) -> Caller:
        """A further token, of an app of its own."""
        oauth = expires_ms is not None
        made = Caller(token, app, APP_ID + len(self._known), 9_586_504, frozenset(scopes), expires_ms, oauth)
        self._known[token] = made
        return made

    def expire_all(self, now_ms: int) -> int:
        """Ends every token now; returns how many."""
        for token, caller in self._known.items():
            self._known[token] = Caller(
                token, caller.app, caller.app_id, caller.user_id, caller.scopes, now_ms, oauth=caller.oauth
            )
        return len(self._known)

    def find(self, token: str) -> Caller | None:
        """The caller behind a token."""
        return self._known.get(token)

    def caller(self, header: str | None, now_ms: int) -> Caller:
        """Who the Authorization header says it is; a 401 when nobody, or too late."""
        scheme, _, token = (header or "").partition(" ")
        found = self._known.get(token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise no_credentials()
        if found.expires_ms is not None and now_ms >= found.expires_ms:
            raise expired((now_ms - found.expires_ms) // 1000, iso(found.expires_ms))
        return found


def demand(caller: Caller, scopes: Sequence[str], *, wording: int) -> None:
    """A 403 unless the caller has any one of the scopes."""
    if scopes and caller.scopes.isdisjoint(scopes):
        raise missing_scopes(scopes, variant=wording)
