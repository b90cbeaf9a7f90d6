"""Changes as plain JSON and back, their kinds, and the order in which they go out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, assert_never

import msgspec

from connectors.base import AssignOwner, Change, Fields, Key, OpenTask, SetFields, UpdateTask, Value, WithdrawTask
from sync import owned


class Kind(StrEnum):
    """What a change does. The order of the members is the order of sending."""

    SET_FIELDS = "set_fields"
    ASSIGN_OWNER = "assign_owner"
    WITHDRAW_TASK = "withdraw_task"  # before others are opened: one open task per account and assignee
    UPDATE_TASK = "update_task"
    OPEN_TASK = "open_task"


ORDER = {kind: place for place, kind in enumerate(Kind)}
_MARK = "withdrawn"


def kind_of(change: Change) -> Kind:
    """The kind of a change."""
    match change:
        case SetFields():
            return Kind.SET_FIELDS
        case AssignOwner():
            return Kind.ASSIGN_OWNER
        case OpenTask():
            return Kind.OPEN_TASK
        case UpdateTask():
            return Kind.UPDATE_TASK
        case WithdrawTask():
            return Kind.WITHDRAW_TASK
        case _:
            assert_never(change)


def key_of(change: Change) -> Key | None:
    """The creation key of the task that a change is about, if it is about one."""
    return change.key if isinstance(change, OpenTask | UpdateTask | WithdrawTask) else None


def before_of(change: Change) -> Fields:
    """What the snapshot showed in the fields that the change is about; empty for a new task."""
    match change:
        case AssignOwner():
            return {owned.OWNER: change.before}
        case OpenTask():
            return {}
        case _:
            return change.before


def after_of(change: Change) -> Fields:
    """What the CRM shows once the change is done, as far as it can be read back."""
    match change:
        case SetFields():
            return change.after
        case AssignOwner():
            return {owned.OWNER: change.after}
        case UpdateTask():
            # bodies and priorities are rewritten by the CRM on their way in; the subject and the time are not
            return {name: value for name, value in change.after.items() if name in ("subject", "due_at")}
        case WithdrawTask():
            return {"state": _MARK}
        case OpenTask():
            return {"subject": change.subject, "assignee_id": change.assignee_id, "due_at": change.due_at}
        case _:
            assert_never(change)


def as_dict(change: Change) -> dict[str, Any]:
    """Plain JSON values: a ``kind`` and the change's own fields; times as ISO text in Z."""
    plain: dict[str, Any] = msgspec.to_builtins(change)
    return {"kind": str(kind_of(change)), **plain}


def from_dict(data: Mapping[str, Any]) -> Change:
    """The change that ``as_dict`` made this from."""
    rest = {name: value for name, value in data.items() if name != "kind"}
    match Kind(data["kind"]):
        case Kind.ASSIGN_OWNER:
            return msgspec.convert(rest, AssignOwner)
        case Kind.OPEN_TASK:
            return msgspec.convert(rest, OpenTask)
        case Kind.SET_FIELDS:
            return SetFields(rest["account_id"], fields_from(rest["before"]), fields_from(rest["after"]))
        case Kind.UPDATE_TASK:
            both = {name: fields_from(rest[name]) for name in ("before", "after")}
            return UpdateTask(rest["task_id"], rest["key"], rest["account_id"], both["before"], both["after"])
        case Kind.WITHDRAW_TASK:
            before = fields_from(rest["before"])
            return WithdrawTask(rest["task_id"], rest["key"], rest["account_id"], before, rest["note"])


def fields_from(data: Mapping[str, Any]) -> dict[str, Value]:
    """Field values from JSON: the names of times are known, so their texts become times again."""
    return {name: value_from(name, value) for name, value in data.items()}


def value_from(name: str, value: Any) -> Value:
    """One field value from JSON."""
    if name in owned.TIMES and value is not None:
        return owned.normal(name, value)
    return value  # type: ignore[no-any-return]  # JSON scalars are Values
