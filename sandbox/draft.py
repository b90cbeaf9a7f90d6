"""A growing table of activities: blocks of rows in, one sorted columnar table out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sandbox.world import CRM_KINDS, INBOUND, KIND_CODE, KINDS, NO_DIRECTION, OUTBOUND, Activities, Int64

PAGES: Final = (
    "/",
    "/product",
    "/pricing",
    "/pricing/enterprise",
    "/demo",
    "/customers/northwind",
    "/customers",
    "/docs/getting-started",
    "/docs/api",
    "/blog/forecasting",
    "/blog/pipeline",
    "/careers",
    "/careers/engineer",
    "/legal/privacy",
)
URLS: Final = tuple(f"https://www.ours.com{page}" for page in PAGES)
URL_CODE: Final = {page: code for code, page in enumerate(PAGES)}
SUBJECTS: Final = (
    "Intro call",
    "Follow-up",
    "Discovery",
    "Product walkthrough",
    "Pricing questions",
    "Quarterly review",
    "Checking in",
    "Next steps",
    "Re: Next steps",
    "Re: Pricing",
    "Newsletter: what is new",
    "Invitation: webinar on pipeline health",
    "Five ways to forecast better",
    "Send the deck",
    "Research the account",
    "Prepare the renewal",
)
SUBJECT_CODE: Final = {subject: code for code, subject in enumerate(SUBJECTS)}

_DIRECTION: Final = {
    "call_connected": OUTBOUND,
    "call_attempted": OUTBOUND,
    "email_sent": OUTBOUND,
    "email_automated": OUTBOUND,
    "meeting_held": NO_DIRECTION,
    "meeting_no_show": NO_DIRECTION,
    "meeting_scheduled": NO_DIRECTION,
}
DIRECTION_OF: Final = tuple(_DIRECTION.get(kind, INBOUND) for kind in KINDS)
IN_CRM: Final = np.array([kind in CRM_KINDS for kind in KINDS])

_COLUMNS: Final[dict[str, type]] = {
    "kind": np.int8,
    "occurred_at": np.int64,
    "logged_at": np.int64,
    "contact": np.int32,
    "account": np.int32,
    "actor": np.int32,
    "direction": np.int8,
    "automated": np.bool_,
    "done": np.bool_,
    "duration_s": np.int32,
    "url": np.int32,
    "subject": np.int32,
    "visitor": np.int32,
}
_ABSENT: Final = {"contact": -1, "account": -1, "actor": -1, "url": -1, "subject": -1, "visitor": -1}

Column = int | NDArray[np.int8] | NDArray[np.int32] | NDArray[np.int64] | NDArray[np.bool_]


class Draft:
    """Collects blocks of rows; values that are one number hold for the whole block."""

    def __init__(self) -> None:
        self._blocks: list[dict[str, NDArray[np.generic]]] = []
        self._visitors: dict[str, int] = {}

    def add(self, kind: str, at: Int64, **columns: Column) -> None:
        """Adds ``len(at)`` rows of one kind; absent columns take their usual value."""
        if not len(at):
            return
        given: dict[str, Column] = {
            "kind": KIND_CODE[kind],
            "occurred_at": at,
            "logged_at": at,
            "direction": DIRECTION_OF[KIND_CODE[kind]],
            "automated": int(kind == "email_automated"),
            "done": 1,
            "duration_s": 0,
            **_ABSENT,
            **columns,
        }
        self._blocks.append(
            {name: np.broadcast_to(np.asarray(given[name], dtype), at.shape) for name, dtype in _COLUMNS.items()}
        )

    def visitor(self, who: str) -> int:
        """The code of an e-mail address or domain that no CRM knows."""
        return self._visitors.setdefault(who, len(self._visitors))

    def rows(self, kinds: Iterable[str]) -> int:
        """How many rows of these kinds there are so far."""
        codes = {KIND_CODE[kind] for kind in kinds}
        return sum(len(block["kind"]) for block in self._blocks if int(block["kind"][0]) in codes)

    def finish(self) -> Activities:
        """All rows, sorted by when they were logged."""
        whole = {
            name: np.concatenate([block[name] for block in self._blocks]) if self._blocks else np.empty(0, dtype)
            for name, dtype in _COLUMNS.items()
        }
        order = np.argsort(whole["logged_at"], kind="stable")
        table = {name: values[order] for name, values in whole.items()}
        return Activities(
            **table,
            in_crm=IN_CRM[table["kind"]],
            urls=URLS,
            subjects=SUBJECTS,
            visitors=tuple(self._visitors),
        )
