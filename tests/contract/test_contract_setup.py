"""Clauses on readiness: fields, the installation's mark, the clock, the count of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from connectors.base import Ask, Level
from tests.contract.houses import House
from tests.contract.over import EVERYWHERE, OVER_HTTP, WITH_PEOPLE
from tests.contract.sandboxes import SandboxHouse


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


@OVER_HTTP
def test_check_and_a_look_at_setup_write_nothing(house: SandboxHouse) -> None:
    assert house.crm.check()
    assert house.crm.setup(act=False, installation="inst-1")

    assert house.writes() == []


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

    assert [later - earlier for earlier, later in pairwise(counts)][1:] == [1, 1]


@EVERYWHERE
def test_another_installation_takes_over_when_its_caller_says_so(house: House) -> None:
    house.ready()

    house.reopen().setup(act=False, installation="inst-2")
    assert house.reopen().installation() == "inst-1"
    house.reopen().setup(act=True, installation="inst-2")

    assert house.reopen().installation() == "inst-2"
