"""API calls of one connection: predicted, counted, reserved, and held within our share of the org's day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from config.settings import Budget
from connectors.base import Usage
from connectors.errors import BudgetSpent


class CallBudget:
    """Counts our calls and refuses those beyond our share; ``spent_before`` are those of earlier runs today.

    Until the CRM has reported its daily limit only the count is known, and nothing is refused. Safe to share between
    threads.
    """

    def __init__(self, crm: str, limits: Budget, *, spent_before: int = 0) -> None:
        self._crm, self._limits, self._before = crm, limits, spent_before
        self._ours = 0
        self._reserved = 0
        self._share = limits.share_of_daily_quota
        self._org_used: int | None = None
        self._org_limit: int | None = None
        self._lock = RLock()

    def spend(self, n: int = 1, *, doing: str = "call the CRM") -> None:
        """Count ``n`` calls about to be made; ``BudgetSpent`` when they would pass our share or the org's stop."""
        with self._lock:
            self._refuse_beyond(n, doing)
            self._ours += n

    def count(self, n: int = 1) -> None:
        """Count ``n`` calls that must be made whatever they cost: log-ins, cleaning up."""
        with self._lock:
            self._ours += n

    def observe(self, org_used: int | None, org_limit: int | None) -> None:
        """Take in what the CRM says of the org's day; None leaves what was known."""
        with self._lock:
            self._org_used = self._org_used if org_used is None else org_used
            self._org_limit = self._org_limit if org_limit is None else org_limit

    @contextmanager
    def reserve(self, n: int, *, doing: str = "call the CRM") -> Iterator[Reservation]:
        """``n`` predicted calls set aside, so that work which cannot be finished today is not begun."""
        with self._lock:
            self._refuse_beyond(n, doing)
            held = Reservation(self, n)
            self._reserved += n
        try:
            yield held
        finally:
            held.release()

    @contextmanager
    def first_pull(self) -> Iterator[None]:
        """Within it the larger share for a first, full pull holds."""
        self._share = self._limits.first_pull_share
        try:
            yield
        finally:
            self._share = self._limits.share_of_daily_quota

    def left(self) -> int | None:
        """Calls that we may still make today; None while the org's limit is unknown."""
        with self._lock:
            ceiling = self._ceiling()
            return None if ceiling is None else max(0, ceiling - self._taken())

    def usage(self) -> Usage:
        """What we used in this process, and the org's day as last reported."""
        with self._lock:
            return Usage(self._ours, self._org_used, self._org_limit)

    def _take_reserved(self, n: int, used: int) -> None:
        with self._lock:
            self._reserved -= n
            self._ours += used

    def _taken(self) -> int:
        return self._before + self._ours + self._reserved

    def _ceiling(self) -> int | None:
        return None if self._org_limit is None else int(self._share * self._org_limit)

    def _refuse_beyond(self, n: int, doing: str) -> None:
        ceiling = self._ceiling()
        if ceiling is None or self._org_limit is None:
            return
        wanted = self._taken() + n
        if wanted > ceiling:
            raise BudgetSpent(
                self._crm,
                doing=doing,
                said=f"{wanted:,} calls would pass our share of {ceiling:,} of the org's {self._org_limit:,} a day",
                hint="wait for tomorrow, or raise the shares under budget in the config",
            )
        stop = int(self._limits.stop_at_org_use * self._org_limit)
        if self._org_used is not None and self._org_used + n > stop:
            raise BudgetSpent(
                self._crm,
                doing=doing,
                said=f"the org has used {self._org_used:,} of {self._org_limit:,} calls today; we stop at {stop:,}",
                hint="see who else calls the API, or raise budget.stop_at_org_use",
            )


class Reservation:
    """Calls set aside in a ``CallBudget``; what is not spent goes back."""

    def __init__(self, budget: CallBudget, n: int) -> None:
        self._budget, self._n = budget, n

    def spend(self, n: int = 1, *, doing: str = "call the CRM") -> None:
        """Use ``n`` of the calls set aside; beyond them the budget is asked as usual."""
        covered = min(n, self._n)
        self._n -= covered
        self._budget._take_reserved(covered, covered)  # noqa: SLF001 - the two are one thing
        if n > covered:
            self._budget.spend(n - covered, doing=doing)

    def release(self) -> None:
        """Give back what was not spent."""
        self._budget._take_reserved(self._n, 0)  # noqa: SLF001 - the two are one thing
        self._n = 0
