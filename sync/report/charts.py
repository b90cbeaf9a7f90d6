"""Charts as Vega-Lite specifications: data, written by us and drawn by the vendored scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_PALETTE = ("#1f5fa8", "#2f9e8f", "#8ab17d", "#c9c9c9", "#8d8d8d", "#b5485d", "#e0a458", "#9c7bb5")
_BIN = 5
_ROW = 20  # pixels; a height in steps makes Vega-Lite warn about the width that fits
_ABOVE = 1.2  # room over the highest column, for the names of the entry bars


def _chart(title: str, values: list[dict[str, Any]], **rest: Any) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "title": {"text": title, "anchor": "start", "fontSize": 14},
        "data": {"values": values},
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"view": {"stroke": None}, "axis": {"grid": False, "labelFontSize": 12, "titleFontSize": 12}},
        **rest,
    }


def tier_distribution(tiers: Sequence[str], found: Iterable[str]) -> dict[str, Any]:
    """Accounts in each tier, best tier first; tiers without accounts are shown too."""
    counts = Counter(found)
    values = [{"tier": tier, "accounts": counts[tier]} for tier in tiers]
    y = {"field": "tier", "type": "nominal", "sort": list(tiers), "title": None, "axis": {"labelLimit": 200}}
    x = {"field": "accounts", "type": "quantitative", "title": "accounts"}
    scale = {"domain": list(tiers), "range": list(_PALETTE[: len(tiers)])}
    bar = {"mark": "bar", "encoding": {"color": {"field": "tier", "scale": scale, "legend": None}}}
    text = {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "accounts"}}}
    return _chart("Accounts by tier", values, height=_ROW * len(values), encoding={"x": x, "y": y}, layer=[bar, text])


def score_histogram(scores: Iterable[int | None], bars: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Accounts by score in steps of 5, with the entry bar of each tier."""
    counts = Counter(min(score, 99) // _BIN * _BIN for score in scores if score is not None)
    values = [{"from": low, "to": low + _BIN, "accounts": counts[low]} for low in range(0, 100, _BIN)]
    scale = {"domain": [0, 100]}
    x = {
        "field": "from",
        "type": "quantitative",
        "bin": {"binned": True, "step": _BIN},
        "title": "score",
        "scale": scale,
    }
    top = {"domainMax": max([1, *counts.values()]) * _ABOVE, "nice": False}
    y = {"field": "accounts", "type": "quantitative", "title": "accounts", "scale": top, "axis": {"tickMinStep": 1}}
    columns = {"mark": {"type": "bar", "color": _PALETTE[0]}, "encoding": {"x": x, "x2": {"field": "to"}, "y": y}}
    at = {"field": "bar", "type": "quantitative"}
    marks = {"values": [{"tier": f"{name}: {bar}", "bar": bar} for name, bar in bars]}
    rule = {"mark": {"type": "rule", "strokeDash": [4, 3]}, "data": marks, "encoding": {"x": at}}
    label = {"x": at, "text": {"field": "tier"}, "y": {"value": 8}}
    words = {"mark": {"type": "text", "align": "left", "dx": 3, "fontSize": 11}, "data": marks, "encoding": label}
    return _chart("Accounts by score, with the entry bars", values, height=180, layer=[columns, rule, words])


def movement(found: Iterable[str]) -> dict[str, Any]:
    """Accounts by how this run moved them."""
    order = ("baseline", "entered", "rose", "fell", "stays")
    counts = Counter(found)
    values = [{"movement": name, "accounts": counts[name]} for name in order]
    y = {"field": "movement", "type": "nominal", "sort": list(order), "title": None}
    x = {"field": "accounts", "type": "quantitative", "title": "accounts"}
    bar = {"mark": {"type": "bar", "color": _PALETTE[1]}}
    text = {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "accounts"}}}
    return _chart(
        "Movement in this run", values, height=_ROW * len(values), encoding={"x": x, "y": y}, layer=[bar, text]
    )


def changes(found: dict[str, int]) -> dict[str, Any]:
    """What this run changes, by kind."""
    values = [{"change": name, "count": count} for name, count in found.items()]
    y = {"field": "change", "type": "nominal", "sort": list(found), "title": None, "axis": {"labelLimit": 200}}
    x = {"field": "count", "type": "quantitative", "title": "changes"}
    bar = {"mark": {"type": "bar", "color": _PALETTE[6]}}
    text = {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "count"}}}
    return _chart(
        "Changes of this run", values, height=_ROW * len(values), encoding={"x": x, "y": y}, layer=[bar, text]
    )
