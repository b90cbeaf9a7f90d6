"""The account itself: details, usage, token information, owners and pipelines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.hubspot.call import Answer, Call, record_id
from sandbox.hubspot.catalog import STAGES
from sandbox.hubspot.errors import invalid, no_credentials, not_found
from sandbox.hubspot.kinds import DEALS
from sandbox.hubspot.moments import iso

MAX_OWNERS = 500
PROBABILITY = {
    "qualification": "0.1",
    "discovery": "0.3",
    "proposal": "0.5",
    "negotiation": "0.8",
    "closedwon": "1.0",
    "closedlost": "0.0",
}


def details(call: Call) -> Answer:
    """GET /account-info/.../details."""
    switches = call.portal.switches
    local = datetime.fromtimestamp(call.portal.now_ms() / 1000, ZoneInfo(switches.time_zone))
    offset = local.utcoffset()
    seconds = int(offset.total_seconds()) if offset is not None else 0
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    body = {
        "portalId": switches.portal_id,
        "accountType": "STANDARD",
        "timeZone": switches.time_zone,
        "companyCurrency": switches.currency,
        "additionalCurrencies": [],
        "utcOffset": f"{sign}{minutes // 60:02d}:{minutes % 60:02d}",
        "utcOffsetMilliseconds": seconds * 1000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return Answer(200, body)


def daily_usage(call: Call) -> Answer:
    """GET /account-info/.../api-usage/daily/private-apps."""
    now_ms, limits = call.portal.now_ms(), call.portal.limits
    row = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limits.daily,
        "currentUsage": limits.used_today,
        "collectedAt": iso(now_ms),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso(int(limits.resets_at(now_ms).timestamp() * 1000)),
    }
    return Answer(200, {"results": [row]})


def token_info(call: Call) -> Answer:
    """POST /oauth/v2/private-apps/get/access-token-info."""
    found = call.portal.tokens.find(str(call.body().get("tokenKey") or ""))
    if found is None:
        raise no_credentials()
    body = {
        "userId": found.user_id,
        "hubId": call.portal.switches.portal_id,
        "appId": found.app_id,
        "scopes": sorted(found.scopes),
    }
    return Answer(200, body)


def list_owners(call: Call) -> Answer:
    """GET /owners: live ones, or archived ones alone."""
    call.demand(("crm.objects.owners.read",))
    limit = call.whole("limit", 100, MAX_OWNERS)
    text = call.query.get("after") or "0"
    after = record_id(text)
    if after is None:
        raise invalid(f"Invalid paging cursor: {text}")
    rows = call.portal.owners.listed(archived=call.flag("archived"), email=call.query.get("email"), after=after)
    body: dict[str, Any] = {"results": [row.as_json() for row in rows[:limit]]}
    if len(rows) > limit:
        cursor = str(rows[limit].id)
        body["paging"] = {"next": {"after": cursor, "link": call.link(cursor)}}
    return Answer(200, body)


def read_owner(call: Call) -> Answer:
    """GET /owners/{id}, by owner id or by user id."""
    call.demand(("crm.objects.owners.read",))
    number = record_id(call.parts[0])
    owners, by_user = call.portal.owners, call.query.get("idProperty") == "userId"
    if number is None:
        raise not_found(call.parts[0])
    found = owners.by_user(number) if by_user else owners.by_id.get(number)
    if found is None or found.archived != call.flag("archived"):
        raise not_found(call.parts[0])
    return Answer(200, found.as_json())


def list_pipelines(call: Call) -> Answer:
    """GET /pipelines/deals: the one sales pipeline."""
    call.demand(DEALS.read)
    if call.kind() is not DEALS:
        return Answer(200, {"results": []})
    born = iso(int(datetime(1970, 1, 1, tzinfo=UTC).timestamp() * 1000))
    stages = [
        {
            "label": label,
            "displayOrder": at,
            "metadata": {"isClosed": str(name.startswith("closed")).lower(), "probability": PROBABILITY[name]},
            "id": name,
            "createdAt": born,
            "updatedAt": born,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "archived": False,
        }
        for at, (name, label) in enumerate(STAGES.items())
    ]
    pipeline = {"label": "Sales Pipeline", "displayOrder": 0, "id": "default", "stages": stages}
    pipeline |= {"createdAt": born, "updatedAt": born, "archived": False}
    return Answer(200, {"results": [pipeline]})
