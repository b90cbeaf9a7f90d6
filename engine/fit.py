"""Fit: who we want. A criterion yields a share in [0, 1] or nothing; fit is the weighted mean of what is known."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.accounts import Accounts
from engine.conditions import DATED, Days, event_of, is_unknown, same_text
from engine.curves import FULL, Ints, billionths, milli
from engine.facts import POINT
from engine.policy import Criterion, Policy, parse_band

UNKNOWN: Final = -1
Shares = NDArray[np.int64]  # [account, criterion] in billionths; UNKNOWN where nothing is known


def shares_of(view: Accounts, policy: Policy, days: Days) -> Shares:
    """What each criterion yields for each account as of its day."""
    columns = [share_of(view, criterion, days) for criterion in policy.fit.criteria]
    return np.stack(columns, axis=1) if columns else np.zeros((len(days), 0), dtype=np.int64)


def share_of(view: Accounts, criterion: Criterion, days: Days) -> Ints:
    """What one criterion yields, billionths."""
    if criterion.event is not None:
        return _event(view, criterion, days)
    if criterion.column in DATED:
        return _share(view, criterion, days)
    return view.kept(f"share {criterion.name}", lambda: _share(view, criterion, days))


def _share(view: Accounts, criterion: Criterion, days: Days) -> Ints:
    values = view.column(criterion.column, days)
    if criterion.bands is not None:
        return _bands(values, criterion.bands)
    if criterion.values is not None:
        return _texts(values, criterion.column, criterion.values)
    return _technologies(values, criterion)


def _event(view: Accounts, criterion: Criterion, days: Days) -> Ints:
    event = event_of(criterion.event or {})
    if event is None:
        return np.full(len(days), UNKNOWN, dtype=np.int64)
    topics, within = event
    age = days - view.newest(topics)
    share = np.where((age >= 0) & (age <= within), POINT, 0)
    return np.where(view.covered(topics), share, UNKNOWN).astype(np.int64)


def _bands(values: NDArray[Any], bands: dict[str, float]) -> Ints:
    numbers = _numbers(values)
    out = np.where(np.isnan(numbers), UNKNOWN, 0).astype(np.int64)
    for text, share in bands.items():
        low, high = parse_band(text)
        inside = (numbers >= (-np.inf if low is None else low)) & (numbers < (np.inf if high is None else high))
        out[inside] = billionths(share)
    return out


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    if values.dtype.kind in "ifb":
        return values.astype(np.float64)
    return np.array([_number(value) for value in values], dtype=np.float64)


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, (int, float, str)) else float("nan")
    except ValueError:
        return float("nan")


def _texts(values: NDArray[Any], column: str, wanted: dict[str, float]) -> Ints:
    """Best share among the listed values that apply; ``*`` is any other known value."""
    known: dict[object, int] = {}
    out = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values.tolist()):
        key = tuple(value) if isinstance(value, list) else value
        if key not in known:
            known[key] = _text(key, column, wanted)
        out[row] = known[key]
    return out


def _text(value: object, column: str, wanted: dict[str, float]) -> int:
    if is_unknown(value):
        return UNKNOWN
    each = value if isinstance(value, tuple) else (value,)
    named = [share for text, share in wanted.items() if text != "*" and any(same_text(column, v, text) for v in each)]
    return billionths(max(named)) if named else billionths(wanted.get("*", 0.0))


def _technologies(values: NDArray[Any], criterion: Criterion) -> Ints:
    known: dict[tuple[object, ...], int] = {}
    out = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        key = tuple(value) if isinstance(value, (list, tuple)) else ()
        if key not in known:
            known[key] = _stack(key, criterion)
        out[row] = known[key]
    return out


def _stack(has: tuple[object, ...], criterion: Criterion) -> int:
    """``has_any``: the best of those in use. ``has_all``: the least share if every one is in use, else 0."""
    if not has:
        return UNKNOWN
    names = {str(name).strip().casefold() for name in has}
    if criterion.has_all is not None:
        every = all(name.casefold() in names for name in criterion.has_all)
        return billionths(min(criterion.has_all.values())) if every and criterion.has_all else 0
    return _any_of(names, criterion.has_any or {})


def _any_of(names: set[str], wanted: dict[str, float]) -> int:
    found = [share for name, share in wanted.items() if name.casefold() in names]
    if "*" in wanted and names - {name.casefold() for name in wanted}:
        found.append(wanted["*"])
    return billionths(max(found, default=0.0))


def weights_of(policy: Policy) -> Ints:
    """Weights of the criteria in thousandths."""
    return np.array([milli(criterion.weight) for criterion in policy.fit.criteria], dtype=np.int64)


def known_weight(shares: Shares, policy: Policy) -> Ints:
    """Weight of the known criteria, thousandths, by account."""
    total: Ints = ((shares != UNKNOWN) * weights_of(policy)).sum(axis=1)
    return total


def fit_of(shares: Shares, policy: Policy) -> tuple[Ints, Ints]:
    """Fit (billionths, -1 where nothing is known) and known share (billionths), by account."""
    weight = known_weight(shares, policy)
    points = (np.maximum(shares, 0) * weights_of(policy)).sum(axis=1)
    fit = np.where(weight > 0, points * (FULL // POINT) // np.maximum(weight, 1), UNKNOWN)
    total = int(weights_of(policy).sum())
    known = weight * POINT // max(total, 1)
    return fit.astype(np.int64), known.astype(np.int64)
