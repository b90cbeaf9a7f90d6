from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.errors import BudgetSpent, NeedsPerson, Refused, Retryable
from connectors.hubspot.errors import Lost, TurnedAway, failure, parse_problem

SECRET = "ada.lovelace@example.com"


def said(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Exception:
    text = body if isinstance(body, str) else json.dumps(body or {})
    return failure(status, text, headers or {}, doing="read contacts")


@pytest.mark.parametrize(
    ("body", "headers", "after_s"),
    [
        ({"policyName": "SECONDLY", "message": "You have reached your secondly limit."}, {}, 1.0),
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, {}, 1.0),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, {}, 10.0),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, {"x-hubspot-ratelimit-interval-milliseconds": "4000"}, 4.0),
        ({"message": "You have reached your ten_secondly_rolling limit."}, {}, 10.0),
        ("error code: 1015", {}, 10.0),
        ({"policyName": "SECONDLY"}, {"retry-after": "3"}, 3.0),
    ],
    ids=["search", "search, as in 2022", "burst", "burst with interval", "burst by text", "cloudflare", "asked for"],
)
def test_a_429_waits_as_its_policy_says(body: Any, headers: dict[str, str], after_s: float) -> None:
    error = said(429, body, headers)

    assert isinstance(error, Retryable)
    assert not isinstance(error, Lost)
    assert error.after_s == after_s


@pytest.mark.parametrize("body", [{"policyName": "DAILY"}, {"message": "You have reached your daily limit."}])
def test_a_daily_limit_is_not_waited_for(body: Any) -> None:
    assert isinstance(said(429, body), BudgetSpent)


def test_locks_and_moves_are_waited_for_and_nothing_was_done() -> None:
    locked, moving = said(423, {}), said(477, "", {"retry-after": "90"})

    assert isinstance(locked, Retryable)
    assert isinstance(moving, Retryable)
    assert (locked.after_s, moving.after_s) == (2.0, 90.0)
    assert not isinstance(locked, Lost)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521, 523, 524])
def test_a_failure_of_the_server_may_have_done_its_work(status: int) -> None:
    assert isinstance(said(status, "<html>Bad gateway</html>"), Lost)


def test_an_unknown_token_needs_a_person_and_so_does_an_expired_one() -> None:
    unknown = said(401, {"category": "INVALID_AUTHENTICATION"})
    context = {"expire time": ["2026-06-21T10:37:52.040Z"]}
    expired = said(401, {"category": "EXPIRED_AUTHENTICATION", "context": context})
    garbled = said(401, {"category": "EXPIRED_AUTHENTICATION", "context": {"expire time": ["1970-01-01T00:00:00Z"]}})

    assert isinstance(unknown, NeedsPerson)
    assert isinstance(expired, NeedsPerson)
    assert "expired" in str(expired)
    assert "does not know" in str(garbled)  # an expiry in 1970 is a wrong credential


@pytest.mark.parametrize(
    "body",
    [
        {
            "errors": [{"context": {"requiredGranularScopes": ["crm.objects.owners.read"]}}],
            "category": "MISSING_SCOPES",
        },
        {"context": {"requiredGranularScopes": ["crm.objects.owners.read"]}, "category": "MISSING_SCOPES"},
    ],
)
def test_a_missing_scope_is_named(body: Any) -> None:
    error = said(403, body)

    assert isinstance(error, NeedsPerson)
    assert "crm.objects.owners.read" in str(error)


def test_the_correlation_id_leads_and_no_body_reaches_a_text() -> None:
    body = {
        "message": f"{SECRET} is taken",
        "correlationId": "c-1",
        "errors": [{"message": SECRET, "code": "INVALID_EMAIL"}],
    }

    for status in (400, 401, 403, 404, 409, 423, 429, 500):
        error = said(status, body)
        assert SECRET not in str(error)
        assert "example.com" not in repr(error)
        assert str(error).startswith("[c-1]")


def test_a_refusal_names_the_properties_and_the_code() -> None:
    error = said(400, {"errors": [{"code": "INVALID_OPTION", "context": {"propertyName": ["tierline_tier"]}}]})

    assert isinstance(error, TurnedAway)
    assert isinstance(error, Refused)
    assert "tierline_tier" in str(error)
    assert error.code == "INVALID_OPTION"


@pytest.mark.parametrize(
    ("body", "holder"),
    [
        ({"message": "Contact already exists. Existing ID: 12345", "category": "CONFLICT"}, "12345"),
        ({"context": {"existingId": ["171"]}, "message": "exists"}, "171"),
        (
            {
                "message": "Cannot set PropertyValueCoordinates{portalId=1, propertyName=email, value=x@y.123} on "
                "552148386511. 552239500007 already has that value."
            },
            "552239500007",
        ),
        ({"message": "Something else. 42 things"}, None),
    ],
)
def test_the_holder_of_a_taken_value_is_found(body: Any, holder: str | None) -> None:
    assert parse_problem(json.dumps(body)).holder == holder


@pytest.mark.parametrize("body", ["", "<html>", "[1, 2]", "null", '{"errors": "no list", "context": 7}', b"\xff\xfe"])
def test_any_body_can_be_looked_at(body: str | bytes) -> None:
    assert parse_problem(body).holder is None
