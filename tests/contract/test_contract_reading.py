"""Clauses on pulling: whole, canonical, with nothing lost between two pulls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connectors.base import Ask, Cursors, Fields, Page, SetFields
from connectors.errors import CrmError, Incomplete, Retryable
from engine.tables import DIRECTIONS, LIFECYCLES, TABLES, TASK_STATES, Column, Kind
from sync import owned
from tests.contract.fold import plain, rows_of
from tests.contract.houses import House
from tests.contract.over import EVERYWHERE, OVER_HTTP, WITH_PEOPLE
from tests.contract.sandboxes import SandboxHouse
from tests.fakes import MONDAY

LISTS = ("away", "working_hours")
SETS: dict[str, tuple[str, ...]] = {
    "lifecycle": LIFECYCLES,
    "direction": DIRECTIONS,
    "state": TASK_STATES,
    "record": ("contact", "lead"),
}
END_OF_TIME_US = 4_102_444_800_000_000  # 2100


FITS: dict[Kind, Callable[[Any], bool]] = {
    Kind.ID: lambda value: isinstance(value, str) and value != "",
    Kind.TEXT: lambda value: isinstance(value, str) and value != "",
    Kind.TEXTS: lambda value: isinstance(value, list) and all(isinstance(one, str) and one for one in value),
    Kind.TREE: lambda value: isinstance(json.loads(value), list | dict),
    Kind.FLAG: lambda value: isinstance(value, bool),
    Kind.TIME: lambda value: type(value) is int and 0 <= value < END_OF_TIME_US,
    Kind.WHOLE: lambda value: type(value) is int,
    Kind.NUMBER: lambda value: type(value) in {int, float},
}


def fits(column: Column, value: Any) -> bool:
    """Whether a known value is what its column holds."""
    if column.kind is Kind.TREE and isinstance(json.loads(value), list) is not (column.name in LISTS):
        return False
    return FITS[column.kind](value) and value in SETS.get(column.name, (value,))


@EVERYWHERE
def test_every_column_is_there_and_holds_what_the_tables_say(house: House) -> None:
    house.ready().opened(1)

    pages = list(house.crm.pull(Cursors(), house.crm.server_time()))

    found = Counter[str]()
    for page in pages:
        if not len(page):
            continue
        assert set(page.columns) == set(TABLES[page.table].names())
        assert len({len(values) for values in page.columns.values()}) == 1
        for column in TABLES[page.table].columns:
            found.update(
                f"{page.table}.{column.name}: {value!r}"
                for value in map(plain, page.columns[column.name])
                if not (column.optional if value is None else fits(column, value))
            )
    assert not found
    assert {page.table for page in pages if len(page)} >= {"accounts", "contacts", "activities", "owners", "tasks"}


@EVERYWHERE
def test_a_full_pull_names_every_row_once_and_ends_every_stream(house: House) -> None:
    pages = list(house.crm.pull(Cursors(), house.crm.server_time()))

    ids = Counter((page.table, key) for page in pages for key in rows_of(page))
    assert sum(len(page) for page in pages) == len(ids)
    streams = {page.stream for page in pages}
    assert {page.stream for page in pages if page.last and page.whole} == streams
    assert all(page.cursor for page in pages if page.last)
    assert not any(page.deleted or page.merged for page in pages)


@EVERYWHERE
def test_rows_point_to_rows_that_are_there(house: House) -> None:
    told = house.untouched()

    accounts, owners = told.table("accounts"), told.table("owners")
    assert {row["owner_id"] for row in accounts.values()} <= {None, *owners}
    assert {row["parent_id"] for row in accounts.values()} <= {None, *accounts}
    assert {row["account_id"] for row in told.table("contacts").values()} <= {None, *accounts}
    assert {row["contact_id"] for row in told.table("activities").values()} <= {None, *told.table("contacts")}


@EVERYWHERE
def test_a_change_after_the_pull_comes_with_the_next_and_nothing_else_moves(house: House) -> None:
    before = house.untouched()
    house.set_clock(MONDAY + timedelta(hours=3))
    house.rename(house.accounts[3], "Renamed Ltd")

    after = house.pull(before)

    assert after.table("accounts")[house.accounts[3]]["name"] == "Renamed Ltd"
    assert after.tables() == house.pull().tables()
    assert {name: row for name, row in after.table("accounts").items() if name != house.accounts[3]} == {
        name: row for name, row in before.table("accounts").items() if name != house.accounts[3]
    }


@EVERYWHERE
def test_a_change_in_the_very_second_of_the_pull_is_not_lost(house: House) -> None:
    house.set_clock(MONDAY + timedelta(hours=3))
    before = house.pull(house.untouched())
    house.rename(house.accounts[3], "Renamed Ltd")
    house.set_clock(MONDAY + timedelta(hours=4))

    after = house.pull(before)

    assert after.table("accounts")[house.accounts[3]]["name"] == "Renamed Ltd"


@EVERYWHERE
def test_a_deleted_account_leaves(house: House) -> None:
    before = house.untouched()
    house.set_clock(MONDAY + timedelta(hours=3))
    house.delete(house.accounts[2])

    after = house.pull(before if house.deletes_in_changes else None)

    assert set(before.table("accounts")) - set(after.table("accounts")) == {house.accounts[2]}
    assert house.crm.read([Ask("account", house.accounts[2], ("owner_id",))]) == {}


@WITH_PEOPLE
def test_a_merge_leads_from_the_loser_to_who_answers_for_both(house: House) -> None:
    before = house.untouched()
    winner, loser = house.accounts[1], house.accounts[2]
    house.set_clock(MONDAY + timedelta(hours=3))
    survivor = house.merge(winner, loser)

    after = house.pull(before)

    merged = after.merged["accounts"]
    assert merged[loser] == survivor
    assert merged.get(winner, winner) == survivor
    assert survivor in after.table("accounts")
    assert loser not in after.table("accounts")
    assert after.table("accounts") == house.pull().table("accounts")


@OVER_HTTP
def test_an_act_of_a_rep_comes_with_the_next_pull_as_a_full_one_would_read_it(house: SandboxHouse) -> None:
    before = house.untouched()
    house.set_clock(MONDAY + timedelta(hours=3))
    house.log_call(house.contact)

    after = house.pull(before)

    (new,) = set(after.table("activities")) - set(before.table("activities"))
    act = after.table("activities")[new]
    assert (act["kind"], act["contact_id"], act["actor_id"]) == ("call_connected", house.contact, house.reps[0])
    assert (act["direction"], act["automated"]) == ("outbound", False)
    assert after.table("activities") == house.pull().table("activities")


@WITH_PEOPLE
def test_a_crm_that_stops_answering_ends_a_pull_with_an_error(house: House) -> None:
    whole = house.untouched()
    house.stop_answering(after=18)

    pages, ended = pulled_until_it_breaks(house)

    assert isinstance(ended, Retryable | Incomplete)
    assert {page.stream for page in pages if page.last} < {stream for _, stream in whole.streams}


@OVER_HTTP
def test_a_pull_that_broke_off_goes_on_page_by_page(house: SandboxHouse) -> None:
    whole = house.untouched()
    house.stop_answering(after=18)
    pages, _ = pulled_until_it_breaks(house)
    house.heal()
    ends = {page.stream: page.cursor for page in pages if page.last}
    resume = {f"resume:{page.stream}": page.resume for page in pages if page.resume and page.stream not in ends}

    rest = list(house.crm.pull(Cursors({**ends, **resume}), house.crm.server_time()))

    assert {page.stream for page in rest if len(page)}.isdisjoint(ends.keys() - {"owners"})
    told = {(page.table, key): row for page in (*pages, *rest) for key, row in rows_of(page).items()}
    assert told == {(table, key): row for table, rows in whole.tables().items() for key, row in rows.items()}


def pulled_until_it_breaks(house: House) -> tuple[list[Page], Exception | None]:
    """The pages that came, and what ended the pull."""
    pages: list[Page] = []
    try:
        for page in house.crm.pull(Cursors(), house.crm.server_time()):
            pages.append(page)  # noqa: PERF402 - what came before the break counts
    except CrmError as error:
        return pages, error
    return pages, None


@EVERYWHERE
def test_owned_fields_come_with_the_pull_as_written(house: House) -> None:
    house.ready()
    wanted: Fields = {"tier": "1 - Focus", "score": 71, "tier_since": MONDAY, "why": "pricing page\nthree people"}
    house.send(SetFields(house.accounts[0], {}, wanted))

    tree = json.loads(house.pull(house.untouched()).table("accounts")[house.accounts[0]]["owned"])

    assert owned.all_same(tree, wanted)
    assert set(tree) == set(wanted)
