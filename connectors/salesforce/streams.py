"""What is read from Salesforce: one stream per object, with its fields and how its rows become canonical pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Final

from config.settings import Mapping as FieldMapping
from connectors.errors import NeedsPerson
from connectors.salesforce import acts, sources, wire
from connectors.salesforce.faults import CRM
from connectors.salesforce.org import Org, Shape
from connectors.salesforce.owned import Names
from connectors.salesforce.sheet import RecordDecoder, Sheet, to_micros
from connectors.salesforce.sources import Sources
from connectors.salesforce.wire import Columns, Frame

BASE: Final = ("Id", "CreatedDate", "SystemModstamp", "IsDeleted", "MasterRecordId")
OURS: Final = "Task.ours"
ACTIVITY: Final = ("WhoId", "AccountId", "OwnerId", "Subject", "IsRecurrence")
TASK: Final = (
    *ACTIVITY,
    *("IsClosed", "TaskSubtype", "CallType", "ActivityDate"),
)
OWN_TASK: Final = ("Status", "CompletedDateTime", "ReminderDateTime", "LastModifiedById")
EVENT: Final = (*ACTIVITY, "StartDateTime", "EndDateTime", "ActivityDate", "IsAllDayEvent", "IsChild")
MAIL: Final = (
    *("Incoming", "FromAddress", "ToAddress", "Subject", "MessageDate", "RelatedToId", "CreatedById", "Status"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one canonical table from one sheet."""

    stream: str
    table: str
    columns: Columns = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    merged: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return any(self.columns.values()) or bool(self.deleted) or bool(self.merged)


@dataclass(frozen=True, slots=True)
class Stream:
    """One object: what to ask for, and how to read it.

    ``parts`` gives the pages of a sheet, those of ``outputs`` in order, the stream's own last. ``also`` names a time
    field: rows whose time has come since the last pull are read again, as time alone changes what they mean.
    """

    name: str
    decoder: RecordDecoder
    outputs: tuple[tuple[str, str], ...]  # stream, table
    parts: Callable[[Sheet, bool], list[Part]]
    also: str | None = None
    own_role: str | None = None  # the field of a contact's own role


@dataclass(slots=True)
class Catalogue:
    """All streams of one org under one mapping, and the fields that are missing for them."""

    org: Org
    mapping: FieldMapping
    zone: tzinfo
    missing: list[str] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)  # contact id -> buying role on its opportunities

    @property
    def names(self) -> Names:
        """Our field names."""
        return Names.of(self.mapping)

    def streams(self, until: datetime) -> list[Stream]:
        """Every stream, in reading order; ``NeedsPerson`` when a field that is needed is missing."""
        self.missing.clear()
        found = [
            self._plain("User", "owners", sources.USER, self.mapping.owners, wire.owners),
            self._accounts(),
            self._plain(
                "Opportunity", "opportunities", sources.OPPORTUNITY, self.mapping.opportunities, wire.opportunities
            ),
            self._people("Contact", "contact"),
            self._people("Lead", "lead"),
            self._events(until),
            self._mails(),
            self._tasks(),
        ]
        if self.missing:
            raise missing_fields(self.missing)
        return [stream for stream in found if stream is not None]

    # ---- one of each
    def _accounts(self) -> Stream:
        shape = self.org.must("Account")
        frame = self.frame(shape)
        extra = [*frame.owned.values(), *frame.overrides.values(), *frame.attributes.values()]
        stream = self._plain(
            "Account", "accounts", sources.ACCOUNT, self.mapping.accounts, wire.accounts, frame=frame, extra=extra
        )
        self._note(sources.absent(shape, self.mapping.attributes.values()))
        self._note(absent_owned(shape, self.names))
        return stream

    def _plain(
        self,
        name: str,
        table: str,
        defaults: sources.Candidates,
        mapped: Mapping[str, Any],
        build: Callable[[Sheet, Sources, Frame], Columns],
        *,
        frame: Frame | None = None,
        extra: Sequence[str] = (),
    ) -> Stream:
        shape = self.org.must(name)
        chosen = self._resolve(shape, defaults, mapped)
        decoder = _decoder(shape, (*sources.fields_of(chosen), *extra))
        known = frame or Frame(self.zone, self.names)
        return Stream(
            name, decoder, ((name, table),), partial(_live_rows, name, table, lambda s: build(s, chosen, known))
        )

    def _people(self, name: str, record: str) -> Stream | None:
        shape = self.org.shape(name) if name == "Lead" else self.org.must(name)
        if shape is None:
            return None  # an org without leads
        defaults = sources.LEAD if name == "Lead" else sources.CONTACT
        mapped = {c: m for c, m in self.mapping.contacts.items() if not (name == "Lead" and c == "account_id")}
        chosen, missing = sources.resolve(shape, defaults, mapped, strict=name == "Contact")
        self._note(missing)
        decoder = _decoder(shape, (*sources.fields_of(chosen), "IsConverted", "ConvertedContactId"))
        frame = Frame(self.zone, self.names)

        def build(sheet: Sheet) -> Columns:
            return wire.people(sheet, chosen, frame, record, self.roles)

        return Stream(
            name,
            decoder,
            ((name, "contacts"),),
            partial(_live_rows, name, "contacts", build),
            own_role=chosen["role"].field,
        )

    def _events(self, until: datetime) -> Stream:
        shape = self.org.must("Event")
        chosen = self._resolve(shape, sources.EVENT, _only(self.mapping.activities, sources.EVENT))
        frame, now = Frame(self.zone, self.names), to_micros(until)
        decoder = _decoder(shape, (*EVENT, *sources.fields_of(chosen)))
        build = partial(_activity_rows, "Event", lambda sheet: acts.meetings(sheet, chosen, frame, now))
        return Stream("Event", decoder, (("Event", "activities"),), build, also="EndDateTime")

    def _mails(self) -> Stream | None:
        shape = self.org.shape("EmailMessage")
        if shape is None:
            return None  # Enhanced Email is off: mails are tasks
        frame = Frame(self.zone, self.names)
        build = partial(_activity_rows, "EmailMessage", lambda sheet: acts.mails(sheet, frame))
        return Stream("EmailMessage", _decoder(shape, MAIL), (("EmailMessage", "activities"),), build)

    def _tasks(self) -> Stream:
        shape = self.org.must("Task")
        chosen = self._resolve(shape, sources.TASK, _only(self.mapping.activities, sources.TASK))
        frame, key = Frame(self.zone, self.names), self.names.key
        words = self.org.task_words() if shape.has(key) else None
        mails_elsewhere = self.org.shape("EmailMessage") is not None
        decoder = _decoder(shape, (*TASK, *sources.fields_of(chosen), *((key, *OWN_TASK) if words else ())))

        def build(sheet: Sheet) -> tuple[Columns, list[bool]]:
            return acts.task_activities(sheet, chosen, frame, mails_elsewhere=mails_elsewhere)

        def parts(sheet: Sheet, whole: bool) -> list[Part]:
            ours = [value is not None for value in sheet.raw(key)]
            mine = sheet.keep(ours)
            own = acts.own_tasks(mine, frame, words) if words and len(mine) else {}
            rest = sheet.keep([not flag for flag in ours])
            return [Part(OURS, "tasks", own), *_activity_rows("Task", build, rest, whole)]

        return Stream("Task", decoder, ((OURS, "tasks"), ("Task", "activities")), parts)

    # ---- common
    def frame(self, shape: Shape) -> Frame:
        """What reading accounts needs: those of our fields that are there."""
        names = self.names
        return Frame(
            self.zone,
            names,
            owned={name: field for name, field in names.written().items() if shape.has(field)},
            overrides={name: field for name, field in names.read_only().items() if shape.has(field)},
            attributes=_attributes(shape, self.mapping),
        )

    def _resolve(self, shape: Shape, defaults: sources.Candidates, mapped: Mapping[str, Any]) -> Sources:
        chosen, missing = sources.resolve(shape, defaults, mapped)
        self._note(missing)
        return chosen

    def _note(self, missing: Sequence[str]) -> None:
        self.missing.extend(name for name in missing if name not in self.missing)


def absent_owned(shape: Shape, names: Names) -> list[str]:
    """Fields of ours that are missing; none when not one is there, as then `tierline setup` has not run yet.

    An existing field that the admin named must be there in any case.
    """
    absent = {name: field for name, field in names.written().items() if not shape.has(field)}
    untouched = all(name in absent for name in names.written() if not names.is_mapped(name))
    return [f"{shape.name}.{field}" for name, field in absent.items() if names.is_mapped(name) or not untouched]


def missing_fields(names: Sequence[str]) -> NeedsPerson:
    """What to tell about fields that do not exist or are hidden from our user."""
    return NeedsPerson(
        CRM,
        doing="read what the mapping asks for",
        said=f"missing, or hidden from our user: {', '.join(names)}",
        hint="run `tierline setup` to make our own fields; grant the others to our user or correct the mapping",
    )


def _decoder(shape: Shape, fields: Sequence[str]) -> RecordDecoder:
    return RecordDecoder(shape, [name for name in (*BASE, *fields) if shape.has(name)])


def _only(mapped: Mapping[str, Any], defaults: sources.Candidates) -> dict[str, Any]:
    return {column: source for column, source in mapped.items() if column in defaults}


def _attributes(shape: Shape, mapping: FieldMapping) -> dict[str, str]:
    ready = {"person_account": "IsPersonAccount", "record_type": "RecordType.DeveloperName"}
    return {name: api_name for name, api_name in (ready | mapping.attributes).items() if shape.has(api_name)}


def _live_rows(stream: str, table: str, build: Callable[[Sheet], Columns], sheet: Sheet, _whole: bool) -> list[Part]:
    live, deleted, merged = parted(sheet)
    return [Part(stream, table, build(live) if len(live) else {}, deleted, merged)]


def _activity_rows(
    stream: str, build: Callable[[Sheet], tuple[Columns, list[bool]]], sheet: Sheet, whole: bool
) -> list[Part]:
    live, deleted, _ = parted(sheet)
    columns, wanted = build(live)
    if not all(wanted):
        rows = range(len(wanted))
        # a row that is no activity any more must go; in a full pull it never came
        deleted += () if whole else tuple(columns["activity_id"][row] for row in rows if not wanted[row])
        columns = {name: [values[row] for row in rows if wanted[row]] for name, values in columns.items()}
    return [Part(stream, "activities", columns, deleted)]


def parted(sheet: Sheet) -> tuple[Sheet, tuple[str, ...], dict[str, str]]:
    """Live rows, ids of deleted ones, and losers of merges with their winners; a converted lead is now its contact."""
    gone, converted = sheet.flags("IsDeleted"), sheet.flags("IsConverted")
    if not any(gone) and not any(converted):
        return sheet, (), {}
    deleted: list[str] = []
    merged: dict[str, str] = {}
    live = [True] * len(sheet)
    winners = zip(sheet.raw("MasterRecordId"), sheet.raw("ConvertedContactId"), strict=True)
    for row, (record, (master, contact)) in enumerate(zip(sheet.raw("Id"), winners, strict=True)):
        winner = master if gone[row] else contact if converted[row] else None
        live[row] = not gone[row] and winner is None
        if winner is not None:
            merged[record] = winner
        elif gone[row]:
            deleted.append(record)
    return sheet.keep(live), tuple(deleted), merged
