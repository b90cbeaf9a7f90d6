"""Pulling: every stream in full, page by page or as one bulk job, or what changed since the last pull.

Windows rest on SystemModstamp. It is stamped when a transaction starts and seen when it commits, so the cursor stays
ten minutes behind the time of the pull and every window overlaps the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
import requests

from connectors.base import Cursors, Page
from connectors.errors import Incomplete, NeedsPerson, Refused, Unavailable
from connectors.salesforce.bulk import BulkQuery, JobFailed
from connectors.salesforce.client import Client
from connectors.salesforce.faults import CRM, CursorLost
from connectors.salesforce.roles import ContactRoles
from connectors.salesforce.sheet import Answer, RecordDecoder, Sheet
from connectors.salesforce.soql import LONGEST, chunks, is_one_of, moment, select, within
from connectors.salesforce.streams import Catalogue, Part, Stream

OVERLAP: Final = timedelta(minutes=10)
BULK_OVER: Final = 50_000  # rows; below, pages are faster and cost little
SHORTEST_WINDOW: Final = timedelta(minutes=1)
RESTARTS: Final = 2
MODIFIED: Final = "SystemModstamp"


class Resume(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an interrupted full pull goes on: a page's path, or a place in a job's results."""

    until: datetime
    path: str = ""
    job: str = ""
    locator: str = ""


class Reader:
    """Reads one org."""

    def __init__(self, client: Client, catalogue: Catalogue, *, bulk_over: int = BULK_OVER) -> None:
        self._client, self._catalogue, self._bulk_over = client, catalogue, bulk_over
        self._roles = ContactRoles(catalogue.org)

    def pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:
        """All pages of all streams; raises rather than ending early."""
        if cursors:
            yield from self._pull(cursors, until)
            return
        with self._client.budget.first_pull():
            yield from self._pull(cursors, until)

    def _pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:
        try:
            for stream in self._catalogue.streams(until):
                yield from self._stream(stream, cursors, until)
        except NeedsPerson:
            self._catalogue.org.forget()  # a field went away: look again next time
            raise

    # ---- one stream
    def _stream(self, stream: Stream, cursors: Cursors, until: datetime) -> Iterator[Page]:
        since = _since(stream, cursors)
        if since is None:
            resume = _resume(cursors.by_stream.get(f"resume:{stream.name}", ""))
            yield from self._full(stream, resume or Resume(until))
        else:
            yield from self._changes(stream, since, until)

    def _changes(self, stream: Stream, since: datetime, until: datetime) -> Iterator[Page]:
        if stream.name == "Contact":
            roles_of = self._roles.changed(since, until)
            self._catalogue.roles.update(self._roles.of(roles_of))
            yield from self._pages(stream, self._by_id(stream, roles_of))
        for sheet in self._window(stream, since, until):
            if stream.name == "Contact":
                known = zip(sheet.raw("Id"), sheet.raw(stream.own_role), strict=True)
                self._catalogue.roles.update(self._roles.of(contact for contact, own in known if own is None))
            yield from self._pages(stream, [sheet])
        yield from _ends(stream, until, whole=False)

    def _full(self, stream: Stream, start: Resume) -> Iterator[Page]:
        if stream.name == "Contact":
            self._catalogue.roles.update(self._roles.all(self._whole_query))
        for sheet, resume in self._rows(stream, start):
            yield from self._pages(stream, [sheet], whole=True, resume=resume)
        yield from _ends(stream, start.until, whole=True)

    def _pages(
        self, stream: Stream, sheets: Iterable[Sheet], *, whole: bool = False, resume: str = ""
    ) -> Iterator[Page]:
        for sheet in sheets:
            for part in stream.parts(sheet, whole):
                token = resume if part.stream == stream.name else ""
                if part or token:
                    yield _page(part, token)

    # ---- rows
    def _rows(self, stream: Stream, start: Resume) -> Iterator[tuple[Sheet, str]]:
        """All rows, each sheet with what resumes after it; a lost cursor starts the reading over."""
        soql = self._soql(stream)
        for _ in range(RESTARTS + 1):
            try:
                if start.job:
                    yield from self._job_rows(stream, soql, start)
                else:
                    yield from self._page_rows(stream, soql, start)
            except (CursorLost, Refused) as error:
                if isinstance(error, Refused) and not start.job:
                    raise
                start = Resume(start.until)
            else:
                return
        raise Incomplete(CRM, doing=f"read {stream.name}", said="the query's cursor was lost again and again")

    def _page_rows(self, stream: Stream, soql: str, start: Resume) -> Iterator[tuple[Sheet, str]]:
        answers = self._answers(stream.decoder, f"read {stream.name}", soql, start.path)
        try:
            first = next(answers)
        except Unavailable as error:
            if error.code != "QUERY_TIMEOUT":
                raise
            yield from self._job_rows(stream, soql, start)
            return
        if first.total > self._bulk_over and not start.path:
            try:
                yield from self._job_rows(stream, soql, start)
            except (JobFailed, Refused):  # objects that the Bulk API does not serve are read by pages
                pass
            else:
                return
        for answer in _and_then(first, answers):
            path = _path(answer.next)
            token = _token(Resume(start.until, path=path)) if path else ""
            yield stream.decoder.sheet(answer.records), token

    def _job_rows(self, stream: Stream, soql: str, start: Resume) -> Iterator[tuple[Sheet, str]]:
        query = BulkQuery(self._client, stream.decoder, stream.name)
        job = start.job or query.run(soql)
        for chunk in query.chunks(job, start.locator):
            token = _token(Resume(start.until, job=job, locator=chunk.locator)) if chunk.locator else ""
            *before, last = chunk.sheets or [stream.decoder.sheet([])]
            yield from ((sheet, "") for sheet in before)
            yield last, token

    def _window(self, stream: Stream, since: datetime, until: datetime) -> Iterator[Sheet]:
        """Rows changed in [since, until]; a window that takes too long is read in halves."""
        where = within(MODIFIED, since, until)
        if stream.also:
            where = f"({where}) OR ({within(stream.also, since, until)})"
        try:
            for _ in range(RESTARTS + 1):
                try:
                    yield from self._query(stream.decoder, f"read {stream.name}", self._soql(stream, where))
                except CursorLost:
                    continue
                return
        except Unavailable as error:
            if error.code != "QUERY_TIMEOUT" or until - since <= SHORTEST_WINDOW:
                raise
            middle = since + (until - since) / 2
            yield from self._window(stream, since, middle)
            yield from self._window(stream, middle, until)
            return
        raise Incomplete(CRM, doing=f"read {stream.name}", said="the query's cursor was lost again and again")

    def _by_id(self, stream: Stream, ids: Iterable[str]) -> Iterator[Sheet]:
        for chunk in chunks(ids):
            yield from self._query(stream.decoder, f"read {stream.name}", self._soql(stream, is_one_of("Id", chunk)))

    def _whole_query(self, decoder: RecordDecoder, source: str) -> Iterator[Sheet]:
        """All rows of a side table, by pages or as a job."""
        stream = Stream(source, decoder, (), lambda _sheet, _whole: [])
        for sheet, _ in self._rows(stream, Resume(datetime.fromisoformat("1970-01-01T00:00:00+00:00"))):
            yield sheet

    def _query(self, decoder: RecordDecoder, doing: str, soql: str) -> Iterator[Sheet]:
        for answer in self._answers(decoder, doing, soql, ""):
            yield decoder.sheet(answer.records)

    def _answers(self, decoder: RecordDecoder, doing: str, soql: str, path: str) -> Iterator[Answer]:
        """Pages until Salesforce says done; a page named twice is an error, not an end."""

        def decode(answer: requests.Response) -> Answer:
            return decoder.answer(answer.content)

        params: dict[str, str] | None = None if path else {"q": soql}
        path = path or f"{self._client.base}/queryAll"
        seen = {path}
        while True:
            answer = self._client.fetch(path, decode, doing, params)
            yield answer
            if answer.done:
                return
            path, params = _path(answer.next), None
            if not path or path in seen:
                raise Incomplete(CRM, doing=doing, said="the next page has no name, or the name of an earlier one")
            seen.add(path)

    def _soql(self, stream: Stream, where: str = "") -> str:
        soql = select(stream.decoder.fields, stream.name, where=where)
        if len(soql) > LONGEST:
            raise NeedsPerson(
                CRM,
                doing=f"read {stream.name}",
                said="the mapping names too many fields for one query",
                hint="map fewer",
            )
        return soql


def _since(stream: Stream, cursors: Cursors) -> datetime | None:
    """Where the stream goes on: the earliest of its outputs' cursors, None when one has none."""
    found = [cursors.by_stream.get(name, "") for name, _ in stream.outputs]
    return min(datetime.fromisoformat(cursor) for cursor in found) if all(found) else None


def _ends(stream: Stream, until: datetime, *, whole: bool) -> Iterator[Page]:
    for name, table in stream.outputs:
        yield Page(name, table, {}, cursor=moment(until - OVERLAP), last=True, whole=whole)


def _page(part: Part, resume: str) -> Page:
    return Page(part.stream, part.table, part.columns, part.deleted, part.merged, resume=resume)


def _path(url: str | None) -> str:
    """The path of the next page: hosts change when orgs move, so they are never kept."""
    return urlsplit(url).path if url else ""


def _token(resume: Resume) -> str:
    return msgspec.json.encode(resume).decode()


def _resume(token: str) -> Resume | None:
    try:
        return msgspec.json.decode(token, type=Resume) if token else None
    except msgspec.DecodeError:
        return None


def _and_then(first: Answer, rest: Iterator[Answer]) -> Iterator[Answer]:
    yield first
    yield from rest
