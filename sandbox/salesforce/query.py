"""Query and queryAll: answers page by page, behind locators that expire."""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from sandbox.salesforce.errors import Refusal
from sandbox.salesforce.org import Org
from sandbox.salesforce.web import Answer, Call, ok
from sandbox.soql.ids import Positions, checksum
from sandbox.soql.projection import Tree, render
from sandbox.soql.run import Result, run

PAGE: Final = 2_000
_SMALLEST_PAGE: Final = 200
_TWO_DAYS_S: Final = 2 * 86_400
_MOST_CURSORS: Final = 500  # kept at once; the oldest go first, as if they had expired


@dataclass(frozen=True, slots=True)
class Cursor:
    """An open query: whose, what, and the rows that it found."""

    user_id: str
    tree: Tree
    positions: Positions
    deleted: bool
    page: int
    opened_at: float


class Queries:
    """The open queries of the org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()
        self._opened = 0
        self._dice = random.Random(7)

    def clear(self) -> None:
        """Closes all."""
        self._cursors.clear()

    def query(self, call: Call) -> Answer:
        """``GET /query?q=`` and ``GET /queryAll?q=``."""
        text = call.params.get("q")
        if text is None:
            raise Refusal(400, "MALFORMED_QUERY", "A query string has to be specified")
        if text.startswith("0r8") and " " not in text:
            return self._page(call, text)
        deleted = call.path.rstrip("/").lower().endswith("queryall")
        return ok(self.first(call, run(call.view, text, deleted=deleted), deleted=deleted))

    def more(self, call: Call) -> Answer:
        """``GET /query/<locator>-<offset>``; without an offset the second page."""
        return self._page(call, call.args["locator"])

    def first(self, call: Call, result: Result, *, deleted: bool = False) -> dict[str, Any]:
        """The first page of a result."""
        if result.groups is not None:
            return {"totalSize": result.total, "done": True, "records": result.groups}
        if result.tree is None:
            return {"totalSize": result.total, "done": True, "records": []}
        size = self._page_size(call)
        if result.total <= size:
            records = self._records(call, result.tree, result.positions, deleted=deleted)
            return {"totalSize": result.total, "done": True, "records": records}
        now = self._org.clock.seconds()
        cursor = Cursor(call.user_id, result.tree, result.positions, deleted, size, now)
        locator = self._keep(cursor)
        return self._shown(call, cursor, locator, 0)

    def _page_size(self, call: Call) -> int:
        asked = call.headers.get("sforce-query-options", "")
        size = PAGE
        for option in asked.split(","):
            name, _, value = option.partition("=")
            if name.strip().lower() == "batchsize" and value.strip().isdigit():
                size = min(PAGE, max(_SMALLEST_PAGE, int(value)))
        smaller = self._org.switch("small_random_pages", default=False)
        return self._dice.randint(max(1, size // 10), size) if smaller else size

    def _keep(self, cursor: Cursor) -> str:
        self._opened += 1
        fifteen = f"0r8Hs{self._opened:010d}"
        locator = fifteen + checksum(fifteen)
        self._cursors[locator] = cursor
        while len(self._cursors) > _MOST_CURSORS:
            self._cursors.popitem(last=False)
        return locator

    def _page(self, call: Call, text: str) -> Answer:
        locator, _, offset = text.partition("-")
        cursor = self._cursors.get(locator)
        lifetime = self._org.options.limit("salesforce.cursor_s", _TWO_DAYS_S)
        stale = cursor is None or self._org.clock.seconds() - cursor.opened_at > lifetime
        if cursor is None or stale or cursor.user_id != call.user_id or not (offset or "0").isdigit():
            raise _bad_locator()
        start = int(offset) if offset else cursor.page
        if start >= len(cursor.positions):
            raise _bad_locator()
        return ok(self._shown(call, cursor, locator, start))

    def _shown(self, call: Call, cursor: Cursor, locator: str, start: int) -> dict[str, Any]:
        size = self._page_size(call) if self._org.switch("small_random_pages", default=False) else cursor.page
        end = start + size
        records = self._records(call, cursor.tree, cursor.positions[start:end], deleted=cursor.deleted)
        answer: dict[str, Any] = {"totalSize": len(cursor.positions), "done": end >= len(cursor.positions)}
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"{call.root}/query/{locator}-{end}"
        answer["records"] = records
        return answer

    def _records(self, call: Call, tree: Tree, at: Positions, *, deleted: bool) -> list[dict[str, Any]]:
        if not deleted:  # a row deleted since the query ran is no longer shown
            table = call.view.rows(tree.entity)
            at = at[~table.dead_among(at)]
        return render(call.view, tree, at, f"{call.root}/sobjects/")


def _bad_locator() -> Refusal:
    return Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
