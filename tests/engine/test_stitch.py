from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domains import MailDomains, email_of, host_of, registrable
from engine.proposals import folded_name
from engine.stitch import How, Matches, role_of, stitch
from tests.engine.worlds import World, a_policy


def matched(world: World, **identity: Any) -> dict[str, tuple[str | None, How]]:
    """Person -> account id and how."""
    evidence = world.evidence()
    matches = stitch(evidence, a_policy(identity=identity))
    ids = matches.population.ids
    return {
        str(name): (str(ids[matches.account[p]]) if matches.account[p] >= 0 else None, How(int(matches.how[p])))
        for p, name in enumerate(evidence.names.people)
    }


def matches_of(world: World, **identity: Any) -> Matches:
    return stitch(world.evidence(), a_policy(identity=identity))


def test_the_crm_comes_before_manual_before_domain() -> None:
    world = World().account("a", domains=("a.com",)).account("b", domains=("https://www.B.com/about",)).account("m")
    world.contact("crm", "a", email="x@b.com").contact("hand", None, email="y@b.com").contact(
        "mail", None, email="Z@Mail.B.com"
    )

    found = matched(world, manual={"y@b.com": "m"})

    assert found == {"crm": ("a", How.CRM), "hand": ("m", How.MANUAL), "mail": ("b", How.DOMAIN)}


def test_a_lead_is_matched_by_its_domain_and_not_by_an_association() -> None:
    world = World().account("a").account("b", domains=("b.com",))
    world.contact("lead", "a", email="x@b.com", record="lead")

    assert matched(world)["lead"] == ("b", How.DOMAIN)


@given(st.sampled_from(["gmail.com", "GMAIL.com", "web.de", "mailinator.com", "house.org", "ours.com"]))
@settings(max_examples=6, deadline=None)
def test_free_disposable_and_internal_mail_never_attaches(host: str) -> None:
    world = World().account("a", domains=(host, "a.com")).contact("c", None, email=f"x@{host}")
    world.people += [f"e:y@{host.lower()}", f"d:{host.lower()}"]

    found = matched(world, free_mail=["house.org"], internal_domains=["ours.com"])

    assert {account for account, _ in found.values()} == {None}


def test_a_domain_that_strangers_claim_is_reported_and_never_guessed() -> None:
    world = (
        World().account("a", domains=("x.com",)).account("b", domains=("x.com",)).contact("c", None, email="p@x.com")
    )

    for roll_up in ("none", "parent", "ultimate"):
        assert matched(world, roll_up=roll_up)["c"] == (None, How.NONE)
    found = matches_of(world).ambiguous
    assert [(one.name, one.candidates, one.people) for one in found] == [("x.com", ("a", "b"), 1)]


@pytest.mark.parametrize(("roll_up", "account"), [("none", None), ("parent", "mid"), ("ultimate", "top")])
def test_a_domain_of_one_family_goes_by_roll_up(roll_up: str, account: str | None) -> None:
    world = World().account("top").account("mid", parent="top")
    world.account("a", parent="mid", domains=("x.com",)).account("b", parent="mid", domains=("x.com",))
    world.contact("c", None, email="p@x.com")

    how = How.FAMILY if account else How.NONE
    assert matched(world, roll_up=roll_up)["c"] == (account, how)


def test_an_address_joins_the_contact_that_has_it() -> None:
    world = World().account("a").contact("c", "a", email="Ada@Else.com")
    world.people.append("e:ada@else.com")

    found = matches_of(world)

    assert found.person.tolist() == [0, 0]
    assert found.account.tolist() == [0, 0]


def test_an_address_of_contacts_of_different_accounts_is_ambiguous() -> None:
    world = World().account("a", domains=("x.com",)).account("b")
    world.contact("c", "a", email="p@x.com").contact("d", "b", email="p@x.com")
    world.people.append("e:p@x.com")

    found = matches_of(world)

    assert found.account.tolist() == [0, 1, -1]
    assert [one.candidates for one in found.ambiguous] == [("a", "b")]


def test_of_several_contacts_with_one_address_the_oldest_counts_contacts_before_leads() -> None:
    world = World().account("a")
    world.contact("lead", None, email="p@x.com", record="lead", created_at=1)
    world.contact("young", "a", email="p@x.com", created_at=9).contact("old", "a", email="p@x.com", created_at=5)
    world.people.append("e:p@x.com")

    assert matches_of(world).person.tolist() == [0, 1, 2, 2]


def test_internal_and_competitor_people_are_excluded() -> None:
    world = World().account("a", domains=("a.com",)).account("rival", lifecycle="competitor", domains=("rival.com",))
    world.contact("own", "a", email="me@ours.com").contact("spy", None, email="x@rival.com").contact("ok", "a")
    world.people.append("e:me2@mail.ours.com")

    assert matches_of(world, internal_domains=["ours.com"]).excluded.tolist() == [True, True, False, True]


def test_merged_people_and_accounts_are_followed() -> None:
    world = World(account_alias={"gone": "a"}, person_alias={"old": "c"}).account("a").contact("c", "a")
    world.touch("old", "sms").touch(None, "sms", account="gone")

    found = matches_of(world)

    assert found.person.tolist() == [0, 0]
    assert found.population.index(np.array([0, 1, -1])).tolist() == [0, 0, -1]


def test_parent_loops_are_broken_at_the_smallest_id_and_reported() -> None:
    world = World().account("b", parent="c").account("c", parent="a").account("a", parent="b").account("d", parent="c")
    world.account("self", parent="self")

    found = matches_of(world)

    assert found.loops == (("a", "b", "c"), ("self",))
    ids, root = found.population.ids, found.population.families.root
    assert [str(ids[one]) for one in root] == ["a", "a", "a", "a", "self"]


def test_domains_without_an_account_are_counted_and_near_names_only_proposed() -> None:
    world = World().account("a", name="Acme Robotics, Inc.").account("b", name="Zeta")
    world.contact("c", None, email="x@acmerobotics.com").contact("d", None, email="y@acmerobotics.com")
    world.contact("e", None, email="y@unlike-anything.com")

    found = matches_of(world)

    assert found.outside == (("acmerobotics.com", 2), ("unlike-anything.com", 1))
    assert [(one.domain, one.account_id, one.likeness) for one in found.proposals] == [("acmerobotics.com", "a", 100)]
    assert (found.account == -1).all()


def test_an_account_that_names_free_mail_as_its_domain_is_reported() -> None:
    assert matches_of(World().account("a", domains=("gmail.com",))).domains.shared == (("a", "gmail.com"),)


def test_signals_find_their_account_by_domain() -> None:
    world = World().account("a", domains=("a.com",)).signal("a", "t").signal(None, "t", domain="www.a.com")
    world.signal(None, "t", domain="gmail.com").signal(None, "t", domain=None)

    assert matches_of(world).signal_account.tolist() == [0, 0, -1, -1]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("HTTPS://www.Acme.com:8080/about", "www.acme.com"),
        ("acme.com.", "acme.com"),
        ("user:pw@acme.com/x", "acme.com"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("", None),
        (None, None),
        ("x" * 5000, None),
        ("\U0001f600.com/..", "xn--e28h.com"),
    ],
)
def test_hosts_are_read_as_people_write_them(text: str | None, host: str | None) -> None:
    assert host_of(text) == host


def test_registrable_domains_know_public_and_private_suffixes() -> None:
    assert registrable("mail.acme.co.uk") == "acme.co.uk"
    assert registrable("acme.github.io") == "acme.github.io"
    assert registrable("github.io") is None
    assert registrable("10.0.0.1") is None
    assert registrable(None) is None


def test_addresses_have_one_written_form() -> None:
    assert email_of(" Ada@Acme.COM ") == "ada@acme.com"
    assert [email_of(text) for text in ("ada", "@acme.com", "a b@acme.com", "ada@localhost", None)] == [None] * 5


def test_a_subdomain_of_free_mail_is_free() -> None:
    mail = MailDomains((), ("ours.com",))

    assert mail.is_shared("mail.gmail.com")
    assert mail.is_internal("sub.ours.com")
    assert mail.naming("shop.acme.com") == "acme.com"
    assert mail.naming(None) is None


def test_roles_and_names_have_one_written_form() -> None:
    assert [role_of(text) for text in ("Decision Maker", "END_USER", None, "")] == [
        "decision_maker",
        "user",
        "unknown",
        "unknown",
    ]
    assert [folded_name(text) for text in ("Müller GmbH & Co. KG", "Inc", None)] == ["müller", "inc", ""]
