"""What one org is like: its objects and fields, task statuses and priorities, the zones of its users."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from connectors.errors import NeedsPerson, Refused
from connectors.salesforce.client import Client
from connectors.salesforce.soql import chunks, is_one_of, select

NUMBERS: Final = frozenset({"double", "currency", "percent", "int", "long"})


class Choice(msgspec.Struct, frozen=True):
    """One value of a picklist."""

    value: str
    active: bool = True


class FieldShape(msgspec.Struct, frozen=True, rename="camel"):
    """One field, as Salesforce describes it to our user."""

    name: str
    type: str
    length: int = 0
    unique: bool = False
    external_id: bool = False
    createable: bool = False
    updateable: bool = False
    inline_help_text: str | None = None
    picklist_values: list[Choice] = []

    @property
    def choices(self) -> tuple[str, ...]:
        """Active values of a picklist, in order."""
        return tuple(choice.value for choice in self.picklist_values if choice.active)


class _Described(msgspec.Struct):
    name: str
    fields: list[FieldShape]


@dataclass(frozen=True, slots=True)
class Shape:
    """One object and the fields that our user may see."""

    name: str
    fields: Mapping[str, FieldShape]

    def has(self, *names: str) -> bool:
        """Whether all these fields are there; a dotted name is judged by its lookup."""
        return all(self.field_of(name) is not None for name in names)

    def field_of(self, name: str) -> FieldShape | None:
        """The field; for ``UserRole.Name`` the lookup ``UserRoleId``."""
        parent, dot, _ = name.partition(".")
        return self.fields.get(_lookup(parent) if dot else name)

    def type_of(self, name: str) -> str:
        """Vendor type; text for a field of a parent."""
        found = self.fields.get(name)
        return found.type if found is not None else "string"


def _lookup(relationship: str) -> str:
    return relationship.removesuffix("__r") + "__c" if relationship.endswith("__r") else relationship + "Id"


@dataclass(frozen=True, slots=True)
class TaskWords:
    """How this org names the states and priorities of tasks."""

    closed: frozenset[str]
    opening: str  # the status of a new task
    closing: str  # the closed status that Salesforce itself would take
    withdrawn: str | None  # a closed status meant for tasks that are taken back
    priorities: Mapping[str, str]  # high, normal, low -> the org's word

    def state(self, status: str | None, *, closed: bool | None, deleted: bool, subject: str | None) -> str:
        """open, done, withdrawn or deleted."""
        if deleted:
            return "deleted"
        if not (status in self.closed if closed is None else closed):
            return "open"
        taken_back = status == self.withdrawn if self.withdrawn else (subject or "").startswith(WITHDRAWN_SUBJECT)
        return "withdrawn" if taken_back else "done"

    def priority(self, word: str | None) -> str | None:
        """Our word for the org's priority."""
        return next((ours for ours, theirs in self.priorities.items() if theirs == word), None)


WITHDRAWN_SUBJECT: Final = "Withdrawn: "
_WITHDRAWN_WORDS: Final = ("withdraw", "cancel", "not needed", "obsolete", "void")


class Org:
    """Asks once and remembers; ``forget`` asks again."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._shapes: dict[str, Shape | None] = {}
        self._words: TaskWords | None = None
        self._zones: dict[str, str | None] = {}

    def forget(self) -> None:
        """Describe everything anew at the next question."""
        self._shapes.clear()
        self._words = None

    def shape(self, name: str) -> Shape | None:
        """The object, or None when our user cannot see it."""
        if name not in self._shapes:
            self._shapes[name] = self._describe(name)
        return self._shapes[name]

    def must(self, name: str) -> Shape:
        """The object; ``NeedsPerson`` when our user cannot see it."""
        shape = self.shape(name)
        if shape is None:
            raise NeedsPerson(
                "Salesforce",
                doing=f"read {name}",
                said="our user cannot see this object",
                hint=f"grant Read and View All on {name} to our user",
            )
        return shape

    def task_words(self) -> TaskWords:
        """Statuses and priorities as the org names them."""
        if self._words is None:
            statuses = self._ranked("TaskStatus", "IsClosed")
            ranks = self._ranked("TaskPriority", "IsHighPriority")
            self._words = task_words(statuses, ranks)
        return self._words

    def zones(self, users: Collection[str]) -> dict[str, tzinfo]:
        """The time zone of each user who has one that we know."""
        for chunk in chunks(user for user in users if user not in self._zones):
            rows = self.select(select(["Id", "TimeZoneSidKey"], "User", where=is_one_of("Id", chunk)))
            self._zones.update(dict.fromkeys(chunk) | {row["Id"]: row["TimeZoneSidKey"] for row in rows})
        found = {user: zone_of(self._zones.get(user)) for user in users}
        return {user: zone for user, zone in found.items() if zone is not None}

    def select(self, soql: str, *, with_deleted: bool = False, doing: str = "") -> list[dict[str, Any]]:
        """All rows of a small query."""
        doing = doing or f"query {soql.partition(' FROM ')[2].partition(' ')[0]}"
        path, params = f"{self.client.base}/{'queryAll' if with_deleted else 'query'}", {"q": soql}
        rows: list[dict[str, Any]] = []
        while True:
            answer = self.client.read(path, dict[str, Any], doing=doing, params=params)
            rows.extend(answer["records"])
            if answer["done"]:
                return rows
            path, params = str(answer["nextRecordsUrl"]), {}

    def _ranked(self, name: str, flag: str) -> list[dict[str, Any]]:
        """Rows of a picklist object in order; ``word`` is what a task holds."""
        shape = self.shape(name)
        word = "ApiName" if shape is not None and shape.has("ApiName") else "MasterLabel"
        rows = self.select(select([word, flag, "IsDefault"], name, order="SortOrder"))
        return [{**row, "word": row[word]} for row in rows]

    def _describe(self, name: str) -> Shape | None:
        try:
            found = self.client.read(
                f"{self.client.base}/sobjects/{name}/describe", _Described, doing=f"describe {name}"
            )
        except (Refused, NeedsPerson) as error:
            if error.code in {"NOT_FOUND", "INVALID_TYPE"}:
                return None
            raise
        return Shape(found.name, {field.name: field for field in found.fields})


def task_words(statuses: list[dict[str, Any]], ranks: list[dict[str, Any]]) -> TaskWords:
    """The words for states and priorities, from the rows of TaskStatus and TaskPriority in their order."""
    closed = [row["word"] for row in statuses if row["IsClosed"]]
    opened = [row["word"] for row in statuses if not row["IsClosed"]]
    if not closed or not opened or not ranks:
        raise NeedsPerson(
            "Salesforce",
            doing="read task statuses",
            said="the org has no open and closed task status, or no priority, that we can see",
            hint="let our user read TaskStatus and TaskPriority",
        )
    default = {row["word"] for row in statuses if row["IsDefault"]}
    named = [name for name in closed if any(word in name.casefold() for word in _WITHDRAWN_WORDS)]
    ordinary = [name for name in closed if name not in named] or closed
    return TaskWords(
        closed=frozenset(closed),
        opening=next((name for name in opened if name in default), opened[0]),
        closing=next((name for name in ordinary if name in default), ordinary[0]),
        withdrawn=named[0] if named else None,
        priorities=_priorities(ranks),
    )


def _priorities(ranks: list[dict[str, Any]]) -> dict[str, str]:
    names = [row["word"] for row in ranks]
    high = [row["word"] for row in ranks if row["IsHighPriority"]]
    normal = [row["word"] for row in ranks if row["IsDefault"] and not row["IsHighPriority"]]
    rest = [name for name in names if name not in high]
    middle = normal[0] if normal else (rest[0] if rest else names[0])
    lower = [name for name in rest if name != middle]
    return {"high": high[0] if high else names[0], "normal": middle, "low": lower[-1] if lower else middle}


def zone_of(name: str | None) -> tzinfo | None:
    """The zone of this name, None when there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
