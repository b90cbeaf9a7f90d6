"""The engine's last step: facts and what stands in; decisions, what should exist now, and timers out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine import shown as showing
from engine.business_time import WorkCalendar, add, calendar_for
from engine.economy import Served, open_desk, serve, withdrawals
from engine.facts import Decision, Desired, Facts, KnownTask, OwnerChoice, OwnerFacts, Standing, Timer, Withdrawal
from engine.ladder import Draft, Ladder
from engine.motion import Motion
from engine.ownership import choose_owners, is_worked
from engine.plays import View, Want, wants
from engine.policy import Policy
from engine.routing import Rules
from engine.sla import Act, advance, assignee_calendar, cancel, closed_by_person, people_who_count, rule_of
from engine.texts import Setting
from engine.tiers import conclude, settle_tiers


def decide_all(
    org: str,
    facts: Mapping[str, Facts],
    standing: Mapping[str, Standing],
    owners: Mapping[str, OwnerFacts],
    tasks: Sequence[KnownTask],
    timers: Sequence[Timer],
    acts: Sequence[Act],
    policy: Policy,
    motion: Motion,
    shown: Mapping[str, Mapping[str, object]],
    now: datetime,
    *,
    first_pass: bool,
    zone: str = "UTC",
    link: str = "",
) -> tuple[list[Decision], list[Desired], list[Timer]]:
    """Everything that should be true now, best account first.

    - ``facts``, ``standing``, ``shown``: by account_id. ``shown`` is what the CRM shows in the fields we own (times as
      aware datetimes). ``owners``: by owner_id.
    - ``tasks``: all tasks of ours that are known, settled ones too: a settled key is never wanted again.
    - ``acts``: outbound human acts of at least the last 30 days (``Act``): they meet timers and settle first touches.
    - ``first_pass``: True until a whole baseline is recorded: accounts without a standing decision are then a
      baseline; later they are entries.
    - ``zone``: the connection's IANA zone. ``link``: address of an account, with ``{account_id}`` in it.

    A task that is open already is in no ``open_task``, with two exceptions: a better play takes over the untouched task
    that its assignee has on the account (own key, play and epoch; the body keeps the reference of the task), or the
    holder of a task is not active any more (same key, other assignee). Timers start when a task is confirmed or taken
    over, by ``sla.start``; the list returned holds every timer given, advanced to ``now``, in the order given.
    """
    work = _Work(org, owners, policy, motion, now.replace(microsecond=0), zone, link, calendar_for(motion, zone))
    decisions, choices = _decisions(work, facts, standing, tasks, first_pass=first_pass)
    facts = {name: _with_new_csm(one, facts, choices, owners) for name, one in facts.items()}
    views = _views(facts, decisions, tasks, acts)
    cases = {name: _case(work, view, choices[name]) for name, view in views.items()}
    desired, advanced = _outcome(work, cases, tasks, timers, shown)
    return list(decisions.values()), desired, advanced


def _outcome(
    work: _Work,
    cases: Mapping[str, _Case],
    tasks: Sequence[KnownTask],
    timers: Sequence[Timer],
    shown: Mapping[str, Mapping[str, object]],
) -> tuple[list[Desired], list[Timer]]:
    """What should exist now, and the timers, from accounts that are decided."""
    served = _serve(work, tasks, cases)
    by_account: defaultdict[str, list[tuple[Timer, tuple[str, ...]]]] = defaultdict(list)
    advanced = [_advance(work, timer, cases.get(timer.account_id)) for timer in timers]
    for timer, said in advanced:
        by_account[timer.account_id].append((timer, said))
    desired = [
        _desired(work, case, served[name], by_account[name], shown.get(name, {})) for name, case in cases.items()
    ]
    return [*desired, *_left_scope(tasks, cases)], [timer for timer, _ in advanced]


@dataclass(frozen=True, slots=True)
class _Work:
    """What every step of a pass needs."""

    org: str
    owners: Mapping[str, OwnerFacts]
    policy: Policy
    motion: Motion
    now: datetime
    zone: str
    link: str
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class _Case:
    """One account on its way to what should exist: its view, owner, the plays that hold, the tasks to withdraw."""

    view: View
    choice: OwnerChoice
    owner_id: str | None  # once routing is through
    wanted: tuple[Want, ...]
    withdraw: tuple[Withdrawal, ...]


def _decisions(
    work: _Work,
    facts: Mapping[str, Facts],
    standing: Mapping[str, Standing],
    tasks: Sequence[KnownTask],
    *,
    first_pass: bool,
) -> tuple[dict[str, Decision], dict[str, OwnerChoice]]:
    """Tiers, then owners, then what hangs on both; an account that is held out keeps the owner it has."""
    policy, motion, owners, now = work.policy, work.motion, work.owners, work.now
    drafts = settle_tiers(facts, standing, policy, motion, owners, now)
    choices = choose_owners(sorted(drafts.values(), key=Draft.order), standing, owners, policy, motion, now, work.zone)
    after = {name: choices[name].owner_id or one.owner_id for name, one in facts.items()}
    had_motion = frozenset(task.account_id for task in tasks)
    decisions = conclude(drafts, after, standing, policy, motion, now, first_pass=first_pass, had_motion=had_motion)
    rules = Rules.of(motion, owners, now)
    for name, decision in decisions.items():
        if decision.held_out and choices[name].moved:
            choices[name] = OwnerChoice(name, None, "held out: left as it is", moved=False)
        moved = replace(decision.standing, owner_set_at=now) if choices[name].moved else decision.standing
        ownerless = is_worked(moved.tier) and not rules.works(choices[name].owner_id or facts[name].owner_id)
        decisions[name] = replace(decision, standing=moved, waiting_for_owner=ownerless)
    return decisions, choices


def _with_new_csm(
    one: Facts, facts: Mapping[str, Facts], choices: Mapping[str, OwnerChoice], owners: Mapping[str, OwnerFacts]
) -> Facts:
    """The facts, naming whom the family's customer belongs to from now on: the next pass would say so anyway."""
    choice = choices.get(one.family_customer_id or "")
    if choice is None or choice.owner_id is None or choice.owner_id not in owners:
        return one
    return replace(one, family_customer=f"{facts[choice.account_id].name} ({owners[choice.owner_id].name})")


def _views(
    facts: Mapping[str, Facts], decisions: Mapping[str, Decision], tasks: Sequence[KnownTask], acts: Sequence[Act]
) -> dict[str, View]:
    history: defaultdict[str, list[KnownTask]] = defaultdict(list)
    done: defaultdict[str, list[Act]] = defaultdict(list)
    for task in sorted(tasks, key=lambda one: (one.opened_at, one.key)):
        history[task.account_id].append(task)
    for act in acts:
        done[act.account_id].append(act)
    return {
        name: View(facts[name], decision, tuple(history.get(name, ())), tuple(done.get(name, ())))
        for name, decision in decisions.items()
    }


def _case(work: _Work, view: View, choice: OwnerChoice) -> _Case:
    wanted = wants(view, work.org, work.motion, work.policy.tiers[0].name, work.calendar, work.now)
    withdraw = withdrawals(view, wanted, work.motion, work.calendar, work.now) if view.history else ()
    return _Case(view, choice, choice.owner_id or view.facts.owner_id, wanted, withdraw)


def _serve(work: _Work, tasks: Sequence[KnownTask], cases: Mapping[str, _Case]) -> dict[str, Served]:
    """Every account served best first, after all withdrawals: what frees a hand now must not free it later."""
    gone = frozenset(one.key for case in cases.values() for one in case.withdraw)
    first = frozenset(name for name, case in cases.items() if case.view.decision.standing.baseline)
    setting = Setting(work.owners, Ladder.of(work.policy), work.policy.currency, work.link, work.now)
    desk = open_desk(work.org, work.motion, work.owners, setting, tasks, gone, first, work.now, work.zone)
    return {name: serve(desk, case.view, case.wanted, gone, case.owner_id) for name, case in cases.items()}


def _advance(work: _Work, timer: Timer, case: _Case | None) -> tuple[Timer, tuple[str, ...]]:
    """One timer as of now: met, warned or breached first; cancelled when its account or its reason is gone."""
    rule = rule_of(work.motion, timer.play)
    if case is None:
        return cancel(timer, "the account is no longer in scope")
    if rule is None:
        return cancel(timer, "its play makes no promise any more")
    task = _task_of(timer, case.view.history)
    holder = task.assignee_id if task is not None and task.state == "open" else timer.assignee_id
    people = people_who_count(holder, case.owner_id, work.owners)
    acts = [act for act in case.view.acts if act.actor_id in people]
    closing = closed_by_person(timer, task)
    acts += [closing] if closing is not None else []
    calendar = assignee_calendar(work.owners.get(holder), work.motion, work.zone)
    timer, said = advance(timer, acts, work.now, calendar, rule)
    over = _over(timer, case, task)
    stopped, why = cancel(timer, over) if over else (timer, ())
    return stopped, (*said, *why)


def _task_of(timer: Timer, history: Sequence[KnownTask]) -> KnownTask | None:
    """The task a timer watches: of its key, or the newest of its play, which may have taken over another's task."""
    of_play = [task for task in history if task.play == timer.play]
    own = next((task for task in history if task.key == timer.key), None)
    return own if own is not None or not of_play else of_play[-1]


def _over(timer: Timer, case: _Case, task: KnownTask | None) -> str:
    """Why a timer's promise is void, in words; empty while it holds."""
    if task is not None and task.state == "deleted":
        return "a person deleted the task"
    if task is not None and task.state == "withdrawn":
        return "the task was withdrawn"
    if task is not None and task.play != timer.play:
        return "a more urgent play took over its task"
    gone = next((one.note for one in case.withdraw if task is not None and one.key == task.key), "")
    return gone.removeprefix("Withdrawn: ").rstrip(".")


def _desired(
    work: _Work,
    case: _Case,
    served: Served,
    timers: Sequence[tuple[Timer, tuple[str, ...]]],
    shown: Mapping[str, object],
) -> Desired:
    facts, decision = case.view.facts, case.view.decision
    play = next(
        (want.play.name for want in case.wanted if want.stop == "" or case.view.open_task(want.play.name)), None
    )
    running = [timer for timer, _ in timers]
    fields = showing.fields(facts, decision, running, _promise(work, served), play, shown, work.now)
    return Desired(
        account_id=facts.account_id,
        fields=fields,
        owner=case.choice,
        open_task=served.task,
        withdraw=case.withdraw,
        waiting=served.waiting,
        reasons=(*decision.sentences, *(line for _, said in timers for line in said)),
        visible=not decision.held_out or work.motion.holdout.visible,
    )


def _promise(work: _Work, served: Served) -> datetime | None:
    """When the first touch is due that the task opened now promises."""
    task = served.task
    rule = rule_of(work.motion, task.play) if task is not None and task.sla_due else None
    if task is None or rule is None:
        return None
    return add(assignee_calendar(work.owners.get(task.assignee_id), work.motion, work.zone), work.now, rule.first_touch)


def _left_scope(tasks: Sequence[KnownTask], inside: Collection[str]) -> list[Desired]:
    """Accounts that left the scope: their untouched tasks are withdrawn, nothing is blanked."""
    left: defaultdict[str, list[Withdrawal]] = defaultdict(list)
    for task in tasks:
        if task.account_id not in inside and task.state == "open" and not task.touched and task.task_id is not None:
            note = "Withdrawn: the account is no longer in scope."
            left[task.account_id].append(Withdrawal(task.key, task.task_id, task.account_id, note))
    stays = "no longer in scope"
    return [
        Desired(name, {}, OwnerChoice(name, None, stays, moved=False), withdraw=tuple(left[name]), reasons=(stays,))
        for name in sorted(left)
    ]
