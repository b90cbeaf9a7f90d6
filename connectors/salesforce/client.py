"""The way to Salesforce: the simple-salesforce client on our own session, and the only file that imports it.

The client has no timeouts, no retries and loses headers when it logs in again, so it is used in its direct mode: it
holds session, headers and addresses; timeouts live in the adapter, logins in ``auth``, patience in ``patience``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.format import quote_soql_value
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from config.settings import SalesforceConnection
from connectors.budget import CallBudget
from connectors.errors import CrmError, NeedsPerson
from connectors.patience import Patience
from connectors.salesforce.auth import FormAnswer, Login, Ticket
from connectors.salesforce.faults import CRM, NotSent, SessionEnded, Unclear, error_of

T = TypeVar("T")

TIMEOUTS_S: Final = (10, 300)  # to connect; between two bytes: longer than the longest query
MOST_LOGINS: Final = 2  # per call
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_USAGE: Final = re.compile(r"(?:^|;\s*|\s)api-usage=(\d+)/(\d+)")
HEADERS: Final = {
    "Sforce-Auto-Assign": "FALSE",  # the default TRUE lets assignment rules overwrite what we write
    "Sforce-Call-Options": "client=tierline",
    "Accept": "application/json",
}


def quote(value: Any) -> str:
    """A value as SOQL text, quoted and escaped; datetimes must be aware."""
    return str(quote_soql_value(value))


class Road(HTTPAdapter):
    """Gives every call its timeouts and, where the config says so, another scheme and host."""

    def __init__(self, base_url: str | None, connections: int) -> None:
        self._to = urlsplit(base_url) if base_url else None
        super().__init__(pool_connections=4, pool_maxsize=connections, max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send the request where it has to go."""
        if self._to is not None and request.url is not None:
            parts = urlsplit(request.url)
            request.url = urlunsplit((self._to.scheme, self._to.netloc, parts.path, parts.query, ""))
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUTS_S
        return super().send(request, *args, **kwargs)


def a_session(base_url: str | None, connections: int) -> requests.Session:
    """A session that reads no proxies or passwords from the environment and carries our headers on every call."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(HEADERS)
    if urlsplit(base_url or "").hostname in LOOPBACK:
        session.headers["Accept-Encoding"] = "identity"  # nothing is won by squeezing bytes within one machine
    for scheme in ("https://", "http://"):
        session.mount(scheme, Road(base_url, connections))
    return session


class Client:
    """Calls to one org: logged in when needed, counted, with errors named for the next step. Safe between threads."""

    def __init__(
        self,
        connection: SalesforceConnection,
        secrets: Callable[[str], str],
        *,
        budget: CallBudget,
        patience: Patience,
    ) -> None:
        self.version = connection.api_version
        self.base = f"/services/data/v{self.version}"
        self.budget, self.patience = budget, patience
        self._session = a_session(connection.base_url, connection.workers)
        self._login = Login(connection.auth, secrets, post=self._post_form, server_time=self.server_time)
        self._lock = Lock()
        self._ticket: Ticket | None = None
        self._vendor: Salesforce | None = None

    # ---- who and when
    def ticket(self) -> Ticket:
        """The present session; logs in when there is none."""
        return self._ticket or self._renew(None)

    def server_time(self) -> datetime:
        """The org's clock, whole seconds, from an answer that needs no login."""

        def look() -> datetime:
            answer = self._try("GET", f"{self._login.host()}/services/data/", "read the clock", {})
            if answer.status_code != 200:
                raise _error(answer, "read the clock")
            return _date_of(answer)

        self.budget.count()
        return self.patience.call("read the clock", look)

    # ---- calls
    def read(self, path: str, kind: type[T], *, doing: str, params: Mapping[str, str] | None = None) -> T:
        """One GET whose JSON answer is decoded; a broken answer is tried again."""
        return self.fetch(path, lambda answer: msgspec.json.decode(answer.content, type=kind), doing, params)

    def fetch(
        self,
        path: str,
        decode: Callable[[requests.Response], T],
        doing: str,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """One GET read by ``decode``; where that fails with ``ValueError`` the answer is broken and asked for again."""

        def attempt() -> T:
            answer = self.once("GET", path, doing=doing, params=params)
            try:
                return decode(answer)
            except ValueError:
                raise _broken(answer, doing) from None

        return self.patience.call(doing, attempt)

    def tell(self, method: str, path: str, body: Any, kind: type[T], *, doing: str) -> T:
        """One call that may be repeated (a read by POST, an update by value) with its JSON answer decoded."""
        return self.patience.call(doing, lambda: decoded(self.once(method, path, doing=doing, body=body), kind, doing))

    def once(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One attempt; an ended session did nothing yet, so the call is made again in a new one."""
        data = None if body is None else msgspec.json.encode(body)
        for _ in range(MOST_LOGINS + 1):
            ticket = self.ticket()
            self.budget.spend(doing=doing)
            answer = self._try(
                method, f"{ticket.instance_url}{path}", doing, dict(headers or {}), params=params, data=data
            )
            self._observe(answer)
            if answer.status_code < 300:
                return answer
            error = _error(answer, doing)
            if not isinstance(error, SessionEnded):
                raise error
            self._renew(ticket)
        raise NeedsPerson(
            CRM,
            doing=doing,
            said="every new session is ended at once",
            code="INVALID_SESSION_ID",
            hint="check the session settings of the org and the app",
        )

    def close(self) -> None:
        """End the connections."""
        self._session.close()

    # ---- inside
    def _renew(self, seen: Ticket | None) -> Ticket:
        with self._lock:
            if self._ticket is not None and self._ticket is not seen:
                return self._ticket
            self.budget.count()
            ticket = self._login()
            vendor = Salesforce(
                instance_url=ticket.instance_url,
                session_id=ticket.token,
                session=self._session,
                version=self.version,
                object_pairs_hook=dict,
            )
            vendor.headers.pop("X-PrettyPrint", None)  # it makes every answer a third longer
            self._ticket, self._vendor = ticket, vendor
            return ticket

    def _headers(self) -> dict[str, str]:
        return dict(self._vendor.headers) if self._vendor is not None else {}

    def _try(
        self,
        method: str,
        url: str,
        doing: str,
        headers: dict[str, str],
        **content: Any,
    ) -> requests.Response:
        try:
            return self._session.request(
                method, url, headers={**self._headers(), **headers}, allow_redirects=False, **content
            )
        except requests.RequestException as error:
            raise _lost(error, doing) from None

    def _post_form(self, url: str, form: Mapping[str, str]) -> FormAnswer:
        plain = {"Authorization": None, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = self._session.post(url, data=dict(form), headers=plain, allow_redirects=False)
        except requests.RequestException as error:
            raise _lost(error, "log in") from None
        return FormAnswer(answer.status_code, answer.content)

    def _observe(self, answer: requests.Response) -> None:
        match = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
        if match:
            self.budget.observe(int(match[1]), int(match[2]))


def decoded(answer: requests.Response, kind: type[T], doing: str) -> T:
    """The JSON of an answer; ``Unclear`` when it is empty, cut off, or a web page."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError:
        raise _broken(answer, doing) from None


def _broken(answer: requests.Response, doing: str) -> Unclear:
    return Unclear(CRM, doing=doing, said="the answer cannot be read", request_id=_request_id(answer))


def _lost(error: requests.RequestException, doing: str) -> CrmError:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return NotSent(CRM, doing=doing, said="it cannot be reached", hint="check the network and the address")
    said = "it did not answer in time" if isinstance(error, requests.Timeout) else "the connection broke"
    return Unclear(CRM, doing=doing, said=said)


def _date_of(answer: requests.Response) -> datetime:
    text = answer.headers.get("Date", "")
    try:
        return parsedate_to_datetime(text).astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError):
        raise Unclear(CRM, doing="read the clock", said="the answer carries no date") from None


def _error(answer: requests.Response, doing: str) -> CrmError:
    return error_of(
        answer.status_code,
        answer.content,
        doing=doing,
        request_id=_request_id(answer),
        wait=answer.headers.get("Retry-After"),
    )


def _request_id(answer: requests.Response) -> str:
    return answer.headers.get("X-SFDC-Request-Id", "")
