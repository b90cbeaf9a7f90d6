from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from sync.clock import SystemClock, ticking
from sync.lease import hold, is_gone, this_process
from sync.store import Book, LeaseHeld, LeaseLost
from tests.fakes import MONDAY, FakeClock


def test_a_second_run_is_refused_while_the_first_works(book: Book) -> None:
    clock = FakeClock()

    with hold(book, clock), pytest.raises(LeaseHeld), hold(book, clock):
        pytest.fail("two runs at once")


def test_a_run_that_ends_leaves_the_lease_free_whatever_happened(book: Book) -> None:
    clock = FakeClock()
    with pytest.raises(RuntimeError, match="broken"), hold(book, clock):
        raise RuntimeError("broken")

    with hold(book, clock) as tenure:
        assert tenure.lease.term == 2


def test_a_lease_is_prolonged_by_work_and_lost_by_silence(book: Book) -> None:
    clock = FakeClock()
    with hold(book, clock, holder="elsewhere") as tenure:
        clock.advance(timedelta(minutes=9))
        tenure.renew()
        clock.advance(timedelta(minutes=9))
        with pytest.raises(LeaseHeld), hold(book, clock):
            pytest.fail("two runs at once")

        clock.advance(timedelta(minutes=2))
        with hold(book, clock), pytest.raises(LeaseLost, match="taken over prod"):
            tenure.renew()


def test_connections_have_leases_of_their_own(book: Book) -> None:
    clock = FakeClock()

    with hold(book, clock) as one, hold(Book(book._engine, "other"), clock) as other:
        assert (one.lease.connection, other.lease.connection) == ("prod", "other")


@pytest.mark.slow
def test_the_lease_of_a_killed_process_is_free_at_once(book: Book) -> None:
    code = "from sync.lease import this_process; print(this_process())"
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    clock = FakeClock()
    with book.writing() as tx:
        tx.leases.take(child.stdout.strip(), clock.now(), timedelta(hours=1), is_gone)

    with hold(book, clock) as tenure:
        assert tenure.lease.term == 2


def test_only_a_process_of_this_place_can_be_told_to_be_gone() -> None:
    here, _, rest = this_process().partition(" pid ")

    assert not is_gone(this_process())
    assert is_gone(f"{here} pid {rest.split()[0]} started 1")  # the id is used again by another process
    assert is_gone(f"{here} pid 4194999 started 1")
    assert not is_gone("elsewhere pid 1 started 1")
    assert not is_gone("")


def test_the_crms_time_ticks_on_without_asking_it() -> None:
    clock = FakeClock()
    now = ticking(MONDAY + timedelta(days=30), clock)

    clock.sleep(90)

    assert now() == MONDAY + timedelta(days=30, seconds=90)
    assert clock.slept == [90]


def test_the_real_clock_is_aware_and_goes_forward() -> None:
    clock = SystemClock()
    before, start = clock.monotonic(), clock.now()
    clock.sleep(0)

    assert start.utcoffset() == timedelta(0)
    assert clock.monotonic() >= before
