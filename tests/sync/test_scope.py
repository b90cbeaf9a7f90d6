"""Scope: the accounts that are judged; the others stay as they are."""

import json
from typing import Any

import numpy as np
import pytest

from config.settings import Scope
from engine.evidence import Evidence
from sync.scope import scoped


def an_evidence(*rows: dict[str, Any]) -> Evidence:
    names = ("account_id", "country", "employees", "attributes")
    accounts = {name: np.array([row.get(name) for row in rows], dtype=object) for name in names}
    accounts["attributes"] = np.array([json.dumps(row.get("attributes", {})) for row in rows], dtype=object)
    return Evidence(0, None, accounts, {}, {}, {}, {}, {}, {}, {})  # type: ignore[arg-type]  # names are not asked


def ids(evidence: Evidence) -> list[str]:
    return list(evidence.accounts["account_id"])


WORLD = an_evidence(
    {"account_id": "a", "country": "DE", "employees": 400, "attributes": {"record_type": "Business"}},
    {"account_id": "b", "country": "US", "employees": 20, "attributes": {"record_type": "Business"}},
    {"account_id": "p", "country": "DE", "attributes": {"person_account": True, "record_type": "Person"}},
)


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        pytest.param(Scope(), ["a", "b"], id="people are left out by default"),
        pytest.param(Scope(exclude_person_accounts=False), ["a", "b", "p"], id="unless they are wanted"),
        pytest.param(Scope(exclude_person_accounts=False, record_types=("Person",)), ["p"], id="by record type"),
        pytest.param(Scope(when={"country": ["DE", "FR"]}), ["a"], id="by a list of values"),
        pytest.param(Scope(when={"employees": 100}), ["a"], id="by a least number"),
        pytest.param(Scope(when={"record_type": "business", "country": "US"}), ["b"], id="by attributes too"),
    ],
)
def test_the_scope_names_who_is_judged(scope: Scope, inside: list[str]) -> None:
    assert ids(scoped(WORLD, scope)) == inside


def test_a_scope_that_everybody_is_in_copies_nothing() -> None:
    world = an_evidence({"account_id": "a"})

    assert scoped(world, Scope()) is world
