"""Who we are to HubSpot: a bearer token from the secrets, the portal behind it, the scopes it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from connectors.errors import CrmError, NeedsPerson
from connectors.hubspot.client import HubSpotClient, decoded
from connectors.hubspot.definitions import plain
from connectors.hubspot.errors import CRM, unreadable
from connectors.hubspot.paths import TOKEN_INFO, Paths

READS: Final = (
    "crm.objects.companies.read",
    "crm.objects.contacts.read",
    "crm.objects.deals.read",
    "crm.objects.owners.read",
    "crm.objects.users.read",
)
WRITES: Final = ("crm.objects.companies.write", "crm.objects.contacts.write")
SETS_UP: Final = ("crm.schemas.companies.write", "crm.schemas.contacts.write")


class _Details(msgspec.Struct):
    portalId: int  # noqa: N815 - HubSpot's name
    timeZone: str | None = None  # noqa: N815 - HubSpot's name
    accountType: str | None = None  # noqa: N815 - HubSpot's name


_DETAILS: Final = msgspec.json.Decoder(_Details)


@dataclass(frozen=True, slots=True)
class Portal:
    """The account behind the token, and its clock when it was asked."""

    portal_id: str
    time_zone: str | None
    kind: str | None
    now: datetime


def bearer(name: str, secrets: Callable[[str], str]) -> Callable[[], str]:
    """The token as a function, asked for when the first call goes out; never kept in a setting."""

    def token() -> str:
        found = secrets(name).strip()
        if not found or any(letter.isspace() for letter in found):
            raise NeedsPerson(
                CRM, doing="log in", said="the access token is empty or has blanks in it", hint="check auth.token"
            )
        return found

    return token


def portal(client: HubSpotClient, paths: Paths) -> Portal:
    """The portal as it answers now; its ``Date`` header is the pass's clock."""
    doing = "log in"

    def attempt() -> Portal:
        answer = client.once("GET", paths.account(), doing=doing)
        details, told = decoded(answer, _DETAILS.decode, doing), answer.headers.get("date")
        if told is None:
            raise unreadable(doing)
        now = parsedate_to_datetime(told).astimezone(UTC).replace(microsecond=0)
        return Portal(str(details.portalId), details.timeZone, details.accountType, now)

    return client.patient(doing, attempt)


def scopes(client: HubSpotClient, token: str) -> frozenset[str] | None:
    """The token's scopes; None when HubSpot does not tell them for this kind of token."""
    try:
        tree: Any = client.call("POST", TOKEN_INFO, plain, doing="read the token's scopes", body={"tokenKey": token})
    except CrmError:
        return None
    found = tree.get("scopes") if isinstance(tree, dict) else None
    return frozenset(map(str, found)) if isinstance(found, list) else None
