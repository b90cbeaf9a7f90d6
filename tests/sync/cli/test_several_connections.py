"""Several connections in one command: one document, the worst code, and no file that two plans share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import starter
from connectors.errors import NeedsPerson, Unavailable
from sync import exits
from sync.cli.main import run
from sync.cli.passes import Answer, each

STARTER = (Path(starter.__file__).parent / "files.yaml").read_text()
TWO = STARTER.replace("  - name: prod\n", "  - {name: first, crm: files, path: a}\n  - name: prod\n")


def config(folder: Path, text: str) -> Path:
    path = folder / "tierline.yaml"
    path.write_text(text)
    return path


def answering(by_name: dict[str, Answer | Exception]) -> Callable[..., Answer]:
    def one(line: Any, _loaded: Any) -> Answer:
        found = by_name[line.connection.name]
        if isinstance(found, Exception):
            raise found
        return found

    return one


def test_one_connection_gives_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = each(config(tmp_path, STARTER), None, answering({"prod": Answer(3, {"run": 1})}), as_json=True)

    assert code == exits.HELD
    assert json.loads(capsys.readouterr().out) == {"run": 1}


def test_several_connections_give_one_list_and_the_worst_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = NeedsPerson("Salesforce", doing="log in", said="no")
    answers = {"first": refused, "prod": Answer(exits.CHANGES, {"run": 2})}

    code = each(config(tmp_path, TWO), None, answering(answers), as_json=True)

    told = capsys.readouterr()
    assert code == exits.NEEDS_PERSON
    assert [one.get("run", one.get("error")) for one in json.loads(told.out)] == ["TL-010", 2]
    assert "first: TL-010: Salesforce: could not log in" in told.err


def test_the_only_connection_fails_as_the_command(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        each(
            config(tmp_path, STARTER),
            None,
            answering({"prod": Unavailable("HubSpot", doing="read", said="down")}),
            as_json=True,
        )


def test_two_plans_do_not_share_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["plan", "--config", str(config(tmp_path, TWO)), "--out", str(tmp_path / "plan.json")])

    assert code == exits.USAGE
    assert "--connection" in capsys.readouterr().err
