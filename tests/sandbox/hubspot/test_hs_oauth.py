"""OAuth tokens: the clock of 30 minutes, refresh, revocation and the wording of refusals."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot import Client

from sandbox.hubspot.auth import AUTH_CODE, REFRESH_TOKEN
from tests.sandbox.hubspot.hs_house import House

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PATHS = ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-03/token", "/oauth/2026-09/token"]


def ask(house: House, path: str = PATHS[0], **form: str) -> Any:
    tokens = house.crm.portal.tokens
    given = {"client_id": tokens.client_id, "client_secret": tokens.client_secret, **form}
    return house.session.post(house.url + path, data=given, timeout=10)


@pytest.mark.parametrize("path", PATHS)
def test_a_refresh_gives_a_token_that_works_for_half_an_hour(house: House, path: str) -> None:
    body = ask(house, path, grant_type="refresh_token", refresh_token=REFRESH_TOKEN).json()

    assert (body["expires_in"], body["token_type"], body["refresh_token"]) == (1800, "bearer", REFRESH_TOKEN)
    answer = house.call("GET", "/crm/v3/objects/companies", token=body["access_token"])
    assert answer.status_code == 200
    assert "x-hubspot-ratelimit-daily" not in answer.headers
    house.clock.advance(1800)
    assert house.call("GET", "/crm/v3/objects/companies", token=body["access_token"]).status_code == 401


def test_a_code_works_once(house: House) -> None:
    first = ask(house, grant_type="authorization_code", code=AUTH_CODE)
    second = ask(house, grant_type="authorization_code", code=AUTH_CODE)

    assert first.status_code == 200
    assert (second.status_code, second.json()["status"]) == (400, "BAD_AUTH_CODE")


@pytest.mark.parametrize(
    ("form", "error", "status"),
    [
        ({"client_id": "x"}, "invalid_client", "BAD_CLIENT_ID"),
        ({"client_secret": "x"}, "invalid_client", "BAD_CLIENT_SECRET"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant", "BAD_REFRESH_TOKEN"),
        ({"grant_type": "password"}, "unsupported_grant_type", "BAD_GRANT_TYPE"),
    ],
)
def test_refusals_are_400_with_error_and_status(house: House, form: dict[str, str], error: str, status: str) -> None:
    answer = ask(house, **form)

    assert (answer.status_code, answer.json()["error"], answer.json()["status"]) == (400, error, status)


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_revoked_refresh_token_is_refused(house: House, version: str) -> None:
    if version == "v1":
        gone = house.session.delete(f"{house.url}/oauth/v1/refresh-tokens/{REFRESH_TOKEN}", timeout=10)
    else:
        gone = house.session.post(f"{house.url}/oauth/v3/token/revoke", data={"token": REFRESH_TOKEN}, timeout=10)

    assert gone.status_code == 204
    refused = ask(house, grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
    assert refused.json()["error_description"] == "refresh token is invalid, expired or revoked"


def test_introspection_tells_active_from_expired(house: House) -> None:
    token = ask(house, grant_type="refresh_token", refresh_token=REFRESH_TOKEN).json()["access_token"]

    def active() -> bool:
        path = f"{house.url}/oauth/v3/token/introspect"
        return bool(house.session.post(path, data={"access_token": token}, timeout=10).json()["active"])

    assert active()
    assert house.session.get(f"{house.url}/oauth/v1/access-tokens/{token}", timeout=10).json()["expires_in"] == 1800
    house.clock.advance(1801)
    assert not active()


def test_the_vendor_client_refreshes(house: House) -> None:
    tokens = house.crm.portal.tokens
    client = Client.create(host=house.url)

    made = client.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id=tokens.client_id,
        client_secret=tokens.client_secret,
        refresh_token=REFRESH_TOKEN,
    )

    assert made.expires_in == 1800
    assert house.call("GET", "/crm/v3/owners", token=made.access_token).status_code == 200
