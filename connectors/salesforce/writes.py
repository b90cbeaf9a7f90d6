"""Writing: chunks of at most 200 records, each answered by exactly one receipt per change.

Updates say the same when said twice, so they get patience and, where rows were locked, smaller chunks. Creates get one
attempt: whatever is not clearly done or clearly refused is unknown, and is looked for by key before anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final, assert_never

import msgspec

from connectors.base import AssignOwner, Batch, Change, OpenTask, Outcome, Receipt, SetFields, UpdateTask, WithdrawTask
from connectors.errors import BudgetSpent, CrmError, NeedsPerson, Refused, Retryable
from connectors.salesforce import values
from connectors.salesforce.client import Client, decoded
from connectors.salesforce.faults import Fault, Unclear, holder_of, is_crowding, row_fault, words
from connectors.salesforce.lookups import Lookups
from connectors.salesforce.org import Org
from connectors.salesforce.owned import Names

MOST_RECORDS: Final = 200
_ORDER: Final = (SetFields, AssignOwner, WithdrawTask, UpdateTask, OpenTask)


class Row(msgspec.Struct):
    """What became of one record of a collections call, in the order asked."""

    success: bool
    id: str | None = None
    errors: list[dict[str, Any]] = []


def batches(changes: Sequence[Change]) -> Iterator[Batch]:
    """Chunks of one kind, at most 200 and no record twice; those of one account side by side, against locks."""
    for kind in _ORDER:
        waiting = sorted((c for c in changes if isinstance(c, kind)), key=_place)
        while waiting:
            taken: list[Change] = []
            later: list[Change] = []
            seen: set[str] = set()
            for change in waiting:
                same = _identity(change)
                fits = len(taken) < MOST_RECORDS and same not in seen
                (taken if fits else later).append(change)
                seen.add(same)
            yield Batch(tuple(taken), "collections", 2 if kind is WithdrawTask else 1)
            waiting = later


def _place(change: Change) -> tuple[str, str]:
    return change.account_id, _identity(change)


def _identity(change: Change) -> str:
    return change.key if isinstance(change, OpenTask) else change.record


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends batches to one org."""

    client: Client
    org: Org
    names: Names
    lookups: Lookups
    zone: tzinfo

    def send(self, batch: Batch) -> list[Receipt]:
        """Exactly one receipt per change, in the batch's order."""
        changes = batch.changes
        try:
            records = self._records(changes)
        except (Retryable, BudgetSpent, Refused) as error:
            return [_unsent(change, error) for change in changes]
        if isinstance(changes[0], OpenTask):
            return self._create(changes, records)
        return self._update(changes, records)

    # ---- creates
    def _create(self, changes: Sequence[Change], records: Sequence[dict[str, Any]]) -> list[Receipt]:
        doing = "open tasks"
        body = {"allOrNone": False, "records": records}
        try:
            answer = self.client.once("POST", f"{self.client.base}/composite/sobjects", doing=doing, body=body)
            rows = decoded(answer, list[Row], doing)
        except Unclear as error:
            return [_unknown(change, error) for change in changes]
        except CrmError as error:
            return [_not_done(change, error) for change in changes]
        if len(rows) != len(changes):
            lost = Unclear("Salesforce", doing=doing, said="the answer does not name every row")
            return [_unknown(change, lost) for change in changes]
        return [self._created(change, row) for change, row in zip(changes, rows, strict=True)]

    def _created(self, change: Change, row: Row) -> Receipt:
        if row.success and row.id:
            return Receipt(change, Outcome.APPLIED, row.id)
        fault = row_fault(row.errors)
        holder = holder_of(fault)
        if holder is not None and isinstance(change, OpenTask):
            return self._adopted(change, holder, fault)
        return _refused(change, fault)

    def _adopted(self, change: OpenTask, holder: str, fault: Fault) -> Receipt:
        """The record that already holds the unique value: ours if it carries our key."""
        key = self.names.key
        try:
            found = self.lookups.retrieve("Task", [holder], ["Id", key])
        except CrmError as error:
            return _unknown(change, error)
        row = next(iter(found.values()), None)
        if row is not None and row.get(key) == change.key:
            return Receipt(change, Outcome.APPLIED, str(row["Id"]), fault.code, "it was there already; adopted")
        return _refused(change, fault)

    # ---- updates
    def _update(self, changes: Sequence[Change], records: Sequence[dict[str, Any]]) -> list[Receipt]:
        """Sends by value; rows that lost a race for a lock go again in smaller chunks, with patience between."""
        receipts: dict[int, Receipt] = {}
        waiting = list(range(len(changes)))
        size = MOST_RECORDS
        for attempt in range(self.client.patience.attempts):
            crowded: list[tuple[int, Fault]] = []
            for start in range(0, len(waiting), size):
                part = waiting[start : start + size]
                crowded += self._update_part(changes, records, part, receipts)
            if not crowded:
                break
            waiting, size = [row for row, _ in crowded], max(1, size // 4)
            receipts |= {row: _refused(changes[row], fault) for row, fault in crowded}
            if attempt + 1 < self.client.patience.attempts:
                self.client.patience.sleep(min(30.0, 2.0**attempt))
        return [receipts[row] for row in range(len(changes))]

    def _update_part(
        self,
        changes: Sequence[Change],
        records: Sequence[dict[str, Any]],
        part: Sequence[int],
        receipts: dict[int, Receipt],
    ) -> list[tuple[int, Fault]]:
        body = {"allOrNone": False, "records": [records[row] for row in part]}
        doubts: list[Unclear] = []
        try:
            rows = self.client.patience.call("write changes", lambda: self._patch(body, doubts))
        except CrmError as error:
            fate = _unknown if doubts else _not_done
            receipts.update({row: fate(changes[row], error) for row in part})
            return []
        if len(rows) != len(part):
            lost = Unclear("Salesforce", doing="write changes", said="the answer does not name every row")
            receipts.update({row: _unknown(changes[row], lost) for row in part})
            return []
        crowded: list[tuple[int, Fault]] = []
        for row, answer in zip(part, rows, strict=True):
            fault = row_fault(answer.errors)
            if answer.success:
                receipts[row] = Receipt(changes[row], Outcome.APPLIED, changes[row].record)
            elif is_crowding(fault):
                crowded.append((row, fault))
            else:
                receipts[row] = _refused(changes[row], fault)
        return crowded

    def _patch(self, body: Mapping[str, Any], doubts: list[Unclear]) -> list[Row]:
        """One attempt; doubts are kept, as a later attempt that never left says nothing about an earlier one."""
        doing = "write changes"
        try:
            answer = self.client.once("PATCH", f"{self.client.base}/composite/sobjects", doing=doing, body=body)
            return decoded(answer, list[Row], doing)
        except Unclear as error:
            doubts.append(error)
            raise

    # ---- records
    def _records(self, changes: Sequence[Change]) -> list[dict[str, Any]]:
        """The records as Salesforce takes them; what is needed for that is read first."""
        self._must_have_fields(changes)
        assignees = {change.assignee_id for change in changes if isinstance(change, OpenTask)}
        assignees |= {_assignee(c) for c in changes if isinstance(c, UpdateTask) and _assignee(c)}
        zones = self.org.zones(assignees)
        withdrawn = [change.task_id for change in changes if isinstance(change, WithdrawTask)]
        shown = self.lookups.retrieve("Task", withdrawn, ["Id", "Subject", "Description"]) if withdrawn else {}
        return [self._record(change, zones, shown) for change in changes]

    def _record(
        self, change: Change, zones: Mapping[str, tzinfo], shown: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        match change:
            case SetFields():
                return _typed("Account", change.account_id, self._owned(change))
            case AssignOwner():
                return _typed("Account", change.account_id, {"OwnerId": change.after})
            case OpenTask():
                zone = zones.get(change.assignee_id, self.zone)
                return _typed("Task", None, values.new_task(change, self.names.key, self.org.task_words(), zone))
            case UpdateTask():
                zone = zones.get(_assignee(change), self.zone)
                return _typed(
                    "Task", change.task_id, values.task_update(change.after, change.key, self.org.task_words(), zone)
                )
            case WithdrawTask():
                told = shown.get(change.task_id, {})
                return _typed("Task", change.task_id, values.withdrawal(change, self.org.task_words(), told))
            case _:
                assert_never(change)

    def _owned(self, change: SetFields) -> dict[str, Any]:
        shape, names = self.org.must("Account"), self.names.written()
        return {
            names[name]: values.to_wire(value, shape.type_of(names[name]), self.zone)
            for name, value in change.after.items()
        }

    def _must_have_fields(self, changes: Sequence[Change]) -> None:
        if isinstance(changes[0], OpenTask):
            needed, shape = {self.names.key}, self.org.must("Task")
        elif isinstance(changes[0], SetFields):
            written, shape = self.names.written(), self.org.must("Account")
            asked = {name for change in changes if isinstance(change, SetFields) for name in change.after}
            unknown = sorted(asked - written.keys())
            if unknown:
                raise ValueError(f"not fields that we own: {', '.join(unknown)}")
            needed = {written[name] for name in asked}
        else:
            return
        missing = sorted(name for name in needed if not shape.has(name))
        if missing:
            raise NeedsPerson(
                "Salesforce",
                doing="write changes",
                said=f"missing, or hidden from our user: {', '.join(f'{shape.name}.{name}' for name in missing)}",
                hint="run `tierline setup --apply`",
            )


def _assignee(change: UpdateTask) -> str:
    return str(change.after.get("assignee_id") or change.before.get("assignee_id") or "")


def _typed(kind: str, record: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"attributes": {"type": kind}, **({"id": record} if record else {}), **fields}


# ---- receipts -------------------------------------------------------------------------------------------------------
def _unknown(change: Change, error: CrmError) -> Receipt:
    return Receipt(change, Outcome.UNKNOWN, None, error.code, error.said)


def _unsent(change: Change, error: CrmError) -> Receipt:
    return Receipt(change, Outcome.UNSENT, None, error.code, error.said)


def _not_done(change: Change, error: CrmError) -> Receipt:
    """A call that was refused as a whole: rejected when Salesforce would say no again, else it may be planned again."""
    outcome = Outcome.REJECTED if isinstance(error, Refused) else Outcome.UNSENT
    return Receipt(change, outcome, None, error.code, error.said)


def _refused(change: Change, fault: Fault) -> Receipt:
    """A row that Salesforce did not take; one that only lost a race may be planned again."""
    outcome = Outcome.UNSENT if is_crowding(fault) else Outcome.REJECTED
    return Receipt(change, outcome, None, fault.code, words(fault))
