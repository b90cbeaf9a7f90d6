"""The page in a real browser: four charts are drawn, and nothing goes wrong in the console."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync.report.from_runs import report_of
from tests.sync.report.reported import a_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
BARS = [("1 - Focus", 70), ("2 - Growth", 50), ("3 - Scaled", 30)]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one these tests are skipped, and fail in the gate."""
    if not CHROMIUM.exists():
        said = f"no browser: {CHROMIUM} is not there"
        if os.environ.get("TIERLINE_CI") == "1":
            pytest.fail(said)
        pytest.skip(said)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        made = tools.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield made
        made.close()


def test_the_page_draws_its_four_charts_and_complains_of_nothing(browser: Browser, tmp_path: Path) -> None:
    a_run(tmp_path / "runs")
    page = report_of(tmp_path / "runs", ["run-1"], tmp_path / "report.html", title="Trial", bars=BARS)
    said: list[str] = []
    asked: list[str] = []
    tab = browser.new_page(viewport={"width": 1200, "height": 1000})
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))

    tab.goto(page.as_uri())
    tab.wait_for_function("document.querySelectorAll('.chart svg').length === 4")
    boxes = [chart.bounding_box() for chart in tab.query_selector_all(".chart svg")]
    shot = tab.screenshot(path=tmp_path / "report.png", full_page=True)

    assert said == []
    assert asked == [page.as_uri()]
    assert len(tab.query_selector_all(".chart svg .mark-rect path")) > 20
    assert all(box is not None and box["width"] > 300 and box["height"] > 60 for box in boxes)
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert len(shot) > 20_000
