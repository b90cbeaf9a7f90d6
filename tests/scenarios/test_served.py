"""A service on a one-second schedule: days pass in the CRM, and everything happens once, and in its time."""

from __future__ import annotations

import signal

import pytest

from tests.scenarios.eyes import Sight
from tests.scenarios.town import Town, end, wait_until

pytestmark = pytest.mark.slow
HOT = "A000003"  # Northwind Analytics: an ideal company of which nothing is heard
ADA = "C0000007"  # its VP of sales
FADING = ("A000255", "A000256")  # Growth accounts whose score sinks under the bar of 43 within four weeks
LADDER = ("1 - Focus", "2 - Growth", "3 - Scaled", "Recycle")


def test_a_service_lifts_a_hot_account_at_once_and_lets_a_quiet_one_fall_in_its_time(town: Town) -> None:
    """Two stories of one service: a call from a buyer, and a month of silence."""
    # given a service on a CRM that was brought in line at nine
    town.ready().freeze()
    town.write(mode="live", schedule={"sync": "every 1s"})
    assert town.tierline("run").code == 0
    start = town.see()
    assert start.tier(HOT) == "3 - Scaled"
    assert start.tasks_of(HOT) == []
    service = town.start("serve")
    try:
        # when an hour passes, and somebody there meets us twice and calls
        wait_until(lambda: passes(town) >= 2, "the service's first pass")
        town.clock(advance_s=3600)
        wake(town)

        # then the account rises, and its task and its promise appear
        wait_until(lambda: town.see().tier(HOT) != "3 - Scaled", "a rise")
        risen = after_passes(town)
        assert LADDER.index(str(risen.tier(HOT))) < LADDER.index("3 - Scaled")
        assert [task.subject[:4] for task in risen.tasks_of(HOT)] == ["Call"]
        assert risen.accounts[HOT].fields["sla_status"] == "On time"
        assert risen.accounts[HOT].fields["sla_due"] == risen.tasks_of(HOT)[0].due >= "2026-11-02T11:00"

        # and when further hours pass, neither comes a second time
        town.clock(advance_s=1200)
        later = after_passes(town)
        assert later.tasks_of(HOT) == risen.tasks_of(HOT)
        assert later.accounts[HOT].fields["sla_due"] == risen.accounts[HOT].fields["sla_due"]

        # when a month passes but for an hour, nobody has fallen, though scores have
        town.clock(now="2026-12-02T08:00:00Z")
        almost = after_passes(town)
        assert fallen(start, almost) == []
        assert all(almost.accounts[key].fields["score"] < 43 for key in FADING)

        # then, when the month is over, those fall who have been under their bar
        town.clock(now="2026-12-02T10:00:00Z")
        wait_until(lambda: town.see().tier(FADING[0]) != "2 - Growth", "a fall")
        over = after_passes(town)
        assert {over.tier(key) for key in FADING} == {"3 - Scaled"}
        assert set(FADING) <= set(fallen(start, over))
    finally:
        told = end(service, signal.SIGTERM)

    # and the service ends when it is told to; no pass failed but where a clock was moved under a login
    assert told.code == 0, told.err[-2000:]
    assert "Traceback" not in told.err
    assert told.err.count("pass failed") == told.err.count("could not log in") <= 4, told.err[-2000:]


def test_a_service_that_is_told_to_end_finishes_its_batch_first(town: Town) -> None:
    """SIGTERM while a batch is under way: the batch is sent and noted, the rest waits, exit 0."""
    # given a service in the middle of its first batch of fields
    town.ready().freeze()
    town.write(mode="live", schedule={"sync": "every 1s"})
    method, path = {"salesforce": ("PATCH", "composite/sobjects"), "hubspot": ("POST", "companies/batch/update")}[
        town.crm
    ]
    town.fault(path=path, method=method, do="slow", when="after", delay_s=1.5)
    service = town.start("serve")
    town.until_hit(service, "the first batch")

    # when it is told to end
    told = end(service, signal.SIGTERM)

    # then it has ended well, with something done and something left, and no answer is unknown
    assert told.code == 0, told.err[-2000:]
    assert "interrupted" in told.err
    run = town.runs()[0]
    assert run["state"] == "interrupted"
    assert run["summary"]["counts"]["updated"] > 0
    assert run["summary"]["counts"]["left"] > 0
    assert run["summary"]["counts"]["unknown"] == 0
    assert town.tierline("run").code == 0


def wake(town: Town) -> None:
    """Northwind's VP of sales meets us on two days, and calls us this morning."""
    for at in ("2026-10-29T14:00:00Z", "2026-10-30T14:00:00Z"):
        town.act("log_activity", kind="meeting_held", account=HOT, contact=ADA, at=at)
    town.act("log_activity", kind="inbound_call", account=HOT, contact=ADA, at="2026-11-02T09:50:00Z")


def passes(town: Town) -> int:
    """How many passes have ended well."""
    return town.rows("runs WHERE state = 'done'")


def after_passes(town: Town) -> Sight:
    """What is to be seen when a pass that began after now has ended: the one under way, and one more."""
    before = passes(town)
    wait_until(lambda: passes(town) >= before + 2, "two passes")
    return town.see()


def fallen(before: Sight, after: Sight) -> list[str]:
    """Accounts on a lower rung than before."""
    return [
        key
        for key, account in after.accounts.items()
        if (was := before.tier(key)) in LADDER
        and (now := account.fields.get("tier")) in LADDER
        and LADDER.index(now) > LADDER.index(str(was))
    ]
