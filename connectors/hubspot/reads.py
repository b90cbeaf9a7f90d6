"""Reading a portal: every stream in full by list pages, or what changed by search for ids and batch reads for truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from connectors.base import Cursors, Page
from connectors.errors import Incomplete
from connectors.hubspot import activities as engagements
from connectors.hubspot import columns, wire
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.columns import Columns, Layout
from connectors.hubspot.errors import CRM, TurnedAway
from connectors.hubspot.owned import iso, moment_of
from connectors.hubspot.owners import USER_PROPERTIES, OwnerPage, owner_columns
from connectors.hubspot.paths import Paths
from connectors.hubspot.wire import AssociationAnswer, Decoders, SearchAnswer, Sheet
from engine.tables import TABLES

PAGE: Final = 100
HITS: Final = 200
MOST_HITS: Final = 10_000  # beyond it a full list is read
CHUNK: Final = 1_000
OVERLAP: Final = timedelta(minutes=5)
OWN_TASKS: Final = "own_tasks"  # the tasks stream's second half: tasks that carry our key


@dataclass(frozen=True, slots=True)
class Stream:
    """One object type: its canonical table, the property that tells of changes, and what comes inline."""

    kind: str
    table: str
    changed: str
    inline: tuple[str, ...] = ()


STREAMS: Final = (
    Stream("companies", "accounts", "hs_lastmodifieddate"),
    Stream("contacts", "contacts", "lastmodifieddate"),
    Stream("deals", "opportunities", "hs_lastmodifieddate", ("companies",)),
    *(Stream(kind, "activities", "hs_lastmodifieddate", ("companies", "contacts")) for kind in engagements.KINDS),
)
STREAM_NAMES: Final = ("owners", *(stream.kind for stream in STREAMS), OWN_TASKS)
_BUILDERS: Final[Mapping[str, Callable[[Layout, Sheet], Columns]]] = {
    "companies": columns.accounts,
    "contacts": columns.contacts,
    "deals": columns.opportunities,
}
_KNOWN: Final = ("created_at", "modified_at", "occurred_at", "logged_at")
_OWNERS: Final = msgspec.json.Decoder(OwnerPage)
_SEARCH: Final = msgspec.json.Decoder(SearchAnswer)
_ASSOCIATED: Final = msgspec.json.Decoder(AssociationAnswer)


class Reader:
    """All streams of one portal under one layout."""

    def __init__(self, client: HubSpotClient, paths: Paths, layout: Layout, *, search_lag: timedelta) -> None:
        self._client, self._paths, self.layout, self._lag = client, paths, layout, search_lag

    def pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:
        """Pages of all tables; see ``Crm.pull``."""
        yield self.owners(until)
        for stream in STREAMS:
            told = cursors.by_stream
            resume = told.get(f"resume:{OWN_TASKS if stream.kind == 'tasks' else stream.kind}", "")
            since = told.get(stream.kind) if OWN_TASKS in told or stream.kind != "tasks" else None
            if since is None or resume:
                yield from self.full(stream, until, resume)
            else:
                yield from self.changed(stream, since, until)

    # ---- owners ------------------------------------------------------------------------------------------------------
    def owners(self, until: datetime) -> Page:
        """Owners, archived ones too, with hours and absences; always read in full."""
        found = [owner for archived in ("false", "true") for owner in self._owners(archived)]
        decoding = wire.decoders(USER_PROPERTIES)
        records = [record for page in self._list("users", decoding, (), "") for record in page.results]
        made = owner_columns(found, Sheet(records, decoding.places), self.layout.zone)
        self.layout = replace(self.layout, users={owner.user_id: owner.id for owner in found if owner.user_id})
        return Page("owners", "owners", _complete("owners", made), cursor=self._cursor(until), last=True, whole=True)

    def _owners(self, archived: str) -> Iterator[Any]:
        after, seen = "", set[str]()
        while True:
            query = [("limit", str(PAGE)), ("archived", archived), *([("after", after)] if after else [])]
            page = self._client.call("GET", self._paths.owners(), _OWNERS.decode, doing="read owners", query=query)
            yield from page.results
            after = _next(page.paging, seen, "owners")
            if not after:
                return

    # ---- everything --------------------------------------------------------------------------------------------------
    def full(self, stream: Stream, until: datetime, resume: str = "") -> Iterator[Page]:
        """One stream by its list pages, in order of id; goes on after ``resume``."""
        after, began = _resumed(resume, until)
        decoding = wire.decoders(self.layout.properties(stream.kind))
        ended = False
        for page in self._list(stream.kind, decoding, stream.inline, after):
            sheet = Sheet(page.results, decoding.places)
            ended = page.paging is None or page.paging.next is None
            token = "" if ended else json.dumps({"after": page.paging.next.after, "until": iso(began)})
            yield from self._pages(stream, sheet, token, began if ended and stream.kind != "tasks" else None)
        if stream.kind == "tasks":
            yield from self._pages(stream, self._archived_tasks(decoding), "", began)

    def _list(
        self, kind: str, decoding: Decoders, inline: Sequence[str], after: str, archived: str = ""
    ) -> Iterator[Any]:
        query = [("limit", str(PAGE)), ("properties", ",".join(decoding.places))]
        query += [("associations", ",".join(inline))] if inline else []
        query += [("archived", archived)] if archived else []
        seen, path, doing = set[str](), self._paths.objects(kind), f"read {kind}"
        while True:
            asked = [*query, ("after", after)] if after else query
            page = self._client.call("GET", path, decoding.listed.decode, doing=doing, query=asked)
            yield page
            after = _next(page.paging, seen, kind)
            if not after:
                return

    def _archived_tasks(self, decoding: Decoders) -> Sheet:
        """Tasks in the recycle bin that carry our key: a rep deleted them, which counts as done."""
        records = [r for page in self._list("tasks", decoding, (), "", archived="true") for r in page.results]
        sheet = Sheet(records, decoding.places)
        return sheet.keep([key is not None for key in engagements.keys(self.layout, sheet)])

    # ---- what changed ------------------------------------------------------------------------------------------------
    def changed(self, stream: Stream, since: str, until: datetime) -> Iterator[Page]:
        """One stream from its cursor on: ids by search, rows by batch read; the full list when too much changed."""
        start = moment_of(since)
        if start is None:
            raise Incomplete(CRM, doing=f"read {stream.kind}", said="its cursor is not a time", code="CURSOR")
        hits = self._hits(stream, start - OVERLAP, until)
        if hits is None:
            yield from self.full(stream, until)
            return
        decoding = wire.decoders(self.layout.properties(stream.kind))
        for place in range(0, len(hits), CHUNK):
            yield from self._read_again(stream, decoding, hits[place : place + CHUNK])
        yield from self._pages(stream, Sheet([], decoding.places), "", until, whole=False)

    def _hits(self, stream: Stream, start: datetime, until: datetime) -> list[str] | None:
        """Ids that the index shows as changed in a closed window, by ascending id; None when there are too many.

        Each page asks for ids above the last one, so rows that leave the window meanwhile cannot shift a page.
        """
        low, high = max(int(start.timestamp() * 1000), 1000), int(until.timestamp() * 1000) + 999
        found: list[str] = []
        last = 0
        while True:
            page = self._client.call(
                "POST",
                self._paths.search(stream.kind),
                _SEARCH.decode,
                doing=f"search {stream.kind}",
                body=_search_body(stream.changed, low, high, last),
                search=True,
            )
            if not found and page.total > MOST_HITS:
                return None
            ids = [int(hit.id) for hit in page.results]
            if ids and (min(ids) <= last or ids != sorted(ids)):
                raise Incomplete(CRM, doing=f"search {stream.kind}", said="its pages go in circles", code="LOOP")
            found += map(str, ids)
            if not ids or page.paging is None or page.paging.next is None:
                return found
            last = ids[-1]

    def _read_again(self, stream: Stream, decoding: Decoders, ids: Sequence[str]) -> Iterator[Page]:
        records, gone, merged = self.records(stream.kind, decoding, ids)
        self._associate(stream, records)
        sheet = Sheet(records, decoding.places)
        yield from self._pages(stream, sheet, "", None, gone=gone, merged=merged)

    def records(self, kind: str, decoding: Decoders, ids: Sequence[str]) -> tuple[list[Any], list[str], dict[str, str]]:
        """Records by id; the ids that are gone; and losers of merges with the record that now answers for them.

        An id that a batch leaves out is asked for alone, because batches drop rows without a word.
        """
        found: dict[str, Any] = {}
        for place in range(0, len(ids), PAGE):
            body = {"properties": list(decoding.places), "inputs": [{"id": one} for one in ids[place : place + PAGE]]}
            path, doing = self._paths.batch(kind, "read"), f"read {kind}"
            answer = self._client.call("POST", path, decoding.batch.decode, doing=doing, body=body)
            found.update({record.id: record for record in answer.results})
        gone: list[str] = []
        merged: dict[str, str] = {}
        for missing in [one for one in ids if one not in found]:
            record = self._one(kind, decoding, missing)
            if record is None:
                gone.append(missing)
                continue
            found[record.id] = record
            if record.id != missing:
                merged[missing] = record.id
        return list(found.values()), gone, merged

    def _one(self, kind: str, decoding: Decoders, record_id: str) -> Any | None:
        query = [("properties", ",".join(decoding.places))]
        path, doing = self._paths.record(kind, record_id), f"read one of {kind}"
        try:
            return self._client.call("GET", path, decoding.one.decode, doing=doing, query=query)
        except TurnedAway as error:
            if error.status == 404:
                return None
            raise

    def _associate(self, stream: Stream, records: Sequence[Any]) -> None:
        if not stream.inline or not records:
            return
        ids = [record.id for record in records]
        linked = {to: self.linked(stream.kind, to, ids) for to in stream.inline}
        for record in records:
            links = {to: _links(found.get(record.id)) for to, found in linked.items()}
            record.associations = wire.Associations(links.get("companies"), links.get("contacts"))

    def linked(self, kind: str, to: str, ids: Sequence[str]) -> dict[str, list[wire.Target]]:
        """All records of type ``to`` (up to 500 each) that records of ``kind`` are associated with."""
        found: dict[str, list[wire.Target]] = {}
        for place in range(0, len(ids), CHUNK):
            body = {"inputs": [{"id": one} for one in ids[place : place + CHUNK]]}
            path, doing = self._paths.associations(kind, to), f"read {to} of {kind}"
            answer = self._client.call("POST", path, _ASSOCIATED.decode, doing=doing, body=body)
            for row in answer.results:
                found.setdefault(str(row.source.id), []).extend(row.to)
        return found

    # ---- pages -------------------------------------------------------------------------------------------------------
    def _pages(
        self,
        stream: Stream,
        sheet: Sheet,
        resume: str,
        until: datetime | None,
        *,
        gone: Sequence[str] = (),
        merged: Mapping[str, str] | None = None,
        whole: bool = True,
    ) -> Iterator[Page]:
        """The page or pages of one sheet; ``until`` is given with a stream's last."""
        ends: dict[str, Any] = {"resume": resume}
        if until is not None:
            ends = {"cursor": self._cursor(until), "last": True, "whole": whole}
        if stream.table == "activities":
            yield from self._activity_pages(stream, sheet, ends, gone)
            return
        made = _checked(stream.table, _BUILDERS[stream.kind](self.layout, sheet), stream.kind)
        merges = {**columns.merged_into(sheet), **(merged or {})}
        yield Page(stream.kind, stream.table, made, deleted=tuple(gone), merged=merges, **ends)

    def _activity_pages(
        self, stream: Stream, sheet: Sheet, ends: Mapping[str, Any], gone: Sequence[str]
    ) -> Iterator[Page]:
        kind, theirs = stream.kind, sheet
        named = tuple(f"{kind}:{one}" for one in gone)
        if kind == "tasks":
            # A task of ours is never an activity: our own writes are no engagement.
            ours = [key is not None for key in engagements.keys(self.layout, sheet)]
            theirs = sheet.keep([not own for own in ours])
            own = sheet.keep(ours)
        yield Page(
            kind,
            stream.table,
            _checked(stream.table, engagements.activities(self.layout, theirs, kind), kind),
            deleted=named,
            **ends,
        )
        if kind == "tasks":
            made = _checked("tasks", engagements.tasks(self.layout, own), OWN_TASKS)
            yield Page(OWN_TASKS, "tasks", made, deleted=tuple(gone), **ends)

    def _cursor(self, until: datetime) -> str:
        return iso(until - self._lag)


def _search_body(changed: str, low_ms: int, high_ms: int, above: int) -> dict[str, Any]:
    window = {"propertyName": changed, "operator": "BETWEEN", "value": str(low_ms), "highValue": str(high_ms)}
    beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": str(above)}
    return {
        "filterGroups": [{"filters": [window, beyond]}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": ["hs_object_id"],
        "limit": HITS,
    }


def _next(paging: wire.Paging | None, seen: set[str], kind: str) -> str:
    after = paging.next.after if paging is not None and paging.next is not None else ""
    if after and after in seen:
        raise Incomplete(CRM, doing=f"read {kind}", said="its pages go in circles", code="LOOP")
    seen.add(after)
    return after


def _resumed(token: str, until: datetime) -> tuple[str, datetime]:
    if not token:
        return "", until
    kept = json.loads(token)
    # The cursor of a resumed pull counts from where it began: rows read then may have changed since.
    return kept["after"], moment_of(kept["until"]) or until


def _links(targets: list[wire.Target] | None) -> wire.Links | None:
    return wire.Links([wire.Link(wire.one_target(targets), "primary")]) if targets else None


def _checked(table: str, made: Columns, stream: str) -> Columns:
    for name in _KNOWN:
        if None in made.get(name, ()):
            raise Incomplete(CRM, doing=f"read {stream}", said="a record came without its times", code="NO_TIME")
    return _complete(table, made)


def _complete(table: str, made: Columns) -> Columns:
    count = max((len(values) for values in made.values()), default=0)
    return {name: made.get(name) or [None] * count for name in TABLES[table].names()}
