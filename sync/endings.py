"""Each kind of error with its exit code and its TL code: the one table of both. Imported when something went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import click

from config.problems import ConfigError
from config.secrets import SecretMissing
from connectors.errors import BudgetSpent, CrmError, Incomplete, NeedsPerson, OutcomeUnknown, Refused, Retryable
from sync.children import ChildFailed
from sync.exits import FAILED, HELD, LEASE, NEEDS_PERSON, TRY_LATER, USAGE, Stopped
from sync.store.errors import LeaseHeld, LeaseLost, PlanRefused, StoreError


@dataclass(frozen=True, slots=True)
class Ending:
    """An exit code, the code that docs/errors.md explains, and what people read."""

    code: int
    tl: str
    said: str


@dataclass(frozen=True, slots=True)
class Known:
    """One kind of error: exit code, TL code, what it means."""

    error: type[BaseException]
    code: int
    tl: str
    means: str


KNOWN: Final = (
    Known(click.UsageError, USAGE, "TL-064", "The command was called with words it does not know."),
    Known(ConfigError, FAILED, "TL-001", "The config file has problems; each is listed with its place."),
    Known(SecretMissing, NEEDS_PERSON, "TL-002", "A secret that the config refers to cannot be found."),
    Known(NeedsPerson, NEEDS_PERSON, "TL-010", "A person must act in the CRM: credentials, permissions or fields."),
    Known(BudgetSpent, TRY_LATER, "TL-020", "Our share of the CRM's daily calls is used up."),
    Known(Incomplete, TRY_LATER, "TL-021", "A pull broke off; what was read is kept, nothing was planned from it."),
    Known(Retryable, TRY_LATER, "TL-022", "The CRM cannot be reached, or answers with errors that pass by themselves."),
    Known(
        OutcomeUnknown, TRY_LATER, "TL-023", "A write went out and no clear answer came back; it is looked up first."
    ),
    Known(Refused, FAILED, "TL-030", "The CRM understood the request and refuses it."),
    Known(CrmError, FAILED, "TL-031", "Any other error of the CRM."),
    Known(LeaseHeld, LEASE, "TL-040", "Another run works on this connection."),
    Known(LeaseLost, LEASE, "TL-041", "Another run has taken over this connection."),
    Known(PlanRefused, HELD, "TL-050", "The plan cannot be applied: stale, superseded, unknown or not approved."),
    Known(ChildFailed, FAILED, "TL-070", "The sandbox did not come up."),
    Known(StoreError, FAILED, "TL-060", "The state cannot be read or written."),
)


def ending_of(error: BaseException) -> Ending | None:
    """How a known error ends a command; None for one that nobody foresaw."""
    if isinstance(error, Stopped):
        return Ending(error.code, error.tl, str(error))
    for known in KNOWN:
        if isinstance(error, known.error):
            said = error.format_message() if isinstance(error, click.ClickException) else str(error)
            own = getattr(error, "code", "")
            return Ending(known.code, own if str(own).startswith("TL-") else known.tl, said)
    return None
