"""Which CRMs a clause of the contract is about, where it is not about all."""

from __future__ import annotations

import pytest

_SLOW = {"salesforce", "hubspot"}


def over(*names: str) -> pytest.MarkDecorator:
    """The clause runs over these CRMs only."""
    params = [pytest.param(name, marks=pytest.mark.slow) if name in _SLOW else name for name in names]
    return pytest.mark.parametrize("house", params, indirect=True)


EVERYWHERE = over("fake", "files", "salesforce", "hubspot")
WITH_PEOPLE = over("fake", "salesforce", "hubspot")  # a folder has nobody in it who deletes, merges or leaves
OVER_HTTP = over("salesforce", "hubspot")
