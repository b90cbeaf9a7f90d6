"""Several calls in one: composite with references between them, and batch."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from sandbox.salesforce.errors import Refusal, RowRefusal
from sandbox.salesforce.query import Queries
from sandbox.salesforce.web import Answer, Call, Paths, ok
from sandbox.salesforce.writes import Writer
from sandbox.soql.errors import SoqlError

_MOST: Final = 25
_MOST_LONG: Final = 5
_REFERENCE: Final = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_BELOW: Final = re.compile(r"(?:/?services/data)?/?v\d+\.0/(.*?)/*")
_HALTED: Final = "The transaction was rolled back since another operation in the same transaction failed."


class Composite:
    """Sub-requests run through the same paths as calls of their own."""

    def __init__(self, paths: Paths, queries: Queries) -> None:
        self._paths, self._queries = paths, queries

    def composite(self, call: Call) -> Answer:
        """``POST /composite``. A failed sub-request halts those that refer to it, and with allOrNone all others."""
        body = call.object()
        parts = body.get("compositeRequest")
        if not isinstance(parts, list) or not parts:
            raise Refusal(400, "JSON_PARSER_ERROR", "compositeRequest is missing or no array")
        _checked(parts)
        whole = body.get("allOrNone") is True
        shared = Writer(call.view, held=True)
        if whole:
            call = replace(call, shared=shared)
        known: dict[str, Any] = {}
        answers: list[dict[str, Any]] = []
        for part in parts:
            answers.append(self._part(call, part, known))
            if answers[-1]["httpStatusCode"] < 400:
                known[str(part.get("referenceId"))] = answers[-1]["body"]
            elif whole:
                shared.back_to()
                return ok({"compositeResponse": _halted(parts, answers)})
        shared.settle()
        return ok({"compositeResponse": answers})

    def _part(self, call: Call, part: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        try:
            url, body = _resolved(str(part.get("url")), known), _resolved(part.get("body"), known)
            answer = self._run(call, str(part.get("method")).upper(), url, body, part.get("httpHeaders") or {})
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body())
        return {
            "body": answer.value,
            "httpHeaders": dict(answer.headers),
            "httpStatusCode": answer.status,
            "referenceId": part.get("referenceId"),
        }

    def _run(self, call: Call, method: str, url: str, body: Any, headers: dict[str, str]) -> Answer:
        encoded = b"" if body is None else msgspec.json.encode(body)
        inner = call.inner(method, url, encoded, headers)
        match = _BELOW.fullmatch(urlsplit(inner.path).path)
        if match is None:
            raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
        try:
            return self._paths.answer(replace(inner, view=call.org.view(call.user_id)), match[1])
        except SoqlError as error:
            return Answer(400, [{"message": error.message, "errorCode": error.code}])
        except RowRefusal as refusal:
            return Answer(refusal.whole().status, refusal.whole().body())

    def batch(self, call: Call) -> Answer:
        """``POST /composite/batch``: independent sub-requests."""
        body = call.object()
        parts = body.get("batchRequests")
        if not isinstance(parts, list) or not parts:
            raise Refusal(400, "JSON_PARSER_ERROR", "batchRequests is missing or no array")
        if len(parts) > _MOST:
            raise Refusal(400, "LIMIT_EXCEEDED", f"The maximum number of batch requests is {_MOST}")
        results: list[dict[str, Any]] = []
        for part in parts:
            if body.get("haltOnError") and any(each["statusCode"] >= 400 for each in results):
                halted = Refusal(412, "BATCH_PROCESSING_HALTED", "Batch processing halted per request.")
                results.append({"statusCode": 412, "result": halted.body()})
                continue
            results.append(self._batched(call, part))
        return ok({"hasErrors": any(each["statusCode"] >= 400 for each in results), "results": results})

    def _batched(self, call: Call, part: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._run(call, str(part.get("method")).upper(), str(part.get("url")), part.get("richInput"), {})
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body())
        return {"statusCode": answer.status, "result": answer.value}


def _checked(parts: list[Any]) -> None:
    if len(parts) > _MOST:
        raise Refusal(400, "LIMIT_EXCEEDED", f"The maximum number of sub-requests is {_MOST}")
    names = [part.get("referenceId") for part in parts]
    if len(set(names)) < len(names) or not all(names):
        raise Refusal(400, "INVALID_INPUT", "Each sub-request needs a referenceId of its own")
    long = [part for part in parts if re.search(r"/(query|queryAll|composite/sobjects)\b", str(part.get("url")))]
    if len(long) > _MOST_LONG:
        raise Refusal(400, "LIMIT_EXCEEDED", f"At most {_MOST_LONG} sub-requests may be queries or collections")


def _halted(parts: list[Any], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a call that must succeed whole answers once one of its parts failed."""
    failed = answers[-1]
    body = [{"errorCode": "PROCESSING_HALTED", "message": _HALTED}]
    return [
        failed
        if part.get("referenceId") == failed["referenceId"]
        else {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": part.get("referenceId")}
        for part in parts
    ]


def _resolved(value: Any, known: dict[str, Any]) -> Any:
    """A value with ``@{reference.field}`` replaced by what earlier answers said. Raises Refusal."""
    if isinstance(value, dict):
        return {key: _resolved(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, known) for each in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: str(_looked_up(match[1], match[2], known)), value)
    return value


def _looked_up(name: str, steps: str, known: dict[str, Any]) -> Any:
    try:
        found = known[name]
        for key, index in _STEP.findall(steps):
            found = found[int(index)] if index else found[key]
    except (KeyError, IndexError, TypeError):
        words = f"Invalid reference specified. No value for {name}{steps} found in {name}"
        raise Refusal(400, "PROCESSING_HALTED", words) from None
    return found
