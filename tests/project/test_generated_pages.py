"""Pages made from the code: the committed file is what the code says now, and nothing is left untold."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors.hubspot import owned as hubspot_owned
from connectors.hubspot.auth import READS, SETS_UP, WRITES
from connectors.salesforce import owned as salesforce_owned
from sync.endings import KNOWN, Known
from tests.project import command_pages, setting_pages
from tests.project.pages import PAGES, ROOT

DOCS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes/*.md"), ROOT / "sandbox/COVERAGE.md"]
)
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


@pytest.mark.parametrize("note", sorted((ROOT / "changes").glob("0*.md")), ids=lambda path: path.stem)
def test_every_change_note_is_in_the_changelog(note: Path) -> None:
    changelog = " ".join((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split())

    assert " ".join(note.read_text(encoding="utf-8").split()) in changelog


@pytest.mark.parametrize("owned", salesforce_owned.ACCOUNT, ids=lambda owned: owned.name)
def test_the_salesforce_page_names_every_field(owned: salesforce_owned.Owned) -> None:
    page = (ROOT / "docs" / "crm" / "salesforce.md").read_text(encoding="utf-8")

    filled, fields = "people" if owned.by_people else "Tierline", "full" if owned.full else "core"
    assert re.search(rf"`Tierline_{owned.suffix}__c` \| {re.escape(owned.label)} \|.*\| {filled} \| {fields} \|", page)


@pytest.mark.parametrize("owned", hubspot_owned.COMPANY, ids=lambda owned: owned.name)
def test_the_hubspot_page_names_every_property(owned: hubspot_owned.Owned) -> None:
    page = (ROOT / "docs" / "crm" / "hubspot.md").read_text(encoding="utf-8")

    filled, fields = "people" if owned.human else "Tierline", "full" if owned.full else "core"
    assert re.search(rf"`tierline_{owned.name}` \| {re.escape(owned.label)} \|.*\| {filled} \| {fields} \|", page)


def test_the_hubspot_page_names_every_scope() -> None:
    page = (ROOT / "docs" / "crm" / "hubspot.md").read_text(encoding="utf-8")

    assert [scope for scope in (*READS, *WRITES, *SETS_UP) if f"`{scope}`" not in page] == []


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:config|connectors|engine|sandbox|sync|tests)/[\w/.*-]+)`", text))

    assert sorted(name for name in named if not any(ROOT.glob(name.rstrip("/")))) == []
