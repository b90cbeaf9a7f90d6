"""Loads a world: small tables as lists, activities as columns that render on demand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pycountry

from sandbox.salesforce.columns import NEVER, Column, Listed, Moments, References, Same
from sandbox.salesforce.fill_activities import fill_activities
from sandbox.salesforce.org import USERNAME, Org
from sandbox.salesforce.people import People, people_of
from sandbox.world import Contact, Opportunity, Owner, World

TYPES: Final = {
    "prospect": "Prospect",
    "customer": "Customer",
    "former": "Former Customer",
    "partner": "Partner",
    "competitor": "Competitor",
}
ROLES: Final = {
    "decision_maker": "Decision Maker",
    "champion": "Champion",
    "budget_holder": "Budget Holder",
    "influencer": "Influencer",
    "user": "User",
    "blocker": "Blocker",
}
SENIORITIES: Final = {
    "c_level": "C-Level",
    "vp": "VP",
    "director": "Director",
    "manager": "Manager",
    "individual": "Individual",
}
STAGES: Final = (  # label, probability, closed, won, forecast category
    ("Qualification", 10, False, False, "Pipeline"),
    ("Discovery", 25, False, False, "Pipeline"),
    ("Proposal", 50, False, False, "BestCase"),
    ("Negotiation", 75, False, False, "Forecast"),
    ("Closed Won", 100, True, True, "Closed"),
    ("Closed Lost", 0, True, False, "Omitted"),
)
STATUSES: Final = (  # label, closed; the first is the default
    ("Not Started", False),
    ("In Progress", False),
    ("Completed", True),
    ("Deferred", False),
    ("Withdrawn", True),
)
PROFILE: Final = ("System Administrator", "Standard User")


def fill(org: Org, world: World) -> None:
    """Replaces all rows of the org by those of the world."""
    org.reset()
    people = people_of(world)
    _settings(org, world.now)
    _users(org, world)
    _accounts(org, world, people)
    _contacts(org, world, people)
    _opportunities(org, world, people)
    fill_activities(org, world, people)


def stamps(created: Sequence[int], modified: Sequence[int], author: Column) -> dict[str, Column]:
    """The system fields of rows that were made and last changed at these unix seconds."""
    changed = Moments(np.array(modified, np.int64))
    return {
        "CreatedDate": Moments(np.array(created, np.int64)),
        "LastModifiedDate": changed,
        "SystemModstamp": changed,
        "CreatedById": author,
        "LastModifiedById": author,
    }


def _seconds(values: Sequence[int | None]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([NEVER if each is None else each for each in values], np.int64)


def _nothing_or(value: Any) -> Any:
    return value or None


# ---- what an admin has set up ---------------------------------------------------------------------------------------
def _settings(org: Org, now: int) -> None:
    wire = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    system = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), wire)
    admin = org.table("User").record_id(0)
    system |= dict.fromkeys(("CreatedById", "LastModifiedById"), admin)
    for name, rows in _setting_rows().items():
        table = org.table(name)
        for row in rows:
            table.add(system | row)
    profile = org.table("Profile").record_id
    for position, name in enumerate(PROFILE):
        names = {"Name": f"X00e{name.replace(' ', '')}", "Label": name}
        row = names | {"ProfileId": profile(position), "IsOwnedByProfile": True, "IsCustom": False}
        org.table("PermissionSet").add(system | row)


def _setting_rows() -> dict[str, list[dict[str, Any]]]:
    organization = {
        "Name": "Pretend Org",
        "OrganizationType": "Enterprise Edition",
        "InstanceName": "CS00",
        "IsSandbox": True,
        "DefaultLocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
        "TimeZoneSidKey": "UTC",
        "FiscalYearStartMonth": 1,
    }
    return {
        "Organization": [organization],
        "Profile": [{"Name": name, "UserType": "Standard"} for name in PROFILE],
        "TaskStatus": [
            _value(label, order) | {"IsDefault": order == 1, "IsClosed": closed}
            for order, (label, closed) in enumerate(STATUSES, 1)
        ],
        "TaskPriority": [
            _value(label, order) | {"IsDefault": label == "Normal", "IsHighPriority": label == "High"}
            for order, label in enumerate(("High", "Normal", "Low"), 1)
        ],
        "OpportunityStage": [_stage(order, *facts) for order, facts in enumerate(STAGES, 1)],
    }


def _value(label: str, order: int) -> dict[str, Any]:
    return {"MasterLabel": label, "ApiName": label, "SortOrder": order}


def _stage(order: int, label: str, chance: int, closed: bool, won: bool, category: str) -> dict[str, Any]:
    return _value(label, order) | {
        "IsActive": True,
        "IsClosed": closed,
        "IsWon": won,
        "ForecastCategory": category,
        "ForecastCategoryName": category,
        "DefaultProbability": float(chance),
    }


# ---- people of ours -------------------------------------------------------------------------------------------------
def _users(org: Org, world: World) -> None:
    """The integration user sits at position 0, the world's owners follow: an owner's row is its index + 1."""
    teams = sorted({owner.team for owner in world.owners})
    roles = org.table("UserRole")
    begun = np.array([world.now], np.int64)
    first = [min((owner.created_at for owner in world.owners), default=world.now)]
    system = {name: Moments(np.repeat(begun, len(teams))) for name in ("CreatedDate", "SystemModstamp")}
    roles.fill(
        len(teams),
        {"Name": Listed(teams), "DeveloperName": Listed([each.replace(" ", "_") for each in teams]), **system},
    )
    place = {owner.key: index for index, owner in enumerate(world.owners, 1)}
    team = {name: position for position, name in enumerate(teams)}
    columns = [_robot_user(), *(_user(owner, world.now) for owner in world.owners)]
    table = org.table("User")
    table.fill(
        len(columns),
        {
            **{name: Listed([each[name] for each in columns]) for name in columns[0]},
            **_person_times(world.owners, world.now),
            **stamps(
                first + [owner.created_at for owner in world.owners],
                first + [owner.modified_at for owner in world.owners],
                Same(table.record_id(0)),
            ),
            "UserType": Same("Standard"),
            "LocaleSidKey": Same("en_US"),
            "LanguageLocaleKey": Same("en_US"),
            "EmailEncodingKey": Same("UTF-8"),
            "ProfileId": References("00e", np.array([0] + [1] * len(world.owners))),
            "UserRoleId": References("00E", np.array([-1] + [team[owner.team] for owner in world.owners])),
            "ManagerId": References(
                "005", np.array([-1] + [place.get(owner.manager or "", -1) for owner in world.owners])
            ),
        },
    )


def _robot_user() -> dict[str, Any]:
    return {
        "Username": USERNAME,
        "FirstName": "Tierline",
        "LastName": "Integration",
        "Email": USERNAME,
        "Alias": "tierline",
        "IsActive": True,
        "TimeZoneSidKey": "UTC",
        "World_Key__c": None,
        "Work_Hours__c": None,
    }


def _user(owner: Owner, now: int) -> dict[str, Any]:  # noqa: ARG001  one shape for all rows
    start, end = owner.hours
    return {
        "Username": owner.email,
        "FirstName": owner.first_name,
        "LastName": owner.last_name,
        "Email": owner.email,
        "Alias": (owner.first_name[:1] + owner.last_name)[:8].lower(),
        "IsActive": owner.active,
        "TimeZoneSidKey": owner.time_zone,
        "World_Key__c": owner.key,
        "Work_Hours__c": f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}",
    }


def _person_times(owners: Sequence[Owner], now: int) -> dict[str, Column]:
    """The absence that runs or comes next; earlier ones are no longer shown."""
    coming = [next((span for span in owner.away if span[1] > now), (None, None)) for owner in owners]
    return {
        "Out_Of_Office_From__c": Moments(_seconds([None] + [span[0] for span in coming])),
        "Out_Of_Office_Until__c": Moments(_seconds([None] + [span[1] for span in coming])),
    }


# ---- the buyers' side -----------------------------------------------------------------------------------------------
def _accounts(org: Org, world: World, people: People) -> None:
    rows = world.accounts
    owners = References("005", np.array([people.owner(each.owner) for each in rows], np.int64))
    place = {each.key: index for index, each in enumerate(rows)}
    fields: dict[str, list[Any]] = {
        "Name": [each.name for each in rows],
        "Website": [each.website for each in rows],
        "Additional_Domains__c": [_nothing_or(";".join(each.more_domains)) for each in rows],
        "Industry": [each.industry for each in rows],
        "NumberOfEmployees": [each.employees for each in rows],
        "AnnualRevenue": [each.annual_revenue for each in rows],
        "BillingCountryCode": [each.country for each in rows],
        "BillingCountry": [_country(each.country) for each in rows],
        "BillingState": [each.region for each in rows],
        "Tech_Stack__c": [_nothing_or(";".join(each.tech)) for each in rows],
        "Type": [TYPES[each.lifecycle] for each in rows],
        "ARR__c": [each.arr for each in rows],
        "Health__c": [each.health for each in rows],
        "Adoption__c": [each.adoption for each in rows],
        "Potential__c": [each.potential for each in rows],
        "Strategic__c": [each.strategic for each in rows],
        "World_Key__c": [each.key for each in rows],
    }
    org.table("Account").fill(
        len(rows),
        {
            **{name: Listed(values) for name, values in fields.items()},
            **stamps([each.created_at for each in rows], [each.modified_at for each in rows], owners),
            "OwnerId": owners,
            "ParentId": References("001", np.array([place.get(each.parent or "", -1) for each in rows], np.int64)),
            "Renewal_Date__c": Moments(_seconds([each.renewal_at for each in rows]), dates=True),
        },
    )


def _country(code: str | None) -> str | None:
    known = pycountry.countries.get(alpha_2=code) if code else None
    return known.name if known is not None else code


def _contacts(org: Org, world: World, people: People) -> None:
    rows = world.contacts
    accounts = np.array([people.account(each.account) for each in rows], np.int64)
    owners = References("005", people.owner_of_accounts(world, accounts))
    org.table("Contact").fill(
        len(rows),
        {
            **{name: Listed(values) for name, values in _contact_fields(rows).items()},
            **stamps([each.created_at for each in rows], [each.modified_at for each in rows], owners),
            "AccountId": References("001", accounts),
            "OwnerId": owners,
        },
    )


def _contact_fields(rows: Sequence[Contact]) -> dict[str, list[Any]]:
    return {
        "FirstName": [_nothing_or(each.first_name) for each in rows],
        "LastName": [each.last_name for each in rows],
        "Email": [each.email for each in rows],
        "Title": [each.title for each in rows],
        "Buying_Role__c": [ROLES.get(each.role or "") for each in rows],
        "Seniority__c": [SENIORITIES.get(each.seniority or "") for each in rows],
        "DoNotCall": [each.call_opt_out for each in rows],
        "HasOptedOutOfEmail": [each.mail_opt_out for each in rows],
        "World_Key__c": [each.key for each in rows],
    }


# ---- deals ----------------------------------------------------------------------------------------------------------
def _opportunities(org: Org, world: World, people: People) -> None:
    rows = world.opportunities
    owners = References("005", np.array([people.owner(each.owner) for each in rows], np.int64))
    ends = [each.closed_at if each.closed_at is not None else each.expected_close_at for each in rows]
    stage = {label: (float(chance), category) for label, chance, _, _, category in STAGES}
    fields: dict[str, list[Any]] = {
        "Name": [each.name for each in rows],
        "StageName": [each.stage for each in rows],
        "Amount": [each.amount for each in rows],
        "IsClosed": [each.is_closed for each in rows],
        "IsWon": [each.is_won for each in rows],
        "Probability": [stage[each.stage][0] for each in rows],
        "ForecastCategory": [stage[each.stage][1] for each in rows],
        "ForecastCategoryName": [stage[each.stage][1] for each in rows],
        "World_Key__c": [each.key for each in rows],
    }
    org.table("Opportunity").fill(
        len(rows),
        {
            **{name: Listed(values) for name, values in fields.items()},
            **stamps([each.created_at for each in rows], [each.modified_at for each in rows], owners),
            "AccountId": References("001", np.array([people.account(each.account) for each in rows], np.int64)),
            "OwnerId": owners,
            "CloseDate": Moments(_seconds(ends), dates=True),
            "LastStageChangeDate": Moments(_seconds([each.stage_changed_at for each in rows])),
        },
    )
    _roles(org, rows, people)


def _roles(org: Org, rows: Sequence[Opportunity], people: People) -> None:
    flat = [
        (index, deal, people.contact(contact), role, place == 0)
        for index, deal in enumerate(rows)
        for place, (contact, role) in enumerate(deal.roles)
    ]
    flat = [each for each in flat if each[2] >= 0]
    table = org.table("OpportunityContactRole")
    author = References("005", np.array([people.owner(each[1].owner) for each in flat], np.int64))
    table.fill(
        len(flat),
        {
            "OpportunityId": References("006", np.array([each[0] for each in flat], np.int64)),
            "ContactId": References("003", np.array([each[2] for each in flat], np.int64)),
            "Role": Listed([ROLES.get(each[3]) for each in flat]),
            "IsPrimary": Listed([each[4] for each in flat]),
            **stamps([each[1].created_at for each in flat], [each[1].modified_at for each in flat], author),
        },
    )
