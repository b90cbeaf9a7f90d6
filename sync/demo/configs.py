"""Configs for a running sandbox: the starter with its login, its field names, and the outside files."""

from __future__ import annotations

import io
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sync.children import Sandbox

_SALESFORCE_MAPPING: dict[str, Any] = {
    "accounts": {
        "tech": "Tech_Stack__c",
        "lifecycle": {
            "field": "Type",
            "values": {
                "Prospect": "prospect",
                "Customer": "customer",
                "Former Customer": "former",
                "Partner": "partner",
                "Competitor": "competitor",
            },
        },
        "arr": "ARR__c",
        "health": "Health__c",
        "adoption": "Adoption__c",
        "renewal_at": "Renewal_Date__c",
        "potential": "Potential__c",
        "strategic": "Strategic__c",
    },
    "contacts": {"role": "Buying_Role__c", "seniority": "Seniority__c"},
    "activities": {"meeting_outcome": "Meeting_Outcome__c"},
    "owners": {"away_from": "Out_Of_Office_From__c", "away_until": "Out_Of_Office_Until__c"},
    "attributes": {"world_key": "World_Key__c"},
    "fields": "full",
}
_HUBSPOT_MAPPING: dict[str, Any] = {
    "accounts": {
        "tech": "tech_stack",
        "lifecycle": "account_status",
        "country": "country_code",
        "arr": "arr",
        "health": "health_score",
        "adoption": "adoption",
        "renewal_at": "renewal_date",
        "potential": "expansion_potential",
        "strategic": "strategic",
    },
    "contacts": {"seniority": "seniority", "call_opt_out": "call_opt_out"},
    "attributes": {"world_key": "world_key"},
    "fields": "full",
}
_SIGNALS: list[dict[str, Any]] = [
    {
        "name": "web",
        "path": "signals/web.*",
        "id": "id",
        "email": "email",
        "account_domain": "domain",
        "kind": "kind",
        "url": "url",
        "occurred_at": "occurred_at",
    },
    {
        "name": "intent",
        "path": "signals/intent.*",
        "id": "row_id",
        "account_domain": "domain",
        "topic": "topic",
        "strength": "strength",
        "family_column": "family",
        "source_column": "source",
        "occurred_at": "seen_on",
    },
]
_POOLS = {
    "account-executives": {"team": "Mid-Market"},
    "sdrs": {"team": "Sales Development"},
    "customer-success": {"team": "Customer Success"},
}


def write_config(path: Path, crm: str, sandbox: Sandbox) -> Path:
    """A config for one of the sandbox's CRMs, beside the folder ``signals`` of its world."""
    yaml = YAML(typ="rt")
    yaml.width = 200
    tree = yaml.load(resources.files("config.starter").joinpath(f"{crm}.yaml").read_text())
    tree["connections"] = [_connection(crm, sandbox, path.parent)]
    tree["mapping"] = _SALESFORCE_MAPPING if crm == "salesforce" else _HUBSPOT_MAPPING
    tree["signals"] = _SIGNALS
    tree["state"] = f"sqlite:///{path.parent / crm}.db"
    tree["replica"] = str(path.parent / f"{crm}-replica")
    tree["runs"] = str(path.parent / "runs")
    tree["policy"]["identity"]["integration_users"] = ["integration@ours.com"]
    tree["motion"]["pools"] = _POOLS
    tree["motion"]["owner"]["placeholders"] = ["integration@ours.com", "tierline@sandbox.example"]
    text = io.StringIO()
    yaml.dump(tree, text)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def _connection(crm: str, sandbox: Sandbox, folder: Path) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": crm, "crm": crm, "base_url": sandbox.url}
    if crm == "hubspot":
        (folder / "hubspot.token").write_text(sandbox.hubspot["token"])
        (folder / "hubspot.token").chmod(0o600)
        return {**plain, "auth": {"method": "token", "token": "file:hubspot.token"}, "search_lag": "0s"}
    return {
        **plain,
        "auth": {
            "method": "jwt",
            "username": sandbox.salesforce["username"],
            "consumer_key": sandbox.salesforce["consumer_key"],
            "private_key": f"file:{sandbox.salesforce['private_key_file']}",
        },
    }
