"""The wire to HubSpot: the unmodified hubspot-api-client as transport. The only file that imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import urllib3
from hubspot import HubSpot as VendorClient
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError
from urllib3.util.retry import Retry

from connectors.budget import CallBudget
from connectors.errors import BudgetSpent, NeedsPerson, Retryable, Unavailable
from connectors.hubspot.errors import CRM, Lost, MaybeDone, failure, unreadable
from connectors.hubspot.pace import Pace
from connectors.patience import Patience

TIMEOUT_S: Final = (5, 60)  # to connect, to read
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
T = TypeVar("T")
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer: status, body bytes (personal data: never shown), headers."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in _LOOPBACK


class HubSpotClient:
    """One API object, one connection pool. Each call is paced, counted and, where it is safe, patient."""

    def __init__(
        self, base_url: str, token: Callable[[], str], *, patience: Patience, budget: CallBudget, pace: Pace
    ) -> None:
        if urlsplit(base_url).scheme != "https" and not is_loopback(base_url):
            raise NeedsPerson(
                CRM, doing="connect", said="base_url is not https", hint="a token must not travel in the clear"
            )
        self._base_url, self._token = base_url, token
        self._patience, self.budget, self._pace = patience, budget, pace
        self._held: Any = None

    def call(
        self,
        method: str,
        path: str,
        decode: Callable[[bytes], T],
        *,
        doing: str,
        query: Query = (),
        body: object = None,
        search: bool = False,
    ) -> T:
        """A call that may be repeated: reads, and updates that say the same however often they are sent."""

        def attempt() -> T:
            answer = self.once(method, path, doing=doing, query=query, body=body, search=search)
            return decoded(answer, decode, doing)

        return self.patient(doing, attempt)

    def patient(self, doing: str, attempt: Callable[[], T]) -> T:
        """Attempts until one succeeds; ``MaybeDone`` when patience ends and one of them may have been carried out."""
        lost = False

        def noted() -> T:
            nonlocal lost
            try:
                return attempt()
            except Lost:
                lost = True
                raise

        try:
            return self._patience.call(doing, noted)
        except (Unavailable, BudgetSpent) as error:
            if not lost:
                raise
            raise MaybeDone(CRM, doing=doing, said=error.said, code=error.code, request_id=error.request_id) from error

    def once(
        self, method: str, path: str, *, doing: str, query: Query = (), body: object = None, search: bool = False
    ) -> Answer:
        """One attempt: ``Retryable`` when nothing was done, ``Lost`` when something may have been."""
        api = self._api()  # before the call is counted: a missing token costs no call
        self._pace.wait(search=search)
        self.budget.spend(doing=doing)
        try:
            response = api.call_api(
                path,
                method,
                query_params=list(query),
                body=body,
                auth_settings=["oauth2"],
                _preload_content=False,
                _request_timeout=TIMEOUT_S,
            )
            answer = Answer(response.status, response.data, response.headers)
        except UnicodeDecodeError:  # the vendor client decodes error bodies as UTF-8, whatever they are
            raise unreadable(doing) from None
        except HTTPError as error:
            raise _no_answer(error, doing) from None
        except Exception as error:
            if not hasattr(error, "status") or not hasattr(error, "body"):
                raise
            raise self._refusal(error, doing) from None
        self._learn(answer.headers)
        return answer

    def close(self) -> None:
        """End the connections."""
        if self._held is not None:
            self._held.rest_client.pool_manager.clear()
            self._held = None

    def _api(self) -> Any:
        if self._held is None:
            vendor = VendorClient(
                access_token=self._token(),
                host=self._base_url.rstrip("/"),
                retry=Retry(total=0, redirect=0, raise_on_redirect=False),
                connection_pool_maxsize=8,
            )
            self._held = vendor.crm.objects.basic_api.api_client
        return self._held

    def _refusal(self, error: Any, doing: str) -> Exception:
        if not error.status:  # the vendor client's way to say that TLS failed
            return NeedsPerson(
                CRM, doing=doing, said="the server's certificate was not accepted", hint="check base_url and proxies"
            )
        headers = urllib3.HTTPHeaderDict(error.headers or {})
        self._learn(headers)
        if int(error.status) == 429:
            self._pace.refused()
        return failure(int(error.status), error.body or "", headers, doing=doing)

    def _learn(self, headers: Mapping[str, str]) -> None:
        self._pace.learn(headers)
        limit, left = headers.get("x-hubspot-ratelimit-daily"), headers.get("x-hubspot-ratelimit-daily-remaining")
        if limit is not None and left is not None and limit.isdigit() and left.isdigit():
            self.budget.observe(int(limit) - int(left), int(limit))


def decoded(answer: Answer, decode: Callable[[bytes], T], doing: str) -> T:
    """The body as what it should be; ``Lost`` when it is not."""
    try:
        return decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise unreadable(doing) from None


def _no_answer(error: HTTPError, doing: str) -> Retryable:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
    name = type(cause).__name__
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return Retryable(CRM, doing=doing, said="no connection could be made", code=name)
    return Lost(CRM, doing=doing, said="the connection ended before the answer", code=name)
