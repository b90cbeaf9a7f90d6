"""A plan as text: counts first, then who changes what and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.base import AssignOwner, OpenTask, SetFields, UpdateTask, WithdrawTask
from sync.planned import Plan, Planned
from sync.render.labels import FIELDS, Labels, counted, shown

ACCOUNTS_SHOWN = 12
_FIRST = ("tier", "treated_as", "score")  # what people look for first; the rest follows in the order of FIELDS
_WIDE = 88


def plan_lines(plan: Plan, labels: Labels, *, tripped: dict[str, str] | None = None, every: bool = False) -> list[str]:
    """The plan as lines; ``every`` shows all accounts, else the first few in rank order."""
    return [*headline(plan, tripped or {}), *_totals(plan, labels), *_accounts(plan, labels, every=every), *_held(plan)]


def headline(plan: Plan, tripped: dict[str, str]) -> Iterator[str]:
    """What the plan is, in one line, and what stops it."""
    changing = f"{plan.totals.accounts:,} of {counted(plan.population, 'account')} change"
    held = f", held by {', '.join(tripped)}" if tripped else ""
    yield f"Plan {plan.short} on {plan.connection}: {changing}{held}"
    for guard, sentence in tripped.items():
        yield f"  ! {guard}: {sentence}"


def _totals(plan: Plan, labels: Labels) -> Iterator[str]:
    totals = plan.totals
    if totals.by_tier:
        yield "  tiers     " + " · ".join(f"{tier} {count:,}" for tier, count in totals.by_tier.items())
    if totals.owners_moved:
        yield f"  owners    {counted(totals.owners_moved, 'account gets', 'accounts get')} an owner"
    tasks = (("opened", totals.tasks_opened), ("updated", totals.tasks_updated), ("withdrawn", totals.tasks_withdrawn))
    if any(count for _, count in tasks):
        people = f" for {counted(len(totals.by_owner), 'person', 'people')}" if totals.by_owner else ""
        yield "  tasks     " + ", ".join(f"{count:,} {word}" for word, count in tasks if count) + people
        for person, count in sorted(totals.by_owner.items(), key=lambda pair: (-pair[1], pair[0]))[:5]:
            yield f"              {labels.person(person)}: {count}"
    if totals.fields_cleared:
        yield f"  cleared   {counted(totals.fields_cleared, 'field')}"
    if plan.changes:
        yield f"  API calls about {totals.api_calls:,}"


def _accounts(plan: Plan, labels: Labels, *, every: bool) -> Iterator[str]:
    by_account: dict[str, list[Planned]] = {}
    for planned in plan.changes:
        by_account.setdefault(planned.account_id, []).append(planned)
    ranked = sorted(by_account, key=lambda account: _rank(plan, account))
    for account in ranked if every else ranked[:ACCOUNTS_SHOWN]:
        yield ""
        yield from _account(labels.account(account), by_account[account], labels)
    rest = len(ranked) - ACCOUNTS_SHOWN
    if rest > 0 and not every:
        yield ""
        yield f"  ... and {counted(rest, 'account')} more; all of them with --all"


def _rank(plan: Plan, account: str) -> tuple[int, str]:
    decision = plan.decisions.get(account)
    return (decision.rank if decision else len(plan.decisions), account)


def _account(name: str, changes: Sequence[Planned], labels: Labels) -> Iterator[str]:
    lead = f"  ~ {name}"
    told: set[str] = set()
    for planned in changes:
        for line in _change(planned, labels):
            yield f"{lead}   {line}" if lead else f"      {line}"
            lead = ""
        for reason in planned.reasons:
            if reason not in told:
                told.add(reason)
                yield f"      because {reason[:1].lower() + reason[1:] if _plain(reason) else reason}"


def _plain(reason: str) -> bool:
    """Whether the first word is an ordinary one, not a name or a number."""
    first = reason.split(" ", 1)[0]
    return first[:1].isupper() and first[1:].islower() and first in {"The", "An", "A", "No", "Fit", "Score", "Signal"}


def _change(planned: Planned, labels: Labels) -> Iterator[str]:
    change = planned.change
    match change:
        case SetFields():
            yield from _fields(change)
        case AssignOwner():
            yield f"Owner: {labels.person(change.before)} -> {labels.person(change.after)}"
        case OpenTask():
            yield f"+ task for {labels.person(change.assignee_id)}, due {shown(change.due_at)}: {change.subject}"
        case UpdateTask():
            yield f"* task: {change.before.get('subject')}: {', '.join(_task_parts(change))}"
        case WithdrawTask():
            yield f"- task withdrawn: {change.before.get('subject')}"


def _task_parts(change: UpdateTask) -> Iterator[str]:
    """What an update of a task does, part by part; a body is not told word for word."""
    for name, value in change.after.items():
        yield "new text" if name == "body" else f"{FIELDS.get(name, name).lower()} -> {shown(value)}"


def _fields(change: SetFields) -> Iterator[str]:
    order = [*_FIRST, *(name for name in FIELDS if name not in _FIRST)]
    names = [name for name in order if name in change.after]
    short = [name for name in names if name not in ("why", "next_action", "what_changed")]
    line = ""
    for name in short:
        part = f"{FIELDS[name]}: {shown(change.before.get(name))} -> {shown(change.after[name])}"
        if line and len(line) + len(part) > _WIDE:
            yield line
            line = ""
        line = f"{line}   {part}" if line else part
    if line:
        yield line
    for name in names:
        if name not in short:
            yield f"{FIELDS[name]}: {shown(change.after[name])}"


def _held(plan: Plan) -> Iterator[str]:
    if not plan.held:
        return
    by_reason: dict[tuple[str, str], int] = {}
    for held in plan.held:
        by_reason[held.by, held.reason] = by_reason.get((held.by, held.reason), 0) + 1
    yield ""
    yield f"Left out: {counted(len(plan.held), 'wish', 'wishes')}"
    ranked = sorted(by_reason.items(), key=lambda pair: (-pair[1], pair[0]))
    for (by, reason), count in ranked[:6]:
        yield f"  {count:,} x {by}: {reason}"
