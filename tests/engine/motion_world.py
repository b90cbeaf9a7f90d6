"""A CRM and a store that do as they are told, to run the engine's last step over many passes."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from engine.decide import decide_all
from engine.facts import Decision, Desired, Facts, KnownTask, Standing, TaskWanted, Timer
from engine.sla import Act, start
from tests.engine.motion_builders import DAY, NOW, a_motion, an_account, an_owner, people, raised, surging, three_tiers

MOTION = a_motion(
    slots={"ae": ["keep", {"pool": "sales"}], "sdr": [{"pool": "sdrs"}, "keep"]},
    pools={"sales": {"team": "Sales"}, "sdrs": {"team": "SDR"}},
)
OWNERS = people(
    an_owner("Rita", team="Sales"),
    an_owner("Tom", team="Sales"),
    an_owner("Sam", team="SDR"),
    an_owner("Old", active=False),
)
HOUR = timedelta(hours=1)


@dataclass
class World:
    """A CRM and a store that do as they are told."""

    facts: dict[str, Facts]
    policy: Any = field(default_factory=three_tiers)
    standing: dict[str, Standing] = field(default_factory=dict)
    tasks: dict[str, KnownTask] = field(default_factory=dict)
    timers: list[Timer] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    shown: dict[str, dict[str, object]] = field(default_factory=dict)

    def decide(self, now: datetime, *, first_pass: bool = False) -> tuple[list[Decision], list[Desired], list[Timer]]:
        return decide_all(
            "org", self.facts, self.standing, OWNERS, tuple(self.tasks.values()), self.timers, self.acts,
            self.policy, MOTION, self.shown, now, first_pass=first_pass,
        )  # fmt: skip

    def run(self, now: datetime, *, first_pass: bool = False) -> list[str]:
        """One pass, applied and recorded two minutes later; what it changed, in short."""
        decisions, wanted, self.timers = self.decide(now, first_pass=first_pass)
        self.standing = {one.account_id: one.standing for one in decisions}
        changes: list[str] = []
        for one in wanted:
            changes += self._apply(one, now + timedelta(minutes=2))
        return changes

    def _apply(self, one: Desired, now: datetime) -> list[str]:
        changes = [
            f"{name}={value}"
            for name, value in one.fields.items()
            if self.shown.get(one.account_id, {}).get(name) != value
        ]
        self.shown[one.account_id] = dict(one.fields)
        if one.owner.moved:
            self.facts[one.account_id] = replace(self.facts[one.account_id], owner_id=one.owner.owner_id)
            changes.append(f"owner={one.owner.owner_id}")
        for gone in one.withdraw:
            self.tasks[gone.key] = replace(self.tasks[gone.key], state="withdrawn", closed_at=now)
            changes.append(f"withdraw {self.tasks[gone.key].play}")
        if one.open_task is not None:
            changes.append(f"open {one.open_task.play}")
            self._open(one, now)
        return changes

    def _open(self, one: Desired, now: datetime) -> None:
        task = one.open_task
        assert task is not None
        held = self._held(task)
        if held is not None:  # taken over by a better play, or by another holder
            assert (held.state, held.touched) == ("open", False)
            assert (held.play, held.epoch, held.assignee_id) != (task.play, task.epoch, task.assignee_id)
            self.tasks[held.key] = replace(
                held, play=task.play, epoch=task.epoch, assignee_id=task.assignee_id, subject=task.subject
            )
            self._start(task, now)
            return
        assert (task.account_id, task.play, task.epoch) not in self.spent
        assert not any(
            known.state == "open" and (known.account_id, known.assignee_id) == (task.account_id, task.assignee_id)
            for known in self.tasks.values()
        )
        self.tasks[task.key] = KnownTask(
            task.key,
            f"t-{task.key[:8]}",
            task.account_id,
            task.play,
            task.epoch,
            task.assignee_id,
            task.subject,
            now,
            "open",
        )
        self._start(task, now)

    def _held(self, task: TaskWanted) -> KnownTask | None:
        """The open task that is meant, by key or as the one of this account and person."""
        mine = [one for one in self.tasks.values() if one.state == "open" and one.account_id == task.account_id]
        return next((one for one in mine if one.key == task.key or one.assignee_id == task.assignee_id), None)

    @property
    def spent(self) -> set[tuple[str, str, str]]:
        return {(one.account_id, one.play, one.epoch) for one in self.tasks.values()}

    def _start(self, task: TaskWanted, now: datetime) -> None:
        timer = start(task, now, OWNERS, MOTION)
        if timer is not None:
            assert timer.key not in {one.key for one in self.timers}
            self.timers.append(timer)


def _account(number: int, score: int, fit: int, hot: int, surge: float, quiet: int, more: dict[str, Any]) -> Facts:
    """An account with a coherent score: under the gate it is capped, as scoring does."""
    return an_account(
        f"a{number}",
        score=score if fit >= 40 else min(score, 24),
        fit=fit,
        hand_raise=raised(hours=hot, activity_id=f"r{number}") if hot else None,
        surge=surging(surge) if surge else None,
        last_inbound_at=NOW - quiet * DAY,
        **more,
    )


ACCOUNTS = st.builds(
    _account,
    st.integers(0, 30),
    st.integers(0, 100),
    st.integers(20, 100),
    st.sampled_from([0, 2, 50, 24 * 9, 24 * 20]),
    st.sampled_from([0, 3.5, 9.0]),
    st.integers(0, 40),
    st.fixed_dictionaries(
        {
            "owner_id": st.sampled_from(["rita", "tom", "old", None]),
            "open_opportunity": st.booleans(),
            "lifecycle": st.sampled_from(["prospect", "prospect", "customer", "former", "partner"]),
            "known": st.sampled_from([1.0, 0.55, 0.4]),
            "health": st.sampled_from([None, 30.0, 90.0]),
            "renewal_at": st.sampled_from([None, NOW + 50 * DAY]),
            "last_human_contact_at": st.sampled_from([None, NOW - DAY, NOW - 20 * DAY]),
            "lost_at": st.sampled_from([None, NOW - 5 * DAY]),
        }
    ),
)
WORLDS = st.lists(ACCOUNTS, min_size=1, max_size=14, unique_by=lambda one: one.account_id)
