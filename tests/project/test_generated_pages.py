"""Pages made from the code: the committed file is what the code says now, and nothing is left untold."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from sync.endings import KNOWN, Known
from tests.project import command_pages, setting_pages
from tests.project.pages import PAGES, ROOT

ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m tests.project.pages"


@pytest.mark.parametrize("model", setting_pages.models(), ids=lambda model: model.__name__)
def test_every_setting_is_told(model: type[BaseModel]) -> None:
    told = setting_pages.meanings()

    assert [name for name in model.model_fields if setting_pages.meaning(model, name, told) is None] == []


def test_no_meaning_is_left_of_a_setting_that_is_gone() -> None:
    classes = {one.__name__.removeprefix("_"): one for model in setting_pages.models() for one in model.__mro__}
    fields = {name: getattr(model, "model_fields", {}) for name, model in classes.items()}

    left = [(name, one) for name, told in setting_pages.meanings().items() for one in told if one not in fields[name]]

    assert left == []


def test_every_command_has_help_and_known_exit_codes() -> None:
    told = dict(command_pages.commands())

    assert [name for name, command in told.items() if not command.help] == []
    assert set(told) == set(command_pages.EXITS)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.tl)
def test_every_error_code_is_explained_with_its_exit_code(known: Known) -> None:
    assert f"| {known.tl} | {known.code} |" in ERRORS


def test_every_code_that_the_sources_name_is_explained() -> None:
    sources = [path for room in ("config", "connectors", "sync") for path in Path(ROOT / room).rglob("*.py")]
    named = {code for path in sources for code in re.findall(r"\"(TL-\d{3})\"", path.read_text(encoding="utf-8"))}

    assert sorted(code for code in named if f"| {code} |" not in ERRORS) == []
    assert sorted(code for code in re.findall(r"^\| (TL-\d{3}) ", ERRORS, re.MULTILINE) if code not in named) == []
