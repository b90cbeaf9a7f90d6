"""The object types of a portal: their names in paths, system properties, scopes and what a create must carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CONTACT_READ: Final = ("crm.objects.contacts.read",)
CONTACT_WRITE: Final = ("crm.objects.contacts.write",)


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """One object type. ``any_of`` names properties of which a create needs one, ``all_of`` needs them all."""

    type_id: str
    singular: str
    plural: str
    first_id: int  # id of the first record; records of the loaded world follow at equal steps
    created: str = "hs_createdate"
    modified: str = "hs_lastmodifieddate"
    defaults: tuple[str, ...] = ()  # shown when a reader names no properties, besides the system ones
    read: tuple[str, ...] = CONTACT_READ  # any one of these scopes is enough
    write: tuple[str, ...] = CONTACT_WRITE
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    searchable: tuple[str, ...] = ()  # properties that the ``query`` of a search looks into

    @property
    def upper(self) -> str:
        """The name that error texts use: COMPANY."""
        return self.singular.upper()

    @property
    def system(self) -> tuple[str, str, str]:
        """Properties that every answer carries."""
        return (self.created, self.modified, "hs_object_id")


def _scopes(name: str, verb: str) -> tuple[str, ...]:
    return (f"crm.objects.{name}.{verb}",)


COMPANIES: Final = ObjectKind(
    "0-2",
    "company",
    "companies",
    29_013_756_001,
    created="createdate",
    defaults=("domain", "name"),
    read=_scopes("companies", "read"),
    write=_scopes("companies", "write"),
    any_of=("name", "domain"),
    searchable=("name", "domain", "website", "phone"),
)
CONTACTS: Final = ObjectKind(
    "0-1",
    "contact",
    "contacts",
    171_591_000_101,
    created="createdate",
    modified="lastmodifieddate",
    defaults=("email", "firstname", "lastname"),
    searchable=("firstname", "lastname", "email", "phone", "company"),
)
DEALS: Final = ObjectKind(
    "0-3",
    "deal",
    "deals",
    18_417_469_201,
    created="createdate",
    defaults=("amount", "closedate", "dealname", "dealstage", "pipeline"),
    read=_scopes("deals", "read"),
    write=_scopes("deals", "write"),
    all_of=("dealname", "dealstage"),
    searchable=("dealname", "pipeline", "dealstage", "description"),
)
TICKETS: Final = ObjectKind(
    "0-5", "ticket", "tickets", 5_100_000_001, created="createdate", read=("tickets",), write=("tickets",)
)
COMMUNICATIONS: Final = ObjectKind(
    "0-18",
    "communication",
    "communications",
    40_100_000_001,
    all_of=("hs_timestamp", "hs_communication_channel_type"),
)
TASKS: Final = ObjectKind(
    "0-27", "task", "tasks", 70_300_000_001, all_of=("hs_timestamp",), searchable=("hs_task_subject", "hs_task_body")
)
NOTES: Final = ObjectKind(
    "0-46", "note", "notes", 60_200_000_001, all_of=("hs_timestamp",), searchable=("hs_note_body",)
)
MEETINGS: Final = ObjectKind(
    "0-47", "meeting", "meetings", 80_400_000_001, all_of=("hs_timestamp",), searchable=("hs_meeting_title",)
)
CALLS: Final = ObjectKind(
    "0-48", "call", "calls", 50_500_000_001, all_of=("hs_timestamp",), searchable=("hs_call_title", "hs_call_body")
)
EMAILS: Final = ObjectKind(
    "0-49",
    "email",
    "emails",
    90_600_000_001,
    all_of=("hs_timestamp", "hs_email_direction"),
    searchable=("hs_email_subject",),
)
USERS: Final = ObjectKind(
    "0-115",
    "user",
    "users",
    207_700_001,
    read=_scopes("users", "read"),
    write=_scopes("users", "write"),
    defaults=(),
    searchable=("hs_given_name", "hs_family_name", "hs_email"),
)
LEADS: Final = ObjectKind(
    "0-136",
    "lead",
    "leads",
    33_800_000_001,
    read=_scopes("leads", "read"),
    write=_scopes("leads", "write"),
    all_of=("hs_lead_name",),
    searchable=("hs_lead_name",),
)

KINDS: Final = (
    COMPANIES,
    CONTACTS,
    DEALS,
    TICKETS,
    COMMUNICATIONS,
    TASKS,
    NOTES,
    MEETINGS,
    CALLS,
    EMAILS,
    USERS,
    LEADS,
)
ACTIVITIES: Final = (CALLS, EMAILS, MEETINGS, TASKS, NOTES, COMMUNICATIONS)
BY_ID: Final = {kind.type_id: kind for kind in KINDS}
_NAMES: Final = {name: kind for kind in KINDS for name in (kind.type_id, kind.singular, kind.plural)}


def kind_named(name: str) -> ObjectKind | None:
    """The type that a path segment means: plural, singular, upper case or id; None when there is none."""
    return _NAMES.get(name.lower())
