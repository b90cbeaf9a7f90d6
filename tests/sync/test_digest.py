from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.digest import canonical, digest, instant

leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.text())
trees = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=12)


def turned(value: Any) -> Any:
    """The same tree with its keys in another order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return [turned(item) for item in value] if isinstance(value, list) else value


@given(trees)
def test_equal_things_have_equal_bytes(value: Any) -> None:
    assert canonical(turned(value)) == canonical(value)
    assert digest(turned(value)) == digest(value)


def test_the_same_letters_are_the_same_text() -> None:
    assert canonical("Zu\u0308rich") == canonical("Z\u00fcrich") == '"Z\u00fcrich"'


def test_a_time_is_told_in_z_wherever_it_was_written() -> None:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)

    assert canonical(noon) == canonical(noon.astimezone(timezone(timedelta(hours=2)))) == '"2026-11-02T12:00:00Z"'


@pytest.mark.parametrize("value", [0.5, {1, 2}, object()], ids=["float", "set", "object"])
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        canonical([value])


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without zone"):
        instant(datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001
