"""Bulk 2.0 query jobs: one job instead of thousands of pages, for objects with many rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
import requests

from connectors.errors import CrmError, Incomplete
from connectors.salesforce.client import Client
from connectors.salesforce.faults import CRM
from connectors.salesforce.sheet import RecordDecoder, Sheet

ROWS_PER_PAGE: Final = 50_000
LONGEST_POLL_S: Final = 30.0
PATIENCE_S: Final = 4 * 3600.0
_OVER: Final = frozenset({"Failed", "Aborted"})


class JobFailed(CrmError):
    """Salesforce gave the job up; the same query may still work page by page."""


class _Job(msgspec.Struct, rename="camel"):
    id: str
    state: str
    number_records_processed: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """One result page of a job, and where the next begins; an empty locator means that there is none."""

    sheets: list[Sheet]
    locator: str


class BulkQuery:
    """One query as a job: started, waited for, read; given up in the org when we break off while it runs."""

    def __init__(self, client: Client, decoder: RecordDecoder, name: str) -> None:
        self._client, self._decoder = client, decoder
        self._jobs = f"{client.base}/jobs/query"
        self._doing = f"read {name} in bulk"

    def run(self, soql: str) -> str:
        """Id of the finished job."""
        body = {
            "operation": "queryAll",
            "query": soql,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        job = self._client.tell("POST", self._jobs, body, _Job, doing=self._doing)
        try:
            self._wait(job)
        except BaseException:
            self._abort(job)
            raise
        return job.id

    def chunks(self, job_id: str, locator: str = "") -> Iterator[Chunk]:
        """All result pages from ``locator`` on."""
        seen = {locator}
        while True:
            params = {"maxRecords": str(ROWS_PER_PAGE)} | ({"locator": locator} if locator else {})
            chunk = self._client.fetch(f"{self._jobs}/{job_id}/results", self._chunk, self._doing, params)
            yield chunk
            if not chunk.locator:
                return
            if chunk.locator in seen:
                raise Incomplete(CRM, doing=self._doing, said="the same page of results was named twice")
            locator = chunk.locator
            seen.add(locator)

    def _chunk(self, answer: requests.Response) -> Chunk:
        sheets = self._decoder.csv(answer.content)
        promised = answer.headers.get("Sforce-NumberOfRecords", "")
        if promised.isdigit() and int(promised) != sum(map(len, sheets)):
            raise ValueError("fewer or more rows than promised")
        locator = answer.headers.get("Sforce-Locator", "null")
        return Chunk(sheets, "" if locator == "null" else locator)

    def _wait(self, job: _Job) -> None:
        patience, pause_s = self._client.patience, 1.0
        started = patience.monotonic()
        while job.state != "JobComplete":
            if job.state in _OVER:
                raise JobFailed(CRM, doing=self._doing, said=f"the job ended as {job.state}", code=job.state)
            if patience.monotonic() - started > PATIENCE_S:
                raise Incomplete(CRM, doing=self._doing, said="the job did not finish in four hours")
            patience.sleep(pause_s)
            pause_s = min(LONGEST_POLL_S, pause_s * 1.5)
            job = self._client.read(f"{self._jobs}/{job.id}", _Job, doing=self._doing)

    def _abort(self, job: _Job) -> None:
        try:
            self._client.once("PATCH", f"{self._jobs}/{job.id}", doing="end the job", body={"state": "Aborted"})
        except CrmError:
            return  # already over, or out of reach: results expire after seven days
