"""HubSpot behind the port."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal
from zoneinfo import ZoneInfo

from config.settings import HubSpotConnection, Mapping
from connectors.base import (
    Ask,
    Batch,
    Change,
    Cursors,
    Fields,
    Finding,
    FoundTask,
    Key,
    KeyAsk,
    Page,
    Receipt,
    RecordId,
    Remember,
    SetupStep,
    Usage,
    Value,
)
from connectors.hubspot import wire, writes
from connectors.hubspot.auth import Portal, portal
from connectors.hubspot.check import Checkup
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.columns import Layout
from connectors.hubspot.definitions import Definitions, LazyTypes
from connectors.hubspot.owned import BY_NAME, Names, from_wire
from connectors.hubspot.paths import Paths
from connectors.hubspot.reads import Reader
from connectors.hubspot.setup import Setup
from connectors.hubspot.tasks import Tasks

_OWNER: Final = "hubspot_owner_id"


class HubSpotCrm:
    """One portal. Clock and sleep are given; nothing here reads the wall clock."""

    vendor = "HubSpot"
    settle_after = timedelta(minutes=5)

    def __init__(
        self,
        connection: HubSpotConnection,
        mapping: Mapping,
        client: HubSpotClient,
        token: Callable[[], str],
        *,
        clock: Callable[[], datetime],
        tiers: Sequence[str],
    ) -> None:
        self.name = connection.name
        self._connection, self._mapping, self._client, self._clock = connection, mapping, client, clock
        self._token = token
        self._paths = Paths(connection.api_version)
        self._names = Names.of(mapping)
        self._definitions = Definitions(client, self._paths)
        self._setup = Setup(client, self._paths, self._names, self._definitions, tiers)
        self._portal: Portal | None = None

    @cached_property
    def create_guard(self) -> Literal["unique", "read_back"]:
        """``unique`` when HubSpot itself keeps our key unique on tasks; asked once, and again after ``setup``."""
        return "unique" if self._definitions.key_on_tasks(self._names)[1] else "read_back"

    def org_id(self) -> str:
        """The portal id."""
        self._portal = self._portal or portal(self._client, self._paths)
        return self._portal.portal_id

    def server_time(self) -> datetime:
        """HubSpot's clock, from the ``Date`` header."""
        self._portal = portal(self._client, self._paths)
        return self._portal.now

    def check(self) -> list[Finding]:
        """Login, versions, scopes, properties, owners, budget, skew."""
        checkup = Checkup(
            self._client,
            self._paths,
            self._connection,
            self._definitions,
            self._setup,
            self._layout(with_definitions=False),
            token=self._token,
            clock=self._clock,
        )
        return checkup.run()

    def setup(self, *, act: bool, installation: str) -> list[SetupStep]:
        """The property group and properties we need: listed; made when ``act``."""
        self._definitions.forget()
        steps = self._setup.run(act=act, installation=installation)
        self._changed()
        return steps

    def installation(self) -> str | None:
        """The installation id that ``setup`` left in the description of the key property."""
        return self._setup.installation()

    def missing_fields(self) -> list[str]:
        """Mapped and owned properties that do not exist or that we may not set, as object.property."""
        return self._definitions.missing_mapped(self._layout(with_definitions=False)) + self._setup.missing()

    def pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:
        """Every stream in full, or from its cursor on; see ``Crm.pull``."""
        if cursors:
            yield from self._reader().pull(cursors, until)
            return
        with self._client.budget.first_pull():
            yield from self._reader().pull(cursors, until)

    def batches(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """Up to 100 changes of one kind in a call."""
        return writes.batches(changes)

    def send(self, batch: Batch, remember: Remember) -> list[Receipt]:  # noqa: ARG002 - HubSpot has no jobs
        """Send once; see ``Writer.send``."""
        layout = self._layout()
        return writes.Writer(self._client, self._paths, layout, self._tasks(layout)).send(batch)

    def read(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        """What HubSpot shows now of companies and tasks; a record that is gone or merged away is absent."""
        companies = [ask for ask in asks if ask.kind == "account"]
        tasks = [ask for ask in asks if ask.kind == "task"]
        found: dict[RecordId, Fields] = dict(self._companies(companies)) if companies else {}
        if tasks:
            fields = {field for ask in tasks for field in ask.fields}
            found.update(self._tasks(self._layout()).read(_ids(tasks), fields))
        return found

    def find(self, asks: Sequence[KeyAsk]) -> dict[Key, list[FoundTask]]:
        """Tasks by creation key, over the unique property or the account's tasks."""
        return self._tasks(self._layout()).find(asks) if asks else {}

    def usage(self) -> Usage:
        """API calls so far."""
        return self._client.budget.usage()

    def close(self) -> None:
        """End connections."""
        self._client.close()

    def _companies(self, asks: Sequence[Ask]) -> dict[RecordId, dict[str, Value]]:
        fields = sorted({field for ask in asks for field in ask.fields})
        places = {field: _OWNER if field == "owner_id" else self._names.company(field) for field in fields}
        decoding = wire.decoders(places.values())
        plain = self._layout(with_definitions=False)
        reader = Reader(self._client, self._paths, plain, search_lag=self._connection.search_lag)
        records, _, _ = reader.records("companies", decoding, _ids(asks))
        sheet = wire.Sheet(records, decoding.places)
        rows: dict[RecordId, dict[str, Value]] = {record_id: {} for record_id in sheet.ids()}
        for field, place in places.items():
            shape = BY_NAME[field].shape if field in BY_NAME else "text"
            for row, text in zip(rows.values(), sheet.raw(place), strict=True):
                row[field] = from_wire(shape, text)
        asked = set(_ids(asks))
        return {record_id: row for record_id, row in rows.items() if record_id in asked}

    def _reader(self) -> Reader:
        layout = self._layout()
        self._definitions.require_mapped(layout)
        layout = replace(layout, stages=self._definitions.labels("deals", "dealstage"))
        return Reader(self._client, self._paths, layout, search_lag=self._connection.search_lag)

    def _tasks(self, layout: Layout) -> Tasks:
        unique = self._definitions.key_on_tasks(self._names)[1]
        reader = Reader(self._client, self._paths, layout, search_lag=self._connection.search_lag)
        return Tasks(self._client, self._paths, layout, reader, unique=unique)

    def _layout(self, *, with_definitions: bool = True) -> Layout:
        zone = ZoneInfo(self._connection.time_zone)
        if not with_definitions:
            return Layout(self._mapping, self._names, zone)
        key = self._definitions.key_on_tasks(self._names)[0]
        return Layout(self._mapping, self._names, zone, LazyTypes(self._definitions), key=key)

    def _changed(self) -> None:
        self._definitions.forget()
        self.__dict__.pop("create_guard", None)


def _ids(asks: Sequence[Ask]) -> list[RecordId]:
    return list(dict.fromkeys(ask.record for ask in asks))
