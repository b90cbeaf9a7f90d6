"""Properties that move when others are written: completion dates, domains, owner dates, one-way stages."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.hubspot.catalog import LIFECYCLE, TO_DO
from sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, TASKS, ObjectKind
from sandbox.hubspot.moments import iso
from sandbox.hubspot.values import Clean

STAGE_ORDER = {name: at for at, name in enumerate(LIFECYCLE.split(","))}


def of_create(kind: ObjectKind, props: Mapping[str, str], now_ms: int) -> dict[str, str]:
    """Values that a new record gets by itself."""
    extra: dict[str, str | None] = {}
    if kind is COMPANIES and "domain" in props and "website" not in props:
        extra["website"] = props["domain"]
    if kind is CONTACTS:
        extra |= {"hs_is_contact": "true", "hs_is_unworked": "true", "hs_pipeline": "contacts-lifecycle-pipeline"}
        extra |= {"lifecyclestage": props.get("lifecyclestage", "lead"), "hs_all_contact_vids": props["hs_object_id"]}
    if kind is TASKS:
        extra |= {name: value for name, value in _TASK_DEFAULTS.items() if name not in props}
    extra |= of_update(kind, {}, {**extra, **props}, now_ms)
    return {name: value for name, value in extra.items() if value is not None}


_TASK_DEFAULTS = {"hs_task_status": "NOT_STARTED", "hs_task_priority": "NONE", "hs_task_type": TO_DO}


def of_update(kind: ObjectKind, before: Mapping[str, str], changes: Mapping[str, str | None], now_ms: int) -> Clean:
    """Values that follow from a change."""
    extra: Clean = {}
    if "hubspot_owner_id" in changes:
        owner = changes["hubspot_owner_id"]
        extra |= {"hubspot_owner_assigneddate": iso(now_ms) if owner else None, "hs_all_owner_ids": owner}
    if kind is CONTACTS and "email" in changes:
        email = changes["email"]
        extra["hs_email_domain"] = email.rpartition("@")[2] if email else None
    if kind is TASKS and "hs_task_status" in changes:
        done = changes["hs_task_status"] == "COMPLETED"
        extra |= {
            "hs_task_is_completed": "1" if done else "0",
            "hs_task_completion_date": iso(now_ms) if done else None,
        }
    if kind is DEALS and "dealstage" in changes:
        stage = changes["dealstage"]
        extra["hs_is_closed"] = "true" if stage in {"closedwon", "closedlost"} else "false"
        extra["hs_is_closed_won"] = "true" if stage == "closedwon" else "false"
        extra["hs_v2_date_entered_current_stage"] = iso(now_ms)
    if kind is COMPANIES and changes.get("domain") and not before.get("website") and "website" not in changes:
        extra["website"] = changes["domain"]
    return extra


def forward_only(changes: Clean, before: Mapping[str, str]) -> Clean:
    """The changes without a life-cycle step back, which is answered as a success and not carried out."""
    stage, held = changes.get("lifecyclestage"), before.get("lifecyclestage")
    if stage is None or held is None:
        return changes
    if STAGE_ORDER.get(stage, len(STAGE_ORDER)) >= STAGE_ORDER.get(held, -1):
        return changes
    return {name: value for name, value in changes.items() if name != "lifecyclestage"}
