"""Clauses on writing: batches, receipts, and what the CRM shows afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from connectors.base import Ask, AssignOwner, Change, Outcome, SetFields, Value
from sync import owned
from tests.contract.houses import House
from tests.contract.over import EVERYWHERE, OVER_HTTP, WITH_PEOPLE
from tests.contract.sandboxes import SandboxHouse
from tests.fakes import MONDAY

GOOD: dict[str, Value] = {
    "tier": "1 - Focus",
    "tier_since": MONDAY,
    "treated_as": "2 - Growth",
    "score": 77,
    "why": "pricing page on 1 Nov 2026\nthree people of the buying group",
    "next_action": "Call Ana & Bo <today>",
    "sla_due": MONDAY + timedelta(hours=4),
    "sla_status": "running",
}


def outcomes(house: House, *changes: Change) -> list[Outcome]:
    return [receipt.outcome for receipt in house.send(*changes)]


@EVERYWHERE
def test_fields_and_owner_are_shown_as_written_and_pulled(house: House) -> None:
    house.ready()
    account, rep = house.accounts[4], house.reps[1]

    assert outcomes(house, SetFields(account, {}, GOOD), AssignOwner(account, None, rep)) == [Outcome.APPLIED] * 2

    shown = house.crm.read([Ask("account", account, (*GOOD, "owner_id"))])[account]
    assert set(shown) == {*GOOD, "owner_id"}
    assert owned.all_same(shown, {**GOOD, "owner_id": rep})
    assert house.pull(house.untouched()).table("accounts")[account]["owner_id"] == rep


@EVERYWHERE
def test_a_field_is_cleared_by_nothing_and_the_others_stay(house: House) -> None:
    house.ready()
    account = house.accounts[4]
    house.send(SetFields(account, {}, GOOD))

    house.send(SetFields(account, {}, {"treated_as": None, "sla_due": None, "score": None}))

    shown = house.crm.read([Ask("account", account, tuple(GOOD))])[account]
    assert owned.all_same(shown, {**GOOD, "treated_as": None, "sla_due": None, "score": None})


@EVERYWHERE
def test_writing_the_same_again_changes_nothing(house: House) -> None:
    house.ready()
    account = house.accounts[4]
    change = SetFields(account, {}, GOOD)

    assert outcomes(house, change) + outcomes(house, change) == [Outcome.APPLIED] * 2

    assert owned.all_same(house.crm.read([Ask("account", account, tuple(GOOD))])[account], GOOD)


@EVERYWHERE
def test_reading_shows_what_stands_now_and_leaves_out_what_is_not_there(house: House) -> None:
    house.ready()
    known, other = house.accounts[0], house.accounts[1]
    house.send(SetFields(known, {}, {"tier": "2 - Growth", "score": 40}))
    house.send(SetFields(known, {}, {"score": 44}))
    house.delete(house.accounts[5])

    shown = house.crm.read([Ask("account", one, ("tier", "score")) for one in (known, other, house.accounts[5])])

    assert set(shown) == {known, other}
    assert owned.all_same(shown[known], {"tier": "2 - Growth", "score": 44})
    assert set(shown[other].values()) == {None}
    assert house.crm.read([]) == {}
    assert house.crm.find([]) == {}


@EVERYWHERE
def test_a_record_that_is_gone_fails_alone(house: House) -> None:
    house.ready()
    gone = house.accounts[2]
    house.delete(gone)
    changes = [SetFields(account, {}, {"score": 50}) for account in house.accounts[:5]]

    receipts = house.send(*changes)

    assert [one.change.record for one in receipts if one.outcome is Outcome.REJECTED] == [gone]
    assert Counter(one.outcome for one in receipts) == {Outcome.APPLIED: 4, Outcome.REJECTED: 1}
    assert all(one.code and one.said for one in receipts if one.outcome is Outcome.REJECTED)


@WITH_PEOPLE
def test_a_value_that_is_not_on_the_list_fails_alone(house: House) -> None:
    house.ready()
    tiers = ("1 - Focus", "2 - Growth", "9 - Nowhere", "Recycle")
    changes = [SetFields(house.accounts[n], {}, {"tier": tier, "score": 50}) for n, tier in enumerate(tiers)]

    receipts = house.send(*changes)

    assert [one.outcome for one in receipts] == [
        Outcome.APPLIED,
        Outcome.APPLIED,
        Outcome.REJECTED,
        Outcome.APPLIED,
    ]
    shown = house.crm.read([Ask("account", change.record, ("tier", "score")) for change in changes])
    assert [shown[change.record]["score"] for change in changes] == [50, 50, None, 50]


@WITH_PEOPLE
def test_somebody_who_has_left_gets_neither_account_nor_task(house: House) -> None:
    house.ready()
    gone, there = house.reps[0], house.reps[1]
    house.retire(gone)
    moves = [AssignOwner(house.accounts[n], None, rep) for n, rep in enumerate((there, gone, there))]
    tasks = [house.task(n, assignee_id=rep) for n, rep in ((4, there), (5, gone), (6, there))]

    expected = [Outcome.APPLIED, Outcome.REJECTED, Outcome.APPLIED]
    assert outcomes(house, *moves) == expected
    assert outcomes(house, *tasks) == expected
    assert house.states(*tasks) == [["open"], [], ["open"]]


@WITH_PEOPLE
def test_an_update_whose_answer_is_lost_is_unknown_and_then_read(house: House) -> None:
    house.ready()
    account = house.accounts[0]
    house.lose_answers()

    (lost,) = house.send(SetFields(account, {}, {"score": 71}))
    house.heal()

    assert lost.outcome is Outcome.UNKNOWN
    assert house.crm.read([Ask("account", account, ("score",))]) == {account: {"score": 71}}


@OVER_HTTP
def test_an_update_that_is_turned_away_for_a_while_is_sent_again_with_patience(house: SandboxHouse) -> None:
    house.ready()
    house.be_busy("/composite/sobjects$|/companies/batch/update", count=2)

    receipts = house.send(*(SetFields(account, {}, {"score": 71}) for account in house.accounts[:3]))

    assert [one.outcome for one in receipts] == [Outcome.APPLIED] * 3
    assert len(house.clock.slept) >= 2


@OVER_HTTP
def test_answers_in_another_order_are_joined_to_the_right_rows(house: SandboxHouse) -> None:
    house.ready()
    if house.vendor == "hubspot":  # Salesforce promises the order of the rows
        house.fault("/batch/create", do="shuffle", when="after")
    tasks = [house.task(number) for number in range(1, 8)]

    receipts = house.send(*tasks)

    shown = house.crm.read([Ask("task", str(one.crm_id), ("subject",)) for one in receipts])
    assert [shown[str(one.crm_id)]["subject"] for one in receipts] == [task.subject for task in tasks]
