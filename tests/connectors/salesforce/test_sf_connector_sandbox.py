"""The connector against the pretend Salesforce, over HTTP, with the unmodified client in between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.base import Ask, AssignOwner, Batch, Change, Cursors, Fields, KeyAsk, OpenTask, Outcome, Page, SetFields
from connectors.errors import Unavailable
from connectors.salesforce.crm import SalesforceCrm

pytestmark = pytest.mark.slow
TIERS = ("1 - Focus", "2 - Growth", "Recycle")
KEY = "5eed" * 8


@pytest.fixture
def crm(sandbox: Any, crm_of: Any) -> SalesforceCrm:
    made = crm_of(
        url=sandbox.url, auth={**sandbox.auth(), "my_domain": None}, secrets=lambda _: sandbox.key(), tiers=TIERS
    )
    assert isinstance(made, SalesforceCrm)
    return made


@pytest.fixture
def ready(crm: SalesforceCrm) -> SalesforceCrm:
    crm.setup(act=True, installation="inst-1")
    return crm


def pulled(crm: SalesforceCrm, cursors: Cursors | None = None) -> list[Page]:
    return list(crm.pull(cursors or Cursors(), crm.server_time() + timedelta(seconds=1)))


def column(pages: list[Page], table: str, name: str) -> list[Any]:
    return [value for page in pages if page.table == table for value in page.columns.get(name, ())]


def cursors_of(pages: list[Page]) -> Cursors:
    return Cursors({page.stream: page.cursor for page in pages if page.last})


def sent(crm: SalesforceCrm, *changes: Change) -> list[Outcome]:
    return [receipt.outcome for batch in crm.batches(changes) for receipt in crm.send(batch, lambda _: None)]


def a_task(pages: list[Page], key: str = KEY) -> OpenTask:
    contact, account = next(
        (contact, account)
        for contact, account in zip(
            column(pages, "contacts", "contact_id"), column(pages, "contacts", "account_id"), strict=True
        )
        if account
    )
    owners = zip(column(pages, "owners", "owner_id"), column(pages, "owners", "active"), strict=True)
    owner = next(owner for owner, active in owners if active)
    due = _due(pages)
    return OpenTask(key, account, contact, False, owner, "Call Acme", "why", due, "high")


def _due(pages: list[Page]) -> datetime:
    return datetime.fromisoformat(next(page.cursor for page in pages if page.last)) + timedelta(hours=8)


def fault(sandbox: Any, path: str, do: str, **more: Any) -> None:
    sandbox.control("faults", {"path": path, "do": do, **more})


def test_the_world_is_read_with_every_kind_the_crm_carries(crm: SalesforceCrm) -> None:
    pages = pulled(crm)

    assert len(column(pages, "accounts", "account_id")) == 300
    assert {"call_connected", "call_attempted", "inbound_call", "email_sent", "email_reply", "meeting_held"} <= set(
        column(pages, "activities", "kind")
    )
    assert set(column(pages, "accounts", "lifecycle")) >= {"prospect", "customer", "partner", "competitor"}
    assert None not in column(pages, "activities", "occurred_at")
    assert all(page.whole for page in pages if page.last)


def test_a_bulk_job_reads_the_same_rows_as_pages(sandbox: Any, crm_of: Any, crm: SalesforceCrm) -> None:
    auth = {**sandbox.auth(), "my_domain": None}
    bulk = crm_of(url=sandbox.url, auth=auth, secrets=lambda _: sandbox.key(), bulk_over=100)

    by_page, by_job = pulled(crm), pulled(bulk)

    for table, key in (("accounts", "account_id"), ("contacts", "contact_id"), ("activities", "activity_id")):
        names = next(page for page in by_page if page.table == table and page.columns).columns
        one, other = ({name: column(pages, table, name) for name in names} for pages in (by_page, by_job))
        place = list(names).index(key)
        rows = [sorted(zip(*t.values(), strict=True), key=lambda row: row[place]) for t in (one, other)]
        assert rows[0] == rows[1]


def test_setup_is_done_once_and_leaves_the_installation(sandbox: Any, crm: SalesforceCrm) -> None:
    listed = crm.setup(act=False, installation="inst-1")
    assert sandbox.control("journal?since=0")["writes"] == []

    made = crm.setup(act=True, installation="inst-1")
    again = crm.setup(act=True, installation="inst-1")

    assert [step.missing for step in listed] == [True] * len(made)
    assert not any(step.missing for step in again)
    assert (crm.installation(), crm.create_guard, crm.missing_fields()) == ("inst-1", "unique", [])


@pytest.mark.usefixtures("ready")
def test_a_new_tier_is_added_to_the_list(sandbox: Any, crm_of: Any) -> None:
    auth = {**sandbox.auth(), "my_domain": None}
    wider = crm_of(url=sandbox.url, auth=auth, secrets=lambda _: sandbox.key(), tiers=(*TIERS, "4 - Later"))

    first = [step for step in wider.setup(act=True, installation="inst-1") if step.missing]
    again = [step for step in wider.setup(act=False, installation="inst-1") if step.missing]

    assert [step.said for step in first] == ["differs: does not offer 4 - Later"] * 2  # the tier and its override
    assert again == []


def test_what_is_written_is_shown_and_comes_with_the_next_pull(ready: SalesforceCrm) -> None:
    pages = pulled(ready)
    account = column(pages, "accounts", "account_id")[0]
    after: Fields = {"tier": "1 - Focus", "score": 71, "tier_since": _due(pages), "why": "Because\nof this"}

    assert sent(ready, SetFields(account, {}, after)) == [Outcome.APPLIED]

    assert ready.read([Ask("account", account, tuple(after))]) == {account: after}
    later = pulled(ready, cursors_of(pages))
    assert column(later, "accounts", "account_id") == [account]
    assert '"score":71' in column(later, "accounts", "owned")[0]


def test_an_owner_moves(ready: SalesforceCrm) -> None:
    pages = pulled(ready)
    account, owner = column(pages, "accounts", "account_id")[0], a_task(pages).assignee_id

    assert sent(ready, AssignOwner(account, None, owner)) == [Outcome.APPLIED]
    assert ready.read([Ask("account", account, ("owner_id",))])[account] == {"owner_id": owner}


def test_a_create_whose_answer_is_lost_is_found_by_its_key_and_never_doubled(
    sandbox: Any, ready: SalesforceCrm
) -> None:
    pages = pulled(ready)
    task = a_task(pages)
    fault(sandbox, "/composite/sobjects$", "reset", method="POST", when="after")

    assert sent(ready, task) == [Outcome.UNKNOWN]
    found = ready.find([KeyAsk(KEY, task.account_id)])[KEY]
    again = ready.send(Batch((task,), "collections", 1), lambda _: None)

    assert [(one.state, one.touched) for one in found] == [("open", False)]
    assert [(r.outcome, r.crm_id, r.code) for r in again] == [(Outcome.APPLIED, found[0].task_id, "DUPLICATE_VALUE")]
    assert sandbox.writes("create", "Task") == 1


def test_a_task_that_a_rep_deleted_is_found_as_deleted(sandbox: Any, ready: SalesforceCrm) -> None:
    pages = pulled(ready)
    task = a_task(pages)
    sent(ready, task)
    (found,) = ready.find([KeyAsk(KEY, task.account_id)])[KEY]
    order = {"crm": "salesforce", "do": "delete_record", "object": "Task", "id": found.task_id}
    sandbox.control("act", order)

    assert [one.state for one in ready.find([KeyAsk(KEY, task.account_id)])[KEY]] == ["deleted"]
    later = pulled(ready, cursors_of(pages))
    assert column(later, "tasks", "state") == ["deleted"]
    assert found.task_id not in column(later, "activities", "activity_id")


def test_a_session_that_ends_in_the_middle_of_a_pull_is_renewed(sandbox: Any, crm: SalesforceCrm) -> None:
    whole = len(column(pulled(crm), "activities", "activity_id"))
    fault(sandbox, "/query", "expire", skip=4, count=2)

    assert len(column(pulled(crm), "activities", "activity_id")) == whole


def test_a_page_that_fails_for_long_ends_the_pull_with_an_error(sandbox: Any, crm: SalesforceCrm) -> None:
    fault(sandbox, "/queryAll|/query/", "status", status=503, skip=3, count=50)

    with pytest.raises(Unavailable):
        pulled(crm)


def test_a_pull_goes_on_where_it_broke_off(sandbox: Any, crm: SalesforceCrm) -> None:
    everything = pulled(crm)
    fault(sandbox, "/query/", "status", status=503, skip=1, count=6)
    seen: list[Page] = []
    with pytest.raises(Unavailable):
        seen.extend(_kept(crm, seen))

    rest = pulled(crm, _progress(seen))

    ids = [*column(seen, "activities", "activity_id"), *column(rest, "activities", "activity_id")]
    assert sorted(ids) == sorted(column(everything, "activities", "activity_id"))


def _kept(crm: SalesforceCrm, seen: list[Page]) -> Sequence[Page]:
    for page in crm.pull(Cursors(), crm.server_time()):
        seen.append(page)  # noqa: PERF402 - what came before the break counts
    return ()


def _progress(seen: list[Page]) -> Cursors:
    done = {page.stream: page.cursor for page in seen if page.last}
    open_ = {f"resume:{page.stream}": page.resume for page in seen if page.resume and page.stream not in done}
    return Cursors({**done, **open_})
