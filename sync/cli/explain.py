"""``tierline explain``: why an account has its score and tier, line by line."""

from __future__ import annotations

from pathlib import Path

import click

from config.load import Loaded
from engine.domains import host_of, registrable
from engine.facts import Decision
from sync import compute, exits
from sync.cli import output, parts
from sync.ledgers import Ledgers
from sync.pull import reopen
from sync.render.labels import counted
from sync.render.ledger_text import forward_lines, ledger_lines, standing_lines
from sync.replica.replica import Replica
from sync.run import what_stands
from sync.snapshot import Snapshot
from sync.store import Book


@click.command()
@click.argument("account")
@parts.options
def explain(account: str, file: Path, name: str | None, *, as_json: bool) -> int:
    """The ledger, the decision, and what would change it; ACCOUNT is a name, a domain or an id.

    Reads what the last pass read; makes no call to the CRM.
    """
    loaded = parts.read_config(file)
    with parts.opened_store(loaded) as store:
        for connection in parts.chosen(loaded, name):
            folder = file.resolve().parent / loaded.settings.replica / connection.name
            snapshot = reopen(Replica(folder), loaded.settings)
            if snapshot is None:
                raise exits.Stopped(
                    exits.FAILED, f"{connection.name} has not been read yet; run: tierline plan", "TL-061"
                )
            found = _find(snapshot, account)
            if found is None:
                continue
            _explain(found, snapshot, store.of(connection.name), loaded, connection.time_zone, as_json=as_json)
            return exits.DONE
    raise exits.Stopped(exits.FAILED, f"no account is named {account!r}, has that domain or that id", "TL-062")


def _find(snapshot: Snapshot, wanted: str) -> str | None:
    """The account with this id, else this domain, else this name, else the only name that starts so."""
    accounts, folded = snapshot.evidence.accounts, wanted.strip().casefold()
    ids = [str(one) for one in accounts["account_id"]]
    if wanted in ids:
        return wanted
    by_domain = _with_domain(snapshot, wanted)
    if by_domain is not None:
        return by_domain
    names = [(one, str(name or "").strip().casefold()) for one, name in zip(ids, accounts["name"], strict=True)]
    exact = [one for one, name in names if name == folded]
    near = [one for one, name in names if name.startswith(folded)]
    if not exact and len(near) > 1:
        listed = ", ".join(sorted(snapshot.names()[one] for one in near[:5]))
        raise click.UsageError(f"{counted(len(near), 'account')} start with {wanted!r}: {listed}")
    return next(iter([*exact, *near]), None)


def _with_domain(snapshot: Snapshot, wanted: str) -> str | None:
    """The first account that names this very domain, else one under the same registrable domain."""
    host = host_of(wanted)
    asked = registrable(host)
    if asked is None:
        return None
    near = None
    for account, told in zip(*(snapshot.evidence.accounts[name] for name in ("account_id", "domains")), strict=True):
        hosts = [found for one in told if (found := host_of(one)) is not None]
        if host in hosts:
            return str(account)
        if near is None and asked in map(registrable, hosts):
            near = str(account)
    return near


def _explain(account: str, snapshot: Snapshot, book: Book, loaded: Loaded, zone: str, *, as_json: bool) -> None:
    owners = snapshot.owners()
    known = what_stands(book, snapshot)
    scores = compute.score(snapshot, loaded.settings)
    judged = compute.judge(snapshot, scores, known, loaded.settings, owners, "", zone)
    told = Ledgers(judged, snapshot, loaded.settings).of(account)
    decision = judged.by_account().get(account)
    if as_json:
        output.document({**told.as_dict(), "sentences": list(decision.sentences) if decision else []})
        return
    facts = judged.facts[account]
    people = {person.contact_id: person.name for person in facts.people}
    for text in ledger_lines(told, facts.name, people):
        output.answer(text)
    output.answer()
    owner = owners[facts.owner_id].name if facts.owner_id in owners else "nobody"
    for text in standing_lines(known.standing.get(account), _sentences(decision), owner):
        output.answer(text)
    if told.forward:
        output.answer()
        output.answer("What would change it:")
        for text in forward_lines(told):
            output.answer(text)


def _sentences(decision: Decision | None) -> tuple[str, ...]:
    return decision.sentences if decision is not None else ()
