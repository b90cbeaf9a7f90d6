from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Crm, Level
from connectors.hubspot import setup
from connectors.hubspot.owned import COMPANY
from tests.connectors.hubspot.conftest import SANDBOX_MAPPING, TIERS, Asked, Portal, Reply, Scripted

pytestmark = pytest.mark.slow


def definition(portal: Portal, kind: str, name: str) -> Any:
    return portal.call("GET", f"/crm/v3/properties/{kind}/{name}")


def test_setup_lists_and_writes_nothing_until_told(portal: Portal) -> None:
    crm: Crm = portal.crm()

    steps = crm.setup(act=False, installation="I-1")

    assert all(step.missing for step in steps)
    assert {step.what for step in steps} >= {
        "property group tierline of companies",
        "property companies.tierline_tier",
        "property companies.tierline_scored_at",
        "property tasks.tierline_key",
    }
    assert portal.writes() == []


def test_setup_makes_what_is_missing_once(portal: Portal) -> None:
    crm = portal.crm()

    crm.setup(act=True, installation="I-1")
    after, writes = crm.setup(act=True, installation="I-1"), len(portal.writes())

    assert not [step for step in after if step.missing]
    assert crm.missing_fields() == []
    assert (crm.create_guard, crm.installation()) == ("unique", "I-1")
    tier = definition(portal, "companies", "tierline_tier")
    assert [option["value"] for option in tier["options"]] == list(TIERS)
    assert tier["groupName"] == "tierline"
    assert definition(portal, "tasks", "tierline_key")["hasUniqueValue"] is True
    assert crm.setup(act=True, installation="I-1") == after
    assert len(portal.writes()) == writes


def test_the_full_set_and_another_prefix_are_made_as_asked(portal: Portal) -> None:
    crm = portal.crm({**SANDBOX_MAPPING, "fields": "full", "prefix": "Acme"})

    steps = crm.setup(act=True, installation="I-1")

    assert "property companies.acme_falls_on" in {step.what for step in steps}
    assert definition(portal, "companies", "acme_falls_on")["type"] == "datetime"
    assert crm.missing_fields() == []


def test_values_that_people_added_stay_when_ours_are_added(portal: Portal) -> None:
    crm = portal.crm()
    crm.setup(act=True, installation="I-1")
    own = {"label": "Mine", "value": "mine", "displayOrder": 0, "hidden": False}
    portal.call("PATCH", "/crm/v3/properties/companies/tierline_tier", {"options": [own]})

    (step,) = [s for s in crm.setup(act=True, installation="I-1") if s.missing]

    assert "lacks the values" in step.said
    options = definition(portal, "companies", "tierline_tier")["options"]
    assert [option["value"] for option in options] == [*TIERS, "mine"]


def test_where_no_key_is_unique_tasks_are_read_back_and_check_says_so(portal: Portal) -> None:
    portal.keys_not_unique()
    crm = portal.crm()

    crm.setup(act=True, installation="I-1")
    again = crm.setup(act=True, installation="I-1")

    assert not [step for step in again if step.missing]
    assert crm.create_guard == "read_back"
    assert "tasks" in {finding.what for finding in crm.check() if finding.level is Level.WARN}


def test_another_installation_takes_over_when_its_caller_says_so(portal: Portal) -> None:
    portal.crm().setup(act=True, installation="I-1")

    listed = portal.crm().setup(act=False, installation="I-2")
    assert portal.crm().installation() == "I-1"
    portal.crm().setup(act=True, installation="I-2")

    assert [step.what for step in listed if step.missing] == ["property tasks.tierline_key"]
    assert portal.crm().installation() == "I-2"


def test_a_mapped_property_of_another_type_is_told(portal: Portal) -> None:
    crm = portal.crm({**SANDBOX_MAPPING, "owned": {"score": "industry", "why": "description"}})

    steps = {step.what: step.said for step in crm.setup(act=False, installation="I-1")}

    assert "of type string instead of number" in steps["property companies.industry"]
    assert steps["property companies.description"] == "exists"


def test_check_names_each_trouble_with_its_fix(portal: Portal) -> None:
    findings = portal.crm({**SANDBOX_MAPPING, "attributes": {"x": "no_such"}}).check()

    failed = {finding.what: finding for finding in findings if finding.level is Level.FAIL}
    assert set(failed) == {"mapped properties", "our properties"}
    assert "no_such" in failed["mapped properties"].said
    assert all(finding.fix for finding in failed.values())


def test_check_of_a_portal_that_is_set_up_is_all_well(portal: Portal) -> None:
    crm = portal.crm()
    crm.setup(act=True, installation="I-1")
    before = len(portal.writes())

    levels = {finding.what: finding.level for finding in crm.check()}

    assert set(levels.values()) == {Level.OK}
    assert len(portal.writes()) == before


def test_check_with_a_wrong_token_says_so_alone(portal: Portal) -> None:
    portal.token = "pat-na1-00000000-0000-0000-0000-000000000000"

    (finding,) = portal.crm().check()

    assert (finding.level, finding.what) == (Level.FAIL, "login")
    assert finding.fix


def test_check_warns_of_an_api_version_that_ends_soon(portal: Portal) -> None:
    findings = {finding.what: finding for finding in portal.crm(api_version="v3").check()}

    assert findings["API version"].level is Level.WARN
    assert "2027" in findings["API version"].said


def test_check_names_scopes_that_are_missing(portal: Portal) -> None:
    told = '{"scopes": ["crm.objects.companies.read", "crm.objects.contacts.read"]}'
    portal.fault("access-token-info", do="status", status=200, body=told)
    portal.fault("/crm/owners/", do="status", status=403, body='{"category": "MISSING_SCOPES"}')

    findings = [finding for finding in portal.crm().check() if finding.level is Level.FAIL]

    assert any("crm.objects.companies.write" in finding.said for finding in findings)
    assert any(finding.what == "owners" for finding in findings)


def test_a_key_that_hubspot_does_not_keep_unique_is_tried_under_one_more_name(scripted: Scripted) -> None:
    made: list[str] = []

    def make(asked: Asked) -> Reply:
        made.append(asked.body["name"])
        return Reply(201, body=asked.body)

    def show(_asked: Asked) -> Reply:
        plain = {"type": "string", "description": "Installation I-1", "hasUniqueValue": False}
        return Reply(body={"results": [{"name": name, **plain} for name in ("tierline_withdrawn", *made)]})

    companies = [{"name": f"tierline_{owned.name}", "type": setup._TYPES[owned.shape][0]} for owned in COMPANY]
    tiers = [{"value": tier} for tier in TIERS]
    scripted.on(
        "GET", "/crm/properties/2026-09/companies", Reply(body={"results": [c | {"options": tiers} for c in companies]})
    )
    scripted.on("GET", "/crm/properties/2026-09/tasks", show)
    scripted.on("POST", "/crm/properties/2026-09/tasks", make)
    for kind in ("companies", "tasks"):
        scripted.on("GET", f"/crm/properties/2026-09/{kind}/groups", Reply(body={"results": [{"name": "tierline"}]}))
    crm = scripted.crm()

    crm.setup(act=True, installation="I-1")
    again = crm.setup(act=True, installation="I-1")

    assert made == ["tierline_key", "tierline_key_2"]
    assert not [step for step in again if step.missing]
    assert crm.create_guard == "read_back"
