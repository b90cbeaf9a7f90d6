"""The calls around the records: versions, resource lists, limits, identity."""

from __future__ import annotations

from typing import Any, Final

from sandbox.salesforce.errors import Refusal
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.web import Answer, Call, ok

OLDEST, NEWEST = 31, 67
_SEASONS: Final = ("Spring", "Summer", "Winter")
_BULK_JOBS: Final = 10_000


def versions() -> list[dict[str, str]]:
    """``GET /services/data/``: the only REST answer that needs no login."""
    return [
        {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(OLDEST, NEWEST + 1)
    ]


def _label(number: int) -> str:
    season = _SEASONS[number % 3]
    year = 4 + (number + (3 if season == "Winter" else 0)) // 3  # 66 is Spring '26, 67 Summer '26, 68 Winter '27
    return f"{season} '{year:02d}"


def resources(call: Call) -> Answer:
    """``GET /services/data/vNN.0/``."""
    names = ("composite", "jobs", "limits", "metadata", "query", "queryAll", "search", "sobjects", "tooling")
    identity = f"{call.base}/id/{call.org.org_id}/{call.user_id}"
    return ok({name: f"{call.root}/{name}" for name in names} | {"identity": identity})


def limits_of(usage: Usage) -> Any:
    """The handler of ``GET /limits``."""

    def limits(call: Call) -> Answer:  # noqa: ARG001
        left = max(0, usage.limit - usage.used)
        return ok(
            {
                "ConcurrentAsyncGetReportInstances": _room(200, 200),
                "DailyApiRequests": _room(usage.limit, left),
                "DailyAsyncApexExecutions": _room(250_000, 250_000),
                "DailyBulkApiBatches": _room(15_000, 15_000),
                "DailyBulkV2QueryFileStorageMB": _room(976_562, 976_562),
                "DailyBulkV2QueryJobs": _room(_BULK_JOBS, _BULK_JOBS),
                "DataStorageMB": _room(10_240, 10_240),
                "FileStorageMB": _room(10_240, 10_240),
                "SingleEmail": _room(5_000, 5_000),
            },
        )

    return limits


def _room(most: int, left: int) -> dict[str, int]:
    return {"Max": most, "Remaining": left}


def record_count(call: Call) -> Answer:
    """``GET /limits/recordCount?sObjects=Account,Contact``."""
    asked = call.params.get("sObjects")
    names = asked.split(",") if asked else [each.name for each in call.view.entities()]
    rows = []
    for name in names:
        entity = call.view.entity(name.strip())
        if entity is not None:
            rows.append({"count": call.view.rows(entity).live, "name": entity.name})
    return ok({"sObjects": rows})


def identity(call: Call) -> Answer:
    """``GET /id/{org}/{user}``."""
    users = call.org.table("User")
    position = users.position(call.args["user"])
    if position < 0 or call.args["org"][:15] != call.org.org_id[:15]:
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
    rest = f"{call.base}/services/data/v{{version}}"
    return ok(
        {
            "id": f"{call.base}/id/{call.org.org_id}/{users.record_id(position)}",
            "asserted_user": users.record_id(position) == call.user_id,
            "user_id": users.record_id(position),
            "organization_id": call.org.org_id,
            "username": users.value(position, "Username"),
            "nick_name": users.value(position, "Alias"),
            "display_name": users.value(position, "Name"),
            "email": users.value(position, "Email"),
            "email_verified": True,
            "first_name": users.value(position, "FirstName"),
            "last_name": users.value(position, "LastName"),
            "timezone": users.value(position, "TimeZoneSidKey"),
            "urls": {
                "rest": rest + "/",
                "sobjects": rest + "/sobjects/",
                "query": rest + "/query/",
                "tooling_rest": rest + "/tooling/",
            },
            "active": users.value(position, "IsActive"),
            "user_type": "STANDARD",
            "language": users.value(position, "LanguageLocaleKey"),
            "locale": users.value(position, "LocaleSidKey"),
            "utcOffset": 0,
            "last_modified_date": users.value(position, "LastModifiedDate"),
        },
    )
