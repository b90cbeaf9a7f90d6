"""The one summary that every run ends with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync.record import Run
from sync.render.labels import counted

_WORDS = (
    ("read", "rows read"),
    ("matched", "people matched"),
    ("ambiguous", "ambiguous"),
    ("scored", "accounts scored"),
    ("unchanged", "unchanged"),
    ("updated", "updated"),
    ("cleared", "fields cleared"),
    ("owners_moved", "owners set"),
    ("tasks_opened", "tasks opened"),
    ("tasks_updated", "tasks updated"),
    ("tasks_withdrawn", "tasks withdrawn"),
    ("held", "held"),
    ("stale", "stale"),
    ("rejected", "rejected"),
    ("unknown", "unknown"),
    ("left", "left for the next run"),
)
_NOUNS = frozenset({"rows", "accounts", "fields", "owners", "tasks"})
_ALWAYS = frozenset({"read", "scored", "updated", "tasks_opened", "rejected"})


def _told(count: int, words: str) -> str:
    """``1 task opened``, ``2 tasks opened``."""
    first, _, rest = words.partition(" ")
    noun = (
        first.removesuffix("s")
        if count == 1 and first in _NOUNS
        else "person"
        if (count, first) == (1, "people")
        else first
    )
    return f"{count:,} {noun} {rest}".rstrip()


def summary_lines(run: Run, folder: Path | None = None) -> Iterator[str]:
    """A run in a few lines; zeros are told only where people look for them."""
    mode = "live" if run.live else "dry"
    yield f"Run {run.run} on {run.connection}: {run.state} ({mode}, {run.duration_s:.0f} s by the CRM's clock)"
    counts = [(getattr(run.counts, name), words, name) for name, words in _WORDS]
    told = [_told(count, words) for count, words, name in counts if count or name in _ALWAYS]
    for start in range(0, len(told), 5):
        yield "  " + " · ".join(told[start : start + 5])
    budget = f" of {run.counts.api_budget:,} a day" if run.counts.api_budget else ""
    yield f"  {counted(run.counts.api_calls, 'API call')}{budget}"
    for reject in run.rejects[:5]:
        yield f"  x {reject.kind} {reject.record}: {reject.outcome}, {reject.said} {reject.code}".rstrip()
    if len(run.rejects) > 5:
        yield f"  and {len(run.rejects) - 5:,} more in rejects.csv"
    for incident in run.incidents:
        yield f"  !! {incident.code} {incident.account_id}: {incident.said}"
    if run.error:
        yield f"  stopped: {run.error}"
    if folder is not None:
        yield f"  artefacts in {folder}"
