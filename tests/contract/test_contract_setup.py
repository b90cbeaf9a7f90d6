"""Clauses on readiness: fields, the installation's mark, the clock, the count of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Ask, Level
from connectors.errors import NeedsPerson
from tests.contract.houses import House
from tests.contract.over import EVERYWHERE, OVER_HTTP, WITH_PEOPLE, over
from tests.fakes import MONDAY


@WITH_PEOPLE
def test_fields_are_missing_until_they_are_made(house: House) -> None:
    missing = house.crm.missing_fields()
    listed = house.crm.setup(act=False, installation="inst-1")
    still = house.crm.missing_fields()

    made = house.crm.setup(act=True, installation="inst-1")

    assert len(missing) >= 3
    assert still == missing
    assert [step.what for step in listed if step.missing] == [step.what for step in made if step.missing]
    assert len([step for step in made if step.missing]) >= len(missing)
    assert house.crm.missing_fields() == []
    assert house.reopen().missing_fields() == []


@EVERYWHERE
def test_setup_is_done_once(house: House) -> None:
    house.crm.setup(act=True, installation="inst-1")

    again = house.crm.setup(act=True, installation="inst-1")

    assert not [step.what for step in again if step.missing]


@EVERYWHERE
def test_the_installation_leaves_its_mark_when_it_acts(house: House) -> None:
    before = house.crm.installation()
    house.crm.setup(act=False, installation="inst-1")
    looked = house.crm.installation()

    house.crm.setup(act=True, installation="inst-1")

    assert (before, looked) == (None, None)
    assert house.crm.installation() == house.reopen().installation() == "inst-1"


@OVER_HTTP
def test_a_missing_field_is_told_by_the_check_with_its_fix(house: House) -> None:
    before = [one for one in house.crm.check() if one.level is Level.FAIL]
    house.ready()
    after = [one for one in house.crm.check() if one.level is Level.FAIL]

    assert any("setup" in one.fix for one in before)
    assert after == []


@EVERYWHERE
def test_the_check_writes_nothing(house: House) -> None:
    house.ready()
    before = house.pull()

    assert house.crm.check()

    assert house.pull().tables() == before.tables()


@EVERYWHERE
def test_the_time_is_the_crms_own_in_whole_seconds(house: House) -> None:
    moment = datetime(2027, 1, 5, 12, 34, 56, 700_000, tzinfo=UTC)
    house.set_clock(moment)

    now = house.crm.server_time()

    assert now == moment.replace(microsecond=0)
    assert now.utcoffset() == timedelta(0)


@EVERYWHERE
def test_the_org_has_a_name_that_stays(house: House) -> None:
    assert house.crm.org_id() == house.reopen().org_id() != ""


@WITH_PEOPLE
def test_every_read_is_counted(house: House) -> None:
    house.ready()
    counts = [house.crm.usage().ours]
    for _ in range(3):
        house.crm.read([Ask("account", house.accounts[0], ("score",))])
        counts.append(house.crm.usage().ours)

    assert [later - earlier for earlier, later in zip(counts, counts[1:], strict=False)][1:] == [1, 1]


@EVERYWHERE
def test_a_dead_calls_time_is_bounded(house: House) -> None:
    assert timedelta(0) <= house.crm.settle_after <= timedelta(hours=1)
    assert house.crm.vendor
    assert house.crm.name
    assert MONDAY.tzinfo is UTC


@over("salesforce", "hubspot")
def test_setup_by_another_installation_is_refused_or_told(house: House) -> None:
    house.ready()

    try:
        steps = house.reopen().setup(act=False, installation="inst-2")
    except NeedsPerson:
        return
    assert any("inst" in step.said for step in steps if step.missing), pytest
