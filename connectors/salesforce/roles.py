"""Buying roles that stand on opportunities, for contacts that have none of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from connectors.salesforce.org import Org
from connectors.salesforce.sheet import RecordDecoder, Sheet
from connectors.salesforce.soql import chunks, is_one_of, select, within
from connectors.salesforce.wire import role_word

OBJECT = "OpportunityContactRole"
FIELDS = ("Id", "ContactId", "Role", "IsPrimary", "IsDeleted")


class ContactRoles:
    """Reads the roles; an org that hides them has none."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def all(self, read: Callable[[RecordDecoder, str], Iterator[Sheet]]) -> dict[str, str]:
        """Contact id to role, of every contact; ``read`` gives all rows of an object."""
        shape = self._org.shape(OBJECT)
        if shape is None or not shape.has(*FIELDS):
            return {}
        rows = [row for sheet in read(RecordDecoder(shape, FIELDS), OBJECT) for row in _rows(sheet)]
        return strongest(rows)

    def changed(self, since: datetime, until: datetime) -> list[str]:
        """Contacts whose roles changed in the window, ended ones among them."""
        if self._org.shape(OBJECT) is None:
            return []
        soql = select(["ContactId"], OBJECT, where=within("SystemModstamp", since, until))
        return sorted({row["ContactId"] for row in self._org.select(soql, with_deleted=True) if row["ContactId"]})

    def of(self, contacts: Iterable[str]) -> dict[str, str]:
        """Contact id to role, of these contacts; one without a role maps to an empty text."""
        wanted = list(contacts)
        found = dict.fromkeys(wanted, "")
        if self._org.shape(OBJECT) is None:
            return found
        for chunk in chunks(wanted):
            rows = self._org.select(select(FIELDS, OBJECT, where=is_one_of("ContactId", chunk)))
            found |= strongest((row["ContactId"], row["Role"], row["IsPrimary"], row["Id"]) for row in rows)
        return found


def strongest(rows: Iterable[tuple[str | None, str | None, bool | None, str]]) -> dict[str, str]:
    """One role per contact: of a primary contact first, then of the newest record."""
    ranked = sorted(
        (primary is True, record, contact, role) for contact, role, primary, record in rows if contact and role
    )
    words = {contact: role_word(role) for _, _, contact, role in ranked if contact and role}
    return {contact: word for contact, word in words.items() if word}


def _rows(sheet: Sheet) -> Iterator[tuple[str | None, str | None, bool | None, str]]:
    columns = (sheet.raw(name) for name in ("ContactId", "Role", "IsPrimary", "Id", "IsDeleted"))
    for contact, role, primary, record, deleted in zip(*columns, strict=True):
        if not deleted:
            yield contact, role, primary, record
