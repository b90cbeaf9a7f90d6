"""What people can see stands in the pages they read: decisions, exit codes, options."""

import inspect
import re
from pathlib import Path

import click
import pytest

from sync import exits
from tests.project import command_pages

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
COMMANDS = dict(command_pages.commands())
OPTIONS = [
    pytest.param(name, option, id=f"{name} {option.opts[0]}")
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option)
]


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_decision_is_listed_by_its_number_and_nothing_else_is() -> None:
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\1-[a-z0-9-]+\.md)\) \| \S", (DECISIONS / "README.md").read_text(), re.MULTILINE
    )

    found = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    assert sorted(name for _, name in listed) == found
    assert len({number for number, _ in listed}) == len(found)


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_opens_with_what_was_decided(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("# ")
    assert any(line.strip() for line in lines[1:])


def test_every_exit_code_is_explained_and_no_other() -> None:
    codes = {value for name, value in inspect.getmembers(exits) if name.isupper() and isinstance(value, int)}
    table = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8").partition("| code |")[0]

    told = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in row.split(",")}
    assert told == codes
    assert {int(code) for code in re.findall(r"\b\d+(?= [a-z])", exits.__doc__ or "")} == codes


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_option_has_help(name: str, option: click.Option) -> None:
    assert option.help, f"{name} {option.opts[0]} says nothing of what it does"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_told_in_a_page(name: str) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages())

    assert f"tierline {name}" in text
    options = [one.opts[0] for one in COMMANDS[name].params if isinstance(one, click.Option)]
    assert [one for one in options if one not in text] == []


def test_pages_lead_only_to_pages_that_are_there() -> None:
    dead = [
        f"{path.relative_to(ROOT)}: {link}"
        for path in pages()
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / link).exists()
    ]

    assert dead == []
