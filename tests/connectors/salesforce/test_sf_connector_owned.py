from __future__ import annotations

import pytest

from config.settings import Mapping
from connectors.salesforce.org import TaskWords, task_words
from connectors.salesforce.owned import ACCOUNT, KEY_HELP, Names, metadata
from connectors.salesforce.values import body_text, reference

CORE = {"tier", "tier_since", "treated_as", "score", "why", "next_action", "sla_due", "sla_status"}
FULL = CORE | {"fit", "signal", "falls_on", "what_changed", "first_touch", "play"}


def test_the_fields_we_write_are_those_of_the_chosen_set() -> None:
    assert set(Names.of(Mapping()).written()) == CORE
    assert set(Names.of(Mapping(fields="full")).written()) == FULL


def test_names_carry_the_prefix_unless_the_admin_named_a_field() -> None:
    names = Names.of(Mapping(prefix="ABM", owned={"tier": "My_Tier__c"}))

    written = names.written()

    assert (written["tier"], written["sla_due"], names.key) == ("My_Tier__c", "ABM_SLA_Due__c", "ABM_Key__c")


def test_people_fill_in_overrides_and_we_never_do() -> None:
    names = Names.of(Mapping(fields="full"))

    assert {"override_tier", "override_until", "override_by", "override_reason", "wrong_tier"} == set(names.read_only())
    assert not names.read_only().keys() & names.written().keys()


@pytest.mark.parametrize("owned", ACCOUNT, ids=lambda owned: owned.name)
def test_help_texts_fit_and_say_something(owned: object) -> None:
    text = metadata(owned, ("A",))["inlineHelpText"]  # type: ignore[arg-type]

    assert 20 < len(text) < 255


def test_the_keys_help_text_fits_with_a_long_installation_id() -> None:
    assert len(KEY_HELP.format(installation="i" * 36)) < 255


def test_one_long_text_only_keeps_pages_at_full_size() -> None:
    types = [metadata(owned, ("A",))["type"] for owned in ACCOUNT]

    assert types.count("LongTextArea") == 1


def test_tiers_are_the_values_of_the_tier_field_in_their_order() -> None:
    values = metadata(ACCOUNT[0], ("1 - Focus", "Recycle"))["valueSet"]

    assert values["restricted"] is True
    assert [value["fullName"] for value in values["valueSetDefinition"]["value"]] == ["1 - Focus", "Recycle"]


def test_the_reference_line_stands_once_at_the_end() -> None:
    key = "0123456789abcdef"

    text = body_text(body_text("Why now", key), key)

    assert text == "Why now\n\nRef TL-0123456789ab"
    assert body_text("", key) == reference(key)
    assert len(body_text("x" * 40_000, key)) < 32_000


def a_status(word: str, closed: bool, default: bool = False) -> dict[str, object]:
    return {"word": word, "IsClosed": closed, "IsDefault": default}


def a_rank(word: str, high: bool = False, default: bool = False) -> dict[str, object]:
    return {"word": word, "IsHighPriority": high, "IsDefault": default}


def german() -> TaskWords:
    statuses = [a_status("Offen", False), a_status("In Arbeit", False, True), a_status("Erledigt", True)]
    return task_words(statuses, [a_rank("Normal", default=True), a_rank("Hoch", high=True), a_rank("Niedrig")])


def test_states_and_priorities_are_the_orgs_own_words() -> None:
    words = german()

    assert (words.opening, words.closing, words.withdrawn) == ("In Arbeit", "Erledigt", None)
    assert words.priorities == {"high": "Hoch", "normal": "Normal", "low": "Niedrig"}
    assert words.priority("Hoch") == "high"
    assert words.priority("Dringend") is None


@pytest.mark.parametrize(
    ("status", "closed", "deleted", "subject", "state"),
    [
        ("Offen", False, False, "x", "open"),
        ("Erledigt", True, False, "x", "done"),
        ("Erledigt", None, False, None, "done"),
        ("Erledigt", True, False, "Withdrawn: x", "withdrawn"),
        ("Offen", False, False, "Withdrawn: x", "open"),
        ("Erledigt", True, True, "x", "deleted"),
    ],
)
def test_a_state_is_told_without_a_status_for_withdrawal(
    status: str, closed: bool | None, deleted: bool, subject: str | None, state: str
) -> None:
    assert german().state(status, closed=closed, deleted=deleted, subject=subject) == state


def test_a_closed_status_for_withdrawal_is_used_and_not_taken_for_done() -> None:
    statuses = [a_status("Open", False), a_status("Cancelled", True, True), a_status("Completed", True)]

    words = task_words(statuses, [a_rank("Only")])

    assert (words.withdrawn, words.closing) == ("Cancelled", "Completed")
    assert words.state("Cancelled", closed=True, deleted=False, subject="x") == "withdrawn"
    assert words.priorities == {"high": "Only", "normal": "Only", "low": "Only"}
