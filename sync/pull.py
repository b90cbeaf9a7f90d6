"""Pull: the CRM's pages and the outside files into the replica, and the new generation as a snapshot."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import duckdb

from config.settings import Settings
from connectors.base import Crm, Cursors, Page
from engine.condense import sieve_of
from engine.evidence import Columns, Evidence
from engine.facts import OwnerFacts
from sync.replica.load import evidence, names_of, raw, table
from sync.replica.manifest import Manifest
from sync.replica.names import Dictionaries
from sync.replica.replica import Replica, cursors_of
from sync.replica.touches import refresh
from sync.scope import scoped
from sync.snapshot import RawAct, Snapshot, microseconds, moment, owners_from

ACTS_FOR = timedelta(days=45)  # how far back acts of our people are told to timers and owner rules
_RARELY = (50_000, 20, 50)  # a fifth less CPU on a first pull than Python's own (700, 10, 10)
Progress = Callable[[str, int], None]  # table, rows read so far
Signals = Callable[[Cursors], Iterable[Page]]


def pull(
    crm: Crm,
    signals: Signals,
    replica: Replica,
    settings: Settings,
    now: datetime,
    progress: Progress = lambda _table, _rows: None,
    *,
    full: bool = False,
) -> Snapshot:
    """Bring the replica up to ``now`` and open it; ``full`` reads everything again.

    Raises when anything cannot be read: a part is never a whole.
    """
    base = replica.base(crm.org_id())
    with replica.open() as connection:
        spool = replica.spool(connection, base)
        cursors = spool.cursors(Cursors() if full else cursors_of(base))
        pages = _told(_all(crm.pull(cursors, now), signals(cursors)), progress)
        with few_collections():
            generation, _changed = replica.take(pages, spool, base, microseconds(now))
        owners = table(connection, replica.folder, generation, "owners")
        sieve = sieve_of(settings.policy, owners)
        generation = refresh(connection, replica.folder, base, generation, names_of(spool.names), sieve)
        replica.commit(generation)
        rows_before = base.rows("accounts") if base.cursors else None
        found = _snapshot(connection, replica, generation, spool.names, settings, now)
    return Snapshot(found[0], now, spool.state.rows_read, rows_before, generation.number, found[1])


@contextmanager
def few_collections() -> Iterator[None]:
    """Within it Python looks for garbage cycles rarely: pages are millions of small objects, and none forms a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def reopen(replica: Replica, settings: Settings) -> Snapshot | None:
    """The current generation without a pull; None before the first."""
    generation = replica.current()
    if generation is None:
        return None
    now = moment(generation.as_of)
    if now is None:
        return None
    with replica.open() as connection:
        names = replica.names(connection, generation)
        found = _snapshot(connection, replica, generation, names, settings, now)
    return Snapshot(found[0], now, 0, generation.rows("accounts"), generation.number, found[1])


def owners_before(replica: Replica) -> dict[str, OwnerFacts]:
    """People on our side as the current generation knows them; nobody before the first."""
    generation = replica.current()
    if generation is None:
        return {}
    with replica.open() as connection:
        return owners_from(table(connection, replica.folder, generation, "owners"))


def configured_parts(settings: Settings) -> frozenset[str]:
    """Parts of signal that have a source: intent only when a file of topics is configured."""
    topics = any(source.topic or source.topic_is for source in settings.signals)
    return frozenset({"engagement", "roles", *(("intent",) if topics else ())})


def _snapshot(
    connection: duckdb.DuckDBPyConnection,
    replica: Replica,
    generation: Manifest,
    names: Dictionaries,
    settings: Settings,
    now: datetime,
) -> tuple[Evidence, tuple[RawAct, ...]]:
    known = evidence(
        connection,
        replica.folder,
        generation,
        names,
        settings.policy,
        as_of=microseconds(now),
        configured=configured_parts(settings),
        fresh_for={
            source.name: source.fresh_for // timedelta(microseconds=1)
            for source in settings.signals
            if source.fresh_for is not None
        },
    )
    since = microseconds(now - ACTS_FOR)
    where = f"direction <> 0 AND actor >= 0 AND NOT automated AND occurred_at BETWEEN {since} AND {known.as_of}"
    known = scoped(known, settings.scope)
    return known, _acts(raw(connection, replica.folder, generation, where), names)


def _acts(rows: Columns, names: Dictionaries) -> tuple[RawAct, ...]:
    kinds, owners = names["kinds"].texts(), names["owners"].texts()
    times = [moment(int(us)) for us in rows["occurred_at"]]
    logged = [moment(int(us)) for us in rows["logged_at"]]
    found = zip(
        rows["activity_id"], rows["kind"], rows["person"], rows["account"], rows["actor"], times, logged, strict=True
    )
    return tuple(
        RawAct(str(activity), str(kinds[kind]), int(person), int(account), str(owners[actor]), at, learnt)
        for activity, kind, person, account, actor, at, learnt in found
        if at is not None and learnt is not None
    )


def _all(crm: Iterable[Page], signals: Iterable[Page]) -> Iterator[Page]:
    yield from crm
    yield from signals


def _told(pages: Iterable[Page], progress: Progress) -> Iterator[Page]:
    rows: dict[str, int] = {}
    for page in pages:
        rows[page.table] = rows.get(page.table, 0) + len(page)
        progress(page.table, rows[page.table])
        yield page
