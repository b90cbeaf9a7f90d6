"""Bulk API 2.0 queries: a job that is polled, and CSV behind locators."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.salesforce.errors import Refusal, not_found
from sandbox.salesforce.org import Org, View
from sandbox.salesforce.web import Answer, Call, no_content, ok
from sandbox.soql import paths
from sandbox.soql.errors import SoqlError
from sandbox.soql.ids import Positions, checksum
from sandbox.soql.nodes import FieldSet, Name
from sandbox.soql.run import Result, run

DELIMITERS: Final = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}
_PAGE: Final = 50_000
_DELAY_S: Final = 0.2
_POLLS: Final = 3
_OVER: Final = frozenset({"JobComplete", "Failed", "Aborted"})


def job_id(number: int) -> str:
    """The id of the n-th job."""
    fifteen = f"750Hs{number:010d}"
    return fifteen + checksum(fifteen)


@dataclass(slots=True)
class Job:
    """One query job."""

    id: str
    user_id: str
    version: str
    operation: str
    entity: str
    created: str
    delimiter: str
    ending: str
    begun_at: float
    columns: list[paths.Bound]
    positions: Positions
    state: str = "UploadComplete"
    polls: int = 0


class BulkQueries:
    """The query jobs of the org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}
        self._made = 0

    def clear(self) -> None:
        """Forgets all jobs."""
        self._jobs.clear()

    def create(self, call: Call) -> Answer:
        """``POST /jobs/query``."""
        body = call.object()
        operation = body.get("operation")
        if operation not in {"query", "queryAll"}:
            raise Refusal(400, "INVALIDJOB", f"InvalidJob : Invalid operation: {operation}")
        delimiter, ending = body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF")
        if delimiter not in DELIMITERS or ending not in ENDINGS:
            raise Refusal(400, "INVALIDJOB", "InvalidJob : Invalid columnDelimiter or lineEnding")
        result = run(call.view, str(body.get("query", "")), deleted=operation == "queryAll")
        _allowed(result)
        self._made += 1
        job = Job(
            job_id(self._made),
            call.user_id,
            call.version,
            operation,
            result.entity.name,
            call.org.stamp(),
            delimiter,
            ending,
            call.org.clock.seconds(),
            _columns(call.view, result),
            result.positions,
        )
        self._jobs[job.id] = job
        return ok(_shown(job))

    def listed(self, call: Call) -> Answer:
        """``GET /jobs/query``."""
        jobs = [_shown(job) for job in self._jobs.values() if job.user_id == call.user_id]
        return ok({"done": True, "records": jobs, "nextRecordsUrl": None})

    def _job(self, call: Call) -> Job:
        job = self._jobs.get(call.args["id"]) or self._jobs.get(call.args["id"] + checksum(call.args["id"][:15]))
        if job is None:
            raise not_found()
        if job.version != call.version:
            words = "The API version of the request does not match the version of the job"
            raise Refusal(409, "API_VERSION_MISMATCH", words)
        return job

    def read(self, call: Call) -> Answer:
        """``GET /jobs/query/{id}``: each look may find the job further on."""
        job = self._job(call)
        job.polls += 1
        job.state = stepped(self._org, job.state, job.begun_at, job.polls)
        return ok(_shown(job) | _counted(job))

    def close(self, call: Call) -> Answer:
        """``PATCH /jobs/query/{id}`` with state Aborted."""
        job = self._job(call)
        if call.object().get("state") != "Aborted" or job.state in _OVER:
            raise Refusal(400, "INVALIDJOBSTATE", f"Invalid job state: {job.state}")
        job.state = "Aborted"
        return ok(_shown(job))

    def delete(self, call: Call) -> Answer:
        """``DELETE /jobs/query/{id}``."""
        job = self._job(call)
        if job.state not in _OVER:
            raise Refusal(400, "INVALIDJOBSTATE", f"Job with id {job.id} is not in a terminal state")
        del self._jobs[job.id]
        return no_content()

    def results(self, call: Call) -> Answer:
        """``GET /jobs/query/{id}/results?locator=&maxRecords=``."""
        job = self._job(call)
        if job.state != "JobComplete":
            words = f"Invalid job state. Cannot fetch results when job state is {job.state}"
            raise Refusal(400, "INVALIDJOBSTATE", words)
        start = _offset(call.params.get("locator"))
        size = int(call.params.get("maxRecords") or _PAGE)
        at = job.positions[start : start + size]
        end = start + len(at)
        more = end < len(job.positions)
        headers = {
            "Sforce-Locator": _locator(end) if more else "null",
            "Sforce-NumberOfRecords": str(len(at)),
        }
        charset = "; charset=UTF-8" if call.org.switch("bulk_csv_charset", default=True) else ""
        return Answer(200, headers=headers, raw=_csv(call.view, job, at), media_type="text/csv" + charset)

    def result_pages(self, call: Call) -> Answer:
        """``GET /jobs/query/{id}/resultPages``: up to five addresses at a time."""
        job = self._job(call)
        start = _offset(call.params.get("locator"))
        starts = list(range(start, max(len(job.positions), 1), _PAGE))
        url = f"{call.root}/jobs/query/{job.id}"
        pages = [{"resultUrl": f"{url}/results?locator={_locator(each)}&maxRecords={_PAGE}"} for each in starts[:5]]
        rest = starts[5:]
        following = f"{url}/resultPages?locator={_locator(rest[0])}" if rest else None
        return ok({"resultPages": pages, "nextRecordsUrl": following, "done": not rest})


def stepped(org: Org, state: str, begun_at: float, polls: int) -> str:
    """A job's state after one more look: it moves with the clock, and with looks in case the clock stands."""
    if state in _OVER:
        return state
    delay = org.options.limit("salesforce.bulk_delay_s", _DELAY_S)
    over = org.clock.seconds() - begun_at >= delay or polls >= org.options.limit("salesforce.bulk_polls", _POLLS)
    return "JobComplete" if over else "InProgress"


def _offset(locator: str | None) -> int:
    if not locator:
        return 0
    try:
        return int(base64.b64decode(locator + "=" * (-len(locator) % 4)).decode())
    except ValueError:
        raise Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator") from None


def _locator(offset: int) -> str:
    return base64.b64encode(str(offset).encode()).decode().rstrip("=")


def _allowed(result: Result) -> None:
    if not result.entity.bulk:
        words = f"InvalidEntity : Entity '{result.entity.name}' is not supported by the Bulk API."
        raise Refusal(400, "INVALIDENTITY", words)
    plain = all(isinstance(each, Name | FieldSet) for each in result.query.select)
    if result.tree is None or not plain or result.query.offset:
        words = "Implementation restriction: aggregates, sub-queries, TYPEOF and OFFSET are not supported in Bulk Query"
        raise Refusal(400, "API_ERROR", words)


def _columns(view: View, result: Result) -> list[paths.Bound]:
    columns: list[paths.Bound] = []
    for item in result.query.select:
        if isinstance(item, Name):
            columns.append(paths.bind(view, result.entity, item, result.query.text, result.query.alias))
        elif result.tree is not None:
            kept = [each for each in view.fields(result.entity) if each.name in result.tree.columns]
            columns += [paths.Bound(result.entity, (), each) for each in kept if each.type != "address"]
    if any(each.field.type in {"address", "complexvalue"} for each in columns):
        raise SoqlError("INVALID_FIELD", "Selecting compound data not supported in Bulk Query")
    return columns


def _shown(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.entity,
        "createdById": job.user_id,
        "createdDate": job.created,
        "systemModstamp": job.created,
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version),
        "lineEnding": job.ending,
        "columnDelimiter": job.delimiter,
    }


def _counted(job: Job) -> dict[str, Any]:
    done = len(job.positions) if job.state == "JobComplete" else 0
    return {
        "jobType": "V2Query",
        "numberRecordsProcessed": done,
        "retries": 0,
        "totalProcessingTime": 100,
        "isPkChunkingSupported": True,
    }


def _csv(view: View, job: Job, at: Positions) -> bytes:
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=DELIMITERS[job.delimiter], quoting=csv.QUOTE_ALL, lineterminator=ENDINGS[job.ending]
    )
    writer.writerow([each.label for each in job.columns])
    columns = [_cells(each.field.type, paths.read(view, each, at)) for each in job.columns]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def _cells(kind: str, values: list[Any]) -> list[Any]:
    shows: dict[str, Callable[[Any], Any]] = {
        "datetime": lambda each: each[:-5] + "Z",
        "boolean": lambda each: "true" if each else "false",
    }
    show = shows.get(kind)
    return values if show is None else [None if each is None else show(each) for each in values]
