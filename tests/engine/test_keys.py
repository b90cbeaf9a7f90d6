from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from engine.keys import day_epoch, draw, moment_epoch, reference, task_key, tie


def test_a_key_is_pinned_for_ever() -> None:
    """A change of this value would open every task a second time in every CRM."""
    assert task_key("00Dxx", "001A", "surge", "2026-10-26") == "58ea906ab6f211ba24e294cbac647678"


def test_each_part_of_a_key_counts() -> None:
    base = task_key("org", "acc", "play", "1")

    others = {task_key("o", "acc", "play", "1"), task_key("org", "a", "play", "1")}
    others |= {task_key("org", "acc", "p", "1"), task_key("org", "acc", "play", "2")}

    assert len({base, *others}) == 5
    assert reference(base) == f"Ref TL-{base[:12]}"


def test_an_epoch_is_the_same_moment_in_every_zone() -> None:
    local = datetime(2026, 11, 2, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert moment_epoch(local) == "2026-11-01T22:30:00Z" == moment_epoch(local.astimezone(UTC))
    assert day_epoch(local) == "2026-11-01"


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_draw_is_a_share_and_repeats(parts: list[str]) -> None:
    assert 0 <= draw(*parts) < 1
    assert draw(*parts) == draw(*parts)


def test_ties_favour_nobody() -> None:
    winners = {min(("ann", "ben"), key=lambda who: tie(f"account-{n}", who)) for n in range(20)}

    assert winners == {"ann", "ben"}
