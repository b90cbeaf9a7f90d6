from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def now_of(things: Any) -> datetime:
    return datetime.fromisoformat(things.get("/_sandbox/clock").json()["now"])


def test_the_state_tells_the_world_its_records_and_the_clock(things: Any) -> None:
    state = things.get("/_sandbox/").json()
    assert state["world"] == {"size": "small", "seed": 7, "now": "2026-11-02T09:00:00Z"}
    assert state["crms"] == {"salesforce": {"records": {"Thing": 300}}}
    assert state["writes"] == 0
    assert state["faults"] == 0


def test_every_answer_carries_the_date_of_the_sandbox_and_no_other(things: Any) -> None:
    things.post("/_sandbox/clock", {"now": "2031-01-05T10:00:00Z", "frozen": True})
    for path in ("/services/things", "/_sandbox/", "/nowhere"):
        answer = things.get(path)
        assert answer.raw.headers.getlist("date") == ["Sun, 05 Jan 2031 10:00:00 GMT"]


def test_the_clock_moves_freezes_and_goes_on(things: Any) -> None:
    things.post("/_sandbox/clock", {"frozen": True})
    before = now_of(things)
    assert now_of(things) == before
    things.post("/_sandbox/clock", {"advance_s": 7200})
    assert now_of(things) == before + timedelta(hours=2)
    told = things.post("/_sandbox/clock", {"now": "2026-12-24T18:00:00+01:00"}).json()
    assert told == {"now": "2026-12-24T17:00:00Z", "frozen": True}
    things.post("/_sandbox/clock", {"frozen": False})
    assert now_of(things) > datetime(2026, 12, 24, 17, tzinfo=UTC)


def test_seeding_loads_another_world_and_sets_the_clock(things: Any) -> None:
    state = things.post("/_sandbox/seed", {"size": "empty", "seed": 3, "now": "2027-02-01T00:00:00Z"}).json()
    assert state["world"] == {"size": "empty", "seed": 3, "now": "2027-02-01T00:00:00Z"}
    assert state["crms"]["salesforce"]["records"] == {"Thing": 0}
    date = parsedate_to_datetime(things.get("/services/things").headers["date"])
    assert timedelta(0) <= date - datetime(2027, 2, 1, tzinfo=UTC) < timedelta(minutes=1)


def test_a_reset_puts_back_records_clock_journal_faults_and_limits(things: Any) -> None:
    things.post("/services/things", {"name": "new"})
    things.post("/_sandbox/clock", {"advance_s": 1e6})
    things.post("/_sandbox/limits", {"on": False, "salesforce.daily": 5, "lag_s": 3})
    things.fault(path="things", do="status", count=9)
    state = things.post("/_sandbox/reset").json()
    assert state["crms"]["salesforce"]["records"] == {"Thing": 300}
    assert (state["writes"], state["faults"]) == (0, 0)
    assert state["limits"] == {"on": True, "lag_s": 0.0, "limits": {}, "switches": {}}
    assert now_of(things) - START < timedelta(minutes=1)


def test_the_journal_tells_each_write_once_and_from_any_number_on(things: Any) -> None:
    for name in ("one", "two", "three"):
        things.post("/services/things", {"name": name})
    told = things.get("/_sandbox/journal?since=1").json()
    assert [(write["seq"], write["id"]) for write in told["writes"]] == [(2, "two"), (3, "three")]
    assert told["last"] == 3
    first = things.get("/_sandbox/journal").json()["writes"][0]
    assert first | {"at": ""} == {
        "seq": 1,
        "at": "",
        "crm": "salesforce",
        "who": "tester",
        "verb": "create",
        "object": "Thing",
        "id": "one",
        "before": None,
        "after": {"name": "one"},
    }
    assert first["at"].startswith("2026-11-02T09:0")


def test_limits_are_set_by_name_and_taken_back_by_null(things: Any) -> None:
    told = things.post("/_sandbox/limits", {"on": False, "hubspot.burst": 7, "switches": {"hubspot.x": True}}).json()
    assert told == {"on": False, "lag_s": 0.0, "limits": {"hubspot.burst": 7.0}, "switches": {"hubspot.x": True}}
    assert things.crm.options.limit("hubspot.burst", 190) == 7
    assert things.post("/_sandbox/limits", {"hubspot.burst": None}).json()["limits"] == {}
    assert things.crm.options.limit("hubspot.burst", 190) == 190


def test_keys_name_every_record_by_its_world_key(things: Any) -> None:
    keys = things.get("/_sandbox/keys").json()
    assert keys["salesforce"]["accounts"]["A000001"] == "id-A000001"


def test_an_actor_acts_in_the_named_crm_and_is_named_in_the_journal(things: Any) -> None:
    done = things.post("/_sandbox/act", {"crm": "both", "do": "set_field", "account": "A000002"}).json()
    assert done == {"salesforce": {"did": "set_field", "account": "A000002"}}
    assert things.get("/_sandbox/journal").json()["writes"][0]["who"] == "actor:rep"


@pytest.mark.parametrize(
    ("path", "order", "part"),
    [
        ("seed", {"size": "huge"}, "'size' is one of empty, small, medium"),
        ("seed", {"size": "large"}, "'size' is one of"),
        ("seed", {"seed": "7"}, "'seed' is a whole number"),
        ("seed", {"now": "yesterday"}, "no ISO 8601 time"),
        ("seed", {"now": "2026-11-02T09:00:00"}, "has no time zone"),
        ("seed", {"sead": 1}, "unknown key 'sead'"),
        ("reset", {"hard": True}, "unknown key 'hard'"),
        ("clock", {"advance_s": "1h"}, "'advance_s' is a number"),
        ("clock", {"advance_s": 1e15}, "out of the calendar"),
        ("clock", {"frozen": 1}, "'frozen' is true or false"),
        ("clock", {"later": 1}, "unknown key 'later'"),
        ("faults", {"do": "reset"}, "needs 'path'"),
        ("faults", {"path": "(", "do": "reset"}, "no regular expression"),
        ("faults", {"path": "x", "do": "explode"}, "'do' is one of"),
        ("faults", {"path": "x", "do": "reset", "when": "during"}, "before or after"),
        ("faults", {"path": "x", "do": "reset", "count": 0}, "'count' 1 or more"),
        ("faults", {"path": "x", "do": "status", "status": 9}, "'status' 100 to 599"),
        ("faults", {"path": "x", "do": "status", "status": "503"}, "'status' has the wrong type"),
        ("faults", {"path": "x", "do": "reset", "often": 3}, "unknown key 'often'"),
        ("limits", {"on": "yes"}, "'on' is true or false"),
        ("limits", {"salesforce.daily": "many"}, "'salesforce.daily' is a number"),
        ("limits", {"switches": 3}, "'switches' is an object"),
        ("act", {"do": "dance"}, "'do' is one of"),
        ("act", {"do": "merge", "crm": "pipedrive"}, "'crm' is both or one of salesforce"),
        ("act", {"do": "merge"}, "which account?"),
    ],
)
def test_a_bad_order_is_refused_with_what_is_wrong(things: Any, path: str, order: dict[str, Any], part: str) -> None:
    answer = things.post(f"/_sandbox/{path}", order)
    assert answer.status_code == 400
    assert part in answer.json()["error"]


def test_a_refused_order_changes_nothing(things: Any) -> None:
    things.post("/_sandbox/limits", {"on": False, "salesforce.daily": "many"})
    assert things.get("/_sandbox/").json()["limits"]["on"] is True


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(things: Any, body: bytes) -> None:
    answer = things.post("/_sandbox/clock", data=body)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]


def test_a_journal_number_must_be_a_number(things: Any) -> None:
    assert things.get("/_sandbox/journal?since=x").status_code == 400


def test_a_path_that_nobody_serves_is_told_so(things: Any) -> None:
    answer = things.get("/elsewhere/1")
    assert answer.status_code == 404
    assert "no such route" in answer.json()["error"]


def test_small_answers_are_not_held_back(things: Any) -> None:
    """A connection with Nagle's delay takes 40 ms a request."""
    with requests.Session() as session:
        took = sorted(session.get(things.url + "/_sandbox/clock", timeout=5).elapsed for _ in range(9))
    assert took[4] < timedelta(milliseconds=30)
