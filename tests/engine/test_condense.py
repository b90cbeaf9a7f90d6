from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bursts import BotRules
from engine.condense import TOUCH_COLUMNS, Sieve, condense, page_class, sieve_of
from engine.dirty import dirty_days, needed, replace_days
from engine.evidence import Columns, Names
from engine.tables import OWNERS
from tests.engine.worlds import TODAY_DAY, a_policy, at, columns_of, raw_rows

S = 1_000_000
KINDS = ["web_visit", "email_click", "email_sent", "meeting_held", "page_hit"]
WEB, CLICK, SENT, MEETING, HIT = range(5)
URLS = ["https://ours.com/pricing?x=1", "https://ours.com", "https://ours.com/careers/jobs", "https://ours.com/a/demo"]
PAGES = ("*/pricing*", "*/demo*", "/", "*/careers*")


def names(**changed: list[str]) -> Names:
    told = {"accounts": [], "people": [], "owners": ["u1", "robot"], "kinds": KINDS, "urls": URLS,
            "subjects": ["Hello", "Out of office: back soon"], "topics": [], **changed}  # fmt: skip
    columns = {}
    for name, texts in told.items():
        columns[name] = np.empty(len(texts), dtype=np.object_)
        columns[name][:] = texts
    return Names(**columns)


def sieve(**changed: Any) -> Sieve:
    told = {"kinds": {"page_hit": "web_visit"}, "pages": {"web_visit": PAGES}, "integration_users": ("robot",),
            "automated_subjects": ("out of office*",), **changed}  # fmt: skip
    return Sieve(**told)


def touched(raw: list[dict[str, Any]], **changed: Any) -> list[tuple[int, ...]]:
    columns = condense(raw_rows(raw), names(), sieve(**changed))
    return [tuple(int(columns[name][row]) for name, _ in TOUCH_COLUMNS) for row in range(len(columns["n"]))]


def a_visit(**changed: Any) -> dict[str, Any]:
    return {"kind": WEB, "occurred_at": at(TODAY_DAY), "person": 3, "account": -1, "url": 0, **changed}


def test_equal_acts_of_a_day_become_one_touch_that_counts_them() -> None:
    rows = [a_visit(), a_visit(occurred_at=at(TODAY_DAY, 15)), a_visit(occurred_at=at(TODAY_DAY - 1))]

    assert touched(rows) == [(3, -1, WEB, 1, 0, TODAY_DAY - 1, 1), (3, -1, WEB, 1, 0, TODAY_DAY, 2)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"automated": True}, id="marked automated"),
        pytest.param({"actor": 1, "direction": 1}, id="by an integration user"),
        pytest.param({"subject": 1}, id="with an automated subject"),
        pytest.param({"person": -1}, id="about nobody"),
    ],
)
def test_what_is_not_accepted_leaves_no_touch(change: dict[str, Any]) -> None:
    assert touched([a_visit(**change)]) == []


def test_a_buyers_act_that_an_integration_user_logged_stays_the_buyers() -> None:
    assert len(touched([a_visit(actor=1, direction=0)])) == 1


def test_a_page_takes_the_first_pattern_in_file_order_and_kinds_find_theirs_through_the_taxonomy() -> None:
    rows = [a_visit(url=url, kind=HIT) for url in range(4)] + [a_visit(kind=MEETING, url=0)]

    assert sorted(row[4] for row in touched(rows)) == [-1, 0, 1, 2, 3]
    assert page_class("https://ours.com/pricing/demo", PAGES) == 0
    assert page_class("not a [url", PAGES) == -1
    assert page_class("http://[broken", PAGES) == -1


def test_what_was_done_together_is_inbound_only_if_it_says_so() -> None:
    rows = [
        a_visit(kind=MEETING, direction=2),
        a_visit(kind=WEB, direction=2, url=-1),
        a_visit(kind=SENT, direction=1, url=-1),
    ]

    assert {row[2]: row[3] for row in touched(rows)} == {MEETING: 0, WEB: 1, SENT: 0}


def test_a_burst_of_one_kind_is_dropped_whole_even_across_midnight() -> None:
    midnight = at(TODAY_DAY, 0)
    burst = [a_visit(occurred_at=midnight + second * S) for second in range(-11, 11)]
    slow = [a_visit(occurred_at=midnight + hour * 3600 * S, person=4) for hour in range(22)]

    assert touched(burst) == []
    assert sum(row[-1] for row in touched(burst[:20])) == 20
    assert sum(row[-1] for row in touched(slow)) == 22


def test_scanners_click_many_links_at_once_or_in_the_moment_of_delivery() -> None:
    scan = [a_visit(kind=CLICK, url=url, occurred_at=at(TODAY_DAY) + url * S) for url in range(4)]
    sent = a_visit(kind=SENT, direction=1, url=-1)
    quick = a_visit(kind=CLICK, occurred_at=at(TODAY_DAY) + 3 * S)
    human = a_visit(kind=CLICK, occurred_at=at(TODAY_DAY) + 600 * S)

    assert touched(scan) == []
    assert len(touched(scan[:3])) == 1
    assert [row[2] for row in touched([sent, quick])] == [SENT]
    assert sorted(row[2] for row in touched([sent, human])) == [CLICK, SENT]
    assert sorted(row[2] for row in touched([{**sent, "person": 9}, quick])) == [CLICK, SENT]


def test_the_fingerprint_names_what_decides() -> None:
    same = [sieve().fingerprint(), sieve(kinds={"page_hit": "web_visit"}).fingerprint()]
    other = [sieve(pages={"web_visit": PAGES[::-1]}), sieve(integration_users=()), sieve(bots=BotRules(acts=5))]

    assert len(set(same)) == 1
    assert len({same[0], *(one.fingerprint() for one in other)}) == 4


def test_integration_users_may_be_written_as_emails() -> None:
    owners = columns_of(OWNERS, [{"owner_id": "u7", "email": "bot@ours.com"}, {"owner_id": "u8", "email": None}])
    policy = a_policy(identity={"integration_users": ["Bot@ours.com", "u9"]})

    assert sieve_of(policy, owners).integration_users == ("u7", "u9")
    assert sieve_of(policy).integration_users == ("Bot@ours.com", "u9")


def random_raw(dice: random.Random, rows: int) -> Columns:
    start = at(TODAY_DAY, 23)
    return raw_rows(
        [
            {
                "activity_id": str(number), "kind": dice.randrange(5), "person": dice.choice([-1, 0, 0, 1]),
                "account": dice.choice([-1, 0, 1]), "url": dice.choice([-1, 0, 1, 2]), "direction": dice.randrange(3),
                "occurred_at": start + dice.choice([dice.randrange(200), dice.randrange(400_000)]) * S,
                "automated": dice.random() < 0.1,
            }
            for number in range(rows)
        ]
    )  # fmt: skip


def plain_touches(raw: Columns, bots: BotRules) -> Counter[tuple[int, ...]]:
    """The same by loops over pairs of rows."""
    rows = [{name: column[i] for name, column in raw.items()} for i in range(len(raw["kind"]))]
    alive = [row for row in rows if not row["automated"] and (row["person"] >= 0 or row["account"] >= 0)]

    def who(row: dict[str, Any]) -> int:
        return int(row["person"]) if row["person"] >= 0 else -2 - int(row["account"])

    def crowded(row: dict[str, Any], limit: int, within: int, mine: list[dict[str, Any]]) -> bool:
        begins = [
            one["occurred_at"]
            for one in mine
            if row["occurred_at"] - within * S <= one["occurred_at"] <= row["occurred_at"]
        ]
        return any(sum(begin <= one["occurred_at"] <= begin + within * S for one in mine) > limit for begin in begins)

    out: Counter[tuple[int, ...]] = Counter()
    for row in alive:
        mine = [one for one in alive if who(one) == who(row) and one["kind"] == row["kind"]]
        if crowded(row, bots.acts, bots.acts_within_s, mine):
            continue
        if row["kind"] == CLICK:
            mails = [one["occurred_at"] for one in rows if one["kind"] == SENT and one["person"] == row["person"] >= 0]
            if crowded(row, bots.clicks, bots.clicks_within_s, mine):
                continue
            if any(0 <= row["occurred_at"] - mail <= bots.after_delivery_s * S for mail in mails):
                continue
        paged = row["kind"] in {WEB, HIT} and row["url"] >= 0
        page = page_class(URLS[row["url"]], PAGES) if paged else -1
        inbound = row["direction"] == 0 or (row["direction"] == 2 and row["kind"] != MEETING)
        day = row["occurred_at"] // (86_400 * S)
        out[tuple(int(v) for v in (row["person"], row["account"], row["kind"], inbound, page, day))] += 1
    return out


BOTS = BotRules(acts=4, acts_within_s=30, clicks=2, clicks_within_s=10, after_delivery_s=5)


@given(st.integers(0, 100_000), st.integers(0, 80))
@settings(max_examples=40, deadline=None)
def test_condensing_agrees_with_loops_in_any_order(seed: int, rows: int) -> None:
    dice = random.Random(seed)
    raw = random_raw(dice, rows)
    order = np.array(dice.sample(range(rows), rows), dtype=np.intp)

    found = condense(raw, names(), sieve(bots=BOTS))
    again = condense({name: column[order] for name, column in raw.items()}, names(), sieve(bots=BOTS))

    keys = zip(*(found[name].tolist() for name, _ in TOUCH_COLUMNS[:-1]), strict=True)
    assert dict(zip(keys, found["n"].tolist(), strict=True)) == dict(plain_touches(raw, BOTS))
    for name, dtype in TOUCH_COLUMNS:
        assert found[name].dtype == dtype
        assert found[name].tobytes() == again[name].tobytes()


@given(st.integers(0, 100_000), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_replacing_dirty_days_gives_the_bytes_of_condensing_everything(seed: int, rows: int) -> None:
    dice = random.Random(seed)
    before = random_raw(dice, rows)
    after = {name: column.copy() for name, column in before.items()}
    hit = np.array(sorted(dice.sample(range(rows), dice.randint(1, min(rows, 4)))), dtype=np.intp)
    after["occurred_at"][hit] += dice.choice([-86_400, 30, 86_400]) * S
    gone = np.ones(rows, dtype=np.bool_)
    gone[hit[0]] = dice.random() < 0.5
    after = {name: column[gone] for name, column in after.items()}
    moved = np.isin(after["activity_id"].astype(str), before["activity_id"][hit].astype(str))
    changed = {n: np.concatenate((before[n][hit], after[n][moved])) for n in before}

    dirty = dirty_days(changed)
    near = {name: column[needed(after, dirty)] for name, column in after.items()}
    touches = condense(before, names(), sieve(bots=BOTS))
    found = replace_days(touches, dirty, near, names(), sieve(bots=BOTS))

    whole = condense(after, names(), sieve(bots=BOTS))
    assert {name: column.tolist() for name, column in found.items()} == {n: c.tolist() for n, c in whole.items()}


def test_keys_too_wide_for_one_integer_are_counted_by_ranges_of_people() -> None:
    big = 2_000_000_000
    rows = [
        a_visit(person=person, account=account, kind=0, occurred_at=at(day))
        for person in (0, big, big)
        for account in (0, big)
        for day in (0, TODAY_DAY)
    ]

    found = touched(rows)

    assert len(found) == 8
    assert found == sorted(found)
    assert sum(row[-1] for row in found) == 12


def test_a_burst_is_found_among_ids_too_wide_to_pack() -> None:
    burst = [
        a_visit(person=2_000_000_000, kind=kind, occurred_at=at(TODAY_DAY) + n * S)
        for n in range(21)
        for kind in (0, 3)
    ]
    far = a_visit(person=0, occurred_at=at(-70_000))

    assert [row[0] for row in touched([*burst, far])] == [0]
