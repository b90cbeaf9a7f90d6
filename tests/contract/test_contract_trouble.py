"""Clauses on trouble on the way: too many calls, a login that ends, answers that break off."""

from __future__ import annotations

import pytest

from connectors.base import Ask, Cursors, SetFields
from connectors.errors import NeedsPerson
from tests.contract.houses import House
from tests.contract.over import OVER_HTTP, over
from tests.contract.sandboxes import SandboxHouse


@OVER_HTTP
def test_a_pull_waits_where_the_crm_asks_for_less_and_misses_nothing(house: SandboxHouse) -> None:
    whole = house.untouched()
    house.be_busy(skip=12, count=3)

    again = house.pull()

    assert again.tables() == whole.tables()
    assert len(house.clock.slept) >= 1
    assert house.clock.slept[0] > 0


@OVER_HTTP
def test_a_wait_that_the_crm_names_is_kept(house: SandboxHouse) -> None:
    house.be_busy(skip=12, headers={"Content-Type": "application/json", "Retry-After": "17"})

    house.pull()

    assert house.clock.slept == [17.0]


@OVER_HTTP
@pytest.mark.parametrize("deed", ["reset", "truncate"])
def test_an_answer_that_breaks_off_is_asked_for_again(house: SandboxHouse, deed: str) -> None:
    whole = house.untouched()
    house.fault("/query|/objects/", do=deed, when="after", skip=6, count=2)

    assert house.pull().tables() == whole.tables()


@over("salesforce")
def test_a_login_that_ends_in_the_middle_is_renewed(house: SandboxHouse) -> None:
    whole = house.untouched()
    house.end_login(skip=4, count=2)

    assert house.pull().tables() == whole.tables()


@over("salesforce")
def test_a_login_that_ends_before_a_write_is_renewed(house: SandboxHouse) -> None:
    house.ready()
    for path in ("/composite/sobjects$", "/composite/sobjects/Account"):
        house.fault(path, do="expire")
    account = house.accounts[0]

    house.send(SetFields(account, {}, {"score": 71}))

    assert house.crm.read([Ask("account", account, ("score",))]) == {account: {"score": 71}}


@over("hubspot")
def test_a_token_that_cannot_be_renewed_ends_the_pull_as_a_persons_matter(house: SandboxHouse) -> None:
    house.end_login(skip=8, count=50)

    with pytest.raises(NeedsPerson):
        list(house.crm.pull(Cursors(), house.crm.server_time()))


@OVER_HTTP
def test_a_wrong_credential_is_a_persons_matter_and_names_no_secret(house: SandboxHouse) -> None:
    house.fault("/oauth2/token", do="status", status=400, body='{"error":"invalid_grant"}', count=50)
    house.fault("/crm/|/account-info/", do="status", status=401, body='{"category":"INVALID_AUTHENTICATION"}', count=50)

    with pytest.raises(NeedsPerson) as told:
        house.reopen().missing_fields()

    assert house.running.told.hubspot["token"] not in str(told.value)
    assert told.value.hint


@OVER_HTTP
def test_calls_are_counted_as_the_crm_counts_them(house: House) -> None:
    house.pull()
    before = house.crm.usage()

    house.pull()
    after = house.crm.usage()

    assert None not in (before.org_used, after.org_used, after.org_limit)
    theirs = (after.org_used or 0) - (before.org_used or 0)
    assert theirs > 0
    assert 0 <= (after.ours - before.ours) - theirs <= 1  # the clock is asked without a login where that is possible
