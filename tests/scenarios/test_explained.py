"""What a rep reads when asking why: lines that add up."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.scenarios.town import CRMS, Ended, Town

pytestmark = pytest.mark.slow

LINE = re.compile(r"^ {4}(?: *)([+-]\d+\.\d)  \S", re.MULTILINE)
PART = re.compile(r"^  [A-Z][^+-]*?([+-]\d+\.\d)$", re.MULTILINE)
SUM = re.compile(r"^  = sum of the lines +([+-]\d+\.\d)$", re.MULTILINE)
SHOWN = re.compile(r"^  shown in the CRM, rounded down +(\d+)$", re.MULTILINE)
ASKED = {"Acme": "A000001", "bluefintattoo.com.br": "A000002", "Kestrel Payments": "A000005", "Quillon": "A000008"}


@pytest.mark.parametrize("crm", CRMS)
def test_the_lines_of_an_explanation_add_up_to_the_score_in_the_crm(crm: str, undisturbed: dict[str, Ended]) -> None:
    """A rep who adds up the printed lines of Acme, or of anybody, finds the number that the CRM shows."""
    # given a CRM that shows tiers and scores
    town, accounts = undisturbed[crm].town, undisturbed[crm].sight.accounts

    for name, key in ASKED.items():
        # when somebody asks why
        told = town.tierline("explain", name)
        assert told.code == 0, told.err

        # then the printed lines make the printed sum, and the score is that sum without its fraction
        total = Decimal(SUM.findall(told.out)[0])
        assert sum(map(Decimal, LINE.findall(told.out))) == total, told.out
        assert sum(map(Decimal, PART.findall(told.out))) == total, told.out
        score = int(SHOWN.findall(told.out)[0])
        assert score == int(total)
        assert score == accounts[key].fields["score"]


def test_an_explanation_of_nobody_or_of_many_says_so(town: Town, undisturbed: dict[str, Ended]) -> None:
    """Before anything was read, a name that nobody has, and one that many start with: each is told apart."""
    # given a CRM that was not read yet, and one that was
    unread, read = town, undisturbed[town.crm].town

    # when a name leads nowhere, or to several
    early = unread.tierline("explain", "Acme")
    nobody, many = read.tierline("explain", "Nobody & Sons"), read.tierline("explain", "G")

    # then each is said, with what to do
    assert (early.code, nobody.code, many.code) == (1, 1, 64)
    assert "tierline plan" in early.err
    assert "no account is named 'Nobody & Sons'" in nobody.err
    assert "Globex Holdings" in many.err
