from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import UTC, datetime

import numpy as np
import pytest

from sandbox.firms import make_firms
from sandbox.generate import SIZES, chunks, generate, with_truth
from sandbox.names import FREE_MAIL, TOTAL_NAMES, messy_website, stem
from sandbox.world import (
    CRM_KINDS,
    DAY_S,
    DIRECTIONS,
    KIND_CODE,
    KINDS,
    LIFECYCLES,
    ROLES,
    TOPICS,
    Account,
    Activities,
    World,
)

NOW = int(datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def world() -> World:
    return generate("small", 7, NOW)


def same(one: Activities, other: Activities) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        if isinstance(getattr(one, field.name), np.ndarray)
        else getattr(one, field.name) == getattr(other, field.name)
        for field in fields(Activities)
    )


def rows_of(world: World, kind: str) -> np.ndarray:
    return np.flatnonzero(world.activities.kind == KIND_CODE[kind])


def by_name(world: World, name: str) -> tuple[int, Account]:
    return next((row, account) for row, account in enumerate(world.accounts) if account.name == name)


# ---- determinism ----------------------------------------------------------------------------------------------------
def test_the_same_size_seed_and_moment_give_the_same_world(world: World) -> None:
    again = generate("small", 7, NOW)
    for table in ("owners", "accounts", "contacts", "opportunities", "signals"):
        assert getattr(again, table) == getattr(world, table)
    assert same(again.activities, world.activities)


def test_another_seed_gives_another_world(world: World) -> None:
    other = generate("small", 8, NOW)
    assert other.accounts[50:] != world.accounts[50:]
    assert not same(other.activities, world.activities)


def test_an_empty_world_has_the_integration_user_alone() -> None:
    world = generate("empty", 7, NOW)
    assert [owner.job for owner in world.owners] == ["integration"]
    assert (world.accounts, world.contacts, len(world.activities)) == ([], [], 0)


def test_a_large_world_is_not_held_in_memory() -> None:
    with pytest.raises(ValueError, match="files only"):
        with_truth("large", 7, NOW)


# ---- shape ----------------------------------------------------------------------------------------------------------
def test_a_small_world_has_its_size(world: World) -> None:
    size = SIZES["small"]
    assert len(world.accounts) == size.accounts
    assert abs(len(world.activities) / size.activities - 1) < 0.05
    assert abs(float(world.activities.in_crm.mean()) - 0.45) < 0.02


def test_keys_are_unique_and_references_lead_somewhere(world: World) -> None:
    accounts = {account.key for account in world.accounts}
    contacts = {contact.key for contact in world.contacts}
    owners = {owner.key for owner in world.owners}
    for rows, keys in ((world.accounts, accounts), (world.contacts, contacts), (world.owners, owners)):
        assert len(rows) == len(keys)
    assert len({deal.key for deal in world.opportunities}) == len(world.opportunities)
    assert len({signal.key for signal in world.signals}) == len(world.signals)
    assert {account.parent for account in world.accounts} - {None} <= accounts
    assert {account.owner for account in world.accounts} - {None} <= owners
    assert {contact.account for contact in world.contacts} - {None} <= accounts
    assert {deal.account for deal in world.opportunities} <= accounts
    assert {key for deal in world.opportunities for key, _ in deal.roles} <= contacts
    assert {owner.manager for owner in world.owners} - {None} <= owners


def test_words_are_of_the_stated_lists(world: World) -> None:
    assert {account.lifecycle for account in world.accounts} == set(LIFECYCLES)
    assert {contact.role for contact in world.contacts} - {None} == set(ROLES)
    assert {signal.topic for signal in world.signals} == set(TOPICS)
    assert {KINDS[code] for code in set(world.activities.kind.tolist())} == set(KINDS)


def test_indices_of_activities_are_in_range_and_fit_together(world: World) -> None:
    table = world.activities
    for column, limit in (
        (table.contact, len(world.contacts)),
        (table.account, len(world.accounts)),
        (table.actor, len(world.owners)),
        (table.direction, len(DIRECTIONS)),
        (table.url, len(table.urls)),
        (table.subject, len(table.subjects)),
        (table.visitor, len(table.visitors)),
    ):
        assert column.min() >= -1
        assert column.max() < limit
    both = np.flatnonzero((table.contact >= 0) & (table.account >= 0))
    for row in both[:: max(1, len(both) // 500)]:
        assert world.contacts[table.contact[row]].account == world.accounts[table.account[row]].key


def test_the_crm_carries_its_kinds_and_nothing_else(world: World) -> None:
    table = world.activities
    crm = np.isin(table.kind, [KIND_CODE[kind] for kind in CRM_KINDS])
    assert np.array_equal(crm, table.in_crm)
    assert (table.actor[table.in_crm] >= 0).all()
    assert (table.account[table.in_crm] >= 0).all()
    mails = [code for kind, code in KIND_CODE.items() if kind.startswith("email_")]
    assert (table.contact[table.in_crm & ~np.isin(table.kind, mails)] >= 0).all()


def test_a_mail_names_only_people_who_have_an_address(world: World) -> None:
    table = world.activities
    mails = np.isin(table.kind, [code for kind, code in KIND_CODE.items() if kind.startswith("email_")])
    people = table.contact[mails & (table.contact >= 0)]
    assert len(people) > 1000
    assert all(world.contacts[person].email for person in people.tolist())


def test_time_runs_over_eighteen_months_and_ends_now(world: World) -> None:
    table = world.activities
    assert table.logged_at.max() <= NOW
    assert table.logged_at.min() >= NOW - 548 * DAY_S - 5 * DAY_S
    assert np.all(np.diff(table.logged_at) >= 0)
    later = {KINDS[code] for code in table.kind[table.occurred_at > NOW].tolist()}
    assert later <= {"meeting_scheduled", "task"}
    months = (NOW - table.occurred_at[table.occurred_at <= NOW]) // (30 * DAY_S)
    assert set(range(18)) <= set(months.tolist())


def test_only_open_tasks_and_coming_meetings_are_not_done(world: World) -> None:
    table = world.activities
    assert {KINDS[code] for code in table.kind[~table.done].tolist()} == {"task", "meeting_scheduled"}
    assert (table.occurred_at[rows_of(world, "meeting_scheduled")] > NOW).all()


def test_nothing_happens_before_the_account_exists(world: World) -> None:
    table = world.activities
    made = np.array([account.created_at for account in world.accounts])
    linked = table.account >= 0
    assert (table.occurred_at[linked] >= made[table.account[linked]] - 2 * DAY_S).all()
    assert all(account.created_at <= account.modified_at <= NOW for account in world.accounts)
    assert all(contact.created_at <= NOW for contact in world.contacts)


def test_machine_mail_comes_from_the_integration_user_alone(world: World) -> None:
    table = world.activities
    robot = next(row for row, owner in enumerate(world.owners) if owner.job == "integration")
    assert np.array_equal(table.automated, table.kind == KIND_CODE["email_automated"])
    assert set(table.actor[table.automated].tolist()) == {robot}


# ---- the mess -------------------------------------------------------------------------------------------------------
def test_families_are_at_most_three_levels_deep_and_some_share_a_domain(world: World) -> None:
    parent = {account.key: account.parent for account in world.accounts}
    depths = Counter[int]()
    for above in parent.values():
        depth = 1
        up = above
        while up is not None:
            depth, up = depth + 1, parent[up]
        depths[depth] += 1
    assert set(depths) == {1, 2, 3}
    domain = {account.key: account.domain for account in world.accounts}
    shared = [key for key, above in parent.items() if above and domain[key] and domain[key] == domain[above]]
    assert len(shared) >= 3


def test_now_and_then_unrelated_companies_claim_the_same_domain() -> None:
    firms = make_firms(4000, 0, 0, np.random.default_rng(1), NOW)
    roots = Counter(host for host, parent in zip(firms.domains, firms.parent.tolist(), strict=True) if parent < 0)
    assert 5 <= sum(number > 1 for number in roots.values()) <= 60


def test_names_and_websites_are_messy_but_lead_to_the_clean_domain(world: World) -> None:
    sites = [(account.website, account.domain) for account in world.accounts]
    assert any(site is None for site, _ in sites)
    assert all((site is None) == (domain is None) for site, domain in sites)
    told = [(site.lower(), domain) for site, domain in sites if site is not None and domain is not None]
    assert all(domain in site for site, domain in told)
    typed = [site for site, _ in sites if site is not None]
    for sign in ("https://www.", "WWW.", "/about-us", " "):
        assert any(sign in site for site in typed)
    names = [account.name for account in world.accounts]
    assert any(name != name.strip() for name in names)
    assert any(name.isupper() for name in names)
    assert any("GmbH" in name for name in names)


def test_company_names_are_unique_far_beyond_the_largest_world() -> None:
    assert SIZES["large"].accounts < TOTAL_NAMES
    assert len({stem(number) for number in range(TOTAL_NAMES)}) == TOTAL_NAMES


@pytest.mark.parametrize("roll", [0.0, 0.3, 0.5, 0.6, 0.65, 0.71, 0.74, 0.99])
def test_every_way_to_type_a_website_keeps_the_host(roll: float) -> None:
    assert "acme.com" in messy_website("acme.com", roll).lower()


def test_people_include_free_mail_loose_internal_and_opted_out_ones(world: World) -> None:
    hosts = [(contact, (contact.email or "@").rsplit("@", 1)[1].lower()) for contact in world.contacts]
    assert any(host in FREE_MAIL and contact.account for contact, host in hosts)
    assert any(host in FREE_MAIL and contact.account is None for contact, host in hosts)
    assert any(host == "ours.com" for _, host in hosts)
    assert any(not contact.email for contact, _ in hosts)
    domains = {account.domain for account in world.accounts}
    assert any(contact.account is None and host in domains for contact, host in hosts)
    assert any(contact.call_opt_out for contact, _ in hosts)
    assert any(contact.mail_opt_out for contact, _ in hosts)


def test_scanners_click_many_links_of_one_mail_within_seconds_of_its_delivery(world: World) -> None:
    table = world.activities
    clicks = [row for row in rows_of(world, "email_click") if table.subject[row] >= 0]
    bursts = Counter((int(table.contact[row]), int(table.occurred_at[row]) // 20) for row in clicks)
    mails = {(int(table.contact[row]), int(table.occurred_at[row]) // 20) for row in rows_of(world, "email_automated")}
    full = [spot for spot, number in bursts.items() if number >= 4]
    assert full
    assert sum((who, when) in mails or (who, when - 1) in mails for who, when in full) == len(full)


def test_visitors_include_our_own_people_and_companies_in_no_crm(world: World) -> None:
    table = world.activities
    who = [table.visitors[code] for code in table.visitor[table.visitor >= 0]]
    assert any(name.endswith("@ours.com") for name in who)
    assert any("@" not in name for name in who)
    anonymous = (table.contact == -1) & (table.account >= 0)
    mails = {code for kind, code in KIND_CODE.items() if kind.startswith("email_")}
    assert set(table.kind[anonymous].tolist()) - mails == {KIND_CODE["web_visit"]}


def test_owners_have_managers_teams_zones_absences_and_some_have_left(world: World) -> None:
    owners = {owner.key: owner for owner in world.owners}
    assert len({owner.time_zone for owner in world.owners}) >= 3
    assert any(owner.away for owner in world.owners)
    assert all(owners[owner.manager].job == "manager" for owner in world.owners if owner.manager)
    held = Counter(account.owner for account in world.accounts)
    assert held[None] > 0
    assert any(held[key] and not owner.active for key, owner in owners.items())
    assert sum(owner.job == "integration" for owner in world.owners) == 1


def test_customers_have_money_and_renewals_and_nobody_else_has(world: World) -> None:
    for account in world.accounts:
        assert (account.arr is not None) == (account.lifecycle == "customer")
        assert account.renewal_at is None or NOW - DAY_S < account.renewal_at <= NOW + 366 * DAY_S
        assert account.health is None or 0 <= account.health <= 100
    won = {deal.account for deal in world.opportunities if deal.is_won}
    assert {account.key for account in world.accounts if account.lifecycle == "customer"} <= won


def test_deals_close_in_the_past_or_are_open(world: World) -> None:
    for deal in world.opportunities:
        assert deal.is_closed == (deal.closed_at is not None)
        assert deal.created_at <= deal.stage_changed_at <= NOW
        assert deal.closed_at is None or deal.created_at < deal.closed_at <= NOW
        assert deal.is_closed or not deal.is_won


# ---- named accounts -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [1, 7, 99])
def test_acme_is_always_there_and_hot(seed: int) -> None:
    world = generate("small", seed, NOW)
    row, acme = by_name(world, "Acme Corporation")
    assert (acme.domain, acme.industry, acme.employees, acme.annual_revenue) == ("acme.com", "Software", 800, 60e6)
    assert set(acme.tech) == {"Salesforce", "Snowflake"}
    table = world.activities
    recent = np.flatnonzero((table.account == row) & (table.occurred_at > NOW - 30 * DAY_S))
    kinds = Counter(KINDS[code] for code in table.kind[recent].tolist())
    assert kinds["meeting_held"] >= 1
    assert kinds["email_reply"] >= 2
    assert sum("/pricing" in table.urls[code] for code in table.url[recent] if code >= 0) >= 3
    roles = {world.contacts[code].role for code in table.contact[recent] if code >= 0}
    assert {"decision_maker", "champion", "user"} <= roles
    families = {s.family for s in world.signals if s.domain == "acme.com" and s.seen_at > NOW - 14 * DAY_S}
    assert len(families) >= 2
    owner = next(owner for owner in world.owners if owner.key == acme.owner)
    assert owner.active


def test_each_named_account_shows_its_kind(world: World) -> None:
    table = world.activities

    def touches(name: str, days: int) -> list[str]:
        row, _ = by_name(world, name)
        mine = np.flatnonzero((table.account == row) & (table.occurred_at > NOW - days * DAY_S))
        return [KINDS[code] for code in table.kind[mine].tolist()]

    assert len(touches("Bluefin Tattoo Studio", 30)) >= 6
    assert set(touches("Northwind Analytics, Inc.", 600)) <= {"email_sent", "call_attempted"}
    assert "meeting_held" in touches("Halcyon Software Ltd", 120)
    assert set(touches("Halcyon Software Ltd", 80)) <= {"email_sent", "call_attempted"}
    assert "inbound_call" in touches("Vantage Mills Manufacturing", 2)
    _, defend = by_name(world, "Kestrel Payments GmbH")
    assert defend.health == 42
    assert defend.renewal_at is not None
    assert NOW < defend.renewal_at <= NOW + 61 * DAY_S


# ---- larger worlds --------------------------------------------------------------------------------------------------
def test_chunks_of_a_large_world_do_not_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "pair", type(SIZES["small"])(600, 40_000, 20, chunks=2))
    first, second = (world for world, _ in chunks("pair", 7, NOW))
    assert first.owners == second.owners
    for table in ("accounts", "contacts", "opportunities", "signals"):
        keys = [{row.key for row in getattr(world, table)} for world in (first, second)]
        assert keys[0].isdisjoint(keys[1])
    assert "Acme Corporation" not in {account.name for account in second.accounts}
    assert len({account.domain for account in second.accounts} & {account.domain for account in first.accounts}) <= 1
