"""A world as flat columns: one ``dict`` of arrays a table, ready for DuckDB."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from sandbox.names import FREE_MAIL
from sandbox.truth import Truth, open_chance, win_chance
from sandbox.world import DIRECTIONS, KINDS, Account, Activities, Contact, Opportunity, Owner, Signal, World

Raw = dict[str, np.ndarray]
FORMATS: Final = ("csv", "jsonl", "parquet")  # each is also the file ending
_MICROS: Final = 1_000_000


def _column(rows: Sequence[Any], value: Callable[[Any], object]) -> np.ndarray:
    return np.array([value(row) for row in rows], dtype=object)


def _times(rows: Sequence[Any], value: Callable[[Any], int | None]) -> np.ndarray:
    """Unix seconds as float, NaN where unknown: DuckDB reads NaN as NULL."""
    return np.array([np.nan if (at := value(row)) is None else float(at) for row in rows], dtype=np.float64)


def _numbers(rows: Sequence[Any], value: Callable[[Any], float | None]) -> np.ndarray:
    return np.array([np.nan if (number := value(row)) is None else float(number) for row in rows], dtype=np.float64)


def _flags(rows: Sequence[Any], value: Callable[[Any], bool]) -> np.ndarray:
    return np.array([value(row) for row in rows], dtype=np.bool_)


def account_columns(rows: list[Account]) -> Raw:
    """Accounts; lists joined by ``;``, the website as typed first among the domains."""

    def hosts(row: Account) -> str:
        return ";".join(([] if row.website is None else [row.website]) + list(row.more_domains))

    return {
        "account_id": _column(rows, lambda row: row.key),
        "name": _column(rows, lambda row: row.name),
        "domains": _column(rows, hosts),
        "parent_id": _column(rows, lambda row: row.parent),
        "owner_id": _column(rows, lambda row: row.owner),
        "industry": _column(rows, lambda row: row.industry),
        "employees": _numbers(rows, lambda row: row.employees),
        "annual_revenue": _numbers(rows, lambda row: row.annual_revenue),
        "country": _column(rows, lambda row: row.country),
        "region": _column(rows, lambda row: row.region),
        "tech": _column(rows, lambda row: ";".join(row.tech)),
        "lifecycle": _column(rows, lambda row: row.lifecycle),
        "arr": _numbers(rows, lambda row: row.arr),
        "health": _numbers(rows, lambda row: row.health),
        "adoption": _numbers(rows, lambda row: row.adoption),
        "renewal_at": _times(rows, lambda row: row.renewal_at),
        "potential": _numbers(rows, lambda row: row.potential),
        "strategic": _flags(rows, lambda row: row.strategic),
        "created_at": _times(rows, lambda row: row.created_at),
        "modified_at": _times(rows, lambda row: row.modified_at),
    }


def contact_columns(rows: list[Contact]) -> Raw:
    """Contacts."""
    return {
        "contact_id": _column(rows, lambda row: row.key),
        "account_id": _column(rows, lambda row: row.account),
        "name": _column(rows, lambda row: f"{row.first_name} {row.last_name}"),
        "email": _column(rows, lambda row: row.email),
        "title": _column(rows, lambda row: row.title),
        "role": _column(rows, lambda row: row.role),
        "seniority": _column(rows, lambda row: row.seniority),
        "call_opt_out": _flags(rows, lambda row: row.call_opt_out),
        "mail_opt_out": _flags(rows, lambda row: row.mail_opt_out),
        "created_at": _times(rows, lambda row: row.created_at),
        "modified_at": _times(rows, lambda row: row.modified_at),
    }


def owner_columns(rows: list[Owner]) -> Raw:
    """Owners; hours and absences as JSON, absences in microseconds."""

    def away(row: Owner) -> str:
        return json.dumps([[start * _MICROS, end * _MICROS] for start, end in row.away])

    def hours(row: Owner) -> str:
        days = [1, 2, 3, 4, 5] if row.job != "integration" else [1, 2, 3, 4, 5, 6, 7]
        return json.dumps([{"days": days, "from": row.hours[0], "until": row.hours[1]}])

    return {
        "owner_id": _column(rows, lambda row: row.key),
        "name": _column(rows, lambda row: row.name),
        "email": _column(rows, lambda row: row.email),
        "active": _flags(rows, lambda row: row.active),
        "team": _column(rows, lambda row: row.team),
        "manager_id": _column(rows, lambda row: row.manager),
        "time_zone": _column(rows, lambda row: row.time_zone),
        "working_hours": _column(rows, hours),
        "away": _column(rows, away),
        "modified_at": _times(rows, lambda row: row.modified_at),
    }


def opportunity_columns(rows: list[Opportunity]) -> Raw:
    """Opportunities."""
    return {
        "opportunity_id": _column(rows, lambda row: row.key),
        "account_id": _column(rows, lambda row: row.account),
        "name": _column(rows, lambda row: row.name),
        "stage": _column(rows, lambda row: row.stage),
        "amount": _numbers(rows, lambda row: row.amount),
        "is_closed": _flags(rows, lambda row: row.is_closed),
        "is_won": _flags(rows, lambda row: row.is_won),
        "owner_id": _column(rows, lambda row: row.owner),
        "created_at": _times(rows, lambda row: row.created_at),
        "closed_at": _times(rows, lambda row: row.closed_at),
        "stage_changed_at": _times(rows, lambda row: row.stage_changed_at),
        "modified_at": _times(rows, lambda row: row.modified_at),
    }


def intent_columns(rows: list[Signal]) -> Raw:
    """Intent and news."""
    return {
        "row_id": _column(rows, lambda row: row.key),
        "domain": _column(rows, lambda row: row.domain),
        "source": _column(rows, lambda row: row.source),
        "family": _column(rows, lambda row: row.family),
        "topic": _column(rows, lambda row: row.topic),
        "strength": _numbers(rows, lambda row: row.strength),
        "seen_on": _times(rows, lambda row: row.seen_at),
    }


def truth_columns(world: World, truth: Truth) -> Raw:
    """The hidden truth today, for proofs only: never an input of a score."""
    now = truth.interest[:, -1]
    return {
        "account_id": _column(world.accounts, lambda row: row.key),
        "fit": truth.fit,
        "interest": now,
        "open_chance": open_chance(truth.fit, now),
        "win_chance": win_chance(truth.fit, now),
    }


def _picked(codes: np.ndarray, words: Sequence[str | None]) -> np.ndarray:
    """Words by code; -1 is unknown."""
    found: np.ndarray = np.array([*words, None], dtype=object)[codes]
    return found


def activity_columns(world: World, first_row: int) -> Raw:
    """The rows that a CRM carries; ``first_row`` is the number of the world's first activity."""
    table = world.activities
    rows = table.crm_rows()
    return {
        "activity_id": rows + first_row,
        "kind": _picked(table.kind[rows], KINDS),
        "occurred_at": table.occurred_at[rows].astype(np.float64),
        "logged_at": table.logged_at[rows].astype(np.float64),
        "contact_id": _picked(table.contact[rows], [row.key for row in world.contacts]),
        "account_id": _picked(table.account[rows], [row.key for row in world.accounts]),
        "actor_id": _picked(table.actor[rows], [row.key for row in world.owners]),
        "direction": _picked(table.direction[rows], DIRECTIONS),
        "automated": table.automated[rows],
        "subject": _picked(table.subject[rows], table.subjects),
    }


def web_columns(world: World, first_row: int) -> Raw:
    """The rows that come from files; who cannot be told by address or domain is left out."""
    table = world.activities
    rows = np.flatnonzero(~table.in_crm)
    email, domain = _who(world, table, rows)
    told = np.array([mail is not None or host is not None for mail, host in zip(email, domain, strict=True)], np.bool_)
    rows = rows[told]
    return {
        "id": rows + first_row,
        "email": email[told],
        "domain": domain[told],
        "kind": _picked(table.kind[rows], KINDS),
        "url": _picked(table.url[rows], table.urls),
        "occurred_at": table.occurred_at[rows].astype(np.float64),
    }


def _who(world: World, table: Activities, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """E-mail address and, where there is none, domain of web rows."""
    visitors = [who if "@" in who else None for who in table.visitors]
    hosts = [None if "@" in who else who for who in table.visitors]
    contact, visitor, account = table.contact[rows], table.visitor[rows], table.account[rows]
    known = _picked(contact, [row.email for row in world.contacts])
    email = np.where(visitor >= 0, _picked(visitor, visitors), known)
    place = np.where(visitor >= 0, _picked(visitor, hosts), _picked(account, web_domains(world)))
    named = np.array([mail is not None for mail in email], np.bool_)
    place[named] = None
    return email, place


def web_domains(world: World) -> list[str | None]:
    """The domain by which the web knows each account: the CRM's, else that of its people."""
    spare: dict[str, str] = {}
    for person in world.contacts:
        if person.account is not None and person.email is not None:
            host = person.email.rsplit("@", 1)[1].lower()
            if host not in FREE_MAIL:
                spare.setdefault(person.account, host)
    return [row.domain or spare.get(row.key) for row in world.accounts]
