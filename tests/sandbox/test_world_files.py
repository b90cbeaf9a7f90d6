from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engine.tables import TABLES
from sandbox.generate import SIZES, Size, generate, with_truth
from sandbox.worldfiles import SHEETS, write_world

NOW = int(datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for form in ("csv", "jsonl", "parquet"):
        found[form] = tmp_path_factory.mktemp(form)
        write_world("small", 7, NOW, found[form], form)
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows_of(folder: Path, form: str, name: str) -> list[dict[str, Any]]:
    """Any of the three forms, brought to the one of JSON Lines."""
    path = folder / f"{name}.{form}"
    if form == "jsonl":
        return lines(path)
    if form == "csv":
        with path.open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))
    with duckdb.connect() as base:
        found = base.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def as_text(value: object) -> str:
    """A value of Parquet or JSON Lines as CSV states it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ";".join(value)
    return str(value)


TREES = {"owned", "attributes", "working_hours", "away"}


@pytest.mark.parametrize("name", list(SHEETS))
def test_all_three_formats_say_the_same(folders: dict[str, Path], name: str) -> None:
    file = "accounts" if name == "truth" else name
    told = {form: rows_of(folder / SHEETS[name].folder, form, file) for form, folder in folders.items()}
    assert len(told["csv"]) == len(told["jsonl"]) == len(told["parquet"]) > 0
    for plain, tree, stored in zip(told["csv"], told["jsonl"], told["parquet"], strict=True):
        assert list(plain) == list(tree) == list(stored) == [column for column, _ in SHEETS[name].columns]
        for column in plain:
            if column in TREES:
                assert json.loads(plain[column]) == tree[column] == json.loads(stored[column])
            else:
                assert plain[column] == as_text(tree[column]) == as_text(stored[column])


@pytest.mark.parametrize("name", ["accounts", "contacts", "activities", "opportunities", "owners"])
def test_tables_have_the_canonical_columns_in_order(name: str) -> None:
    assert tuple(column for column, _ in SHEETS[name].columns) == TABLES[name].names()


def test_accounts_come_back_as_they_were(folders: dict[str, Path]) -> None:
    world = generate("small", 7, NOW)
    for row, account in zip(lines(folders["jsonl"] / "tables/accounts.jsonl"), world.accounts, strict=True):
        assert (row["account_id"], row["name"], row["parent_id"]) == (account.key, account.name, account.parent)
        site = [] if account.website is None else [account.website]
        assert row["domains"] == [*site, *account.more_domains]
        assert tuple(row["tech"]) == account.tech
        assert (row["employees"], row["arr"], row["strategic"]) == (account.employees, account.arr, account.strategic)
        assert (row["renewal_at"] is None) == (account.renewal_at is None)


def test_activities_of_the_crm_and_of_the_web_are_told_apart(folders: dict[str, Path]) -> None:
    world = generate("small", 7, NOW)
    crm = lines(folders["jsonl"] / "tables/activities.jsonl")
    web = lines(folders["jsonl"] / "signals/web.jsonl")
    assert len(crm) == int(world.activities.in_crm.sum())
    assert {row["activity_id"] for row in crm}.isdisjoint({row["id"] for row in web})
    assert all((row["email"] is None) != (row["domain"] is None) for row in web)
    first = next(row for row in crm if row["account_id"] == "A000001" and row["kind"] == "meeting_held")
    assert first["contact_id"] == "C0000001"
    assert first["direction"] == "none"
    assert first["automated"] is False


def test_the_truth_lies_beside_the_evidence(folders: dict[str, Path]) -> None:
    _, truth = with_truth("small", 7, NOW)
    rows = lines(folders["jsonl"] / "truth/accounts.jsonl")
    assert [row["fit"] for row in rows] == pytest.approx(truth.fit.tolist())
    assert [row["interest"] for row in rows] == pytest.approx(truth.interest[:, -1].tolist())


def test_the_same_order_gives_the_same_bytes(folders: dict[str, Path], tmp_path: Path) -> None:
    write_world("small", 7, NOW, tmp_path, "csv")
    for path in sorted(folders["csv"].rglob("*.csv")):
        assert (tmp_path / path.relative_to(folders["csv"])).read_bytes() == path.read_bytes()


def test_an_empty_world_still_has_typed_files(tmp_path: Path) -> None:
    told = write_world("empty", 7, NOW, tmp_path, "parquet")
    assert told["rows"] == {
        "accounts": 0, "contacts": 0, "activities": 0, "opportunities": 0, "owners": 1, "web": 0, "intent": 0,
    }  # fmt: skip
    with duckdb.connect() as base:
        types = dict(
            base.execute(f"SELECT name, type FROM parquet_schema('{tmp_path}/tables/accounts.parquet')").fetchall()
        )
    assert (types["account_id"], types["arr"]) == ("BYTE_ARRAY", "DOUBLE")


def test_a_world_in_chunks_becomes_one_file_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "pair", Size(200, 4_000, 10, chunks=2))
    told = write_world("pair", 7, NOW, tmp_path, "jsonl")
    accounts = lines(tmp_path / "tables/accounts.jsonl")
    assert [row["account_id"] for row in accounts] == [f"A{number:06d}" for number in range(1, 201)]
    keys = [row["activity_id"] for row in lines(tmp_path / "tables/activities.jsonl")]
    assert len(keys) == len(set(keys)) == told["rows"]["activities"]
    for path in sorted(tmp_path.rglob("*.jsonl")):
        first = [next(iter(row.values())) for row in lines(path)]
        assert first == sorted(first), path.name
    assert len(lines(tmp_path / "tables/owners.jsonl")) == told["rows"]["owners"]
    assert not (tmp_path / ".parts").exists()
