"""Scope: which accounts are judged. The others are read and counted, and never written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from config.settings import Scope
from engine.conditions import satisfies
from engine.evidence import Evidence


def scoped(evidence: Evidence, scope: Scope) -> Evidence:
    """The evidence with the accounts in scope alone; acts on others count nowhere."""
    if not (scope.exclude_person_accounts or scope.record_types or scope.when):
        return evidence
    accounts = evidence.accounts
    rows = zip(*accounts.values(), strict=True)
    inside = np.fromiter((_inside(dict(zip(accounts, row, strict=True)), scope) for row in rows), np.bool_)
    if inside.all():
        return evidence
    return replace(evidence, accounts={name: column[inside] for name, column in accounts.items()})


def _inside(row: Mapping[str, Any], scope: Scope) -> bool:
    attributes: dict[str, Any] = json.loads(row["attributes"]) if row["attributes"] else {}
    if scope.exclude_person_accounts and attributes.get("person_account") is True:
        return False
    if scope.record_types and attributes.get("record_type") not in scope.record_types:
        return False
    return all(satisfies(name, row.get(name, attributes.get(name)), want) for name, want in scope.when.items())
