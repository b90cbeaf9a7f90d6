from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from config import starter
from engine.facts import Decision, Facts
from engine.ladder import Ladder
from engine.motion import Motion, TaskTemplate
from engine.phrasing import clipped, joined
from engine.plays import View, Want
from engine.texts import VARIABLES, Setting, Text, heat, nameable, unknown_variables, variables, write
from engine.tiers import decide
from tests.engine.motion_builders import (
    ADA,
    BOB,
    NOW,
    a_motion,
    an_account,
    an_owner,
    by_id,
    people,
    raised,
    surging,
    three_tiers,
)

SETTING = Setting(people(an_owner()), Ladder.of(three_tiers()), "USD", "https://crm.example/{account_id}", NOW)
MOTION = a_motion()
PLAY = {play.name: play for play in MOTION.plays}


def decision_on(facts: Facts) -> Decision:
    return decide(by_id(facts), {}, three_tiers(), MOTION, people(an_owner()), NOW)[facts.account_id]


def written(play: str, template: TaskTemplate | None = None, **more: Any) -> Text:
    facts = an_account(**more)
    want = Want(PLAY[play], 0, "e", "0123456789abcdef" * 2, NOW)
    task = template or PLAY[play].task
    assert task is not None
    return write(task, View(facts, decision_on(facts)), want, SETTING)


def test_a_subject_is_verb_account_reason() -> None:
    text = written("first-touch")

    assert text.subject == "Reach Ada Lovelace at Acme - pricing page x3 this week"
    assert text.person == ADA


def test_a_body_has_the_template_then_what_that_has_not_told() -> None:
    lines = written("first-touch").body.splitlines()

    assert lines == [
        (
            "Why now: Pricing page x3 this week; Ada Lovelace replied on 1 Nov 2026. "
            "Who: Ada Lovelace (decision maker), Bob Stone (champion); missing: none."
        ),
        "",
        "Say: ask what they want to solve with pricing, and who else cares about it",
        "Last touches: Ada Lovelace on 1 Nov 2026, Bob Stone on 30 Oct 2026",
        "Account: https://crm.example/id-acme",
        "Ref TL-0123456789ab",
    ]


def test_whoever_raised_the_hand_is_called() -> None:
    text = written("hand-raise", hand_raise=raised(contact_id="c2"))

    assert text.person == BOB
    assert text.body.startswith("Asked on 2 Nov 2026 08:00 UTC: demo request.")
    assert written("hand-raise", hand_raise=raised(contact_id=None)).person == ADA


def test_people_who_opted_out_are_never_named() -> None:
    silent = replace(ADA, mail_opt_out=True)
    text = written("hand-raise", hand_raise=raised(contact_id="c1"), people=(silent, BOB), reasons=())

    assert text.person == BOB
    assert "Ada" not in text.subject + text.body
    assert nameable(an_account(people=(replace(ADA, call_opt_out=True),))) == ()


def test_nobody_left_to_name_asks_to_find_a_contact() -> None:
    text = written("first-touch", people=())

    assert (text.subject, text.person) == ("Find a contact at Acme - pricing page x3 this week", None)
    assert "nobody known yet" in text.body


def test_a_long_subject_gives_way_gracefully() -> None:
    name = "Rheinische Feinmechanik und Apparatebau Verwaltungsgesellschaft mbH und Co KG"

    text = written("first-touch", name=name, why="three people from procurement read the security and pricing pages")

    assert len(text.subject) < 80
    assert text.subject.startswith("Reach Ada Lovelace at Rheinische Feinm")
    assert "…" in text.subject


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=120))
def test_a_subject_is_one_line_under_eighty_characters_whatever_the_names(name: str, why: str, person: str) -> None:
    text = written("first-touch", name=name, why=why, people=(replace(ADA, name=person),))

    assert len(text.subject) < 80
    assert len(text.subject.splitlines()) <= 1
    assert text.subject.startswith("Reach")


@pytest.mark.parametrize("file", ["salesforce.yaml", "hubspot.yaml"])
def test_every_template_of_the_starter_can_be_filled_in_for_the_barest_account(file: str) -> None:
    tree = YAML(typ="safe").load((Path(starter.__path__[0]) / file).read_text())
    plays = Motion.model_validate(tree["motion"]).plays
    bare = an_account(
        people=(), reasons=(), why="", next_action="", topic=None, heat=(), last_inbound_at=None, roles_reached=()
    )
    rich = an_account(surge=surging(), hand_raise=raised(), arr=120_000.0, attributes={"whitespace": ["Legal"]})
    for play in plays:
        if play.task is None:
            continue
        assert unknown_variables(play.task) == ()
        for facts in (bare, rich):
            text = write(play.task, View(facts, decision_on(facts)), Want(play, 0, "e", "k" * 32, None), SETTING)
            assert 0 < len(text.subject) < 80
            assert "None" not in text.subject + text.body


def test_every_variable_is_defined_for_every_play() -> None:
    view = View(an_account(), decision_on(an_account()))

    assert set(variables(view, Want(PLAY["plan"], 0, "e", "k", None), (), SETTING)) == VARIABLES


def test_numbers_and_dates_read_well() -> None:
    values = variables(
        View(an_account(arr=1_200_000.0, renewal_at=NOW), decision_on(an_account())),
        Want(PLAY["plan"], 0, "e", "k", None), (ADA,), SETTING,
    )  # fmt: skip

    assert (values["arr"], values["renewal_at"], values["health"]) == ("USD 1,200,000", "2 Nov 2026", "unknown")
    assert (values["fit"], values["next_tier"], values["second_person"]["name"]) == (
        "80",
        "3 - Scaled",
        "another contact",
    )
    assert heat((3, 0, 1)) == "1 touch (weeks before: 0, 3)"
    assert heat(()) == "no touches seen"


def a_template(subject: str, body: str = "x") -> TaskTemplate:
    return TaskTemplate.model_validate({"subject": subject, "body": body, "due": "1 business day"})


def test_a_wrong_template_is_found_before_it_is_used() -> None:
    assert unknown_variables(a_template("Call {{ acount.name }} {{ why }}", "{{ foo }}")) == ("acount", "foo")
    with pytest.raises(ValueError, match="cannot be read"):
        unknown_variables(a_template("Call {{ account.name"))


@pytest.mark.parametrize(
    "source",
    ["{{ account.nme }}", "{{ nope }}", "{{ ''.__class__.__mro__ }}", "{{ account.__init__.__globals__ }}"],
)
def test_templates_are_strict_and_sandboxed(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be filled in"):
        written("first-touch", a_template("Call", source))


@given(st.text(max_size=120), st.integers(1, 60))
def test_clipping_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(clipped(text, limit)) <= limit
    assert len(joined([text, text], limit)) <= limit
