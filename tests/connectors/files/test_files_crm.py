from __future__ import annotations

import csv
import json
from collections.abc import Mapping as Map
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from config.settings import FilesConnection, Mapping
from connectors.base import (
    Ask,
    AssignOwner,
    Change,
    Crm,
    Cursors,
    KeyAsk,
    Level,
    OpenTask,
    Outcome,
    Receipt,
    SetFields,
    UpdateTask,
    Value,
    WithdrawTask,
)
from connectors.errors import NeedsPerson
from connectors.files import make
from connectors.files.crm import FilesCrm
from engine.tables import TABLES
from tests.fakes import MONDAY

KEY = "0123456789abcdef0123456789abcdef"
ACME = {"account_id": "a1", "name": "Acme", "domains": "acme.com;acme.io", "created_at": "2026-01-01T10:00:00Z"}


def write_csv(path: Path, *rows: Map[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def crm_of(folder: Path, mapping: dict[str, Any] | None = None, **other: Any) -> FilesCrm:
    told: dict[str, Any] = {"name": "trial", "crm": "files", "path": "data", "out": "out", **other}
    connection = FilesConnection(**told)
    return make(connection, Mapping(**(mapping or {})), folder=folder, clock=lambda: MONDAY)


def rows_of(
    crm: FilesCrm, cursors: dict[str, str] | None = None
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    ends: dict[str, str] = {}
    for page in crm.pull(Cursors(cursors or {}), MONDAY):
        assert set(page.columns) == set(TABLES[page.table].names())
        found = [dict(zip(page.columns, values, strict=True)) for values in zip(*page.columns.values(), strict=True)]
        rows.setdefault(page.table, []).extend(found)
        if page.last:
            ends[page.stream] = page.cursor
    return rows, ends


def sent(crm: FilesCrm, *changes: Change) -> list[Receipt]:
    return [receipt for batch in crm.batches(changes) for receipt in crm.send(batch, lambda _: None)]


def task(key: str = KEY, account_id: str = "a1") -> OpenTask:
    return OpenTask(key, account_id, None, False, "o1", "Call Acme", "why\nwho", MONDAY + timedelta(hours=3), "high")


def test_a_minimal_account_gets_its_usual_values(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME)

    rows, _ = rows_of(crm_of(tmp_path))

    (account,) = rows["accounts"]
    assert account["domains"] == ["acme.com", "acme.io"]
    assert (account["lifecycle"], account["owned"], account["attributes"]) == ("prospect", "{}", "{}")
    assert account["created_at"] == account["modified_at"] == 1_767_261_600_000_000
    assert account["employees"] is None


def test_the_three_forms_of_a_file_say_the_same(tmp_path: Path) -> None:
    full = ACME | {"employees": "250", "strategic": "true", "renewal_at": "2026-12-01", "arr": "1.5"}
    write_csv(tmp_path / "c/data/accounts.csv", full, ACME | {"account_id": "a2"})
    rows = [
        {**full, "domains": ["acme.com", "acme.io"], "employees": 250, "strategic": True, "arr": 1.5},
        {**ACME, "account_id": "a2", "domains": ["acme.com", "acme.io"]},
    ]
    (tmp_path / "j/data").mkdir(parents=True)
    (tmp_path / "j/data/accounts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "p/data").mkdir(parents=True)
    duckdb.sql(f"COPY (FROM read_json('{tmp_path}/j/data/accounts.jsonl')) TO '{tmp_path}/p/data/accounts.parquet'")

    found = [rows_of(crm_of(tmp_path / form))[0]["accounts"] for form in "cjp"]

    assert found[0] == found[1] == found[2]
    assert found[0][0]["renewal_at"] == 1_796_126_400_000_000  # 12:00 of the day


def test_times_without_zone_are_in_the_connections_zone(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME | {"created_at": "2026-07-01 12:00:00", "renewal_at": "2026-07-01"})

    (account,) = rows_of(crm_of(tmp_path, time_zone="Europe/Berlin"))[0]["accounts"]

    assert account["created_at"] == account["renewal_at"] == 1_782_900_000_000_000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"employees": "many"}, "accounts.csv:3: employees is not a whole number"),
        ({"created_at": "yesterday"}, "accounts.csv:3: created_at is not a time"),
        ({"strategic": "perhaps"}, "accounts.csv:3: strategic is not yes or no"),
        ({"account_id": " "}, "accounts.csv:3: account_id is empty"),
    ],
)
def test_a_bad_cell_is_named_by_file_and_line(tmp_path: Path, row: dict[str, str], said: str) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME, ACME | {"account_id": "a2"} | row)

    with pytest.raises(NeedsPerson) as raised:
        rows_of(crm_of(tmp_path))

    assert said in str(raised.value)
    assert "many" not in str(raised.value)  # values can be personal


def test_lines_are_counted_over_cells_that_span_several(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "data/accounts.csv",
        ACME | {"name": "Acme\nof\nBerlin", "arr": ""},
        ACME | {"account_id": "2", "arr": "x"},
    )

    with pytest.raises(NeedsPerson, match=r"accounts\.csv:5: arr"):
        rows_of(crm_of(tmp_path))


def test_a_misspelt_column_is_no_empty_one(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME | {"employes": "12"})

    with pytest.raises(NeedsPerson, match="did you mean employees"):
        rows_of(crm_of(tmp_path))


def test_the_mapping_names_columns_words_and_attributes(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME | {"Staff": "12", "Branch": "SW", "Seats": "7", "Plan": "Gold"})
    mapping = {
        "accounts": {"employees": "Staff", "industry": {"field": "Branch", "values": {"SW": "Software"}}},
        "attributes": {"seats": "Seats", "plan": "Plan"},
    }

    (account,) = rows_of(crm_of(tmp_path, mapping))[0]["accounts"]

    assert (account["employees"], account["industry"]) == (12, "Software")
    assert json.loads(account["attributes"]) == {"seats": 7, "plan": "Gold"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no accounts"),
        ({"accounts.csv": "account_id,name\na1,Acme\na1,Acme\n"}, "repeat the account_id"),
        ({"accounts.csv": "name\nAcme\n"}, "no column account_id"),
        ({"accounts.csv": "account_id\na1\n"}, "no column created_at"),
        ({"accounts.csv": "account_id\n", "accounts.jsonl": "{}"}, "there are two"),
        ({"accounts.parquet": "not parquet"}, "not a readable"),
    ],
)
def test_a_folder_that_cannot_be_read_needs_a_person(tmp_path: Path, files: dict[str, str], said: str) -> None:
    (tmp_path / "data").mkdir()
    for name, text in files.items():
        (tmp_path / "data" / name).write_text(text)

    with pytest.raises(NeedsPerson, match=said):
        rows_of(crm_of(tmp_path))


def test_what_was_written_is_read_and_the_files_stay_as_they_are(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME | {"owner_id": "o1"})
    before = (tmp_path / "data/accounts.csv").read_bytes()
    crm: Crm = crm_of(tmp_path)
    after: dict[str, Value] = {"tier": "1 - Focus", "score": 70, "tier_since": MONDAY, "sla_due": None}

    receipts = sent(crm_of(tmp_path), SetFields("a1", {}, after), AssignOwner("a1", "o1", "o2"))

    assert {receipt.outcome for receipt in receipts} == {Outcome.APPLIED}
    assert crm.read([Ask("account", "a1", ("tier", "owner_id", "sla_due"))]) == {
        "a1": {"tier": "1 - Focus", "owner_id": "o2", "sla_due": None}
    }
    (account,) = rows_of(crm_of(tmp_path))[0]["accounts"]
    assert account["owner_id"] == "o2"
    assert json.loads(account["owned"]) == {"tier": "1 - Focus", "score": "70", "tier_since": "2026-11-02T09:00:00Z"}
    assert (tmp_path / "data/accounts.csv").read_bytes() == before
    assert len((tmp_path / "out/receipts.csv").read_text().splitlines()) == 3


def test_a_cleared_field_stays_cleared_although_the_file_has_a_value(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME | {"owned": json.dumps({"tier": "Recycle", "why": "old"})})
    crm = crm_of(tmp_path)

    sent(crm, SetFields("a1", {}, {"why": None}))

    assert json.loads(rows_of(crm)[0]["accounts"][0]["owned"]) == {"tier": "Recycle"}


def test_a_task_lives_in_out_from_opening_to_withdrawal(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME)
    crm = crm_of(tmp_path)

    (opened,) = sent(crm, task())
    (again,) = sent(crm_of(tmp_path), task())
    task_id = opened.crm_id or ""
    (updated,) = sent(crm, UpdateTask(task_id, KEY, "a1", {}, {"subject": "Call again"}))
    shown = rows_of(crm)[0]["tasks"][0]
    (withdrawn,) = sent(crm, WithdrawTask(task_id, KEY, "a1", {}, "no longer"))
    (late,) = sent(crm, UpdateTask(task_id, KEY, "a1", {}, {"subject": "x"}))

    assert (again.crm_id, again.code) == (task_id, "ADOPTED")
    assert (shown["key"], shown["state"], shown["subject"]) == (KEY, "open", "Call again")
    assert shown["due_at"] == int((MONDAY + timedelta(hours=3)).timestamp() * 1e6)
    assert (updated.outcome, withdrawn.outcome, late.outcome) == (Outcome.APPLIED, Outcome.APPLIED, Outcome.STALE)
    (found,) = crm.find([KeyAsk(KEY, "a1"), KeyAsk("f" * 32, "a1")])[KEY]
    assert (found.task_id, found.state) == (task_id, "withdrawn")
    assert crm.read([Ask("task", task_id, ("state", "due_at"))])[task_id]["state"] == "withdrawn"


def test_a_change_of_an_unknown_account_is_rejected(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME)

    receipts = sent(crm_of(tmp_path), SetFields("zz", {}, {"tier": "x"}), task(account_id="zz"))

    assert [receipt.outcome for receipt in receipts] == [Outcome.REJECTED] * 2


def test_files_that_have_not_changed_are_not_read_again(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME)
    crm = crm_of(tmp_path)
    _, cursors = rows_of(crm)

    quiet, same = rows_of(crm, cursors)
    sent(crm, SetFields("a1", {}, {"tier": "Recycle"}))
    moved, _ = rows_of(crm, cursors)

    assert not any(quiet.values())
    assert same == cursors
    assert [table for table, rows in moved.items() if rows] == ["accounts"]


def test_check_and_setup_tell_how_the_folder_is(tmp_path: Path) -> None:
    assert crm_of(tmp_path).check()[0].level is Level.FAIL
    write_csv(tmp_path / "data/accounts.csv", ACME)
    write_csv(tmp_path / "data/contacts.csv", {"contact_id": "c1", "created_at": "soon"})
    crm = crm_of(tmp_path)

    assert {finding.what: finding.level for finding in crm.check()} == {"accounts": Level.OK, "contacts": Level.FAIL}
    assert [step.missing for step in crm.setup(act=True, installation="I-1")] == [True]
    assert crm.installation() == "I-1"
    crm.setup(act=False, installation="I-2")
    assert crm.installation() == "I-1"
    crm.setup(act=True, installation="I-2")
    assert crm.installation() == "I-2"


words = some.text(some.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).map(str.strip)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(value=words.filter(bool))
def test_any_text_survives_being_written_and_read(tmp_path: Path, value: str) -> None:
    write_csv(tmp_path / "data/accounts.csv", ACME)
    crm = crm_of(tmp_path)

    sent(crm, SetFields("a1", {}, {"why": value}))

    assert crm.read([Ask("account", "a1", ("why",))]) == {"a1": {"why": value}}
