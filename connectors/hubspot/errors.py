"""HubSpot's refusals in our words: who must do what next. Response bodies never reach a text.

Lost (Retryable)    the request may have been carried out: harmless for reads and updates by value, unknown for creates
MaybeDone (Unavailable)  patience has run out, and one of the attempts may have been carried out
TurnedAway (Refused) a whole call was refused before anything was written; ``problem`` holds what is safe to know
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from connectors.errors import BudgetSpent, CrmError, NeedsPerson, Refused, Retryable, Unavailable

CRM: Final = "HubSpot"
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_SCOPE = re.compile(r"[a-z][a-z0-9_.\-]{0,99}")
_HOLDER = re.compile(r"(?:Existing ID: ?|\. ?)(\d{1,20})(?: already has that value)?")


class Lost(Retryable):
    """No clear answer came back; the request may have been carried out."""


class MaybeDone(Unavailable):
    """Patience has run out, and one of the attempts may have been carried out."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error body says that is neither a value nor a person: codes, property names, ids, trace ids."""

    code: str = ""
    policy: str = ""
    message_kind: str = ""  # secondly, ten_secondly, daily or nothing
    request_id: str = ""
    properties: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    holder: str | None = None
    expired_at: str | None = None


class TurnedAway(Refused):
    """A whole call that HubSpot understood and refused; nothing was written."""

    def __init__(self, status: int, problem: Problem, *, doing: str) -> None:
        named = f" ({', '.join(problem.properties[:5])})" if problem.properties else ""
        super().__init__(
            CRM,
            doing=doing,
            said=f"HubSpot refused the call with status {status}{named}",
            code=problem.code,
            request_id=problem.request_id,
        )
        self.status, self.problem = status, problem


def parse_problem(body: str | bytes, headers: Mapping[str, str] | None = None) -> Problem:
    """What can be kept of an error body; HTML and broken JSON give an empty problem."""
    try:
        tree: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        tree = {}
    return problem_of(tree if isinstance(tree, dict) else {}, headers)


def problem_of(tree: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Problem:
    """The same, from a parsed error: a whole body, or one entry of a batch's ``errors``."""
    details = [e for e in _listed(tree.get("errors")) if isinstance(e, dict)]
    contexts = [c for c in (tree.get("context"), *(e.get("context") for e in details)) if isinstance(c, dict)]
    message = str(tree.get("message") or "")
    codes = [e.get("code") for e in details] + [tree.get("subCategory"), tree.get("category"), tree.get("errorType")]
    return Problem(
        code=next((c for c in codes if isinstance(c, str) and _CODE.fullmatch(c)), ""),
        policy=str(tree.get("policyName") or ""),
        message_kind=_limit_of(message),
        request_id=_request_id(tree, headers),
        properties=_texts(contexts, ("propertyName", "properties", "name"), _NAME),
        scopes=_texts(contexts, ("requiredGranularScopes", "requiredScopes"), _SCOPE),
        traces=_texts(contexts, ("objectWriteTraceId",), None),
        ids=_texts(contexts, ("ids", "id"), None),
        holder=_holder(contexts, message),
        expired_at=next(iter(_texts(contexts, ("expire time",), None)), None),
    )


def failure(status: int, body: str | bytes, headers: Mapping[str, str], *, doing: str) -> CrmError:
    """The error for an answer that is not 2xx."""
    problem = parse_problem(body, headers)
    if status == 401:
        return _wrong_login(problem, doing)
    if status == 403:
        return _no_scope(problem, doing)
    if status == 429:
        return _too_many(problem, headers, doing)
    if status in (423, 477):
        return _locked(status, problem, headers, doing)
    if status >= 500:
        return Lost(
            CRM,
            doing=doing,
            said=f"HubSpot failed with status {status}",
            after_s=_seconds(headers.get("retry-after")),
            code=problem.code or str(status),
            request_id=problem.request_id,
        )
    return TurnedAway(status, problem, doing=doing)


def unreadable(doing: str) -> Lost:
    """The error for an answer that breaks off or is no JSON."""
    return Lost(CRM, doing=doing, said="the answer broke off or was not JSON", code="UNREADABLE")


def _wait(said: str, after_s: float, status: int, problem: Problem, doing: str) -> Retryable:
    code = problem.policy or problem.code or str(status)
    return Retryable(CRM, doing=doing, said=said, after_s=after_s, code=code, request_id=problem.request_id)


def _locked(status: int, problem: Problem, headers: Mapping[str, str], doing: str) -> Retryable:
    if status == 423:
        return _wait("the record is locked by other writes", 2.0, status, problem, doing)
    after_s = _seconds(headers.get("retry-after")) or 60.0
    return _wait("the portal is being moved to another data centre", after_s, status, problem, doing)


def _too_many(problem: Problem, headers: Mapping[str, str], doing: str) -> CrmError:
    policy = problem.policy.upper()
    if policy == "DAILY" or problem.message_kind == "daily":
        return BudgetSpent(
            CRM,
            doing=doing,
            said="the portal's daily limit of API calls is reached",
            hint="it starts anew at midnight in the portal's time zone",
            code="DAILY",
            request_id=problem.request_id,
        )
    interval_ms = _seconds(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
    a_second = policy == "SECONDLY" or (not policy and problem.message_kind == "secondly")
    after_s = 1.0 if a_second else (interval_ms or 10_000.0) / 1000
    asked_s = _seconds(headers.get("retry-after"))
    return _wait("too many calls at once", max(after_s, min(asked_s or 0.0, 60.0)), 429, problem, doing)


def _wrong_login(problem: Problem, doing: str) -> NeedsPerson:
    if problem.code == "EXPIRED_AUTHENTICATION" and not _long_ago(problem.expired_at):
        said, hint = "the access token has expired", "make a new token for the private app or service key"
    else:
        said, hint = (
            "HubSpot does not know the access token",
            "check the secret that auth.token names, then `tierline check`",
        )
    return NeedsPerson(
        CRM, doing=doing, said=said, hint=hint, code=problem.code or "401", request_id=problem.request_id
    )


def _no_scope(problem: Problem, doing: str) -> NeedsPerson:
    named = " or ".join(problem.scopes)
    return NeedsPerson(
        CRM,
        doing=doing,
        said=f"the token lacks the scope {named}" if named else "the token lacks a permission",
        hint="add it to the private app or service key, then run `tierline check`",
        code=problem.code or "403",
        request_id=problem.request_id,
    )


def _long_ago(text: str | None) -> bool:
    # An undecodable token is answered with an expiry in 1970: that is a wrong credential, not an old one.
    try:
        return text is not None and datetime.fromisoformat(text) < datetime(2015, 1, 1, tzinfo=UTC)
    except ValueError:
        return False


def _limit_of(message: str) -> str:
    folded = message.lower()
    if "daily limit" in folded:
        return "daily"
    if "ten_secondly" in folded:
        return "ten_secondly"
    return "secondly" if "secondly limit" in folded else ""


def _holder(contexts: list[dict[str, Any]], message: str) -> str | None:
    named = _texts(contexts, ("existingId", "existingObjectId"), None)
    if named:
        return named[0]
    if "already" not in message.lower():
        return None
    found = _HOLDER.findall(message)
    return found[-1] if found else None


def _request_id(tree: Mapping[str, Any], headers: Mapping[str, str] | None) -> str:
    told = (headers or {}).get("x-hubspot-correlation-id") or tree.get("correlationId") or ""
    return told if isinstance(told, str) and re.fullmatch(r"[0-9A-Za-z\-]{1,64}", told) else ""


def _texts(contexts: list[dict[str, Any]], names: tuple[str, ...], shape: re.Pattern[str] | None) -> tuple[str, ...]:
    found = [str(v) for c in contexts for name in names for v in _listed(c.get(name)) if isinstance(v, str | int)]
    kept = [v for v in found if shape is None or shape.fullmatch(v)]
    return tuple(dict.fromkeys(kept))


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None
