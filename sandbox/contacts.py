"""The people on the buyers' side: of each company, and those whom nobody has linked to one."""

from __future__ import annotations

from typing import Final

import numpy as np

from sandbox.firms import Firms
from sandbox.names import DISPOSABLE, FIRST_NAMES, FREE_MAIL, LAST_NAMES, OUR_DOMAIN
from sandbox.truth import Floats
from sandbox.world import DAY_S, Contact

TITLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "decision_maker": (
        ("VP Sales", "vp"),
        ("Chief Revenue Officer", "c_level"),
        ("Head of Revenue Operations", "director"),
    ),
    "champion": (("Revenue Operations Manager", "manager"), ("Director of Sales Operations", "director")),
    "budget_holder": (("CFO", "c_level"), ("VP Finance", "vp")),
    "influencer": (("Solutions Architect", "individual"), ("IT Manager", "manager")),
    "user": (("Account Executive", "individual"), ("Sales Manager", "manager"), ("SDR", "individual")),
    "blocker": (("Head of Procurement", "director"), ("Security Officer", "manager")),
}
LEADING: Final = ("decision_maker", "champion", "user")  # the first three people of a company, mostly
OTHERS: Final = ("user", "influencer", "budget_holder", "user", "champion", "blocker", "decision_maker")
NO_ROLE: Final = (("Analyst", "individual"), ("Assistant", None), ("Consultant", None), (None, None))
COMPANY_SPAN: Final = 1_000_000  # contact numbers are unique across chunks of a world


def company_contacts(firms: Firms, numbers: int, dice: np.random.Generator, now: int) -> list[Contact]:
    """Contacts of all companies, in the order of the companies; the first ones of a company are those who act most."""
    whose = np.repeat(np.arange(len(firms)), firms.people)
    place = np.arange(len(whose)) - np.repeat(np.cumsum(firms.people) - firms.people, firms.people)
    rolls = dice.random((len(whose), 6))
    born = np.minimum(now - 3 * 3600, firms.created_at[whose] + (dice.exponential(120, len(whose)) * DAY_S).astype(int))
    return [
        _contact(
            numbers + row,
            f"A{firms.first + int(firm) + 1:06d}",
            firms.domains[firm],
            place=int(place[row]),
            rolls=rolls[row],
            made=made,
        )
        for row, (firm, made) in enumerate(zip(whose.tolist(), born.tolist(), strict=True))
    ]


def _contact(number: int, account: str, domain: str, *, place: int, rolls: Floats, made: int) -> Contact:
    first, last = _person(number)
    role = _role(place, float(rolls[0]), float(rolls[1]))
    titles: tuple[tuple[str | None, str | None], ...] = NO_ROLE if role is None else TITLES[role]
    title, seniority = titles[int(rolls[1] * 7919) % len(titles)]
    return Contact(
        key=f"C{number:07d}",
        account=account,
        first_name=first,
        last_name=last,
        email=_address(first, last, number, domain, float(rolls[2])),
        title=title,
        role=role,
        seniority=seniority,
        call_opt_out=bool(rolls[3] < 0.03),
        mail_opt_out=bool(rolls[4] < 0.06),
        created_at=made,
        modified_at=made,
    )


def _person(number: int) -> tuple[str, str]:
    mixed = number * 2_654_435_761 % 4_294_967_296
    return FIRST_NAMES[mixed % len(FIRST_NAMES)], LAST_NAMES[mixed // 97 % len(LAST_NAMES)]


def _role(place: int, known: float, which: float) -> str | None:
    if place < len(LEADING):
        return LEADING[place] if known < 0.75 else None
    return OTHERS[int(which * len(OTHERS))] if known < 0.5 else None


def _address(first: str, last: str, number: int, domain: str, roll: float) -> str | None:
    """A work address mostly; the number keeps two of a name apart."""
    local = f"{first}.{last}{number % 100}".lower()
    if roll < 0.03:
        return None
    if roll < 0.07:
        return f"{local}{number}@{FREE_MAIL[number % len(FREE_MAIL)]}"
    if roll < 0.12:
        return f"{first}.{last}{number % 100}@{domain.capitalize()}"
    return f"{local}@{domain}"


def loose_contacts(firms: Firms, numbers: int, dice: np.random.Generator, now: int) -> list[Contact]:
    """People without an account: at a company's domain, at free mail, at a disposable or our own domain, or unknown."""
    rows: list[Contact] = []
    for place in range(max(8, len(firms) // 8)):
        number = numbers + place
        first, last = _person(number)
        local = f"{first}.{last}{number % 100}".lower()
        host = (
            firms.domains[int(dice.integers(0, len(firms)))],
            FREE_MAIL[place % len(FREE_MAIL)],
            firms.domains[int(dice.integers(0, len(firms)))],
            f"unlisted-{number}.example",
            OUR_DOMAIN if place % 16 == 4 else firms.domains[int(dice.integers(0, len(firms)))],
            DISPOSABLE[place % len(DISPOSABLE)] if place % 16 == 5 else FREE_MAIL[(place + 1) % len(FREE_MAIL)],
        )[place % 6]
        made = now - int(dice.integers(5, 500)) * DAY_S
        role = LEADING[place % 3] if place % 4 else None
        rows.append(
            Contact(
                key=f"C{number:07d}",
                account=None,
                first_name=first,
                last_name=last,
                email=f"{local}@{host}",
                title=None,
                role=role,
                seniority=None,
                call_opt_out=False,
                mail_opt_out=place % 11 == 3,
                created_at=made,
                modified_at=made,
            )
        )
    return rows
