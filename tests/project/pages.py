"""Pages that are made from the code: ``python -m tests.project.pages`` writes them, a test compares them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sandbox import coverage
from tests.project import command_pages, setting_pages

ROOT = Path(__file__).parents[2]
PAGES: dict[str, Callable[[], str]] = {
    "docs/configuration.md": setting_pages.render,
    "docs/commands.md": command_pages.render,
    "sandbox/COVERAGE.md": coverage.page,
}


def main() -> None:
    """Writes every page anew."""
    for name, render in PAGES.items():
        (ROOT / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
