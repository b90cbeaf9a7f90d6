"""What a rep reads when asking why: lines that add up."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from tests.scenarios.town import Town

pytestmark = pytest.mark.slow

LINE = re.compile(r"^ {4}(?: *)([+-]\d+\.\d)  \S", re.MULTILINE)
PART = re.compile(r"^  [A-Z][^+-]*?([+-]\d+\.\d)$", re.MULTILINE)
SUM = re.compile(r"^  = sum of the lines +([+-]\d+\.\d)$", re.MULTILINE)
SHOWN = re.compile(r"^  shown in the CRM, rounded down +(\d+)$", re.MULTILINE)
ASKED = ("Acme", "bluefintattoo.com.br", "Kestrel Payments", "Quillon", "Globex Holdings", "Rivalsoft")


def test_the_lines_of_an_explanation_add_up_to_the_score_in_the_crm(town: Town) -> None:
    """A rep who adds up the printed lines of Acme, or of anybody, finds the number that the CRM shows."""
    # given a CRM that shows tiers and scores
    town.ready().freeze()
    assert town.tierline("run", "--live").code == 0
    shown = {int(account.fields["score"]) for account in town.see().accounts.values() if "score" in account.fields}

    for name in ASKED:
        # when somebody asks why
        told = town.tierline("explain", name)
        assert told.code == 0, told.err

        # then the printed lines make the printed sum, and the score is that sum without its fraction
        total = Decimal(SUM.findall(told.out)[0])
        assert sum(map(Decimal, LINE.findall(told.out))) == total, told.out
        assert sum(map(Decimal, PART.findall(told.out))) == total, told.out
        score = int(SHOWN.findall(told.out)[0])
        assert score == int(total)
        assert score in shown
    acme = json.loads(town.tierline("explain", "Acme", "--json").out)
    assert acme["sentences"] is not None


def test_an_explanation_of_nobody_or_of_many_says_so(town: Town) -> None:
    """A name that nothing has, and one that many start with, are told apart."""
    # given a CRM that was read
    town.ready().freeze()
    unread = town.tierline("explain", "Acme")
    assert town.tierline("plan").code == 0

    # when the name leads nowhere, or to several
    nobody, many = town.tierline("explain", "Nobody & Sons"), town.tierline("explain", "G")

    # then each is said, with what to do
    assert (unread.code, nobody.code, many.code) == (1, 1, 64)
    assert "tierline plan" in unread.err
    assert "no account is named 'Nobody & Sons'" in nobody.err
    assert "Globex Holdings" in many.err
