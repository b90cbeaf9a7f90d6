"""What Salesforce's answers mean when they are not success: its four error shapes, put into our errors.

Vendor messages may quote people's data, so only codes, field names and our own words leave this file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from connectors.errors import BudgetSpent, CrmError, NeedsPerson, Refused, Retryable

CRM: Final = "Salesforce"
LONGEST_WAIT_S: Final = 300.0  # a longer one is for the next run


class NotSent(Retryable):
    """No byte of the call reached Salesforce."""


class Unclear(Retryable):
    """No clear answer came back: a write may or may not have happened."""


class SessionEnded(CrmError):
    """The session has expired; a new login cures it."""


class CursorLost(CrmError):
    """A query locator is no longer known: the window has to be read again."""


class Fault(msgspec.Struct, frozen=True):
    """One error: its code, the field names it names, and the vendor's text (never shown)."""

    code: str
    text: str = ""
    fields: tuple[str, ...] = ()


_LOCK_CODES: Final = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "REQUEST_RUNNING_TOO_LONG",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "TERRITORY_REALIGN_IN_PROGRESS",
    }
)
_TRANSIENT_CODES: Final = frozenset(
    {"SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "QUERY_TIMEOUT", "TOO_MANY_APEX_REQUESTS", "API_CURRENTLY_DISABLED"}
)
_ADMIN_CODES: Final = frozenset(
    {
        "API_DISABLED_FOR_ORG",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_FIELD",
        "INVALID_TYPE",
        "UNSUPPORTED_API_VERSION",
        "TXN_SECURITY_METERING_ERROR",
        "API_ERROR",
    }
)
_GOVERNOR: Final = re.compile(r"Apex CPU time limit|Too many (SOQL|DML|batch retries)|LimitException", re.IGNORECASE)
_COLUMN: Final = re.compile(r"No such column '([A-Za-z0-9_.]+)'")
_HOLDER: Final = re.compile(r"record with id: ([A-Za-z0-9]{15,18})")

_WORDS: Final[Mapping[str, str]] = {
    "API_DISABLED_FOR_ORG": "the REST API is switched off in this org or for this user",
    "CANNOT_EXECUTE_FLOW_TRIGGER": "a flow of the org failed on this record",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "an Apex trigger of the org refused this record",
    "CANNOT_UPDATE_CONVERTED_LEAD": "the lead has been converted",
    "DUPLICATES_DETECTED": "a duplicate rule of the org refused this record",
    "DUPLICATE_VALUE": "another record already holds this unique value",
    "ENTITY_IS_DELETED": "the record has been deleted",
    "ENTITY_IS_LOCKED": "the record is locked by an approval process",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule of the org refused this record",
    "FIELD_FILTER_VALIDATION_EXCEPTION": "a lookup filter of the org refused this record",
    "FIELD_INTEGRITY_EXCEPTION": "a field points to a record of the wrong kind",
    "INACTIVE_OWNER_OR_USER": "the user is inactive",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "our user may not use a record that this one points to",
    "INSUFFICIENT_ACCESS_OR_READONLY": "our user may not change this record",
    "INVALID_CROSS_REFERENCE_KEY": "the record, or one it points to, is gone or not visible to our user",
    "INVALID_FIELD": "a field does not exist or is hidden from our user",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "a field is read-only for our user",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "the value is not on the field's list",
    "INVALID_QUERY_LOCATOR": "the query's cursor is no longer known",
    "INVALID_SESSION_ID": "the session has ended",
    "INVALID_TYPE": "an object does not exist or is hidden from our user",
    "NOT_FOUND": "the record does not exist",
    "NUMBER_OUTSIDE_VALID_RANGE": "a number is outside the field's range",
    "QUERY_TIMEOUT": "the query ran too long",
    "REQUEST_LIMIT_EXCEEDED": "the org's API limit is reached",
    "REQUIRED_FIELD_MISSING": "the org requires a field that we do not fill",
    "SERVER_UNAVAILABLE": "Salesforce is not available at the moment",
    "STORAGE_LIMIT_EXCEEDED": "the org's storage is full",
    "STRING_TOO_LONG": "a text is too long for its field",
    "TRANSFER_REQUIRES_READ": "the new owner may not read the record",
    "UNABLE_TO_LOCK_ROW": "another process holds the record",
    "UNKNOWN_EXCEPTION": "Salesforce failed inside",
    "UNSUPPORTED_API_VERSION": "this API version is no longer served",
}


class _Item(msgspec.Struct):
    errorCode: str = ""  # noqa: N815 - the vendor's name
    statusCode: str = ""  # noqa: N815 - the vendor's name
    message: str = ""
    fields: list[str] = []


class _Object(msgspec.Struct):
    error: str = ""
    error_description: str = ""
    exceptionCode: str = ""  # noqa: N815 - the vendor's name
    exceptionMessage: str = ""  # noqa: N815 - the vendor's name


def parse_faults(content: bytes) -> tuple[Fault, ...]:
    """The errors in a body: an array, an OAuth object or a Bulk object; empty when it is none of these."""
    try:
        items = msgspec.json.decode(content, type=list[_Item])
        return tuple(Fault(i.errorCode or i.statusCode, i.message, tuple(i.fields)) for i in items)
    except msgspec.DecodeError:
        pass
    try:
        single = msgspec.json.decode(content, type=_Object)
    except msgspec.DecodeError:
        return ()
    code = single.error or single.exceptionCode
    return (Fault(code, single.error_description or single.exceptionMessage),) if code else ()


def row_fault(errors: list[dict[str, Any]]) -> Fault:
    """The first error of one row of a collections answer."""
    first = errors[0] if errors else {}
    return Fault(
        str(first.get("statusCode") or first.get("errorCode") or "UNKNOWN"),
        str(first.get("message") or ""),
        tuple(str(name) for name in first.get("fields") or ()),
    )


def words(fault: Fault) -> str:
    """Our words for an error, with the fields it names."""
    said = _WORDS.get(fault.code, "Salesforce refused it")
    named = ", ".join(fault.fields) or missing_column(fault)
    return f"{said}: {named}" if named else said


def missing_column(fault: Fault) -> str:
    """The column that Salesforce does not know, or an empty text."""
    match = _COLUMN.search(fault.text)
    return match[1] if match else ""


def holder_of(fault: Fault) -> str | None:
    """Id of the record that already holds a unique value, where the error names it."""
    match = _HOLDER.search(fault.text)
    return match[1] if match and fault.code == "DUPLICATE_VALUE" else None


def is_crowding(fault: Fault) -> bool:
    """Whether a smaller chunk, sent again, may pass: locks and governor limits."""
    return fault.code in _LOCK_CODES or _GOVERNOR.search(fault.text) is not None


def error_of(status: int, content: bytes, *, doing: str, request_id: str = "", wait: str | None = None) -> CrmError:
    """The error that an answer other than 2xx stands for; ``wait`` is its Retry-After header, in seconds."""
    error = _error_of(status, content, doing, request_id)
    if isinstance(error, Retryable) and wait is not None and wait.isdecimal():
        error.after_s = min(float(wait), LONGEST_WAIT_S)
    return error


def _error_of(status: int, content: bytes, doing: str, request_id: str) -> CrmError:
    faults = parse_faults(content)
    if not faults:
        return _without_words(status, doing, request_id)
    fault = faults[0]
    kind = _kind_of(status, fault)
    return kind(CRM, doing=doing, said=words(fault), hint=_hint(kind, fault), code=fault.code, request_id=request_id)


def _kind_of(status: int, fault: Fault) -> type[CrmError]:
    match fault.code:
        case "REQUEST_LIMIT_EXCEEDED":
            return Retryable if fault.text.startswith("Concurrent") else BudgetSpent
        case "INVALID_QUERY_LOCATOR":
            return CursorLost
        case "INVALID_SESSION_ID" if "not valid for use" not in fault.text:
            return SessionEnded
    if status >= 500 or status in {406, 420}:
        return Unclear
    if fault.code in _TRANSIENT_CODES | _LOCK_CODES or status == 429:
        return Retryable
    return NeedsPerson if status == 401 or fault.code in _ADMIN_CODES else Refused


def _without_words(status: int, doing: str, request_id: str) -> CrmError:
    said = f"no readable answer (HTTP {status})"
    if status in {401, 403}:
        return NeedsPerson(
            CRM, doing=doing, said=said, request_id=request_id, hint="check the login and the API permission"
        )
    if 400 <= status < 500 and status not in {404, 406, 408, 420, 429}:
        return Refused(CRM, doing=doing, said=said, request_id=request_id)
    return Unclear(CRM, doing=doing, said=said, request_id=request_id)


def _hint(kind: type[CrmError], fault: Fault) -> str:
    if kind is BudgetSpent:
        return "the limit counts the last 24 hours; see Setup > Company Information"
    if kind is not NeedsPerson:
        return ""
    column = missing_column(fault)
    if column:
        return f"restore {column} or grant it to our user; run `tierline setup` or correct the mapping"
    return "run `tierline check` to see what is missing"
