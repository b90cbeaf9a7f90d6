from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from config.settings import SignalSource
from connectors.base import Cursors, Page
from connectors.errors import NeedsPerson
from connectors.files.signals import newest, read_signals, stream_of

WEB = (
    "id,email,domain,kind,url,at\n"
    "1,ada@acme.com,,web_visit,https://x/p,2026-10-01T08:00:00Z\n"
    "2,,acme.com,demo_request,,2026-10-02\n"
)
INTENT = (
    "row,domain,topic,strength,seen\n"
    "r1,acme.com,topic_core,0.5,2026-10-01T00:00:00Z\n"
    "r2,beta.com,hiring,,2026-10-03T00:00:00Z\n"
)


def web(**other: Any) -> SignalSource:
    told = {
        "name": "web",
        "path": "web.csv",
        "id": "id",
        "occurred_at": "at",
        "email": "email",
        "account_domain": "domain",
    }
    return SignalSource(**{**told, "kind": "kind", "url": "url", **other})


def intent(**other: Any) -> SignalSource:
    told = {"name": "intent", "path": "intent.csv", "id": "row", "occurred_at": "seen", "account_domain": "domain"}
    return SignalSource(**{**told, "topic": "topic", "strength": "strength", **other})


def read(folder: Path, *sources: SignalSource, cursors: Cursors | None = None) -> list[Page]:
    return list(read_signals(sources, folder, cursors or Cursors()))


def column(pages: list[Page], name: str) -> list[object]:
    return [value for page in pages for value in page.columns[name]]


def test_kinds_become_inbound_activities(tmp_path: Path) -> None:
    (tmp_path / "web.csv").write_text(WEB)

    pages = read(tmp_path, web())

    assert {page.table for page in pages} == {"activities"}
    assert column(pages, "activity_id") == ["web:1", "web:2"]
    assert column(pages, "kind") == ["web_visit", "demo_request"]
    assert column(pages, "email") == ["ada@acme.com", None]
    assert column(pages, "domain") == [None, "acme.com"]
    assert column(pages, "direction") == ["inbound"] * 2
    assert column(pages, "occurred_at") == [1_790_841_600_000_000, 1_790_942_400_000_000]
    assert column(pages, "logged_at") == column(pages, "occurred_at")


def test_topics_become_signals_of_their_source(tmp_path: Path) -> None:
    (tmp_path / "intent.csv").write_text(INTENT)

    pages = read(tmp_path, intent(), intent(name="g2", topic=None, topic_is="review_compare", family="reviews"))

    assert column(pages, "signal_id") == ["intent:r1", "intent:r2", "g2:r1", "g2:r2"]
    assert column(pages, "topic") == ["topic_core", "hiring", "review_compare", "review_compare"]
    assert column(pages, "family") == ["intent", "intent", "reviews", "reviews"]
    assert column(pages, "strength") == [0.5, None, 0.5, None]


def test_one_file_may_hold_several_sources_and_families(tmp_path: Path) -> None:
    rows = (
        "row,domain,topic,seen,who,kin",
        "1,a.com,t,2026-10-01,G2,reviews",
        "2,a.com,t,2026-10-01,Bombora,intent",
        "",
    )
    (tmp_path / "intent.csv").write_text("\n".join(rows))

    pages = read(tmp_path, intent(strength=None, source_column="who", family_column="kin", family="other"))

    assert column(pages, "source") == ["G2", "Bombora"]
    assert column(pages, "family") == ["reviews", "intent"]


def test_a_source_with_addresses_only_gives_their_domains(tmp_path: Path) -> None:
    (tmp_path / "intent.csv").write_text(
        "row,who,topic,seen\n1,ada@acme.com,funding,2026-10-01\n2,,funding,2026-10-01\n"
    )

    pages = read(tmp_path, intent(account_domain=None, email="who", strength=None))

    assert column(pages, "domain") == ["acme.com", None]


def test_a_glob_reads_all_forms_and_ends_one_stream(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.csv").write_text("id,domain,kind,at\n1,a.com,web_visit,2026-10-01T00:00:00Z\n")
    row = {"id": 2, "domain": "b.com", "kind": "web_visit", "at": "2026-10-05T00:00:00Z"}
    (tmp_path / "in/2.jsonl").write_text(json.dumps(row) + "\n")
    select = "SELECT 3 AS id, 'c.com' AS domain, 'web_visit' AS kind, DATE '2026-10-03' AS at"
    duckdb.sql(f"COPY ({select}) TO '{tmp_path}/in/3.parquet'")
    source = web(path="in/*", email=None, url=None)

    pages = read(tmp_path, source)

    assert column(pages, "activity_id") == ["web:1", "web:2", "web:3"]
    assert [page.last for page in pages] == [False, False, False, True]
    assert pages[-1].whole
    assert newest(Cursors({stream_of(source): pages[-1].cursor}), source) == 1_791_158_400_000_000


def test_files_that_have_not_changed_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "web.csv"
    path.write_text(WEB)
    cursors = Cursors({stream_of(web()): read(tmp_path, web())[-1].cursor})

    quiet = read(tmp_path, web(), cursors=cursors)
    os.utime(path, ns=(0, 0))
    touched = read(tmp_path, web(), cursors=cursors)
    remapped = read(tmp_path, web(kind=None, kind_is="form_submission"), cursors=cursors)

    assert [(len(page), page.last, page.whole, page.cursor) for page in quiet] == [
        (0, True, False, cursors.by_stream["signals:web"])
    ]
    assert sum(len(page) for page in touched) == sum(len(page) for page in remapped) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,email,domain,kind,url,when\n", "no column at"),
        (WEB.replace("2026-10-02", "soon"), r"web\.csv:3: at is not a time"),
        (WEB.replace("demo_request", ""), r"web\.csv:3: kind is empty"),
        (WEB.replace("2,,acme", ",,acme"), r"web\.csv:3: id is empty"),
    ],
)
def test_what_cannot_be_read_needs_a_person(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "web.csv").write_text(text)

    with pytest.raises(NeedsPerson, match=said):
        read(tmp_path, web())


def test_a_path_that_fits_nothing_is_an_error_not_an_empty_source(tmp_path: Path) -> None:
    with pytest.raises(NeedsPerson, match="no CSV"):
        read(tmp_path, web(path="none/*.csv"))


def test_an_empty_file_is_a_source_without_news(tmp_path: Path) -> None:
    (tmp_path / "web.csv").write_text(WEB.splitlines()[0] + "\n")

    (page,) = read(tmp_path, web())

    assert (len(page), page.last, page.whole) == (0, True, True)
    assert newest(Cursors({page.stream: page.cursor}), web()) is None


@pytest.mark.slow
def test_a_hundred_thousand_visits_are_read_as_arrays_in_a_moment(tmp_path: Path) -> None:
    duckdb.sql(
        "COPY (SELECT i AS id, 'p' || i % 5000 || '@acme.com' AS email, NULL AS domain, 'web_visit' AS kind, "
        "'https://x/' || i % 40 AS url, '2026-10-01T00:00:00Z' AS at FROM range(100000) t(i)) "
        f"TO '{tmp_path}/web.csv' (HEADER)"
    )
    started = time.process_time()

    pages = read(tmp_path, web())

    assert time.process_time() - started < 3
    assert sum(len(page) for page in pages) == 100_000
    assert isinstance(pages[0].columns["occurred_at"], np.ndarray)
