"""Bulk API 2.0 ingest: CSV in, saved row by row when the job runs, three CSV files of outcomes."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.salesforce.bulk_query import DELIMITERS, ENDINGS, job_id, stepped
from sandbox.salesforce.errors import Refusal, RowRefusal, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.web import Answer, Call, no_content, ok
from sandbox.salesforce.writes import MultipleChoices, Writer
from sandbox.soql.ids import checksum
from sandbox.soql.schema import Field, SObject

_OPERATIONS: Final = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
_OVER: Final = frozenset({"JobComplete", "Failed", "Aborted"})
_CLEAR: Final = "#N/A"
_MOST_BYTES: Final = 150_000_000


@dataclass(slots=True)
class Job:
    """One ingest job; ``data`` is dropped once it was processed."""

    id: str
    user_id: str
    version: str
    operation: str
    entity: SObject
    key: Field | None
    created: str
    delimiter: str
    ending: str
    state: str = "Open"
    data: bytes | None = None
    begun_at: float = 0.0
    polls: int = 0
    error: str | None = None
    header: list[str] = field(default_factory=list)
    good: list[list[str]] = field(default_factory=list)
    bad: list[list[str]] = field(default_factory=list)
    left: list[list[str]] = field(default_factory=list)


class Ingests:
    """The ingest jobs of the org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}
        self._made = 500_000  # apart from the numbers of query jobs
        self._dice = random.Random(11)

    def clear(self) -> None:
        """Forgets all jobs."""
        self._jobs.clear()

    # ---- the job ----------------------------------------------------------------------------------------------------
    def create(self, call: Call) -> Answer:
        """``POST /jobs/ingest``."""
        body = call.object()
        operation = str(body.get("operation"))
        if operation not in _OPERATIONS:
            raise Refusal(400, "INVALIDJOB", f"InvalidJob : Invalid operation: {operation}")
        entity = call.view.entity(str(body.get("object")))
        if entity is None or not entity.bulk:
            words = f"InvalidEntity : Entity '{body.get('object')}' is not supported by the Bulk API."
            raise Refusal(400, "INVALIDENTITY", words)
        delimiter, ending = body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF")
        if delimiter not in DELIMITERS or ending not in ENDINGS or body.get("contentType", "CSV") != "CSV":
            raise Refusal(400, "INVALIDJOB", "InvalidJob : Invalid contentType, columnDelimiter or lineEnding")
        self._made += 1
        job = Job(
            job_id(self._made),
            call.user_id,
            call.version,
            operation,
            entity,
            _key(call, entity, operation, body.get("externalIdFieldName")),
            call.org.stamp(),
            delimiter,
            ending,
        )
        self._jobs[job.id] = job
        return ok(_shown(job))

    def _job(self, call: Call) -> Job:
        job = self._jobs.get(call.args["id"]) or self._jobs.get(call.args["id"] + checksum(call.args["id"][:15]))
        if job is None:
            raise not_found()
        if job.version != call.version:
            words = "The API version of the request does not match the version of the job"
            raise Refusal(409, "API_VERSION_MISMATCH", words)
        return job

    def upload(self, call: Call) -> Answer:
        """``PUT /jobs/ingest/{id}/batches``, once."""
        job = self._job(call)
        if job.state != "Open" or job.data is not None:
            raise Refusal(400, "INVALIDJOBSTATE", f"Job data was uploaded before, or the job is {job.state}")
        if not call.headers.get("content-type", "").lower().startswith("text/csv"):
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type of the data has to be text/csv")
        if len(call.body) > _MOST_BYTES:
            raise Refusal(400, "LIMIT_EXCEEDED", "Job data is larger than 150 MB")
        job.data = call.body
        return Answer(201)

    def close(self, call: Call) -> Answer:
        """``PATCH /jobs/ingest/{id}`` with state UploadComplete or Aborted."""
        job = self._job(call)
        state = call.object().get("state")
        if state not in {"UploadComplete", "Aborted"} or job.state in _OVER or (state == job.state):
            raise Refusal(400, "INVALIDJOBSTATE", f"Cannot change the state from {job.state} to {state}")
        job.state = str(state)
        job.begun_at = self._org.clock.seconds()
        return ok(_shown(job))

    def read(self, call: Call) -> Answer:
        """``GET /jobs/ingest/{id}``: each look may find the job further on; the rows are saved when it completes."""
        job = self._job(call)
        if job.state in {"UploadComplete", "InProgress"}:
            job.polls += 1
            job.state = stepped(self._org, job.state, job.begun_at, job.polls)
            if job.state == "JobComplete":
                self._process(job)
        return ok(_shown(job) | _counted(job))

    def listed(self, call: Call) -> Answer:
        """``GET /jobs/ingest``."""
        jobs = [_shown(job) for job in self._jobs.values() if job.user_id == call.user_id]
        return ok({"done": True, "records": jobs, "nextRecordsUrl": None})

    def delete(self, call: Call) -> Answer:
        """``DELETE /jobs/ingest/{id}``."""
        job = self._job(call)
        if job.state not in _OVER:
            raise Refusal(400, "INVALIDJOBSTATE", f"Job with id {job.id} is not in a terminal state")
        del self._jobs[job.id]
        return no_content()

    # ---- the outcomes -----------------------------------------------------------------------------------------------
    def successful(self, call: Call) -> Answer:
        """``GET .../successfulResults``."""
        job = self._job(call)
        return _csv(call, job, ["sf__Id", "sf__Created", *job.header], job.good)

    def failed(self, call: Call) -> Answer:
        """``GET .../failedResults``."""
        job = self._job(call)
        return _csv(call, job, ["sf__Id", "sf__Error", *job.header], job.bad)

    def unprocessed(self, call: Call) -> Answer:
        """``GET .../unprocessedrecords``."""
        job = self._job(call)
        return _csv(call, job, job.header, job.left)

    # ---- the work ---------------------------------------------------------------------------------------------------
    def _process(self, job: Job) -> None:
        text = (job.data or b"").decode("utf-8", "replace").removeprefix("\ufeff")
        job.data = None
        if ("\r\n" in text) != (job.ending == "CRLF") and "\n" in text:
            self._fail(job, "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is "
                       + job.ending)  # fmt: skip
            return
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.delimiter], strict=False)
        job.header = next(rows, [])
        view = self._org.view(job.user_id)
        for name in job.header:
            if not _known(job, name, view.field(job.entity, name), view.relation(job.entity, name.partition(".")[0])):
                self._fail(job, f"InvalidBatch : Field name not found : {name}")
                return
        writer = Writer(view, auto_assign=True)
        for cells in rows:
            if cells:
                self._row(job, writer, cells)
        if self._org.switch("bulk_shuffled_results", default=True):
            self._dice.shuffle(job.good)
            self._dice.shuffle(job.bad)

    def _fail(self, job: Job, error: str) -> None:
        job.state, job.error = "Failed", error

    def _row(self, job: Job, writer: Writer, cells: list[str]) -> None:
        padded = (cells + [""] * len(job.header))[: len(job.header)]
        try:
            record_id, created = _save(job, writer, _body(job.header, padded))
        except (RowRefusal, MultipleChoices) as refusal:
            writer.back_to()
            job.bad.append(["", _error(refusal, job.header, padded), *padded])
            return
        writer.commit()
        job.good.append([record_id, "true" if created else "false", *padded])


def _key(call: Call, entity: SObject, operation: str, name: Any) -> Field | None:
    if operation != "upsert":
        return None
    known = call.view.field(entity, str(name)) if name else None
    if known is None or not (known.external_id or known.id_lookup):
        words = (
            f"InvalidJob : Field name provided, {name} does not match an External ID, Salesforce Id for {entity.name}"
        )
        raise Refusal(400, "INVALIDJOB", words)
    return known


def _known(job: Job, name: str, plain: Field | None, relation: Field | None) -> bool:
    if name.lower() == "id" or plain is not None:
        return True
    return "." in name and relation is not None and job.operation not in {"delete", "hardDelete"}


def _body(header: list[str], cells: list[str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        if cell == "":
            continue
        value = None if cell == _CLEAR else cell
        relation, _, key = name.partition(".")
        body[relation] = {key: value} if key else value
    return body


def _save(job: Job, writer: Writer, body: dict[str, Any]) -> tuple[str, bool]:
    record_id = next((str(value) for name, value in body.items() if name.lower() == "id"), "")
    if job.operation == "insert":
        return writer.create(job.entity, body), True
    if job.operation == "upsert" and job.key is not None and job.key.name != "Id":
        name = next((each for each in body if each.lower() == job.key.name.lower()), None)
        return writer.upsert(job.entity, job.key, body.pop(name) if name else None, body)
    if job.operation == "upsert" and not record_id:
        return writer.create(job.entity, body), True
    if not record_id:
        raise RowRefusal("MISSING_ARGUMENT", f"Id not specified in {job.operation} call")
    position = writer.locate(job.entity, record_id)
    full_id = writer.view.rows(job.entity).record_id(position)
    if job.operation in {"delete", "hardDelete"}:
        writer.delete(job.entity, full_id)
    else:
        writer.update(job.entity, full_id, body)
    return full_id, False


def _error(refusal: RowRefusal | MultipleChoices, header: list[str], cells: list[str]) -> str:
    if isinstance(refusal, MultipleChoices):
        return f"DUPLICATE_EXTERNAL_ID:More than one record found for external id field: {refusal.record_ids}:--"
    if refusal.code == "JSON_PARSER_ERROR":
        bad = next((cell for cell in cells if cell and f"value {cell} or" in refusal.message), "")
        column = cells.index(bad) if bad in cells else 0
        kind = refusal.message.split("instance of ")[1].split(" ")[0]
        return (
            f"INVALID_FIELD:Failed to deserialize field at col {column}. Due to, '{bad}' is not a valid value for the "
            f"type xsd:{kind}:{header[column]} --"
        )
    return f"{refusal.code}:{refusal.message}:{','.join(refusal.fields)} --".replace(": --", ":--")


def _shown(job: Job) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": job.id,
        "operation": job.operation,
        "object": job.entity.name,
        "createdById": job.user_id,
        "createdDate": job.created,
        "systemModstamp": job.created,
        "state": job.state,
    }
    if job.key is not None:
        shown["externalIdFieldName"] = job.key.name
    shown |= {"concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(job.version)}
    if job.state == "Open":
        shown["contentUrl"] = f"services/data/v{job.version}/jobs/ingest/{job.id}/batches"
    return shown | {"lineEnding": job.ending, "columnDelimiter": job.delimiter}


def _counted(job: Job) -> dict[str, Any]:
    counted: dict[str, Any] = {
        "jobType": "V2Ingest",
        "numberRecordsProcessed": len(job.good) + len(job.bad),
        "numberRecordsFailed": len(job.bad),
        "retries": 0,
        "totalProcessingTime": 100,
        "apiActiveProcessingTime": 80,
        "apexProcessingTime": 0,
    }
    return counted if job.error is None else counted | {"errorMessage": job.error}


def _csv(call: Call, job: Job, header: list[str], rows: list[list[str]]) -> Answer:
    out = io.StringIO()
    ending = ENDINGS[job.ending]
    writer = csv.writer(out, delimiter=DELIMITERS[job.delimiter], quoting=csv.QUOTE_ALL, lineterminator=ending)
    writer.writerow(header)
    writer.writerows(rows)
    charset = "; charset=UTF-8" if call.org.switch("bulk_csv_charset", default=True) else ""
    return Answer(200, raw=out.getvalue().encode(), media_type="text/csv" + charset)
