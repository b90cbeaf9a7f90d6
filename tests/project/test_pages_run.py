"""What the pages tell people to type is typed here, and says what the pages say."""

from pathlib import Path

import pytest

from tests.project.console import replay, steps_of, unsaid

ROOT = Path(__file__).parents[2]
INSTEAD = {"make demo": "tierline demo --out demo", ". .venv/bin/activate": "true"}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", ["README.md", "docs/sandbox.md"])
def test_the_commands_of_a_page_say_what_it_shows(page: str, tmp_path: Path) -> None:
    assert len(steps_of(ROOT / page)) >= 4

    assert replay(ROOT / page, tmp_path, INSTEAD) == []


def test_a_line_that_was_not_said_is_found() -> None:
    assert unsaid(("one", "two"), ["one", "three"]) == ["two"]


def test_lines_may_be_left_out_only_where_the_page_says_so() -> None:
    assert unsaid(("one", "...", "three"), ["one", "two", "three"]) == []
    assert unsaid(("one", "three"), ["one", "two", "three"]) == ["three"]
    assert unsaid(("one",), ["one", "two"]) == ["(then it also said) two"]


def test_runs_digests_and_folders_may_differ() -> None:
    shown = ("Run 20261102-090000-ab12: plan 0123456789ab, artefacts in runs/20261102-090000-ab12",)

    assert unsaid(shown, ["Run 20270101-101010-ffff: plan ba9876543210, artefacts in runs/20270101-101010-ffff"]) == []
