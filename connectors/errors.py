"""What can go wrong with a CRM, named for what the reader does next.

CrmError
|-- Retryable        wait (``after_s`` if the CRM said how long), then the same call may succeed
|   `-- Unavailable  patience has run out: try the whole pass later (exit 5)
|-- BudgetSpent      the day's share of calls is used up: try later (exit 5)
|-- Incomplete       a pull could not be finished: nothing may be planned from it (exit 5)
|-- NeedsPerson      a person must act in the CRM: credentials, permissions, missing fields (exit 4)
|-- Refused          the CRM understood and said no to this record or call
`-- OutcomeUnknown   a write may or may not have happened: read back before sending again
"""

from __future__ import annotations


class CrmError(Exception):
    """Base: who, doing what, what the CRM said (a code and our words, never a body), and what to do next."""

    def __init__(
        self, crm: str, *, doing: str, said: str, hint: str = "", code: str = "", request_id: str = ""
    ) -> None:
        self.crm, self.doing, self.said, self.hint, self.code, self.request_id = (
            crm,
            doing,
            said,
            hint,
            code,
            request_id,
        )
        lead = f"[{request_id}] " if request_id else ""
        tail = f" ({code})" if code else ""
        super().__init__(f"{lead}{crm}: could not {doing}: {said}{tail}" + (f". {hint}" if hint else ""))


class Retryable(CrmError):
    """Waiting may cure it."""

    def __init__(
        self,
        crm: str,
        *,
        doing: str,
        said: str,
        after_s: float | None = None,
        hint: str = "",
        code: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(crm, doing=doing, said=said, hint=hint, code=code, request_id=request_id)
        self.after_s = after_s


class Unavailable(Retryable):
    """Patience has run out."""


class BudgetSpent(CrmError):
    """Our share of the CRM's daily calls is used up."""


class Incomplete(CrmError):
    """A pull broke off; what was read is kept, nothing is planned from it."""


class NeedsPerson(CrmError):
    """Only a person can fix it, in the CRM or in the config."""


class Refused(CrmError):
    """The CRM said no, and would say no again."""


class OutcomeUnknown(CrmError):
    """A write went out and no clear answer came back."""
