"""The association types of a portal: ids, names and inverses. Account-made labels have negative ids here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.hubspot.kinds import (
    CALLS,
    COMMUNICATIONS,
    COMPANIES,
    CONTACTS,
    DEALS,
    EMAILS,
    LEADS,
    MEETINGS,
    NOTES,
    TASKS,
    ObjectKind,
)

Pair = tuple[str, str]  # type ids, from and to


@dataclass(frozen=True, slots=True)
class LinkType:
    """One direction of one association type; ``code`` is the type id, negative when the account made it."""

    code: int
    pair: Pair
    label: str | None
    name: str  # as lists show it inline: contact_to_company
    inverse: int

    @property
    def category(self) -> str:
        """HUBSPOT_DEFINED or USER_DEFINED."""
        return "HUBSPOT_DEFINED" if self.code > 0 else "USER_DEFINED"

    @property
    def type_id(self) -> int:
        """The id that the vendor shows."""
        return abs(self.code)


# from, to, forward id, backward id, label
_PLAIN: Final[tuple[tuple[ObjectKind, ObjectKind, int, int], ...]] = (
    (CONTACTS, COMPANIES, 279, 280),
    (DEALS, COMPANIES, 341, 342),
    (DEALS, CONTACTS, 3, 4),
    (COMPANIES, COMPANIES, 450, 450),
    (CONTACTS, CONTACTS, 449, 449),
    (CALLS, CONTACTS, 194, 193),
    (CALLS, COMPANIES, 182, 181),
    (CALLS, DEALS, 206, 205),
    (EMAILS, CONTACTS, 198, 197),
    (EMAILS, COMPANIES, 186, 185),
    (EMAILS, DEALS, 210, 209),
    (MEETINGS, CONTACTS, 200, 199),
    (MEETINGS, COMPANIES, 188, 187),
    (MEETINGS, DEALS, 212, 211),
    (NOTES, CONTACTS, 202, 201),
    (NOTES, COMPANIES, 190, 189),
    (NOTES, DEALS, 214, 213),
    (TASKS, CONTACTS, 204, 203),
    (TASKS, COMPANIES, 192, 191),
    (TASKS, DEALS, 216, 215),
    (TASKS, LEADS, 647, 646),
    (COMMUNICATIONS, CONTACTS, 81, 82),
    (COMMUNICATIONS, COMPANIES, 87, 88),
    (LEADS, CONTACTS, 608, 609),
    (LEADS, COMPANIES, 610, 611),
)
PRIMARY: Final[dict[Pair, tuple[int, int]]] = {
    (CONTACTS.type_id, COMPANIES.type_id): (1, 2),
    (DEALS.type_id, COMPANIES.type_id): (5, 6),
    (LEADS.type_id, CONTACTS.type_id): (578, 579),
    (LEADS.type_id, COMPANIES.type_id): (580, 581),
}
PARENT_TO_CHILD, CHILD_TO_PARENT = 13, 14
ROLE_LABELS: Final = {
    "decision_maker": "Decision maker",
    "champion": "Champion",
    "budget_holder": "Budget holder",
    "influencer": "Influencer",
    "user": "End user",
    "blocker": "Blocker",
}
ROLE_CODES: Final = {role: -(11 + 2 * at) for at, role in enumerate(ROLE_LABELS)}  # deal to contact; back is one lower
PRIMARY_CODES: Final = frozenset(code for both in PRIMARY.values() for code in both)


class LinkTypes:
    """All association types of an account, standard and own."""

    def __init__(self) -> None:
        self.by_code: dict[int, LinkType] = {}
        self.default: dict[Pair, int] = {}
        self._by_pair: dict[Pair, list[LinkType]] = {}
        self._next_own = 101
        for a, b, forward, backward in _PLAIN:
            primary = PRIMARY.get((a.type_id, b.type_id))
            ending = "_unlabeled" if primary is not None or a is b else ""
            self._both(a, b, (forward, backward), (None, None), ending)
            self.default[a.type_id, b.type_id] = forward
            self.default[b.type_id, a.type_id] = backward
            if primary is not None:
                self._both(a, b, primary, ("Primary", "Primary"), "")
        names = ("Child Company", "Parent Company")
        self._both(COMPANIES, COMPANIES, (PARENT_TO_CHILD, CHILD_TO_PARENT), names, "_hierarchy")
        for role, label in ROLE_LABELS.items():
            code = ROLE_CODES[role]
            self._both(DEALS, CONTACTS, (code, code - 1), (label, label), f"_{role}")

    def _both(
        self, a: ObjectKind, b: ObjectKind, codes: tuple[int, int], labels: tuple[str | None, str | None], ending: str
    ) -> None:
        self._add(
            LinkType(codes[0], (a.type_id, b.type_id), labels[0], f"{a.singular}_to_{b.singular}{ending}", codes[1])
        )
        if codes[0] != codes[1]:
            name = f"{b.singular}_to_{a.singular}{ending}"
            self._add(LinkType(codes[1], (b.type_id, a.type_id), labels[1], name, codes[0]))

    def _add(self, item: LinkType) -> None:
        self.by_code[item.code] = item
        self._by_pair.setdefault(item.pair, []).append(item)

    def of_pair(self, pair: Pair) -> list[LinkType]:
        """All types that lead from one object type to another."""
        return self._by_pair.get(pair, [])

    def make(self, a: ObjectKind, b: ObjectKind, name: str, labels: tuple[str, str]) -> tuple[LinkType, LinkType]:
        """A new label of the account, with its inverse."""
        forward, self._next_own = -self._next_own, self._next_own + 2
        backward = forward if a is b and labels[0] == labels[1] else forward - 1
        self._both(a, b, (forward, backward), labels, f"_{name}")
        return self.by_code[forward], self.by_code[backward]

    def drop(self, code: int) -> None:
        """Forgets a label of the account and its inverse."""
        for one in {code, self.by_code[code].inverse}:
            item = self.by_code.pop(one)
            self._by_pair[item.pair].remove(item)


def code_of(category: str, type_id: int) -> int:
    """The code of a type as requests name it."""
    return -type_id if category == "USER_DEFINED" else type_id
