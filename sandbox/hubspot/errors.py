"""Refusals in the vendor's exact wording; raised by handlers, turned into answers by the routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

SCOPES_PAGE = "https://developers.hubspot.com/scopes"
NO_CREDENTIALS = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details "
    "at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)
HTML_NOT_FOUND = "<html>\n<head>\n<title>Error 404 Not Found</title>\n</head>\n<body>\n<h2>HTTP ERROR 404</h2>\n</html>"
HTML_NOT_ALLOWED = (
    "<html>\n<head>\n<title>Error 405 Method Not Allowed</title>\n</head>\n<body>\n<h2>HTTP ERROR 405</h2>\n</html>"
)

HTML_TOO_LONG = "<html>\n<head><title>414 Request-URI Too Large</title></head>\n<body>cloudflare</body>\n</html>"


class RefusalError(Exception):
    """An answer that is not a success; ``body`` lacks only the correlation id, which the routes fill in."""

    def __init__(
        self,
        status: int,
        message: str,
        category: str | None = None,
        *,
        context: Mapping[str, Sequence[str]] | None = None,
        errors: Sequence[Mapping[str, Any]] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        body: dict[str, Any] = {"status": "error", "message": message, "correlationId": ""}
        if context is not None:
            body["context"] = context
        if errors is not None:
            body["errors"] = errors
        body.update(more)
        if category is not None:
            body["category"] = category
        self.body = body

    def row(self, trace_id: str | None = None) -> dict[str, Any]:
        """The same refusal as one entry of a 207's ``errors``."""
        kept = ("status", "category", "subCategory", "message", "context", "errors")
        entry = {name: self.body[name] for name in kept if name in self.body}
        if trace_id is not None:
            entry["context"] = {"objectWriteTraceId": [trace_id], **entry.get("context", {})}
        return entry


class HtmlError(Exception):
    """A path or method that no API owns: an HTML page, not JSON."""

    def __init__(self, status: int, page: str) -> None:
        super().__init__(page)
        self.status = status
        self.page = page


@dataclass(frozen=True, slots=True)
class Problem:
    """One property value that cannot be taken."""

    name: str
    code: str
    message: str


def invalid(message: str, **more: Any) -> RefusalError:
    """A 400 with category VALIDATION_ERROR."""
    return RefusalError(400, message, "VALIDATION_ERROR", **more)


def no_type(name: str) -> RefusalError:
    """The path names no object type; this one has no category."""
    return RefusalError(400, f"Unable to infer object type from: {name}")


def bad_values(problems: Sequence[Problem], portal_id: int) -> RefusalError:
    """Property values that were refused: the list inside the message and again as ``errors``."""
    listed = [
        {
            "isValid": False,
            "message": problem.message,
            "error": problem.code,
            "name": problem.name,
            "localizedErrorMessage": problem.message,
            "portalId": portal_id,
        }
        for problem in problems
    ]
    errors = [
        {"message": problem.message, "code": problem.code, "context": {"propertyName": [problem.name]}}
        for problem in problems
    ]
    return invalid(f"Property values were not valid: {msgspec.json.encode(listed).decode()}", errors=errors)


def not_found(record_id: str) -> RefusalError:
    """No record has this id."""
    if record_id.isdigit():
        return RefusalError(404, "resource not found", "OBJECT_NOT_FOUND", context={"id": [record_id]})
    message = "Object not found.  objectId are usually numeric."
    return RefusalError(404, message, "OBJECT_NOT_FOUND", context={"id": [record_id]})


def some_missing(upper: str, ids: Sequence[str]) -> dict[str, Any]:
    """The one entry of a 207 that names all ids a batch could not find."""
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {upper} objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": list(ids)},
    }


def contact_exists(holder: str, *, named: bool) -> RefusalError:
    """Another contact has this e-mail address; only a single create or a traced batch row names the holder."""
    if not named:
        return RefusalError(409, "Contact already exists", "CONFLICT")
    return RefusalError(409, f"Contact already exists. Existing ID: {holder}", "CONFLICT")


def value_taken(portal_id: int, upper: str, name: str, value: str, mine: str, holder: str) -> RefusalError:
    """A unique value is held by another record; the second id is the holder."""
    where = (
        f"PropertyValueCoordinates{{portalId={portal_id}, objectTypeId=ObjectTypeId{{legacyObjectType={upper}}}, "
        f"propertyName={name}, value={value}}}"
    )
    return invalid(f"Cannot set {where} on {mine}. {holder} already has that value.")


def no_credentials() -> RefusalError:
    """No bearer token, or one that no portal knows."""
    return RefusalError(401, NO_CREDENTIALS, "INVALID_AUTHENTICATION")


def expired(seconds: int, moment: str) -> RefusalError:
    """A token past its time."""
    message = f"The OAuth token used to make this call expired {seconds} second(s) ago."
    return RefusalError(401, message, "EXPIRED_AUTHENTICATION", context={"expire time": [moment]})


def missing_scopes(scopes: Sequence[str], *, variant: int) -> RefusalError:
    """None of the scopes that would do is granted; two wordings are in use."""
    if variant == 2:
        context = {"requiredGranularScopes": list(scopes), "links": [SCOPES_PAGE]}
        return RefusalError(403, "One or more of the following scopes are required.", "MISSING_SCOPES", context=context)
    message = (
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_PAGE}."
    )
    rows = [
        {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": list(scopes)},
        }
    ]
    return RefusalError(403, message, "MISSING_SCOPES", errors=rows, links={"scopes": SCOPES_PAGE})
