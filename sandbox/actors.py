"""Other people in the org: orders to change records as somebody other than the client under test would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.frame import BadOrderError, Crm

DEEDS: Final = (
    "log_activity",
    "set_field",
    "close_task",
    "delete_record",
    "undelete",
    "merge",
    "deactivate_owner",
    "create_account",
    "add_token",
    "eat_budget",
)


def carry_out(crms: Mapping[str, Crm], order: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the order to the CRMs it names; returns what each says it did. Raises BadOrderError."""
    deed = order.get("do")
    if deed not in DEEDS:
        raise BadOrderError(f"'do' is one of {', '.join(DEEDS)}")
    asked = order.get("crm", "both")
    if asked != "both" and asked not in crms:
        raise BadOrderError(f"'crm' is both or one of {', '.join(crms)}")
    told = {key: value for key, value in order.items() if key != "crm"}
    return {name: crm.act(dict(told)) for name, crm in crms.items() if asked in {"both", name}}
