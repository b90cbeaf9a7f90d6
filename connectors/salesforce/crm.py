"""One Salesforce org behind the port."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from config.settings import Mapping, SalesforceConnection
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
)
from connectors.budget import CallBudget
from connectors.errors import NeedsPerson
from connectors.patience import Patience
from connectors.salesforce import writes
from connectors.salesforce.check import Checks
from connectors.salesforce.client import Client
from connectors.salesforce.lookups import Lookups
from connectors.salesforce.org import Org
from connectors.salesforce.owned import Names
from connectors.salesforce.reads import BULK_OVER, Reader
from connectors.salesforce.setup import Setup
from connectors.salesforce.streams import Catalogue

SETTLE_AFTER: Final = timedelta(minutes=15)  # a call ends after 10 minutes at the latest


class SalesforceCrm:
    """Implements ``connectors.base.Crm``; see there. Nothing is asked of the org before it is needed."""

    vendor = "Salesforce"
    settle_after = SETTLE_AFTER

    def __init__(
        self,
        connection: SalesforceConnection,
        mapping: Mapping,
        secrets: Callable[[str], str],
        *,
        clock: Callable[[], datetime],
        patience: Patience,
        tiers: tuple[str, ...] = (),
        spent_before: int = 0,
        bulk_over: int = BULK_OVER,
    ) -> None:
        self.name = connection.name
        self._budget = CallBudget(connection.name, connection.budget, spent_before=spent_before)
        self._client = Client(connection, secrets, budget=self._budget, patience=patience)
        self._org = Org(self._client)
        self._names = Names.of(mapping)
        zone = ZoneInfo(connection.time_zone)
        self._catalogue = Catalogue(self._org, mapping, zone)
        self._reader = Reader(self._client, self._catalogue, bulk_over=bulk_over)
        self._lookups = Lookups(self._client, self._org, self._names, zone)
        self._writer = writes.Writer(self._client, self._org, self._names, self._lookups, zone)
        self._setup = Setup(self._client, self._org, self._names, tiers)
        self._clock = clock

    @property
    def create_guard(self) -> Literal["unique", "read_back"]:
        """``unique`` when Salesforce itself refuses a second task with the same key."""
        shape = self._org.shape("Task")
        field = shape.fields.get(self._names.key) if shape is not None else None
        return "unique" if field is not None and field.unique else "read_back"

    def org_id(self) -> str:
        """The org's 18-character id."""
        return self._client.ticket().org_id

    def server_time(self) -> datetime:
        """The org's clock."""
        return self._client.server_time()

    def check(self) -> list[Finding]:
        """Login, version, clock, objects, fields, tasks, budget. Writes nothing."""
        return Checks(
            self._client, self._org, self._names, self.missing_fields, lambda: self.create_guard, self._clock
        ).run()

    def setup(self, *, act: bool, installation: str) -> list[SetupStep]:
        """Our fields and their grants: listed; made when ``act``."""
        return self._setup.run(act=act, installation=installation)

    def installation(self) -> str | None:
        """The installation id that ``setup`` left, or None."""
        return self._setup.installation()

    def missing_fields(self) -> list[str]:
        """Mapped fields and fields of ours that do not exist or are hidden from our user, as ``Account.Foo__c``."""
        try:
            self._catalogue.streams(self._clock())
        except NeedsPerson:
            if not self._catalogue.missing:
                raise
        missing = list(self._catalogue.missing)
        account, task = self._org.must("Account"), self._org.must("Task")
        ours = {**self._names.written(), **self._names.read_only()}
        missing += [f"Account.{field}" for field in ours.values() if not account.has(field)]
        missing += [] if task.has(self._names.key) else [f"Task.{self._names.key}"]
        return list(dict.fromkeys(missing))

    def pull(self, cursors: Cursors, until: datetime) -> Iterator[Page]:
        """All tables: everything, or what changed since the cursors."""
        return self._reader.pull(cursors, until)

    def batches(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """Pure: order, chunks."""
        return writes.batches(changes)

    def send(self, batch: Batch, remember: Remember) -> list[Receipt]:
        """Send once; collections calls have no job to remember."""
        del remember
        return self._writer.send(batch)

    def read(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        """What the org shows now."""
        return self._lookups.read(asks)

    def find(self, asks: Sequence[KeyAsk]) -> dict[Key, list[FoundTask]]:
        """Tasks by creation key."""
        return self._lookups.find(asks)

    def usage(self) -> Usage:
        """API calls so far."""
        return self._budget.usage()

    def close(self) -> None:
        """End connections."""
        self._client.close()
