"""Reading back: what Salesforce shows now in single records, and tasks by their creation key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from connectors.base import Ask, Fields, FoundTask, Key, KeyAsk, RecordId, Value
from connectors.salesforce.acts import due_micros
from connectors.salesforce.client import Client
from connectors.salesforce.org import NUMBERS, Org
from connectors.salesforce.owned import Names
from connectors.salesforce.sheet import MIDNIGHT, Sheet, day_micros, from_micros, moment_of
from connectors.salesforce.soql import chunks, is_one_of, select
from connectors.salesforce.wire import Frame

MOST_IDS: Final = 2_000
TASK_FIELDS: Final = (
    *("Id", "Subject", "Status", "IsClosed", "Priority", "OwnerId", "ActivityDate", "ReminderDateTime", "Description"),
)
PLAIN: Final = {"subject": "Subject", "assignee_id": "OwnerId", "body": "Description"}
FOUND_FIELDS: Final = (
    *("Id", "Subject", "Status", "IsClosed", "IsDeleted", "OwnerId", "CreatedDate", "LastModifiedById"),
)


@dataclass(frozen=True, slots=True)
class Lookups:
    """Live reads of one org."""

    client: Client
    org: Org
    names: Names
    zone: tzinfo

    def read(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        """The fields asked for, by record; a record that is gone is absent."""
        accounts = [ask for ask in asks if ask.kind == "account"]
        tasks = [ask for ask in asks if ask.kind == "task"]
        shown = self._accounts(accounts) if accounts else {}
        return shown | (self._tasks(tasks) if tasks else {})

    def find(self, asks: Sequence[KeyAsk]) -> dict[Key, list[FoundTask]]:
        """Tasks by key, deleted and archived ones among them, oldest first; Salesforce reads them from the table."""
        key_field = self.names.key
        shape = self.org.must("Task")
        if not shape.has(key_field):
            return {}  # without the field no task of ours was ever made
        me = self.client.ticket().user_id
        found: dict[Key, list[FoundTask]] = {}
        for chunk in chunks(ask.key for ask in asks):
            soql = select((*FOUND_FIELDS, key_field), "Task", where=is_one_of(key_field, chunk))
            for row in self.org.select(soql, with_deleted=True, doing="look for tasks"):
                found.setdefault(row[key_field], []).append(self._found(row, me))
        for tasks in found.values():
            tasks.sort(key=lambda task: (task.created_at, task.task_id))
        return found

    def retrieve(self, name: str, ids: Iterable[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Records by id, 2,000 a call; a record that is gone is absent."""
        found: dict[str, dict[str, Any]] = {}
        for chunk in chunks(ids, MOST_IDS):
            rows = self.client.tell(
                "POST",
                f"{self.client.base}/composite/sobjects/{name}",
                {"ids": chunk, "fields": list(fields)},
                list[dict[str, Any] | None],
                doing=f"read {name}",
            )
            found.update({row["Id"]: row for row in rows if row is not None})
        return found

    def _found(self, row: dict[str, Any], me: str) -> FoundTask:
        state = self.org.task_words().state(
            row["Status"], closed=row["IsClosed"], deleted=row["IsDeleted"], subject=row["Subject"]
        )
        return FoundTask(
            task_id=row["Id"],
            key=row[self.names.key],
            state=state,
            created_at=moment_of(row["CreatedDate"]) or datetime(1970, 1, 1, tzinfo=UTC),
            assignee_id=row["OwnerId"],
            touched=row["LastModifiedById"] != me,
        )

    def _accounts(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        names = {**self.names.written(), **self.names.read_only(), "owner_id": "OwnerId"}
        shape = self.org.must("Account")
        wanted = {name for ask in asks for name in ask.fields}
        fields = {name: names[name] for name in sorted(wanted) if shape.has(names[name])}
        rows = self.retrieve("Account", (ask.record for ask in asks), ["Id", *fields.values()])
        return {
            ask.record: {
                name: self._value(rows[ask.record].get(fields[name]), shape.type_of(fields[name]))
                if name in fields
                else None
                for name in ask.fields
            }
            for ask in asks
            if ask.record in rows
        }

    def _tasks(self, asks: Sequence[Ask]) -> dict[RecordId, Fields]:
        rows = self.retrieve("Task", (ask.record for ask in asks), TASK_FIELDS)
        return {
            ask.record: {name: self._task_value(rows[ask.record], name) for name in ask.fields}
            for ask in asks
            if ask.record in rows
        }

    def _task_value(self, row: dict[str, Any], name: str) -> Value:
        words = self.org.task_words()
        match name:
            case "state":
                return words.state(row["Status"], closed=row["IsClosed"], deleted=False, subject=row["Subject"])
            case "due_at":
                columns = {field: [row[field]] for field in ("ActivityDate", "ReminderDateTime")}
                sheet = Sheet(1, columns, {"ActivityDate": "date"})
                due = due_micros(sheet, Frame(self.zone, self.names))[0]
                return None if due is None else from_micros(due)
            case "priority":
                return words.priority(row["Priority"])
            case _:
                value: Value = row[PLAIN[name]] or None
                return value

    def _value(self, raw: Any, vendor_type: str) -> Value:
        if raw is None or raw == "":
            return None
        if vendor_type == "datetime":
            return moment_of(str(raw))
        if vendor_type == "date":
            return from_micros(day_micros(str(raw), self.zone, MIDNIGHT))
        if vendor_type in NUMBERS:
            number = float(raw)
            return int(number) if number.is_integer() else number
        value: Value = raw
        return value
