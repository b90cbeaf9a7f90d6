from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from config.settings import SalesforceAuth
from connectors.base import Usage
from connectors.errors import BudgetSpent, NeedsPerson, Refused, Unavailable

EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
PAGE = {"totalSize": 0, "done": True, "records": []}


def the_error(body: Any, status: int, org: Any, reply: Any) -> None:
    org.on("GET", "/queryAll$|/query$", reply(body, status))


def ask(crm: Any) -> Any:
    return crm._org.select("SELECT Id FROM Account", doing="read accounts")


def a_key() -> tuple[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return pem, key.public_key()


def test_the_clock_is_read_without_a_login(org: Any, crm_of: Any) -> None:
    assert crm_of().server_time() == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert [(a.path, "authorization" in a.headers) for a in org.asked] == [("/services/data/", False)]


def test_the_signed_login_is_dated_by_the_clock_of_the_crm(org: Any, crm_of: Any) -> None:
    pem, public = a_key()
    auth = {"method": "jwt", "username": "bot@acme.com", "consumer_key": "key", "private_key": "file:key.pem"}
    crm = crm_of(auth=auth | {"my_domain": None}, secrets=lambda _: pem)

    assert crm.org_id() == "00D000000000001AAA"

    form = dict(pair.split("=") for pair in org.asked_for("oauth2/token")[0].body.decode().split("&"))
    claims = jwt.decode(
        form["assertion"],
        public,
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
        options={"verify_exp": False},
    )
    assert claims["exp"] == datetime(2026, 11, 2, 9, 3, tzinfo=UTC).timestamp()
    assert (claims["iss"], claims["sub"]) == ("key", "bot@acme.com")


def test_a_key_that_is_none_needs_a_person(crm_of: Any) -> None:
    auth = {"method": "jwt", "username": "bot@acme.com", "consumer_key": "key", "private_key": "file:key.pem"}

    with pytest.raises(NeedsPerson, match="the private key cannot be read"):
        crm_of(auth=auth).org_id()


def test_a_rotated_refresh_token_replaces_the_old_one(org: Any, crm_of: Any, reply: Any) -> None:
    token = org._routes[-1][2][0].body
    org.on("POST", "/token$", reply({**token, "refresh_token": "second"}))
    org.on("GET", "/query$", reply(EXPIRED, 401), reply(PAGE))
    crm = crm_of(auth={"method": "refresh_token", "refresh_token": "env:TOKEN"}, secrets=lambda _: "first")

    ask(crm)

    tokens = [a.body.decode() for a in org.asked_for("oauth2/token")]
    assert ["refresh_token=first" in body for body in tokens] == [True, False]
    assert "refresh_token=second" in tokens[1]


@pytest.mark.parametrize(
    ("description", "said"),
    [
        ("user hasn't approved this consumer", "the user is not approved for the app"),
        ("authentication failure", "the org refused our credentials"),
        ("no client credentials user enabled", "the app has no run-as user"),
    ],
)
def test_refused_credentials_need_a_person(org: Any, crm_of: Any, reply: Any, description: str, said: str) -> None:
    org.on("POST", "/token$", reply({"error": "invalid_grant", "error_description": description}, 400))

    with pytest.raises(NeedsPerson, match=said) as caught:
        ask(crm_of())

    assert caught.value.code == "invalid_grant"
    assert len(org.asked_for("/token")) == 1


def test_a_login_service_that_is_down_is_asked_again(org: Any, crm_of: Any, reply: Any) -> None:
    good = org._routes[-1][2][0]
    org.on("POST", "/token$", reply(raw=b"<html>", status=503), reply({"error": "server_error"}, 400), good)
    org.on("GET", "/query$", reply(PAGE))

    assert ask(crm_of()) == []
    assert len(org.asked_for("/token")) == 3


def test_an_ended_session_is_renewed_and_the_call_made_again(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("GET", "/query$", reply(EXPIRED, 401), reply(PAGE))
    crm = crm_of()

    assert ask(crm) == []
    assert len(org.asked_for("/token")) == 2
    assert org.slept == []


def test_sessions_that_end_at_once_do_not_loop_for_ever(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("GET", "/query$", reply(EXPIRED, 401))

    with pytest.raises(NeedsPerson, match="every new session is ended at once"):
        ask(crm_of())

    assert len(org.asked_for("/query$")) == 3


def test_every_call_carries_our_headers_even_after_a_new_login(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("GET", "/query$", reply(EXPIRED, 401), reply(PAGE))

    ask(crm_of())

    for asked in org.asked_for("/query$"):
        assert asked.headers["sforce-auto-assign"] == "FALSE"
        assert asked.headers["authorization"] == "Bearer secret-token-1"
        assert "x-prettyprint" not in asked.headers


def one(code: str, message: str = "x") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (403, one("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), BudgetSpent, "API limit is reached"),
        (403, one("API_DISABLED_FOR_ORG"), NeedsPerson, "switched off"),
        (401, one("INVALID_SESSION_ID", "This session is not valid for use"), NeedsPerson, "session has ended"),
        (400, one("INVALID_FIELD", "\nx\nNo such column 'Foo__c' on entity 'Account'."), NeedsPerson, "Foo__c"),
        (400, one("MALFORMED_QUERY", "unexpected token: 'FORM'"), Refused, "refused"),
        (404, one("NOT_FOUND"), Refused, "does not exist"),
        (400, {"exceptionCode": "InvalidBatch", "exceptionMessage": "x"}, Refused, "refused"),
    ],
    ids=["day's limit", "API off", "session of another kind", "unknown field", "bad query", "gone", "bulk shape"],
)
def test_errors_are_named_for_the_next_step(
    org: Any, crm_of: Any, reply: Any, status: int, body: Any, error: type[Exception], said: str
) -> None:
    the_error(body, status, org, reply)

    with pytest.raises(error, match=said):
        ask(crm_of())

    assert org.slept == []


@pytest.mark.parametrize(
    ("status", "raw"),
    [
        (
            403,
            b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentRequests (Concurrent API Requests) Limit"}]',
        ),
        (503, b'[{"errorCode":"SERVER_UNAVAILABLE","message":"x"}]'),
        (502, b"<html>bad gateway</html>"),
        (420, b"<html>We are setting things up</html>"),
        (200, b"<html>maintenance</html>"),
        (200, b'{"totalSize":2,"done":tr'),
        (200, b""),
    ],
    ids=["too many at once", "overload", "gateway", "moving", "maintenance", "cut short", "empty"],
)
def test_an_outage_is_waited_out(org: Any, crm_of: Any, reply: Any, status: int, raw: bytes) -> None:
    org.on("GET", "/query$", reply(status=status, raw=raw), reply(status=status, raw=raw), reply(PAGE))

    assert ask(crm_of()) == []
    assert len(org.slept) == 2


def test_a_broken_connection_is_tried_again(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("GET", "/query$", reply(cut=True), reply(PAGE))

    assert ask(crm_of()) == []


def test_a_crm_that_is_not_there_ends_patience(org: Any, crm_of: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(Unavailable, match="it cannot be reached"):
        crm_of(url=f"http://127.0.0.1:{port}").server_time()

    assert len(org.slept) == 5


def test_no_error_text_holds_what_the_crm_said_about_people(org: Any, crm_of: Any, reply: Any) -> None:
    message = "Tier Reason: data value too large: ada@lovelace.org likes us (max length=255)"
    the_error([{"errorCode": "STRING_TOO_LONG", "message": message, "fields": ["Why__c"]}], 400, org, reply)

    with pytest.raises(Refused) as caught:
        ask(crm_of())

    assert "lovelace" not in str(caught.value)
    assert "a text is too long for its field: Why__c" in str(caught.value)


def test_no_secret_is_shown(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("POST", "/token$", reply({"error": "invalid_client", "error_description": "planted-secret"}, 400))

    with pytest.raises(NeedsPerson) as caught:
        ask(crm_of())

    assert "planted-secret" not in str(caught.value)
    assert "planted-secret" not in repr(crm_of()._client)


def test_usage_is_read_from_every_answer(org: Any, crm_of: Any, reply: Any) -> None:
    limit = {"Sforce-Limit-Info": "api-usage=4177/15000; per-app-api-usage=17/250(appName=x)"}
    org.on("GET", "/query$", reply(PAGE, headers=limit))
    crm = crm_of()

    ask(crm)

    assert crm.usage() == Usage(2, 4177, 15000)  # the login and the query


def test_a_busy_org_stops_us_before_the_next_call(org: Any, crm_of: Any, reply: Any) -> None:
    org.on("GET", "/query$", reply(PAGE, headers={"Sforce-Limit-Info": "api-usage=4000/5000"}))
    crm = crm_of()
    ask(crm)

    with pytest.raises(BudgetSpent):
        ask(crm)

    assert len(org.asked_for("/query$")) == 1


@pytest.mark.parametrize("method", ["password", "soap"])
def test_a_login_by_password_is_refused_with_the_reason(method: str) -> None:
    with pytest.raises(ValueError, match=r"Summer '27.*jwt"):
        SalesforceAuth.model_validate({"method": method, "username": "ada@acme.com"})
