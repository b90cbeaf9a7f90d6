from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from sync.report.from_runs import ROWS, report_of, section_of
from sync.report.page import AccountLine, Section, render
from tests.sync.report.reported import NASTY, TIERS, a_run

BARS = [("1 - Focus", 70), ("2 - Growth", 50)]
SCRIPTS = ("vega", "vegaLite", "vegaEmbed")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    a_run(tmp_path / "runs")
    return report_of(tmp_path / "runs", ["run-1"], tmp_path / "report.html", title="Tests & trials", bars=BARS)


def own_text(page: Path) -> str:
    """The page without the vendored scripts."""
    return re.sub(r"<script>(?!\s*const specs).*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def specs_in(page: Path) -> list[dict[str, object]]:
    found = re.search(r"const specs = (\[.*?\]);\n", page.read_text(encoding="utf-8"))
    assert found is not None
    specs: list[dict[str, object]] = json.loads(found[1])
    return specs


def test_the_page_needs_no_network(page: Path) -> None:
    text = own_text(page)

    assert not re.findall(r"(?:src|href|action)\s*=|@import|url\(|<iframe|<link", text)
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {"https://vega.github.io/schema/vega-lite/v6.json"}


def test_all_three_scripts_lie_inside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert text.count("<script>") == len(SCRIPTS) + 1
    assert [name for name in SCRIPTS if re.search(rf"(?:\.|global\.|self\)\.){name}\s*=|\.{name}=", text) is None] == []


def test_names_cannot_break_the_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert NASTY not in text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne" in text
    assert "pricing page &lt;b&gt;twice&lt;/b&gt;" in text
    assert "<title>Tests &amp; trials</title>" in text


def test_a_name_in_a_chart_cannot_end_the_script(tmp_path: Path) -> None:
    section = Section("prod", "live", "r", "now", "p", [], [{"title": {"text": NASTY}}], [])

    text = render("t", [section])

    assert text.count("</script>") == len(SCRIPTS) + 1
    page = tmp_path / "page.html"
    page.write_text(text, encoding="utf-8")
    assert specs_in(page) == [{"title": {"text": NASTY}}]


def test_a_page_is_read_by_its_owner_alone(page: Path) -> None:
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_a_section_tells_the_run_in_numbers_charts_and_accounts(tmp_path: Path) -> None:
    section = section_of(a_run(tmp_path / "runs"), BARS)

    assert dict(section.numbers)["accounts scored"] == "60"
    assert dict(section.numbers)["rows read"] == "1,000"
    assert len(section.charts) == 4
    assert (len(section.accounts), section.more) == (ROWS, 60 - ROWS)
    assert section.held == ["Held by tier_changes: 60 accounts change tier"]
    assert section.accounts[1] == AccountLine(
        name="A01",
        tier="2 - Growth",
        score=1,
        movement="stays",
        why="pricing page <b>twice</b>",
        task="Call a01 - pricing page",
        owner="Ana Reed",
    )


def test_tiers_stand_best_first_and_customers_last(page: Path) -> None:
    tiers = specs_in(page)[0]["data"]

    assert [row["tier"] for row in tiers["values"]] == list(TIERS)  # type: ignore[index]  # plain JSON


def test_several_runs_make_several_sections(tmp_path: Path) -> None:
    for name in ("run-1", "run-2"):
        a_run(tmp_path / "runs", name, accounts=5)

    page = report_of(tmp_path / "runs", ["run-1", "run-2"], tmp_path / "deep/report.html", title="Both")

    assert own_text(page).count("<section>") == 2
    assert len(specs_in(page)) == 8


def test_a_run_without_changes_says_so() -> None:
    text = render("t", [Section("prod", "dry run", "r", "now", "p", [], [], [])])

    assert "Nothing: the CRM shows what it should." in text


def test_a_run_that_is_gone_is_an_error_not_an_empty_page(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        report_of(tmp_path, ["gone"], tmp_path / "report.html", title="t")

    assert not (tmp_path / "report.html").exists()
