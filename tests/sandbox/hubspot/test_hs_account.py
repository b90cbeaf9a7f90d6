"""Tokens, scopes, account details, owners, users and the three rate limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

COMPANIES = "/crm/v3/objects/companies"
SEARCH = f"{COMPANIES}/search"


@pytest.mark.parametrize("header", [None, "Bearer nobody", "Basic abc", "Bearer"])
def test_no_known_token_is_401(house: Any, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}

    answer = house.session.get(house.url + COMPANIES, headers=headers, timeout=10)

    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"
    assert answer.json()["message"].startswith("Authentication credentials not found. This API supports OAuth 2.0")


def test_an_expired_token_says_since_when(house: Any) -> None:
    house.crm.act({"do": "add_token", "token": "short", "app": "other", "expires_in_s": 60})
    assert house.call("GET", COMPANIES, token="short").status_code == 200
    house.clock.advance(135)

    answer = house.call("GET", COMPANIES, token="short")

    assert answer.status_code == 401
    assert answer.json()["message"] == "The OAuth token used to make this call expired 75 second(s) ago."
    assert answer.json()["category"] == "EXPIRED_AUTHENTICATION"
    assert answer.json()["context"] == {"expire time": ["2026-11-02T09:01:00.000Z"]}


def test_every_token_can_be_ended_and_a_clear_brings_the_first_back(house: Any) -> None:
    assert house.crm.expire_sessions() == 1
    assert house.get(COMPANIES).status_code == 401

    house.crm.clear()

    assert house.get(COMPANIES).status_code == 200


@pytest.mark.parametrize("wording", [1, 2])
def test_a_missing_scope_is_403_in_both_wordings(open_house: Callable[..., Any], wording: int) -> None:
    house = open_house(scope_wording=wording)
    house.crm.act({"do": "add_token", "token": "reader", "scopes": ["crm.objects.companies.read"]})

    assert house.call("GET", COMPANIES, token="reader").status_code == 200
    answer = house.call("POST", COMPANIES, {"properties": {"name": "x"}}, token="reader")
    tasks = house.call("GET", "/crm/v3/objects/tasks", token="reader")

    body = answer.json()
    assert (answer.status_code, body["category"], tasks.status_code) == (403, "MISSING_SCOPES", 403)
    part = body["errors"][0]["context"] if wording == 1 else body["context"]
    assert part["requiredGranularScopes"] == ["crm.objects.companies.write"]


@pytest.mark.parametrize("path", ["/account-info/v3/details", "/account-info/2026-09/details/"])
def test_account_details(house: Any, path: str) -> None:
    body = house.ok("GET", path)

    assert (body["portalId"], body["timeZone"], body["companyCurrency"]) == (44_237_313, "US/Eastern", "USD")
    assert (body["utcOffset"], body["utcOffsetMilliseconds"]) == ("-05:00", -18_000_000)


def test_a_token_can_be_asked_about(house: Any) -> None:
    body = house.ok("POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": house.token})

    assert (body["hubId"], body["appId"]) == (44_237_313, 19_083_857)
    assert "crm.objects.companies.write" in body["scopes"]


def test_every_answer_has_its_correlation_id(house: Any) -> None:
    ids = {
        house.get(path).headers["x-hubspot-correlation-id"] for path in (COMPANIES, "/crm/v3/objects/x", "/crm/v3/y")
    }

    assert len(ids) == 3


# ---- owners and users -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/crm/v3/owners", "/crm/v3/owners/", "/crm/owners/2026-09"])
def test_owners_come_in_pages_archived_ones_apart(house: Any, path: str) -> None:
    first = house.ok("GET", path, limit=1)
    second = house.ok("GET", path, limit=1, after=first["paging"]["next"]["after"])
    archived = house.ok("GET", path, archived=True)["results"]

    assert [first["results"][0]["id"], second["results"][0]["id"]] == [house.id_of("O001"), house.id_of("O002")]
    assert "paging" not in second
    assert second["results"][0]["teams"][0]["name"] == "East"
    assert [(row["id"], row["userId"]) for row in archived] == [(house.id_of("O003"), None)]
    assert archived[0]["userIdIncludingInactive"] > 0


def test_an_owner_is_read_by_either_id(house: Any) -> None:
    row = house.ok("GET", f"/crm/v3/owners/{house.id_of('O002')}")

    assert house.ok("GET", f"/crm/v3/owners/{row['userId']}", idProperty="userId") == row
    assert house.get("/crm/v3/owners/1").status_code == 404


def test_a_leaver_is_archived_but_stays_on_records(house: Any) -> None:
    house.crm.act({"do": "deactivate_owner", "owner": "O002"})

    row = house.ok("GET", f"{COMPANIES}/{house.id_of('A000001')}", properties="hubspot_owner_id")
    assert row["properties"]["hubspot_owner_id"] == house.id_of("O002")
    live = {owner["id"] for owner in house.ok("GET", "/crm/v3/owners")["results"]}
    assert house.id_of("O002") not in live
    refused = house.post(COMPANIES, {"properties": {"name": "x", "hubspot_owner_id": house.id_of("O002")}})
    assert refused.status_code == 400


def test_users_have_zone_hours_and_absences(house: Any) -> None:
    names = "hs_standard_time_zone,hs_working_hours,hs_out_of_office_hours,hs_internal_user_id"
    row = house.ok("GET", "/crm/v3/objects/users", properties=names)["results"][1]["properties"]

    assert row["hs_standard_time_zone"] == "America/New_York"
    assert row["hs_working_hours"] == '[{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1020}]'
    assert row["hs_out_of_office_hours"] == '[{"startTimestamp":1793610000000,"endTimestamp":1793696400000}]'
    owner = house.ok("GET", f"/crm/v3/owners/{house.id_of('O002')}")
    assert row["hs_internal_user_id"] == str(owner["userId"])


# ---- limits ---------------------------------------------------------------------------------------------------------
def test_the_burst_limit_is_per_token_and_rolls(open_house: Callable[..., Any]) -> None:
    house = open_house(limits_on=True)
    house.options.limits["hubspot.burst"] = 3
    house.crm.act({"do": "add_token", "token": "other"})
    answers = [house.get(COMPANIES) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-hubspot-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    body = answers[3].json()
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert (body["policyName"], body["errorType"]) == ("TEN_SECONDLY_ROLLING", "RATE_LIMIT")
    assert "Retry-After" not in answers[3].headers
    assert house.call("GET", COMPANIES, token="other").status_code == 200
    house.clock.advance(10)
    assert house.get(COMPANIES).status_code == 200


def test_headers_of_a_plain_call_and_of_a_search(open_house: Callable[..., Any]) -> None:
    house = open_house(limits_on=True)

    plain, found = house.get(COMPANIES).headers, house.post(SEARCH, {}).headers

    names = {name for name in plain if name.startswith("x-hubspot-ratelimit")}
    assert {name.removeprefix("x-hubspot-ratelimit-") for name in names} == {
        "daily",
        "daily-remaining",
        "interval-milliseconds",
        "max",
        "remaining",
        "secondly",
        "secondly-remaining",
    }
    assert (plain["x-hubspot-ratelimit-max"], plain["x-hubspot-ratelimit-secondly"]) == ("190", "19")
    searching = {name for name in found if name.startswith("x-hubspot-ratelimit")}
    assert searching == {"x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining"}


@pytest.mark.parametrize("wording", ["policy", "category"])
def test_searches_are_limited_per_account_and_second(open_house: Callable[..., Any], wording: str) -> None:
    house = open_house(limits_on=True, search_429=wording)
    house.crm.act({"do": "add_token", "token": "other"})
    tokens = [house.token, "other"] * 3

    answers = [house.call("POST", SEARCH, {}, token=token) for token in tokens]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    body = answers[-1].json()
    assert body["message"] == "You have reached your secondly limit."
    if wording == "policy":
        assert body["policyName"] == "SECONDLY"
    else:
        assert set(body) == {"status", "message", "correlationId", "category"}
        assert body["category"] == "RATE_LIMITS"
    house.clock.advance(1)
    assert house.post(SEARCH, {}).status_code == 200


def test_the_day_ends_at_midnight_of_the_account(open_house: Callable[..., Any]) -> None:
    house = open_house(limits_on=True)
    house.crm.act({"do": "eat_budget", "calls": 624_999})
    assert house.get(COMPANIES).headers["x-hubspot-ratelimit-daily-remaining"] == "0"

    refused = house.get(COMPANIES)
    assert (refused.status_code, refused.json()["policyName"]) == (429, "DAILY")
    house.clock.advance(19 * 3600 + 3590)  # 04:59:50 UTC is 23:59:50 in New York
    assert house.get(COMPANIES).status_code == 429
    house.clock.advance(20)
    assert house.get(COMPANIES).status_code == 200


def test_usage_of_the_day_can_be_read(open_house: Callable[..., Any]) -> None:
    house = open_house(limits_on=True)
    house.get(COMPANIES)

    row = house.ok("GET", "/account-info/v3/api-usage/daily/private-apps")["results"][0]

    assert (row["usageLimit"], row["currentUsage"]) == (625_000, 2)
    assert row["resetsAt"] == "2026-11-03T05:00:00.000Z"


def test_limits_can_be_off(house: Any) -> None:
    assert {house.post(SEARCH, {}).status_code for _ in range(8)} == {200}
