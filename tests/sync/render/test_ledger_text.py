from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import POINT
from engine.ledger import Ledger, Line
from sync.render.ledger_text import forward_lines, ledger_lines, standing_lines
from tests.builders import standing
from tests.conftest import Golden
from tests.fakes import MONDAY

LINES = (
    Line("size", "fit", 21_350_000_000, "800 employees, the size we serve best"),
    Line("industry", "fit", 12_000_000_001, "industry: Software"),
    Line(
        "web",
        "engagement",
        18_249_999_999,
        "12 visits to pricing pages, last on 1 Nov 2026 by a decision maker",
        notes=("at most 3 a day", "half of it is gone after 14 days", "counted one and a half times for the role"),
        person="c1",
    ),
    Line("core", "intent", 9_000_000_000, "research on our core topic (intent), last on 31 Oct 2026"),
    Line("gate", "guardrail", -4_600_000_000, "signals count for less without fit"),
)
LEDGER = Ledger(
    account_id="acme",
    as_of_day=20_759,
    policy="p1",
    total=sum(line.points for line in LINES),
    parts={},
    confidence="high",
    lines=LINES,
    forward=("with nothing new it falls below 50 on 12 Dec 2026", "a demo request would lift it to 71"),
)


def text_of(ledger: Ledger) -> list[str]:
    return list(ledger_lines(ledger, "Acme Corporation", {"c1": "Ana Reed"}))


def points_in(lines: list[str]) -> list[Fraction]:
    """The points of the single lines, as they are printed."""
    return [Fraction(match[1]) for line in lines if (match := re.match(r"^ {4} *([+-]\d+\.\d)  ", line))]


def total_in(lines: list[str]) -> Fraction:
    (found,) = (line for line in lines if "= sum of the lines" in line)
    return Fraction(found.split()[-1])


def test_a_ledger_reads_as_it_did(golden: Golden) -> None:
    lines = [
        *text_of(LEDGER),
        "",
        *standing_lines(standing(treated_as="1 - Focus"), ("70 reaches 60", "A surge lifts it"), "Bo Lind"),
        "",
        *forward_lines(LEDGER),
    ]

    golden("acme.ledger.txt", "\n".join(lines) + "\n")


@given(st.lists(st.integers(-40 * POINT, 40 * POINT), min_size=1, max_size=12))
def test_the_lines_that_are_printed_sum_exactly_to_the_sum_that_is_printed(points: list[int]) -> None:
    total = max(1, sum(points))
    lines = [*points, total - sum(points)]
    kinds = ("fit", "engagement", "intent", "guardrail")
    made = tuple(
        Line(f"r{place}", kinds[place * len(kinds) // len(lines)], value, f"reason {place}")
        for place, value in enumerate(lines)
    )

    told = text_of(replace(LEDGER, total=total, lines=made))

    assert sum(points_in(told)) == total_in(told)
    assert abs(total_in(told) - Fraction(total, POINT)) < Fraction(1, 10)


def test_an_account_of_which_nothing_is_known_has_no_score() -> None:
    assert text_of(replace(LEDGER, total=None, lines=())) == [
        "Acme Corporation: no score - nothing is known that the fit rules ask for"
    ]


def test_long_reasons_are_folded_and_keep_every_word() -> None:
    words = " ".join(f"word{number}" for number in range(40))

    told = text_of(replace(LEDGER, lines=(replace(LINES[0], points=LEDGER.total or 0, why=words),)))

    assert max(map(len, told)) <= 96
    assert " ".join(" ".join(told).split()).count("word") == 40


@pytest.mark.parametrize(
    ("tier", "said"),
    [
        pytest.param(None, "Tier: none stands yet; the first plan waits for approval", id="before the first plan"),
        pytest.param(
            standing("1 - Focus", since=MONDAY), "Tier: 1 - Focus since 2 Nov 2026; owner Bo Lind", id="standing"
        ),
    ],
)
def test_where_an_account_stands_is_the_first_line(tier: object, said: str) -> None:
    assert list(standing_lines(tier, (), "Bo Lind")) == [said]  # type: ignore[arg-type]  # None or a Standing
