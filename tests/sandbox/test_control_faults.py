from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
LOST = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def create(things: Any, name: str) -> requests.Response:
    found: requests.Response = things.post("/services/things", {"name": name})
    return found


def written(things: Any) -> list[str]:
    return [write["id"] for write in things.get("/_sandbox/journal").json()["writes"]]


def test_a_fault_goes_off_after_skip_and_as_often_as_count(things: Any) -> None:
    things.fault(path="^/services/things$", do="status", status=503, skip=1, count=2)
    codes = [things.get("/services/things").status_code for _ in range(5)]
    assert codes == [200, 503, 503, 200, 200]
    told = things.get("/_sandbox/faults").json()
    assert told["waiting"] == []
    assert [(fault["path"], fault["hit"]) for fault in told["spent"]] == [("^/services/things$", 2)]


def test_a_fault_minds_method_and_query(things: Any) -> None:
    things.fault(path="things", method="post", do="status", status=500)
    things.fault(path="page=2", do="status", status=502)
    assert things.get("/services/things").status_code == 200
    assert things.get("/services/things?page=2").status_code == 502
    assert create(things, "x").status_code == 500


def test_two_faults_on_one_route_come_one_after_the_other(things: Any) -> None:
    things.fault(path="things", do="status", status=500)
    things.fault(path="things", do="status", status=502)
    assert [things.get("/services/things").status_code for _ in range(3)] == [500, 502, 200]


def test_faults_are_disarmed_and_never_reach_the_control_routes(things: Any) -> None:
    things.fault(path=".*", do="reset", count=99)
    assert things.get("/_sandbox/clock").status_code == 200
    told = requests.delete(things.url + "/_sandbox/faults", timeout=5).json()
    assert told == {"waiting": [], "spent": []}
    assert things.get("/services/things").status_code == 200


def test_a_status_carries_the_given_body_and_headers(things: Any) -> None:
    things.fault(path="things", do="status", status=429, body='{"a": 1}', headers={"Retry-After": "7"})
    answer = things.get("/services/things")
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (429, {"a": 1}, "7")


def test_an_html_error_looks_like_a_gateway(things: Any) -> None:
    things.fault(path="things", do="html", status=502)
    answer = things.get("/services/things")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html>" in answer.text


@pytest.mark.parametrize("deed", ["status", "html", "reset"])
def test_a_fault_before_the_commit_writes_nothing(things: Any, deed: str) -> None:
    things.fault(path="things", do=deed, when="before")
    try:
        assert create(things, "lost").status_code == 503
    except LOST:
        assert deed == "reset"
    assert written(things) == []
    assert "lost" not in things.crm.things


@pytest.mark.parametrize("deed", ["status", "html", "reset", "truncate"])
def test_a_fault_after_the_commit_really_commits(things: Any, deed: str) -> None:
    things.fault(path="things", do=deed, when="after")
    try:
        assert create(things, "kept").status_code == 503
    except LOST:
        assert deed in {"reset", "truncate"}
    assert written(things) == ["kept"]
    assert "kept" in things.crm.things


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_timeout_never_answers_but_may_have_committed(things: Any, moment: str) -> None:
    things.fault(path="things", do="timeout", when=moment)
    with pytest.raises(requests.Timeout):
        things.post("/services/things", {"name": "late"}, timeout=0.1)
    assert written(things) == (["late"] if moment == "after" else [])


def test_a_reset_cuts_the_connection(things: Any) -> None:
    things.fault(path="things", do="reset")
    with pytest.raises(requests.ConnectionError, match=r"reset|aborted"):
        things.get("/services/things")
    assert things.get("/services/things").status_code == 200


@pytest.mark.parametrize("path", ["/services/things", "/services/stream"])
def test_a_truncated_answer_promises_more_than_it_sends(things: Any, path: str) -> None:
    whole = things.get(path).content
    things.fault(path=path, do="truncate")
    with pytest.raises(LOST):
        things.get(path)
    things.fault(path=path, do="truncate")
    cut = things.get(path, stream=True)
    assert int(cut.headers["content-length"]) == len(whole)
    cut.close()


def test_a_streamed_answer_can_be_lost_too(things: Any) -> None:
    things.fault(path="stream", do="status", status=500, when="after")
    assert things.get("/services/stream").status_code == 500
    assert things.get("/services/stream").text.endswith("line 99\n")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_slow_answer_arrives_late_and_whole(things: Any, moment: str) -> None:
    things.fault(path="things", do="slow", when=moment, delay_s=0.05)
    answer = things.get("/services/things")
    assert answer.json() == {"records": things.crm.things[:4]}
    assert answer.elapsed >= timedelta(seconds=0.05)


def test_expired_sessions_are_refused_by_the_crm_itself(things: Any) -> None:
    token = {"Authorization": f"Bearer {things.crm.session}"}
    assert things.get("/services/private", headers=token).status_code == 200
    things.fault(path="private", do="expire")
    assert things.get("/services/private", headers=token).status_code == 401
    assert things.get("/services/private", headers=token).status_code == 401


def test_rows_come_out_of_order_or_twice(things: Any) -> None:
    rows = things.get("/services/things").json()["records"]
    things.fault(path="things", do="shuffle")
    assert things.get("/services/things").json()["records"] == rows[::-1]
    things.fault(path="things", do="repeat")
    assert things.get("/services/things").json()["records"] == rows + rows


def test_one_answer_may_state_another_time(things: Any) -> None:
    things.post("/_sandbox/clock", {"now": "2026-11-02T12:00:00Z", "frozen": True})
    things.fault(path="things", do="skew", offset_s=-3600)
    dates = [parsedate_to_datetime(things.get("/services/things").headers["date"]) for _ in range(2)]
    assert dates == [START + timedelta(hours=2), START + timedelta(hours=3)]
