from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import House

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def an_assertion(house: House, **claims: Any) -> str:
    given = {
        "iss": house.login["consumer_key"],
        "sub": house.login["username"],
        "aud": "https://login.salesforce.com",
        "exp": house.box.clock.seconds() + 180,
    }
    key = Path(house.login["private_key_file"]).read_bytes()
    return jwt.encode({**given, **claims}, key, "RS256")


def test_a_signed_assertion_opens_a_session(house: House) -> None:
    answer = house.token(grant_type=BEARER, assertion=an_assertion(house))

    body = answer.json()
    assert answer.status_code == 200
    assert {"access_token", "instance_url", "id", "token_type", "issued_at", "signature"} <= set(body)
    assert "expires_in" not in body
    assert body["instance_url"] == house.url
    org, user = body["id"].split("/")[-2:]
    assert (org[:3], user[:3], len(org), len(user)) == ("00D", "005", 18, 18)
    limits = requests.get(
        house.url + "/services/data/v66.0/limits/",
        headers={"Authorization": "Bearer " + body["access_token"]},
        timeout=5,
    )
    assert limits.json()["DailyApiRequests"]["Max"] == 100_000


@pytest.mark.parametrize(
    ("claims", "error", "words"),
    [
        pytest.param({"aud": "https://example.com"}, "invalid_grant", "Audience validation failed", id="audience"),
        pytest.param({"iss": "other"}, "invalid_client_id", "client identifier invalid", id="issuer"),
        pytest.param({"sub": "x@y.z"}, "invalid_grant", "user hasn't approved this consumer", id="user"),
        pytest.param({"sub": "gone@ours.com"}, "invalid_grant", "inactive user", id="inactive"),
        pytest.param({"exp": 1_000_000_000}, "invalid_grant", "invalid assertion", id="expired"),
    ],
)
def test_a_wrong_claim_is_refused_by_name(house: House, claims: dict[str, Any], error: str, words: str) -> None:
    answer = house.token(grant_type=BEARER, assertion=an_assertion(house, **claims))

    assert answer.status_code == 400
    assert answer.json() == {"error": error, "error_description": words}


def test_a_foreign_signature_is_refused(house: House) -> None:
    head, body, _ = an_assertion(house).split(".")

    answer = house.token(grant_type=BEARER, assertion=f"{head}.{body}.AAAA")

    assert answer.json()["error"] == "invalid_grant"


def test_a_wrong_secret_is_refused(house: House) -> None:
    assert house.token(client_secret="no").json()["error"] == "invalid_client"
    assert house.token(grant_type="password").json()["error"] == "invalid_grant"
    assert house.token(grant_type="magic").json()["error"] == "unsupported_grant_type"


def test_a_refresh_token_gives_new_sessions_until_it_is_rotated_away(house: House) -> None:
    old = house.crm.doors.refresh_token()
    asked = {"grant_type": "refresh_token", "refresh_token": old}
    assert "refresh_token" not in house.token(**asked).json()

    house.box.options.switches["salesforce.rotate_refresh_tokens"] = True
    new = house.token(**asked).json()["refresh_token"]

    assert new != old
    assert house.token(**asked).json()["error_description"] == "expired access/refresh token"


def test_a_session_ends_when_it_is_not_used_for_two_hours(house: House) -> None:
    house.box.clock.advance(7_000)
    assert house.get("limits").status_code == 200
    house.box.clock.advance(7_201)

    answer = house.get("limits")

    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_expire_now_ends_every_session(house: House) -> None:
    assert house.crm.expire_sessions() == 1
    assert house.get("query", q="SELECT Id FROM Account").status_code == 401


def test_identity_names_the_user_and_the_org(house: House) -> None:
    path = house.get("").json()["identity"].removeprefix(house.url)

    body = house.get(path).json()

    assert body["username"] == "tierline@sandbox.example"
    assert body["organization_id"][:3] == "00D"


def test_versions_need_no_login_and_count_nothing(house: House) -> None:
    answer = requests.get(house.url + "/services/data/", timeout=5)

    assert "Sforce-Limit-Info" not in answer.headers
    assert {"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"} in answer.json()
    assert {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"} in answer.json()


def test_dead_and_unborn_versions_are_told_apart(house: House) -> None:
    assert house.get("/services/data/v30.0/limits").status_code == 410
    assert house.get("/services/data/v68.0/limits").status_code == 404
    assert house.get("/services/data/v50.0/limits/").status_code == 200


def test_every_answer_counts_calls_live(house: House) -> None:
    def used(path: str) -> int:
        return int(house.get(path).headers["Sforce-Limit-Info"].removeprefix("api-usage=").split("/")[0])

    first = used("limits")
    assert used("query") == first + 1  # a refused call counts too
    assert used("nothing/here") == first + 2


def test_a_spent_day_is_403_and_another_day_is_not(house: House) -> None:
    house.box.options.limits["salesforce.daily_requests"] = 5
    house.act(do="eat_budget", calls=5)

    answer = house.get("limits")

    assert answer.status_code == 403
    assert answer.json() == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    house.box.options.limits_on = False
    assert house.get("limits").status_code == 200
    house.box.options.limits_on = True
    house.box.options.limits["salesforce.concurrent_requests"] = 0
    assert house.get("limits").json()[0]["message"].startswith("ConcurrentRequests")
    del house.box.options.limits["salesforce.concurrent_requests"]
    house.box.clock.advance(86_400 + 900)
    house.session.headers["Authorization"] = "Bearer " + house.token().json()["access_token"]
    assert house.get("limits").status_code == 200


def test_a_wrong_verb_names_the_right_ones(house: House) -> None:
    answer = house.call("PUT", "query")

    assert answer.status_code == 405
    assert answer.json() == [
        {"message": "HTTP Method 'PUT' not allowed. Allowed are GET,HEAD", "errorCode": "METHOD_NOT_ALLOWED"},
    ]


def test_an_unknown_path_is_not_found(house: House) -> None:
    answer = house.get("sobjects/Nothing/describe")

    assert answer.status_code == 404
    assert answer.json() == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


def test_an_address_over_16_kilobytes_is_414(house: House) -> None:
    assert house.get("query", q="SELECT Id FROM Account WHERE Name = '" + "x" * 17_000 + "'").status_code == 414
