"""The properties a fresh portal defines, per object type; one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.hubspot.kinds import (
    CALLS,
    COMMUNICATIONS,
    COMPANIES,
    CONTACTS,
    DEALS,
    EMAILS,
    KINDS,
    LEADS,
    MEETINGS,
    NOTES,
    TASKS,
    TICKETS,
    USERS,
    ObjectKind,
)

# name: "type fieldType [ro] [unique] [options=a,b,c]"; a custom property of this account starts with "+"
Lines = Mapping[str, str]
BUYING_ROLES: Final = (
    "BLOCKER,BUDGET_HOLDER,CHAMPION,DECISION_MAKER,END_USER,EXECUTIVE_SPONSOR,INFLUENCER,LEGAL_AND_COMPLIANCE,OTHER"
)
LEAD_STATUS: Final = "NEW,OPEN,IN_PROGRESS,OPEN_DEAL,UNQUALIFIED,ATTEMPTED_TO_CONTACT,CONNECTED,BAD_TIMING"
LIFECYCLE: Final = "subscriber,lead,marketingqualifiedlead,salesqualifiedlead,opportunity,customer,evangelist,other"
STAGES: Final = {
    "qualification": "Qualification",
    "discovery": "Discovery",
    "proposal": "Proposal",
    "negotiation": "Negotiation",
    "closedwon": "Closed Won",
    "closedlost": "Closed Lost",
}
TEXT, LONG, NUMBER, DAY, TIME = "string text", "string textarea", "number number", "date date", "datetime date"
FLAG, SELECT, CHECKS = "bool booleancheckbox", "enumeration select", "enumeration checkbox"
TO_DO: Final = "TODO"
OWNER: Final = "enumeration select owner"

EVERY: Final[Lines] = {
    "hs_object_id": f"{NUMBER} ro",
    "hs_createdate": f"{TIME} ro",
    "hs_lastmodifieddate": f"{TIME} ro",
    "hs_object_source": f"{TEXT} ro",
    "hs_object_source_id": f"{TEXT} ro",
    "hs_object_source_label": f"{TEXT} ro",
    "hs_merged_object_ids": f"{TEXT} ro",
    "hs_unique_creation_key": f"{TEXT} ro unique",
    "hs_created_by_user_id": f"{NUMBER} ro",
    "hs_updated_by_user_id": f"{NUMBER} ro",
    "hubspot_owner_id": OWNER,
    "hubspot_owner_assigneddate": f"{TIME} ro",
    "hubspot_team_id": f"{SELECT} ro",
    "hs_all_owner_ids": f"{CHECKS} ro",
}
ENGAGEMENT: Final = {
    "hs_timestamp": TIME,
    "hs_activity_type": TEXT,
    "hs_attachment_ids": CHECKS,
    "hs_body_preview": f"{TEXT} ro",
}
OF_COMPANIES: Final[Lines] = {
    "name": TEXT,
    "domain": TEXT,
    "website": TEXT,
    "createdate": f"{TIME} ro",
    "hs_additional_domains": CHECKS + " free",
    "hs_parent_company_id": f"{NUMBER} ro",
    "hs_num_child_companies": f"{NUMBER} ro",
    "num_associated_contacts": f"{NUMBER} ro",
    "industry": TEXT,
    "numberofemployees": NUMBER,
    "annualrevenue": NUMBER,
    "country": TEXT,
    "state": TEXT,
    "city": TEXT,
    "phone": "string phonenumber",
    "description": LONG,
    "facebookfans": NUMBER,
    "lifecyclestage": f"enumeration radio options={LIFECYCLE}",
    "hs_lead_status": f"enumeration radio options={LEAD_STATUS}",
    "hs_ideal_customer_profile": "enumeration radio options=tier_1,tier_2,tier_3",
    "hs_is_target_account": FLAG,
    "hs_pinned_engagement_id": NUMBER,
    "notes_last_contacted": f"{TIME} ro",
    "notes_next_activity_date": f"{TIME} ro",
    "+country_code": TEXT,
    "+tech_stack": CHECKS + " free",
    "+account_status": f"{SELECT} options=prospect,customer,former,partner,competitor",
    "+arr": NUMBER,
    "+health_score": NUMBER,
    "+adoption": NUMBER,
    "+renewal_date": DAY,
    "+expansion_potential": NUMBER,
    "+strategic": FLAG,
    "+world_key": TEXT,
}
OF_CONTACTS: Final[Lines] = {
    "email": TEXT + " email",
    "firstname": TEXT,
    "lastname": TEXT,
    "jobtitle": TEXT,
    "company": TEXT,
    "phone": "string phonenumber",
    "website": TEXT,
    "createdate": f"{TIME} ro",
    "lastmodifieddate": f"{TIME} ro",
    "associatedcompanyid": NUMBER,
    "hs_additional_emails": f"{CHECKS} ro free",
    "hs_email_domain": f"{TEXT} ro",
    "hs_all_contact_vids": f"{CHECKS} ro free",
    "hs_is_contact": f"{FLAG} ro",
    "hs_is_unworked": f"{FLAG} ro",
    "hs_pipeline": f"{SELECT} ro free",
    "hs_buying_role": f"{CHECKS} options={BUYING_ROLES}",
    "hs_lead_status": f"enumeration radio options={LEAD_STATUS}",
    "lifecyclestage": f"enumeration radio options={LIFECYCLE}",
    "hs_email_optout": FLAG,
    "hs_email_bounce": f"{NUMBER} ro",
    "+seniority": f"{SELECT} options=c_level,vp,director,manager,individual",
    "+call_opt_out": FLAG,
    "+world_key": TEXT,
}
OF_DEALS: Final[Lines] = {
    "dealname": TEXT,
    "dealstage": f"enumeration radio options={','.join(STAGES)}",
    "pipeline": f"{SELECT} options=default",
    "amount": NUMBER,
    "closedate": TIME,
    "createdate": f"{TIME} ro",
    "description": LONG,
    "hs_is_closed": f"{FLAG} ro",
    "hs_is_closed_won": f"{FLAG} ro",
    "hs_v2_date_entered_current_stage": f"{TIME} ro",
    "+world_key": TEXT,
}
OF_TASKS: Final[Lines] = {
    "hs_task_subject": TEXT,
    "hs_task_body": "string html",
    "hs_task_status": f"{SELECT} options=NOT_STARTED,IN_PROGRESS,WAITING,COMPLETED,DEFERRED",
    "hs_task_priority": f"{SELECT} options=NONE,LOW,MEDIUM,HIGH",
    "hs_task_type": f"{SELECT} options=EMAIL,CALL,{TO_DO},LINKED_IN_CONNECT,LINKED_IN_MESSAGE,MEETING",
    "hs_task_reminders": TEXT,
    "hs_task_completion_date": f"{TIME} ro",
    "hs_task_is_completed": f"{NUMBER} ro",
    "hs_queue_membership_ids": CHECKS + " free",
}
DISPOSITIONS: Final = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "Left live message",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Wrong number",
}
CALL_STATUS: Final = "BUSY,CALLING_CRM_USER,CANCELED,COMPLETED,CONNECTING,FAILED,IN_PROGRESS,NO_ANSWER,QUEUED,RINGING"
OF_CALLS: Final[Lines] = {
    "hs_call_title": TEXT,
    "hs_call_body": "string html",
    "hs_call_direction": f"{SELECT} options=INBOUND,OUTBOUND",
    "hs_call_status": f"{SELECT} options={CALL_STATUS}",
    "hs_call_disposition": f"{SELECT} options={','.join(DISPOSITIONS)}",
    "hs_call_duration": NUMBER,
    "hs_call_from_number": TEXT,
    "hs_call_to_number": TEXT,
}
OF_EMAILS: Final[Lines] = {
    "hs_email_direction": f"{SELECT} options=EMAIL,INCOMING_EMAIL,FORWARDED_EMAIL",
    "hs_email_status": f"{SELECT} options=BOUNCED,FAILED,SCHEDULED,SENDING,SENT",
    "hs_email_subject": TEXT,
    "hs_email_text": LONG,
    "hs_email_html": "string html",
    "hs_email_headers": LONG,
    "hs_email_from_email": f"{TEXT} ro",
    "hs_email_to_email": f"{TEXT} ro",
    "hs_email_open_count": f"{NUMBER} ro",
    "hs_email_click_count": f"{NUMBER} ro",
    "hs_email_reply_count": f"{NUMBER} ro",
}
OF_MEETINGS: Final[Lines] = {
    "hs_meeting_title": TEXT,
    "hs_meeting_body": "string html",
    "hs_meeting_start_time": TIME,
    "hs_meeting_end_time": TIME,
    "hs_meeting_outcome": f"{SELECT} options=SCHEDULED,COMPLETED,RESCHEDULED,NO_SHOW,CANCELED",
    "hs_internal_meeting_notes": LONG,
}
OF_USERS: Final[Lines] = {
    "hs_email": f"{TEXT} ro",
    "hs_internal_user_id": f"{NUMBER} ro",
    "hs_given_name": f"{TEXT} ro",
    "hs_family_name": f"{TEXT} ro",
    "hs_job_title": TEXT,
    "hs_additional_phone": TEXT,
    "hs_availability_status": f"{SELECT} options=available,away",
    "hs_deactivated": f"{FLAG} ro",
    "hs_standard_time_zone": f"{SELECT} free",
    "hs_working_hours": "string text",
    "hs_out_of_office_hours": "string text",
}
_TABLES: Final[Mapping[str, Lines]] = {
    COMPANIES.type_id: OF_COMPANIES,
    CONTACTS.type_id: OF_CONTACTS,
    DEALS.type_id: OF_DEALS,
    TASKS.type_id: {**ENGAGEMENT, **OF_TASKS},
    CALLS.type_id: {**ENGAGEMENT, **OF_CALLS},
    EMAILS.type_id: {**ENGAGEMENT, **OF_EMAILS},
    MEETINGS.type_id: {**ENGAGEMENT, **OF_MEETINGS},
    NOTES.type_id: {**ENGAGEMENT, "hs_note_body": "string html"},
    COMMUNICATIONS.type_id: {
        **ENGAGEMENT,
        "hs_communication_channel_type": f"{SELECT} options=WHATS_APP,LINKEDIN_MESSAGE,SMS",
        "hs_communication_logged_from": f"{SELECT} options=CRM",
        "hs_communication_body": "string html",
    },
    USERS.type_id: OF_USERS,
    LEADS.type_id: {
        "hs_lead_name": TEXT,
        "hs_lead_label": f"{SELECT} options=HOT,WARM,COLD",
        "hs_lead_type": SELECT + " free",
        "hs_pipeline_stage": SELECT + " free",
    },
    TICKETS.type_id: {"subject": TEXT, "content": LONG, "createdate": f"{TIME} ro"},
}
LABELS: Final = {"hs_call_disposition": DISPOSITIONS, "dealstage": STAGES}


def lines_of(kind: ObjectKind) -> dict[str, str]:
    """All property lines of a type, names as in the tables above (with their ``+``)."""
    return {**EVERY, **_TABLES[kind.type_id]}


def group_of(kind: ObjectKind) -> str:
    """The group that standard properties of a type live in."""
    return "contactinformation" if kind is CONTACTS else f"{kind.singular}information"


assert set(_TABLES) == {kind.type_id for kind in KINDS}
