from __future__ import annotations

import click
import pytest

from sync.cli.explain import _find
from sync.snapshot import Snapshot
from tests.engine.worlds import World
from tests.fakes import MONDAY


@pytest.fixture
def snapshot() -> Snapshot:
    """A few accounts whose names and domains are easily taken for each other."""
    world = World()
    world.account("a1", name="My Acme", domains=["myacme.com"])
    world.account("a2", name="Acme", domains=["https://www.acme.com/about"])
    world.account("a3", name="Acme Labs", domains=["labs.acme.com", "acme.co.uk"])
    world.account("a4", name="Booking.com", domains=[])
    world.account("a5", name="Zeta Ltd", domains=["zeta.io"])
    world.account("a6", name=None, domains=[])
    return Snapshot(world.evidence(), MONDAY, 0, None, 1)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param("a3", "a3", id="an id"),
        pytest.param("acme.com", "a2", id="a domain, not one that ends like it"),
        pytest.param("ACME.co.uk", "a3", id="a second domain"),
        pytest.param("labs.acme.com", "a3", id="the very host comes before its family"),
        pytest.param("www.zeta.io", "a5", id="a host under a domain"),
        pytest.param("Acme", "a2", id="a whole name, though others start so"),
        pytest.param("  acme labs ", "a3", id="a name however it is written"),
        pytest.param("zet", "a5", id="the only name that starts so"),
        pytest.param("booking.com", "a4", id="a name that looks like a domain"),
        pytest.param("acme.org", None, id="a domain that nobody has"),
        pytest.param("nobody", None, id="nobody"),
    ],
)
def test_an_account_is_found_by_id_domain_or_name(snapshot: Snapshot, wanted: str, found: str | None) -> None:
    assert _find(snapshot, wanted) == found


def test_several_names_that_start_so_are_listed(snapshot: Snapshot) -> None:
    with pytest.raises(click.UsageError, match=r"2 accounts start with 'acm': Acme, Acme Labs"):
        _find(snapshot, "acm")
