"""Which Salesforce field feeds which canonical column: ours by default, the admin's where the mapping names one.

A default is used where the org has the field and our user may see it, and is unknown otherwise; a mapped field must be
there. Several fields, joined by commas, may feed a column that is a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from config.settings import FieldMap
from connectors.salesforce.org import Shape

Candidates = Mapping[str, tuple[str, ...]]

ACCOUNT: Final[Candidates] = {
    "name": ("Name",),
    "domains": ("Website", "Additional_Domains__c"),
    "parent_id": ("ParentId",),
    "owner_id": ("OwnerId",),
    "industry": ("Industry",),
    "naics": ("NaicsCode",),
    "sic": ("Sic",),
    "employees": ("NumberOfEmployees",),
    "annual_revenue": ("AnnualRevenue",),
    "country": ("BillingCountryCode", "BillingCountry"),
    "region": ("BillingState", "BillingStateCode"),
    "tech": ("Tech_Stack__c",),
    "lifecycle": ("Type",),
    "arr": ("ARR__c",),
    "health": ("Health__c",),
    "adoption": ("Adoption__c",),
    "renewal_at": ("Renewal_Date__c",),
    "potential": ("Potential__c",),
    "strategic": ("Strategic__c",),
}
CONTACT: Final[Candidates] = {
    "account_id": ("AccountId",),
    "name": ("Name",),
    "email": ("Email",),
    "title": ("Title",),
    "role": ("Buying_Role__c",),
    "seniority": ("Seniority__c",),
    "call_opt_out": ("DoNotCall",),
    "mail_opt_out": ("HasOptedOutOfEmail",),
    "bounced": ("EmailBouncedDate",),
}
LEAD: Final[Candidates] = {**CONTACT, "account_id": ("ConvertedAccountId",)}
OPPORTUNITY: Final[Candidates] = {
    "account_id": ("AccountId",),
    "name": ("Name",),
    "stage": ("StageName",),
    "amount": ("Amount",),
    "is_closed": ("IsClosed",),
    "is_won": ("IsWon",),
    "owner_id": ("OwnerId",),
    "closed_at": ("CloseDate",),
    "stage_changed_at": ("LastStageChangeDate",),
}
USER: Final[Candidates] = {
    "name": ("Name",),
    "email": ("Email",),
    "active": ("IsActive",),
    "team": ("UserRole.Name",),
    "manager_id": ("ManagerId",),
    "time_zone": ("TimeZoneSidKey",),
    "away_from": ("Out_Of_Office_From__c",),
    "away_until": ("Out_Of_Office_Until__c",),
}
TASK: Final[Candidates] = {"call_outcome": ("CallDisposition",), "call_at": ("CompletedDateTime",)}
EVENT: Final[Candidates] = {"meeting_outcome": ("Meeting_Outcome__c",)}
LISTS: Final = frozenset({"domains", "tech"})


@dataclass(frozen=True, slots=True)
class Source:
    """The fields that feed one column, and what their values become (keys in lower case)."""

    fields: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def field(self) -> str | None:
        """The one field of a column that is no list."""
        return self.fields[0] if self.fields else None

    def translated(self, value: str | None) -> str | None:
        """The value as the mapping wants it, None where the mapping does not know it."""
        return None if value is None else self.values.get(value.strip().casefold())


Sources = dict[str, Source]


def resolve(
    shape: Shape, defaults: Candidates, mapped: Mapping[str, FieldMap], *, strict: bool = True
) -> tuple[Sources, list[str]]:
    """The source of every column, and the mapped fields that are not there, as ``Account.Foo__c``.

    With ``strict`` off a mapped field may be absent: leads lack some fields of contacts.
    """
    sources: Sources = {}
    missing: list[str] = []
    for column, candidates in defaults.items():
        chosen = mapped.get(column)
        wanted = _names(chosen.field) if chosen else candidates
        there = [name for name in wanted if shape.has(name)]
        if chosen and strict:
            missing += [f"{shape.name}.{name}" for name in wanted if name not in there]
        fields = there if column in LISTS else there[:1]
        values = {key.strip().casefold(): value for key, value in (chosen.values if chosen else {}).items()}
        sources[column] = Source(tuple(fields), values)
    return sources, missing


def fields_of(sources: Sources) -> list[str]:
    """Every field that the sources read."""
    return [name for source in sources.values() for name in source.fields]


def absent(shape: Shape, names: Iterable[str]) -> list[str]:
    """Those of the fields that our user cannot see, as ``Account.Foo__c``."""
    return [f"{shape.name}.{name}" for name in names if not shape.has(name)]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
