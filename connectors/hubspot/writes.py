"""Writing to a portal: batches of 100, answers joined by id or trace id, one attempt for every create."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from connectors.base import (
    AssignOwner,
    Batch,
    Change,
    FoundTask,
    Key,
    KeyAsk,
    OpenTask,
    Outcome,
    Receipt,
    SetFields,
    UpdateTask,
    WithdrawTask,
)
from connectors.chunks import chunked
from connectors.errors import BudgetSpent, CrmError, NeedsPerson, Retryable
from connectors.hubspot.activities import ref_in
from connectors.hubspot.client import HubSpotClient, decoded
from connectors.hubspot.columns import Layout
from connectors.hubspot.errors import Lost, MaybeDone, Problem, TurnedAway, problem_of
from connectors.hubspot.owned import to_wire
from connectors.hubspot.paths import Paths
from connectors.hubspot.tasks import Tasks, create_input, update_properties, withdraw_properties
from connectors.hubspot.wire import BatchError

SIZE: Final = 100
_HOLDERS: Final = ("CONFLICT", "ALREADY", "UNIQUE", "DUPLICATE")
Row = tuple[Change, dict[str, Any]]  # a change and its input


class Written(msgspec.Struct):
    """One row that HubSpot says it wrote."""

    id: str
    properties: dict[str, Any] = {}
    objectWriteTraceId: str | None = None  # noqa: N815 - HubSpot's name


class WriteAnswer(msgspec.Struct):
    """The answer to a batch write, whole or partial; unordered."""

    results: list[Written]
    errors: list[BatchError] | None = None


_DECODE: Final = msgspec.json.Decoder(WriteAnswer).decode


def batches(changes: Sequence[Change]) -> Iterator[Batch]:
    """Changes in the order of sending, 100 of one kind at a time, no record twice in a batch."""
    for piece in chunked(changes, SIZE):
        # Withdrawing adds to the body, so that is read first.
        yield Batch(piece, "batch", 2 if isinstance(piece[0], WithdrawTask) else 1)


@dataclass(slots=True)
class _Sending:
    """One batch on its way: whether anything of it went out."""

    went_out: bool = False


class Writer:
    """Sends batches. An error is raised only when nothing of the batch can have been done."""

    def __init__(self, client: HubSpotClient, paths: Paths, layout: Layout, tasks: Tasks) -> None:
        self._client, self._paths, self._layout, self._tasks = client, paths, layout, tasks

    def send(self, batch: Batch) -> list[Receipt]:
        """One receipt per change, in the order of the batch.

        Raises ``NeedsPerson`` and ``BudgetSpent`` when HubSpot turned the whole batch away for them.
        """
        first, sending = batch.changes[0], _Sending()
        if isinstance(first, OpenTask):
            opens = [change for change in batch.changes if isinstance(change, OpenTask)]
            receipts = self._create([(change, create_input(change, self._layout.key)) for change in opens], sending)
        elif isinstance(first, WithdrawTask):
            receipts = self._withdraw([change for change in batch.changes if isinstance(change, WithdrawTask)], sending)
        else:
            kind = "tasks" if isinstance(first, UpdateTask) else "companies"
            receipts = self._update(
                kind, [_update_row(change, self._properties(change)) for change in batch.changes], sending
            )
        by_change = {id(receipt.change): receipt for receipt in receipts}
        return [by_change[id(change)] for change in batch.changes]

    def _properties(self, change: Change) -> dict[str, str]:
        match change:
            case UpdateTask():
                return update_properties(change)
            case AssignOwner():
                return {"hubspot_owner_id": change.after}
            case SetFields():
                return {self._layout.names.company(name): to_wire(value) for name, value in change.after.items()}
            case _:
                raise TypeError(f"{type(change).__name__} is no update")

    # ---- updates: the same however often they are sent ---------------------------------------------------------------
    def _update(self, kind: str, rows: Sequence[Row], sending: _Sending) -> list[Receipt]:
        path, body = self._paths.batch(kind, "update"), {"inputs": [data for _, data in rows]}

        def send() -> WriteAnswer:
            return self._client.call("POST", path, _DECODE, doing=f"update {kind}", body=body)

        def half(part: Sequence[Row]) -> list[Receipt]:
            return self._update(kind, part, sending)

        answer = _sent(rows, send, half, sending)
        if isinstance(answer, list):
            return answer
        written = {row.id for row in answer.results}
        problems = _problems(answer.errors)
        return [_verdict(change, change.record, problems, data["id"] in written) for change, data in rows]

    def _withdraw(self, changes: Sequence[WithdrawTask], sending: _Sending) -> list[Receipt]:
        shown = self._tasks.read([change.task_id for change in changes], ("subject", "body", "state"))
        defined = self._layout.defined.get("tasks", {})
        mark = self._layout.names.withdrawn if self._layout.names.withdrawn in defined else None
        receipts, rows = [], []
        for change in changes:
            task = shown.get(change.task_id)
            if task is None:
                receipts.append(Receipt(change, Outcome.STALE, code="GONE", said="the task is no longer there"))
            elif task["state"] != "open":
                receipts.append(Receipt(change, Outcome.STALE, change.task_id, "CLOSED", "a person closed the task"))
            else:
                subject, body = str(task["subject"] or ""), str(task["body"] or "")
                rows.append(_update_row(change, withdraw_properties(change.note, subject, body, mark)))
        return receipts + (self._update("tasks", rows, sending) if rows else [])

    # ---- creates: one attempt ----------------------------------------------------------------------------------------
    def _create(self, rows: Sequence[Row], sending: _Sending) -> list[Receipt]:
        path, body, doing = self._paths.batch("tasks", "create"), {"inputs": [data for _, data in rows]}, "open tasks"

        def send() -> WriteAnswer:
            return decoded(self._client.once("POST", path, doing=doing, body=body), _DECODE, doing)

        def half(part: Sequence[Row]) -> list[Receipt]:
            return self._create(part, sending)

        answer = _sent(rows, send, half, sending)
        if isinstance(answer, list):
            return self._adopted(answer)
        made = self._made(answer.results, [data["objectWriteTraceId"] for _, data in rows])
        problems = _problems(answer.errors)
        receipts = [
            Receipt(change, Outcome.APPLIED, made[data["objectWriteTraceId"]])
            if data["objectWriteTraceId"] in made
            else _verdict(change, data["objectWriteTraceId"], problems, written=False)
            for change, data in rows
        ]
        return self._adopted(receipts)

    def _made(self, results: Sequence[Written], keys: Sequence[Key]) -> dict[Key, str]:
        """New ids by creation key: by the key property, the trace id, or the line in the body; never by position."""
        by_ref = {key[:12]: key for key in keys}
        made: dict[Key, str] = {}
        for row in results:
            told = row.properties.get(self._layout.key or "") or row.objectWriteTraceId
            body = row.properties.get("hs_task_body")
            key = told or by_ref.get(ref_in(body if isinstance(body, str) else None) or "")
            if key is not None:
                made[str(key)] = row.id
        return made

    def _adopted(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Creates refused as duplicates: where the holder has our own key, the task is already there, so applied."""
        keys = [receipt.change for receipt in receipts if isinstance(receipt.change, OpenTask) and _is_double(receipt)]
        if not keys:
            return list(receipts)
        try:
            there = self._tasks.find([KeyAsk(change.key, change.account_id) for change in keys])
        except CrmError as error:
            # Other rows of this batch are written: the receipts must not be lost with this look-up.
            return [_unsure(receipt, error) if _is_double(receipt) else receipt for receipt in receipts]
        return [_adopt(receipt, there) if _is_double(receipt) else receipt for receipt in receipts]


def _sent(
    rows: Sequence[Row],
    send: Callable[[], WriteAnswer],
    half: Callable[[Sequence[Row]], list[Receipt]],
    sending: _Sending,
) -> WriteAnswer | list[Receipt]:
    """The answer; or receipts where there is none. A refused call without a row to blame is halved and tried again."""
    try:
        answer = send()
    except TurnedAway as error:
        if len(rows) == 1 or error.status in (404, 405, 415):
            return [_rejected(change, error.problem, error.status) for change, _ in rows]
        middle = len(rows) // 2
        return half(rows[:middle]) + half(rows[middle:])
    except (Lost, MaybeDone) as error:
        sending.went_out = True
        return _all(rows, Outcome.UNKNOWN, error)
    except Retryable as error:
        return _all(rows, Outcome.UNSENT, error)
    except (NeedsPerson, BudgetSpent) as error:
        if not sending.went_out:
            raise
        return _all(rows, Outcome.UNSENT, error)
    sending.went_out = True
    return answer


def _update_row(change: Change, properties: Mapping[str, str]) -> Row:
    return change, {"id": change.record, "properties": dict(properties), "objectWriteTraceId": change.record}


def _problems(errors: Sequence[BatchError] | None) -> Mapping[str, Problem]:
    """Problems by the trace ids and record ids that they name."""
    named: dict[str, Problem] = {}
    for error in errors or ():
        problem = problem_of(error.tree())
        named.update(dict.fromkeys((*problem.traces, *problem.ids), problem))
    return named


def _verdict(change: Change, name: str, problems: Mapping[str, Problem], written: bool) -> Receipt:
    if written:
        return Receipt(change, Outcome.APPLIED, change.record)
    if name in problems:
        return _rejected(change, problems[name], 207)
    # Neither among the results nor among the errors: HubSpot drops rows without a word.
    return Receipt(change, Outcome.UNKNOWN, code="UNNAMED", said="the answer does not name this row")


def _rejected(change: Change, problem: Problem, status: int) -> Receipt:
    about = f": {', '.join(problem.properties)}" if problem.properties else ""
    code = problem.code or str(status)
    return Receipt(change, Outcome.REJECTED, problem.holder, code, f"HubSpot refused the row{about}")


def _all(rows: Sequence[Row], outcome: Outcome, error: CrmError) -> list[Receipt]:
    return [Receipt(change, outcome, code=error.code, said=error.said) for change, _ in rows]


def _is_double(receipt: Receipt) -> bool:
    if receipt.outcome is not Outcome.REJECTED:
        return False
    return receipt.crm_id is not None or any(word in receipt.code.upper() for word in _HOLDERS)


def _adopt(receipt: Receipt, there: Mapping[Key, Sequence[FoundTask]]) -> Receipt:
    found = there.get(receipt.change.key) if isinstance(receipt.change, OpenTask) else None
    if not found:
        return replace(receipt, crm_id=None)  # another record holds the value: nothing of ours
    return Receipt(receipt.change, Outcome.APPLIED, found[0].task_id, "ADOPTED", "the task was already there")


def _unsure(receipt: Receipt, error: CrmError) -> Receipt:
    return Receipt(receipt.change, Outcome.UNKNOWN, code=error.code, said="a duplicate could not be read back")
