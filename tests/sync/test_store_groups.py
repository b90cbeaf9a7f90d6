from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from connectors.base import OpenTask, Outcome, Receipt, SetFields
from engine.facts import TimerState
from sync.diff import Written
from sync.guards import Trip, Verdict
from sync.planned import Plan, Planned
from sync.store import Book, Lease, LeaseHeld, LeaseLost, PlanRefused, PlanState, Store, StoreError
from sync.store.tables import STANDING
from tests.builders import decision, known_task, standing, task_wanted, timer
from tests.fakes import MONDAY

HOUR = timedelta(hours=1)
ALLOWED = Verdict(allows=True)


def a_plan(*planned: Planned, **other: Any) -> Plan:
    rest = {"connection": "prod", "org_id": "org", "policy": "p1", "created_at": MONDAY, "population": 10}
    return Plan(**{**rest, "first_pass": False, "changes": planned, **other})


def set_tier(account: str = "acme", seq: int = 1, tier: str = "2 - Growth") -> Planned:
    return Planned(seq, SetFields(account, {"tier": None}, {"tier": tier}), "tier entered")


def opening(account: str = "acme", seq: int = 2) -> Planned:
    wanted = task_wanted(account)
    names = OpenTask.__dataclass_fields__
    return Planned(seq, OpenTask(**{name: getattr(wanted, name) for name in names}), "play", wanted=wanted)


def lease_of(book: Book, holder: str = "us", now: datetime = MONDAY) -> Lease:
    with book.writing() as tx:
        return tx.leases.take(holder, now, HOUR, lambda _holder: False)


# ---- the database
def test_a_store_opened_again_holds_what_was_written(any_store: Store) -> None:
    first = any_store.installation()

    assert any_store.installation() == first
    assert len(first) == 32


def test_an_aware_time_comes_back_in_utc_to_the_microsecond(any_book: Book) -> None:
    local = datetime(2026, 11, 2, 10, 0, 0, 123456, tzinfo=timezone(HOUR))
    with any_book.writing() as tx:
        tx.standing.record({"acme": standing(since=local)}, "run-1", local)
        row = tx.standing.sql.execute(select(STANDING)).one()

    assert (row.since, row.since.tzinfo) == (local, UTC)
    assert any_book.standing()["acme"].since == local


def test_a_naive_time_is_refused(any_book: Book) -> None:
    with pytest.raises(StatementError, match="without zone"), any_book.writing() as tx:
        tx.runs.start("run-1", live=True, policy="p1", at=datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001


def test_a_transaction_that_raises_leaves_nothing(any_book: Book) -> None:
    def half_a_record() -> None:
        with any_book.writing() as tx:
            tx.standing.record({"acme": standing()}, "run-1", MONDAY)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        half_a_record()

    assert any_book.standing() == {}


def test_connections_do_not_see_each_other(any_store: Store) -> None:
    with any_store.of("prod").writing() as tx:
        tx.standing.record({"acme": standing()}, "run-1", MONDAY)

    assert any_store.of("other").standing() == {}


# ---- standing and last written
def test_what_stands_is_replaced_by_the_next_decision(any_book: Book) -> None:
    with any_book.writing() as tx:
        tx.standing.record({"acme": standing("3 - Scaled"), "zeta": standing()}, "run-1", MONDAY)
        tx.standing.record({"acme": standing("1 - Focus", treated_until=MONDAY + HOUR)}, "run-2", MONDAY + HOUR)

    found = any_book.standing()
    assert found["acme"] == standing("1 - Focus", treated_until=MONDAY + HOUR)
    assert found["zeta"] == standing()


def test_only_a_receipt_says_when_we_moved_an_owner(any_book: Book) -> None:
    with any_book.writing() as tx:
        tx.standing.record({"acme": standing(owner_set_at=MONDAY)}, "run-1", MONDAY)
    assert any_book.standing()["acme"].owner_set_at is None

    with any_book.writing() as tx:
        tx.standing.owners_moved(["acme", "nobody"], "run-1", MONDAY)
        tx.standing.record({"acme": standing("1 - Focus")}, "run-2", MONDAY + HOUR)

    assert any_book.standing() == {"acme": standing("1 - Focus", owner_set_at=MONDAY)}


def test_what_we_wrote_keeps_times_and_the_first_sight_of_another_value(any_book: Book) -> None:
    with any_book.writing() as tx:
        tx.last_written.wrote({"acme": {"tier": "2 - Growth", "tier_since": MONDAY, "score": 70}}, "run-1", MONDAY)
        tx.last_written.overruled([("acme", "tier"), ("acme", "unknown")], MONDAY + HOUR)
        tx.last_written.overruled([("acme", "tier")], MONDAY + 2 * HOUR)

    written = any_book.last_written()["acme"]
    assert written["tier"] == Written("2 - Growth", MONDAY, MONDAY + HOUR)
    assert written["tier_since"].value == MONDAY
    assert written["score"].value == 70


def test_writing_again_ends_being_overruled(any_book: Book) -> None:
    with any_book.writing() as tx:
        tx.last_written.wrote({"acme": {"tier": "A"}}, "run-1", MONDAY)
        tx.last_written.overruled([("acme", "tier")], MONDAY)
        tx.last_written.wrote({"acme": {"tier": "B"}}, "run-2", MONDAY + HOUR)

    assert any_book.last_written()["acme"]["tier"] == Written("B", MONDAY + HOUR, None)


# ---- history
def remember(book: Book, run: str, at: datetime, *, wrote: tuple[str, ...] = (), **other: Any) -> int:
    with book.writing() as tx:
        decided = {"acme": decision(**other)}
        return tx.decisions.add(decided, str.upper, run=run, policy="p1", at=at, stood={"acme"}, wrote=wrote)


def test_a_decision_is_stored_when_it_differs_or_was_written(any_book: Book) -> None:
    stored = [
        remember(any_book, "run-1", MONDAY),
        remember(any_book, "run-2", MONDAY + HOUR, rank=7, movement="stays"),
        remember(any_book, "run-3", MONDAY + 2 * HOUR, score=75),
        remember(any_book, "run-4", MONDAY + 3 * HOUR, score=75, wrote=("acme",)),
    ]

    assert stored == [1, 0, 1, 1]
    with any_book.reading() as tx:
        past = tx.decisions.of("acme")
        then = tx.decisions.of("acme", until=MONDAY + HOUR)
    assert [one.run for one in past] == ["run-4", "run-3", "run-1"]
    assert [(one.run, one.ledger, one.decision) for one in then] == [("run-1", "ACME", decision())]


# ---- journal
def test_a_change_goes_from_planned_to_applied(any_book: Book) -> None:
    lease = lease_of(any_book)
    one, two = set_tier(), opening()
    with any_book.writing() as tx:
        tx.journal.lay("run-1", [one, two])
        tx.journal.lay("run-1", [one, two])  # after a crash
        tx.journal.intend(lease, MONDAY + HOUR, "run-1", [1, 2], MONDAY)
        tx.journal.remember("run-1", [1, 2], "job-7")

    with any_book.reading() as tx:
        sending = tx.journal.entries("run-1")
        assert tx.journal.open_keys() == {two.change.key} if isinstance(two.change, OpenTask) else False
    assert [(row.planned, row.state, row.attempt, row.job) for row in sending] == [
        (one, "sending", 1, "job-7"),
        (two, "sending", 1, "job-7"),
    ]

    receipts = {1: Receipt(one.change, Outcome.APPLIED, "acme"), 2: Receipt(two.change, Outcome.UNKNOWN, code="reset")}
    with any_book.writing() as tx:
        assert tx.journal.receive("run-1", receipts, lease.term, MONDAY) == {1, 2}
        assert tx.journal.receive("run-1", receipts, lease.term, MONDAY) == {2}  # what ended has ended
        assert [(row.seq, row.code) for row in tx.journal.unsettled()] == [(2, "reset")]
        assert tx.journal.counts("run-1") == {("set_fields", "applied"): 1, ("open_task", "unknown"): 1}
        assert tx.journal.next_seq("run-1") == 3


def test_nothing_is_sent_twice_or_without_being_planned(any_book: Book) -> None:
    lease = lease_of(any_book)
    with any_book.writing() as tx:
        tx.journal.lay("run-1", [set_tier()])
        tx.journal.intend(lease, MONDAY + HOUR, "run-1", [1], MONDAY)

    with pytest.raises(StoreError, match="1 of 1 changes"), any_book.writing() as tx:
        tx.journal.intend(lease, MONDAY + HOUR, "run-1", [1], MONDAY)


def test_an_intent_fails_when_somebody_has_taken_over(any_book: Book) -> None:
    ours = lease_of(any_book)
    with any_book.writing() as tx:
        tx.journal.lay("run-1", [set_tier()])
    theirs = lease_of(any_book, "them", MONDAY + 2 * HOUR)

    with pytest.raises(LeaseLost), any_book.writing() as tx:
        tx.journal.intend(ours, MONDAY + 3 * HOUR, "run-1", [1], MONDAY)
    with any_book.reading() as tx:
        assert [row.state for row in tx.journal.entries("run-1")] == ["planned"]
    assert (ours.term, theirs.term) == (1, 2)


def test_a_late_receipt_of_an_old_term_does_not_overwrite_the_new_one(any_book: Book) -> None:
    old = lease_of(any_book)
    one = set_tier()
    with any_book.writing() as tx:
        tx.journal.lay("run-1", [one])
    new = lease_of(any_book, "them", MONDAY + 2 * HOUR)
    with any_book.writing() as tx:
        tx.journal.intend(new, MONDAY + 3 * HOUR, "run-1", [1], MONDAY)
        late = tx.journal.receive("run-1", {1: Receipt(one.change, Outcome.REJECTED)}, old.term, MONDAY)

    assert late == set()


def test_what_a_run_has_not_sent_can_be_dropped_and_is_named(any_book: Book) -> None:
    with any_book.writing() as tx:
        tx.journal.lay("run-1", [set_tier("acme", 1), set_tier("zeta", 2)])
        dropped = tx.journal.drop("run-1", "too old", MONDAY)
        left = tx.journal.entries("run-1", "planned")

    assert [row.planned.account_id for row in dropped] == ["acme", "zeta"]
    assert left == []


# ---- leases
def test_one_run_at_a_time(any_book: Book) -> None:
    lease_of(any_book)

    with pytest.raises(LeaseHeld, match="another run works on prod"):
        lease_of(any_book, "them", MONDAY + HOUR / 2)


def test_a_lease_that_ran_out_or_was_given_back_is_free(any_book: Book) -> None:
    ours = lease_of(any_book)
    theirs = lease_of(any_book, "them", MONDAY + 2 * HOUR)
    with any_book.writing() as tx:
        tx.leases.give_back(ours, MONDAY)  # too late to matter
        tx.leases.keep(theirs, MONDAY + 5 * HOUR)
        tx.leases.give_back(theirs, MONDAY + 3 * HOUR)

    assert lease_of(any_book, "us", MONDAY + 4 * HOUR).term == 3


# ---- plans
def save(book: Book, run: str, plan: Plan, state: PlanState, verdict: Verdict = ALLOWED) -> None:
    with book.writing() as tx:
        tx.plans.save(run, plan, verdict, state, MONDAY)


def test_only_the_newest_plan_waits_for_approval(any_book: Book) -> None:
    first, second = a_plan(set_tier()), a_plan(set_tier("zeta"))
    save(any_book, "run-1", first, PlanState.PROPOSED)
    save(any_book, "run-2", second, PlanState.PROPOSED)

    with any_book.writing() as tx:
        with pytest.raises(PlanRefused, match="superseded"):
            tx.plans.approve(first.short, force=(), now=MONDAY, fresh_for=HOUR)
        assert tx.plans.approve(second.short, force=(), now=MONDAY, fresh_for=HOUR).plan == second
        live = tx.plans.live()
    assert live is not None
    assert live.run == "run-2"


def test_a_new_plan_that_goes_live_ends_one_that_was_cut_off(any_book: Book) -> None:
    save(any_book, "run-1", a_plan(set_tier()), PlanState.APPROVED)
    with any_book.writing() as tx:
        tx.journal.lay("run-1", [set_tier()])
    save(any_book, "run-2", a_plan(set_tier("zeta")), PlanState.HELD)
    with any_book.reading() as tx:
        assert tx.plans.find("run-1").state is PlanState.APPROVED  # what is only thought of ends nothing

    with any_book.writing() as tx:
        tx.plans.approve("run-2", force=(), now=MONDAY, fresh_for=HOUR)
        assert tx.plans.find("run-1").state is PlanState.SUPERSEDED
        assert [row.state for row in tx.journal.entries("run-1")] == ["stale"]


def test_a_held_plan_is_approved_by_naming_each_guard(any_book: Book) -> None:
    verdict = Verdict(allows=False, tripped=(Trip("tier_changes", 9, 0.05, "many"), Trip("canary", 9, 25, "first")))
    save(any_book, "run-1", a_plan(set_tier()), PlanState.HELD, verdict)

    with any_book.writing() as tx:
        with pytest.raises(PlanRefused, match="--force tier_changes"):
            tx.plans.approve("run-1", force=["canary"], now=MONDAY, fresh_for=HOUR)
        stored = tx.plans.approve("run-1", force=["canary", "tier_changes"], now=MONDAY, fresh_for=HOUR)
        assert (stored.state, stored.forced) == (PlanState.APPROVED, ("canary", "tier_changes"))
        tx.plans.end("run-1", PlanState.APPLIED, MONDAY)
        assert tx.plans.live() is None


def test_a_stale_or_unknown_plan_is_refused(any_book: Book) -> None:
    plan = a_plan(set_tier())
    save(any_book, "run-1", plan, PlanState.PROPOSED)

    with any_book.reading() as tx:
        with pytest.raises(PlanRefused, match="plan again"):
            tx.plans.approve("run-1", force=(), now=MONDAY + 2 * HOUR, fresh_for=HOUR)
        with pytest.raises(PlanRefused, match="no stored plan"):
            tx.plans.find("run-9")
        with pytest.raises(PlanRefused, match="no stored plan"):
            tx.plans.find(plan.digest[:7])  # too short to name one


# ---- tasks and timers
def test_a_task_is_remembered_from_opening_to_closing(any_book: Book) -> None:
    wanted = task_wanted()
    with any_book.writing() as tx:
        tx.tasks.opened(wanted, "task-1", MONDAY)
        tx.tasks.opened(wanted, "task-2", MONDAY + HOUR)  # the first word on a key counts
        assert tx.tasks.all() == {wanted.key: known_task()}
        assert tx.tasks.opened_since(MONDAY) == {"rep-1": 1}
        assert tx.tasks.opened_since(MONDAY + HOUR) == {}

        tx.tasks.taken_over(wanted.key, task_wanted(play="surge", subject="Call now"), {"due_at": MONDAY + HOUR})
        tx.tasks.closed(wanted.key, "done", MONDAY + HOUR)
        tx.tasks.closed(wanted.key, "withdrawn", MONDAY + 2 * HOUR)  # closed is closed

    task = any_book.tasks()[wanted.key]
    assert (task.play, task.subject, task.due_at) == ("surge", "Call now", MONDAY + HOUR)
    assert (task.state, task.closed_at) == ("done", MONDAY + HOUR)


def test_what_the_crm_shows_of_a_task_is_kept_beside_what_we_asked_for(any_book: Book) -> None:
    done = known_task(task_id="task-9", state="done", closed_at=MONDAY + HOUR, touched=True, subject="Renamed")
    with any_book.writing() as tx:
        tx.tasks.opened(task_wanted(), None, MONDAY)
        tx.tasks.seen([done])

    task = any_book.tasks()[task_wanted().key]
    assert (task.task_id, task.state, task.closed_at, task.touched) == ("task-9", "done", MONDAY + HOUR, True)
    assert task.subject == task_wanted().subject


def test_one_open_timer_per_account_and_play(any_book: Book) -> None:
    with any_book.writing() as tx:
        assert tx.timers.start(timer())
        assert not tx.timers.start(timer(key="another", started_at=MONDAY + HOUR))
        tx.timers.keep([timer(state=TimerState.MET, met_at=MONDAY + HOUR, met_by="rep-1")])
        assert tx.timers.start(timer(key="another", started_at=MONDAY + HOUR))
        tx.timers.cancel("another")

    assert any_book.timers() == []
    assert [one.state for one in any_book.timers(only_open=False)] == [TimerState.MET, TimerState.CANCELLED]


# ---- runs
def test_runs_are_listed_newest_first_and_found_by_a_prefix(any_book: Book) -> None:
    with any_book.writing() as tx:
        for hour, run in enumerate(("aa-1", "ab-2", "b-3")):
            tx.runs.start(run, live=True, policy="p1", at=MONDAY + hour * HOUR)
        tx.runs.end("b-3", state="done", at=MONDAY + 3 * HOUR, rows=300, accepted=True, summary={"read": 5})

        assert [(row.run, row.state) for row in tx.runs.list()] == [
            ("b-3", "done"),
            ("ab-2", "interrupted"),
            ("aa-1", "interrupted"),
        ]
        assert tx.runs.get("b").summary == {"read": 5}
        with pytest.raises(StoreError, match="several runs"):
            tx.runs.get("a")
        with pytest.raises(StoreError, match="no run"):
            tx.runs.get("%")


def test_a_pull_is_compared_with_the_last_one_that_no_guard_held(any_book: Book) -> None:
    with any_book.writing() as tx:
        assert tx.runs.rows_before() is None
        for hour, (rows, accepted) in enumerate(((300, True), (20, False))):
            tx.runs.start(f"run-{hour}", live=True, policy="p1", at=MONDAY + hour * HOUR)
            tx.runs.end(f"run-{hour}", state="held", at=MONDAY, rows=rows, accepted=accepted)

        assert tx.runs.rows_before() == 300
