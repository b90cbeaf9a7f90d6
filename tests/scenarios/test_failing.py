"""What goes wrong on the way: a clear code, a clear word, nothing half done, and the next run goes on."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sync.clock import SystemClock
from tests.scenarios.town import Ended, Town

pytestmark = pytest.mark.slow
EMAILS = {"salesforce": r"query/\w+-\d+$", "hubspot": "objects/2026-09/emails"}
EMAIL_PAGES_FIRST = {"salesforce": 1, "hubspot": 20}


class QuickClock(SystemClock):
    """A machine's clock on which waiting takes no time, but is counted."""

    waited_s = 0.0

    def sleep(self, seconds: float) -> None:
        """Wait, as far as anybody who asks this clock can tell."""
        type(self).waited_s += seconds

    def monotonic(self) -> float:
        """Seconds, with those that were waited."""
        return super().monotonic() + self.waited_s


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> type[QuickClock]:
    """Patience is as long as ever, but passes at once."""
    monkeypatch.setattr("sync.cli.parts.SystemClock", QuickClock)
    QuickClock.waited_s = 0.0
    return QuickClock


def test_a_crm_that_is_down_is_tried_again_later(town: Town, undisturbed: dict[str, Ended]) -> None:
    """Nobody answers: exit 5, told in a sentence, and the next run is as if nothing had been."""
    # given a CRM that was set up, and is down
    town.ready().has_read(undisturbed[town.crm]).freeze()
    address = town.sandbox.url
    town.connection(base_url=f"http://127.0.0.1:{closed_port()}")

    # when a run is due
    told = town.tierline("run", "--live")

    # then it says who cannot be reached, and that it is to be tried again
    assert told.code == 5, told.err
    assert told.err.startswith("TL-022: ")
    assert "127.0.0.1" not in told.err
    assert "Traceback" not in told.err

    # and when the CRM is back, the next run does it all
    town.connection(base_url=address)
    assert town.tierline("run", "--live").code == 0


def test_a_wrong_credential_needs_a_person(town: Town) -> None:
    """Neither patience nor another run will help: exit 4, and no secret in the words."""
    # given a credential that the CRM does not know
    town.ready().freeze()
    secret = spoil_credential(town)

    # when a run is due
    told = town.tierline("run", "--live")

    # then a person is asked to act, without a word of the secret
    assert told.code == 4, told.err
    assert told.err.startswith("TL-010: ")
    assert secret not in told.err + told.out
    assert town.tierline("check").code == 4


def test_a_missing_secret_needs_a_person(town: Town) -> None:
    """The file with the secret is not there: exit 4, and its name is told."""
    # given a reference that leads nowhere
    town.ready()
    auth = {"salesforce": {"private_key": "file:gone.key"}, "hubspot": {"token": "file:gone.key"}}[town.crm]
    town.connection(auth=town.auth() | auth)

    # when a run is due
    told = town.tierline("run", "--live")

    # then it is told which
    assert told.code == 4
    assert told.err.startswith("TL-002: ")
    assert "gone.key" in told.err


def test_a_field_of_ours_that_is_missing_names_the_setup(town: Town) -> None:
    """Nothing was set up: a live run writes nothing, and says what to run."""
    # given an org where nothing was set up
    town.freeze()

    # when a live run is due
    told = town.tierline("run", "--live")

    # then it names the command that helps, and has written nothing
    assert told.code == 4, told.err
    assert "tierline setup" in told.err
    assert town.writes() == []
    assert town.rows("plans") == 0


def test_a_mapped_field_that_is_missing_names_the_setup(town: Town) -> None:
    """The config reads a field that the org does not have: exit 4 before anything is planned."""
    # given a mapping to a field that nobody made
    town.ready().freeze()
    missing = {"salesforce": "Tech_Stack_Old__c", "hubspot": "tech_stack_old"}[town.crm]
    town.write(mapping={"accounts": {**town.read("mapping")["accounts"], "tech": missing}})
    before = len(town.writes())

    # when a live run is due
    told = town.tierline("run", "--live")

    # then a person is told which field, and nothing was written
    assert told.code == 4, told.out + told.err
    assert missing in told.err
    assert "tierline setup" in told.err
    assert len(town.writes()) == before


def test_a_page_that_fails_half_way_plans_nothing_and_the_next_run_goes_on(
    town: Town, quick: type[QuickClock], undisturbed: dict[str, Ended]
) -> None:
    """The e-mails break off in the middle and stay so: exit 5; later only the rest of them is read."""
    # given a CRM whose list of e-mails breaks off
    town.ready().freeze()
    town.fault(path=EMAILS[town.crm], do="status", status=503, skip=EMAIL_PAGES_FIRST[town.crm], count=1000)
    before = len(town.writes())

    # when a live run is due
    told = town.tierline("run", "--live")

    # then it was patient, and nothing was planned from a part
    assert told.code == 5, told.err
    assert town.hits() > 3
    assert quick.waited_s > 1
    assert town.rows("plans") == 0
    assert len(town.writes()) == before
    assert [run["state"] for run in town.runs()] == ["failed"]

    # and when the CRM is well again, the next run reads what is left, and ends as if nothing had been
    town.mend()
    again = town.tierline("run", "--live", "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["counts"]["api_calls"] < undisturbed[town.crm].api_calls
    assert town.see().alike() == undisturbed[town.crm].looks


def test_dry_runs_leave_no_decision_standing(town: Town, undisturbed: dict[str, Ended]) -> None:
    """Plans and held runs are looked at and forgotten: two in a row say the same, to the last digit."""
    # given a CRM that was set up, at one hour
    town.ready(limits=True).has_read(undisturbed[town.crm]).freeze()

    # when a plan is made twice, and a live run is held
    first, second = town.tierline("plan"), town.tierline("plan")
    held = town.tierline("run", "--live")

    # then all say the same, and nothing stands, was written, or is timed
    assert first.plan == second.plan == held.plan
    assert (first.code, second.code, held.code) == (0, 0, 3)
    assert {table: town.rows(table) for table in ("standing", "last_written", "tasks", "timers", "journal")} == {
        "standing": 0,
        "last_written": 0,
        "tasks": 0,
        "timers": 0,
        "journal": 0,
    }


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with closing(socket.socket()) as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def spoil_credential(town: Town) -> str:
    """Another key, another token; what must not be seen of it."""
    if town.crm == "hubspot":
        (town.folder / "hubspot.token").write_text("pat-eu1-wrong-token-of-nobody")
        return "wrong-token-of-nobody"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    wrong = town.folder / "wrong.key"
    wrong.write_bytes(pem)
    wrong.chmod(0o600)
    town.connection(auth=town.auth() | {"private_key": f"file:{wrong}"})
    return pem.decode().splitlines()[1]
