"""The same world on two CRMs: the same tiers, scores, reasons, owners and tasks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.eyes import Sight
from tests.scenarios.town import Ended

pytestmark = pytest.mark.slow


def test_the_same_world_looks_the_same_on_both_crms(undisturbed: dict[str, Ended]) -> None:
    """Whichever CRM a team uses: what it is told of an account, and what it is asked to do, is the same."""
    # given one world in two CRMs, when both were brought in line at the same hour
    seen = {crm: ended.sight for crm, ended in undisturbed.items()}

    # then anybody sees the same, account by account and task by task
    assert len(seen["salesforce"].accounts) == 300
    assert accounts(seen["salesforce"]) == accounts(seen["hubspot"])
    assert len(tasks(seen["salesforce"])) > 20
    assert tasks(seen["salesforce"]) == tasks(seen["hubspot"])


def accounts(seen: Sight) -> dict[str, dict[str, Any]]:
    """Owner and our fields by world key. HubSpot also says when it was written: Salesforce has one setting for that."""
    return {
        key: {"owner": nobody(account.owner), **{name: account.fields.get(name) for name in account.fields}}
        | {"scored_at": None}
        for key, account in seen.accounts.items()
    }


def nobody(owner: str | None) -> str | None:
    """In Salesforce every account has an owner: what is nobody's stands in the name of the integration user."""
    return None if owner in ("integration@ours.com", "tierline@sandbox.example") else owner


def tasks(seen: Sight) -> list[tuple[Any, ...]]:
    """What every task asks of whom, and until when."""
    return sorted(
        (task.account, task.subject, task.due, task.assignee, task.contact or "", words(task.body))
        for task in seen.tasks
    )


def words(body: str) -> str:
    """A body without the line that names its key, as keys have the org in them."""
    return "\n".join(line for line in body.splitlines() if not line.startswith("Ref TL-"))
