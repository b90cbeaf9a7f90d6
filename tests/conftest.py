"""What all tests share: golden files, compared to the letter and rewritten on request."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that rewrites golden files; what it changed is read in review like code."""
    parser.addoption("--golden-update", action="store_true", help="Write the golden files anew.")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with the golden file of that name."""
    update = request.config.getoption("--golden-update")

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if not path.is_file():
            pytest.fail(f"there is no tests/golden/{name} yet; make it with --golden-update")
        kept = path.read_text(encoding="utf-8")
        if text != kept:
            differs = difflib.unified_diff(kept.splitlines(), text.splitlines(), "golden", "now", lineterm="")
            pytest.fail(f"tests/golden/{name} differs; rewrite it with --golden-update\n" + "\n".join(differs))

    return compare
