"""The replica: pages to generations; newest row wins, deletions and merges are followed, a broken pull goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectors.base import Page
from engine.condense import condense, sieve_of
from engine.policy import Policy
from sync.replica.load import names_of, raw, table, touches
from sync.replica.manifest import Manifest
from sync.replica.replica import Replica, cursors_of
from sync.replica.touches import refresh

HOUR = 3_600_000_000
DAY = 24 * HOUR
POLICY = Policy.model_validate(
    {"tiers": [{"name": "A", "enter": 70, "leave": 60}, {"name": "B", "enter": 30, "leave": 25}]}
)


def activity(number: int, *, at: int = 0, modified: int = 0, person: str = "p1", kind: str = "chat") -> dict[str, Any]:
    return {
        "activity_id": f"a{number}",
        "kind": kind,
        "occurred_at": at,
        "logged_at": at,
        "contact_id": person,
        "direction": "inbound",
        "automated": False,
        "modified_at": modified,
    }


def page(rows: list[dict[str, Any]], table_name: str = "activities", **more: Any) -> Page:
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    return Page(stream=more.pop("stream", table_name), table=table_name, columns=columns, **more)


def take(replica: Replica, pages: Iterator[Page] | list[Page], as_of: int = DAY) -> Manifest:
    base = replica.base("org")
    with replica.open() as connection:
        spool = replica.spool(connection, base)
        generation, _ = replica.take(pages, spool, base, as_of)
        generation = refresh(connection, replica.folder, base, generation, names_of(spool.names), sieve_of(POLICY))
        replica.commit(generation)
    return generation


def stored(replica: Replica) -> dict[str, list[Any]]:
    manifest = replica.base("org")
    with replica.open() as connection:
        found = raw(connection, replica.folder, manifest, "true")
    return {name: list(values) for name, values in found.items()}


def rows_of_touches(replica: Replica) -> list[tuple[int, ...]]:
    manifest = replica.base("org")
    with replica.open() as connection:
        found = touches(connection, replica.folder, manifest)
    return sorted(zip(*(map(int, found[name]) for name in ("person", "kind", "day", "n")), strict=True))


def test_a_full_pull_becomes_a_generation_with_its_cursor(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "replica")

    generation = take(replica, [page([activity(1), activity(2)], last=True, whole=True, cursor="c1")])

    assert stored(replica)["activity_id"] == ["a1", "a2"]
    assert cursors_of(generation).by_stream == {"activities": "c1"}
    assert (replica.folder.stat().st_mode & 0o077) == 0


def test_a_row_seen_again_is_kept_once_in_its_newest_form(tmp_path: Path) -> None:
    # given two pages that overlap, the newer version first
    replica = Replica(tmp_path / "replica")

    # when they are taken, and a later pull brings a newer one still
    take(
        replica, [page([activity(1, modified=5, kind="call")]), page([activity(1, modified=1)], last=True, whole=True)]
    )
    first = stored(replica)["modified_at"]
    take(replica, [page([activity(1, modified=9)], last=True)])

    # then each generation shows one row, the newest
    assert first == [5]
    assert stored(replica)["modified_at"] == [9]


def test_an_overlap_without_news_rewrites_nothing(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "replica")
    first = take(replica, [page([activity(1), activity(2)], last=True, whole=True)])

    second = take(replica, [page([activity(2)], last=True)])

    assert second.parts == first.parts
    assert second.touches == first.touches


def test_a_deleted_row_is_gone_and_its_touches_with_it(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "replica")
    take(replica, [page([activity(1), activity(2, person="p2")], last=True, whole=True)])

    take(replica, [page([], deleted=("a1",), last=True)])

    assert stored(replica)["activity_id"] == ["a2"]
    assert [row[3] for row in rows_of_touches(replica)] == [1]


def test_a_stream_read_in_full_drops_what_it_no_longer_shows(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "replica")
    take(replica, [page([activity(1)], stream="x", last=True, whole=True), page([activity(2)], stream="y", last=True)])

    take(replica, [page([activity(3)], stream="x", last=True, whole=True)])

    assert stored(replica)["activity_id"] == ["a2", "a3"]


def test_a_merge_maps_the_loser_to_the_last_winner(tmp_path: Path) -> None:
    from sync.replica.load import aliases

    replica = Replica(tmp_path / "replica")
    rows = [{"account_id": name, "name": name, "domains": [], "tech": [], "lifecycle": "prospect"} for name in "ABC"]
    for row in rows:
        row.update({"created_at": 0, "modified_at": 0, "owned": {}, "attributes": {}})
    take(replica, [page(rows, "accounts", last=True, whole=True)])

    take(replica, [page([], "accounts", merged={"A": "B"}, last=True)])
    take(replica, [page([], "accounts", merged={"B": "C"}, last=True)])

    manifest = replica.base("org")
    with replica.open() as connection:
        names = replica.names(connection, manifest)
        codes = names["accounts"]
        assert aliases(connection, replica.folder, manifest, "accounts", codes) == {
            codes["A"]: codes["C"],
            codes["B"]: codes["C"],
        }
        assert list(table(connection, replica.folder, manifest, "accounts")["account_id"]) == ["C"]


def test_a_pull_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "replica")

    # given a first pull that dies after a page of its second stream
    def breaking() -> Iterator[Page]:
        yield page([activity(1)], stream="x", last=True, whole=True, cursor="x1")
        yield page([activity(2)], stream="y", resume="page-2")
        raise ConnectionError

    with pytest.raises(ConnectionError):
        take(replica, breaking())

    # then nothing is current, and the next pull is told where to go on
    assert replica.current() is None
    base = replica.base("org")
    with replica.open() as connection:
        spool = replica.spool(connection, base)
        assert spool.cursors(cursors_of(base)).by_stream == {"x": "x1", "resume:y": "page-2"}

    # when the rest comes
    take(replica, [page([activity(3)], stream="y", last=True, whole=True, cursor="y1")])

    # then all rows are there, with the surrogates they had
    assert stored(replica)["activity_id"] == ["a1", "a2", "a3"]
    assert set(stored(replica)["person"]) == {0}


def test_touches_replaced_by_day_equal_touches_condensed_whole(tmp_path: Path) -> None:
    dice = np.random.default_rng(7)
    replica = Replica(tmp_path / "replica")

    def some(count: int, first: int) -> list[dict[str, Any]]:
        return [
            activity(
                int(dice.integers(first, first + count)),
                at=int(dice.integers(0, 9 * DAY)),
                modified=number,
                person=f"p{dice.integers(0, 5)}",
            )
            for number in range(count)
        ]

    # given a world that changes three times: rows come, change person and day, and go
    take(replica, [page(some(200, 0), last=True, whole=True)])
    for step in range(3):
        gone = tuple(f"a{number}" for number in range(step * 7, step * 7 + 5))
        take(replica, [page(some(30, 100), deleted=gone, last=True)])

    # then the kept touches equal those condensed from all raw rows
    manifest = replica.base("org")
    with replica.open() as connection:
        names = names_of(replica.names(connection, manifest))
        whole = condense(raw(connection, replica.folder, manifest, "true"), names, sieve_of(POLICY))
        kept = touches(connection, replica.folder, manifest)
    for name in whole:
        assert kept[name].tolist() == whole[name].tolist()


def test_the_engines_database_can_reach_nothing_but_the_replica(tmp_path: Path) -> None:
    import duckdb

    (tmp_path / "outside.csv").write_text("secret\n1\n")
    with Replica(tmp_path / "replica").open() as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(f"SELECT * FROM read_csv('{tmp_path}/outside.csv')")
