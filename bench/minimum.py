"""API calls against the fewest that could do: per object of a full pull, and for the writes of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

Call = tuple[str, str, str]  # stage, purpose, object
PULLED: Final = ("page", "job", "poll", "result", "search", "associations")
WRITTEN: Final = ("read back", "update", "create")
_PAGE: Final = {"salesforce": 2000, "hubspot": 100}
_WRITE: Final = {"salesforce": 200, "hubspot": 100}
_READ_BACK: Final = {"salesforce": 2000, "hubspot": 100}
_RESULTS: Final = 50_000  # rows of a bulk job's result page that a client asks for
_LISTED_IN_FULL: Final = {"TaskStatus", "TaskPriority"}  # words, not records: a fixed extra


@dataclass(frozen=True, slots=True)
class Count:
    """Calls for one thing. ``fewest``: what the goal counts from; ``how`` says in words what was called."""

    what: str
    rows: int
    calls: int
    fewest: int
    how: str = ""


def pull_counts(crm: str, calls: Sequence[Call], rows: Mapping[str, int]) -> list[Count]:
    """One line per object of a full pull. A bulk job's fewest: create it, ask once, and fetch its result pages."""
    made: dict[str, Counter[str]] = {}
    about = ""
    for stage, purpose, named in calls:
        if stage != "connector" or purpose not in PULLED:
            continue
        about = named or about
        made.setdefault(about, Counter())[purpose] += 1
    return [
        Count(what, rows.get(what, 0), purposes.total(), _fewest(crm, rows.get(what, 0), purposes), _said(purposes))
        for what, purposes in made.items()
        if what not in _LISTED_IN_FULL
    ]


def _fewest(crm: str, rows: int, purposes: Counter[str]) -> int:
    pages = max(1, ceil(rows / _PAGE[crm]))
    return min(pages, 2 + ceil(rows / _RESULTS)) if purposes["job"] else pages


def write_counts(crm: str, calls: Sequence[Call], updates: int, creates: int) -> list[Count]:
    """Updates with their stale check, and creates. Accounts whose owner changes too are written twice: two kinds."""
    made = Counter(purpose for stage, purpose, _ in calls if stage == "apply" and purpose in WRITTEN)
    size, looked = _WRITE[crm], _READ_BACK[crm]
    return [
        Count("update", updates, made["update"], ceil(updates / size)),
        Count("read back before it", updates, made["read back"], ceil(updates / looked)),
        Count("open tasks", creates, made["create"], ceil(creates / size)),
    ]


def others(calls: Sequence[Call], stages: Sequence[str]) -> dict[str, int]:
    """Calls outside pages and writes: fixed in number, whatever the size. By what they are for."""
    counted = {*PULLED, *WRITTEN}
    found = Counter(
        f"{purpose} {about}" if purpose == "page" else purpose
        for stage, purpose, about in calls
        if stage in stages
        and (purpose not in counted or about in _LISTED_IN_FULL or (stage == "apply" and purpose == "page"))
    )
    return dict(sorted(found.items()))


def ratio(counts: Sequence[Count]) -> float:
    """Calls made over the fewest possible."""
    return sum(one.calls for one in counts) / max(1, sum(one.fewest for one in counts))


def _said(purposes: Counter[str]) -> str:
    return ", ".join(f"{n} {purpose}" for purpose, n in purposes.items())
