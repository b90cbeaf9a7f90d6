"""Readiness: what was looked at in the org, how it is, and the fix. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.base import Finding, Level
from connectors.errors import CrmError
from connectors.salesforce.client import Client
from connectors.salesforce.org import Org
from connectors.salesforce.owned import Names

MOST_SKEW_S: Final = 300
READ: Final = ("User", "Account", "Contact", "Opportunity", "Task", "Event")
OPTIONAL: Final = {
    "Lead": "leads are not read",
    "EmailMessage": "mails are read from tasks, without their addresses",
    "OpportunityContactRole": "buying roles are read from contacts only",
}
PROMISES: Final = {
    "unique": "no task is made twice, whatever happens: Salesforce refuses a second one with the same key",
    "read_back": "no task is made twice unless Salesforce commits one later than 15 minutes after a call broke off",
}


@dataclass(frozen=True, slots=True)
class Checks:
    """Looks at one org."""

    client: Client
    org: Org
    names: Names
    missing: Callable[[], list[str]]
    guard: Callable[[], str]
    clock: Callable[[], datetime]

    def run(self) -> list[Finding]:
        """All findings; a failed login ends the list."""
        found: list[Finding] = []
        steps = (
            self._login,
            self._version,
            self._clock,
            self._objects,
            self._fields,
            self._owners,
            self._key,
            self._budget,
        )
        for step in steps:
            try:
                found.extend(step())
            except CrmError as error:
                found.append(Finding(Level.FAIL, step.__name__.strip("_"), error.said, error.hint))
                if step is steps[0]:
                    break
        return found

    def _login(self) -> Iterator[Finding]:
        ticket = self.client.ticket()
        yield Finding(Level.OK, "login", f"org {ticket.org_id} as user {ticket.user_id}")

    def _version(self) -> Iterator[Finding]:
        served = {
            str(each["version"])
            for each in self.client.read("/services/data/", list[dict[str, Any]], doing="list API versions")
        }
        version = self.client.version
        if version in served:
            yield Finding(Level.OK, "API version", version)
        else:
            newest = max(served, key=float, default="none")
            yield Finding(
                Level.FAIL, "API version", f"{version} is not served", f"set api_version to {newest}, the newest"
            )

    def _clock(self) -> Iterator[Finding]:
        skew_s = round((self.client.server_time() - self.clock()).total_seconds())
        level = Level.OK if abs(skew_s) <= MOST_SKEW_S else Level.WARN
        fix = "" if level is Level.OK else "set this machine's clock; passes go by the clock of Salesforce all the same"
        yield Finding(level, "clock", f"Salesforce is {skew_s:+,} s from this machine", fix)

    def _objects(self) -> Iterator[Finding]:
        for name in READ:
            there = self.org.shape(name) is not None
            yield Finding(
                Level.OK if there else Level.FAIL,
                f"object {name}",
                "readable" if there else "our user cannot see it",
                "" if there else f"grant Read and View All on {name} to our user",
            )
        for name, else_ in OPTIONAL.items():
            there = self.org.shape(name) is not None
            yield Finding(Level.OK if there else Level.WARN, f"object {name}", "readable" if there else else_)

    def _fields(self) -> Iterator[Finding]:
        missing = self.missing()
        if not missing:
            yield Finding(Level.OK, "fields", "every mapped field and every field of ours is there")
        ours = [name for name in missing if name.partition(".")[2].startswith(f"{self.names.prefix}_")]
        if ours:
            said = f"{len(ours)} missing, or hidden from our user: {', '.join(ours)}"
            yield Finding(Level.FAIL, "fields of ours", said, "run `tierline setup --apply`")
        for name in missing:
            if name not in ours:
                fix = "grant it to our user or correct the mapping"
                yield Finding(Level.FAIL, f"field {name}", "missing, or hidden from our user", fix)

    def _owners(self) -> Iterator[Finding]:
        account = self.org.must("Account").fields.get("OwnerId")
        if account is None or not account.updateable:
            yield Finding(
                Level.WARN,
                "owners",
                "our user may not change account owners",
                "grant Edit on accounts, or plan no moves",
            )
        else:
            yield Finding(Level.OK, "owners", "account owners may be changed")
        words = self.org.task_words()
        withdrawn = words.withdrawn or f"{words.closing}, with 'Withdrawn:' in the subject"
        yield Finding(Level.OK, "task words", f"new: {words.opening}; taken back: {withdrawn}")

    def _key(self) -> Iterator[Finding]:
        guard = self.guard()
        level = Level.OK if guard == "unique" else Level.WARN
        fix = "" if guard == "unique" else f"run `tierline setup --apply` so that {self.names.key} is unique"
        yield Finding(level, "tasks once", PROMISES[guard], fix)

    def _budget(self) -> Iterator[Finding]:
        usage, left = self.client.budget.usage(), self.client.budget.left()
        if left is None:
            yield Finding(Level.WARN, "API calls", "Salesforce has not said how many are left")
            return
        level = Level.OK if left > 0 else Level.FAIL
        said = f"the org used {usage.org_used:,} of {usage.org_limit:,} today; {left:,} are left for us"
        yield Finding(level, "API calls", said, "" if left else "wait, or raise budget.share_of_daily_quota")
