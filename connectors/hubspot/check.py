"""What ``tierline check`` looks at in a portal. Reads only; every failure comes with its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final

from config.settings import HubSpotConnection
from connectors.base import Finding, Level
from connectors.errors import CrmError
from connectors.hubspot.auth import READS, SETS_UP, WRITES, portal, scopes
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.columns import Layout
from connectors.hubspot.definitions import SETUP_HINT, Definitions, plain
from connectors.hubspot.paths import Paths
from connectors.hubspot.setup import Setup

_V3_ENDS: Final = date(2027, 3, 30)  # /v4/ associations, which we need beside /v3/
_MONTHS: Final = 18  # how long a dated version is supported
_SKEW_S: Final = 60
_LOW: Final = 0.2


class Checkup:
    """One look at everything."""

    def __init__(
        self,
        client: HubSpotClient,
        paths: Paths,
        connection: HubSpotConnection,
        definitions: Definitions,
        setup: Setup,
        layout: Layout,
        *,
        token: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._client, self._paths, self._connection = client, paths, connection
        self._definitions, self._setup, self._layout = definitions, setup, layout
        self._token, self._clock = token, clock

    def run(self) -> list[Finding]:
        """All findings; when the login fails, that one alone."""
        try:
            found = list(self._login())
        except CrmError as error:
            return [_failed("login", error)]
        for what, look in (
            ("scopes", self._scopes),
            ("properties", self._properties),
            ("tasks", self._promise),
            ("owners", self._owners),
            ("API calls", self._calls),
        ):
            try:
                found += look()
            except CrmError as error:
                found.append(_failed(what, error))
        return found

    def _login(self) -> Iterator[Finding]:
        here = portal(self._client, self._paths)
        yield Finding(Level.OK, "login", f"portal {here.portal_id}, {here.kind or 'kind unknown'}")
        skew_s = abs((self._clock() - here.now).total_seconds())
        if skew_s > _SKEW_S:
            said = f"our clock and HubSpot's are {skew_s:,.0f} s apart"
            yield Finding(Level.WARN, "clock", said, "passes use HubSpot's time; set this machine's clock by NTP")
        else:
            yield Finding(Level.OK, "clock", "agrees with HubSpot's")
        yield _version(self._connection.api_version, here.now.date())

    def _scopes(self) -> Iterator[Finding]:
        known = scopes(self._client, self._token())
        if known is None:
            yield Finding(Level.WARN, "scopes", "HubSpot does not list the scopes of this kind of token", "")
            return
        lacking = [scope for scope in (*READS, *WRITES) if scope not in known]
        if lacking:
            said = f"the token lacks {', '.join(lacking)}"
            yield Finding(Level.FAIL, "scopes", said, "add them to the private app or service key")
        else:
            yield Finding(Level.OK, "scopes", "all scopes to read and write are there")
        schema = [scope for scope in SETS_UP if scope not in known]
        if schema:
            said = f"`tierline setup --apply` would also need {', '.join(schema)}"
            yield Finding(Level.WARN, "scopes", said, "add them for the set-up; they can be taken away afterwards")

    def _properties(self) -> Iterator[Finding]:
        mapped, owned = self._definitions.missing_mapped(self._layout), self._setup.missing()
        if mapped:
            yield Finding(Level.FAIL, "mapped properties", f"not there: {', '.join(mapped)}", SETUP_HINT)
        else:
            yield Finding(Level.OK, "mapped properties", "all there")
        if owned:
            said = f"not there, or read-only: {', '.join(owned)}"
            yield Finding(Level.FAIL, "our properties", said, "run `tierline setup`, then `tierline setup --apply`")
        else:
            yield Finding(Level.OK, "our properties", "all there")

    def _promise(self) -> Iterator[Finding]:
        key, unique = self._definitions.key_on_tasks(self._layout.names)
        if unique:
            yield Finding(Level.OK, "tasks", f"HubSpot keeps {key} unique: no task twice, whatever happens")
            return
        said = "no task twice, unless HubSpot commits later than 5 minutes after our connection died"
        fix = "run `tierline setup --apply`" if key is None else "HubSpot keeps no unique property on tasks here"
        yield Finding(Level.WARN, "tasks", said, fix)

    def _owners(self) -> Iterator[Finding]:
        found: Any = self._client.call(
            "GET", self._paths.owners(), plain, doing="read owners", query=[("limit", "100"), ("archived", "false")]
        )
        count = len(found.get("results", []))
        if count:
            more = " or more" if found.get("paging") else ""
            yield Finding(Level.OK, "owners", f"{count}{more} active")
        else:
            yield Finding(Level.FAIL, "owners", "nobody may own records", "invite users with a seat in HubSpot")

    def _calls(self) -> Iterator[Finding]:
        usage = self._client.budget.usage()
        if usage.org_limit is None or usage.org_used is None:
            yield Finding(Level.OK, "API calls", "HubSpot names no daily limit for this token")
            return
        left = 1 - usage.org_used / usage.org_limit if usage.org_limit else 0.0
        said = f"{usage.org_used:,} of {usage.org_limit:,} used today by all apps"
        share = self._connection.budget.share_of_daily_quota
        level = Level.WARN if left < _LOW else Level.OK
        yield Finding(
            level, "API calls", f"{said}; our share is {share:.0%}", "" if level is Level.OK else "see who calls"
        )


def _version(version: str, today: date) -> Finding:
    """Whether the API version in use is supported, and until when."""
    ends = _V3_ENDS
    if version != "v3":
        year, month = (int(part) for part in version.split("-"))
        months = year * 12 + month - 1 + _MONTHS
        ends = date(months // 12, months % 12 + 1, 1)
    said = f"{version}, supported until {ends:%d %B %Y}"
    if today >= ends:
        return Finding(Level.FAIL, "API version", said, "set api_version to a newer dated version")
    if (ends - today).days < 180:
        return Finding(Level.WARN, "API version", said, "plan to set api_version to a newer dated version")
    return Finding(Level.OK, "API version", said)


def _failed(what: str, error: CrmError) -> Finding:
    return Finding(Level.FAIL, what, str(error), error.hint)
