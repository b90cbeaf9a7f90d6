"""Tasks, events and mails: what people did, as Salesforce keeps it."""

from __future__ import annotations

from typing import Final

_RELATED: Final = """
WhoId reference ->Contact,Lead as=Who kids={0}s label=Name_ID
WhatId reference ->Account,Opportunity,Campaign as=What kids={0}s label=Related_To_ID
Subject combobox(255) name [Call|Email|Send Letter|Send Quote|Other]
"""
_TAIL: Final = """
Description textarea(32000)
AccountId reference ro ->Account as=Account label=Account_ID
IsArchived boolean auto ro label=Archived
IsReminderSet boolean def=false label=Reminder_Set
ReminderDateTime datetime label=Reminder_Date/Time
"""

ACTIVITIES: Final[dict[str, str]] = {
    "Task 00T Task/Tasks": f"""
{_RELATED.format("Task")}
ActivityDate date label=Due_Date_Only
Status picklist(40) auto [*Not Started|In Progress|Completed|Deferred|Withdrawn]
Priority picklist(40) auto [High|*Normal|Low]
IsHighPriority boolean auto ro label=High_Priority
OwnerId reference auto ->User,Group as=Owner label=Assigned_To_ID
{_TAIL}
Type picklist(40) [Call|Email|Meeting|Other]
IsClosed boolean auto ro label=Closed
CallDurationInSeconds int(8) label=Call_Duration
CallType picklist(40) closed [Internal|Inbound|Outbound]
CallDisposition string(255) label=Call_Result
CallObject string(255) label=Call_Object_Identifier
TaskSubtype picklist(40) once closed [Task|Email|ListEmail|Cadence|Call|LinkedIn]
CompletedDateTime datetime ro label=Completed_Date/Time
IsRecurrence boolean def=false label=Create_Recurring_Series_of_Tasks
""",
    "Event 00U Event/Events": f"""
{_RELATED.format("Event")}
Location string(255)
IsAllDayEvent boolean def=false label=All-Day_Event
ActivityDateTime datetime label=Due_Date_Time
ActivityDate date label=Due_Date_Only
DurationInMinutes int(8) label=Duration
StartDateTime datetime label=Start_Date_Time
EndDateTime datetime label=End_Date_Time
EndDate date ro
OwnerId reference auto ->User as=Owner label=Assigned_To_ID
IsPrivate boolean def=false label=Private
ShowAs picklist(40) closed [*Busy|OutOfOffice|Free]
IsChild boolean auto ro
IsGroupEvent boolean auto ro
EventSubtype picklist(40) once closed [*Event]
Type picklist(40) [Call|Email|Meeting|Other]
{_TAIL}
IsRecurrence boolean def=false
Meeting_Outcome__c picklist [Held|No Show|Scheduled|Cancelled]
""",
    "EmailMessage 02s Email_Message/Email_Messages": """
ActivityId reference ->Task as=Activity
TextBody textarea(32000) nofilter
Subject string(3000)
FromName string(1000)
FromAddress email(1000)
ToAddress string(4000)
CcAddress string(4000)
Incoming boolean def=false
Status picklist(40) auto closed [0|1|2|*3|4|5]
MessageDate datetime
RelatedToId reference ->Account,Opportunity,Campaign as=RelatedTo kids=Emails
""",
}

SETTINGS: Final[dict[str, str]] = {
    "TaskStatus 01T Task_Status_Value/Task_Status_Values ro nobulk": """
MasterLabel string(255) name
ApiName string(255)
SortOrder int
IsDefault boolean auto
IsClosed boolean auto
""",
    "TaskPriority 01U Task_Priority_Value/Task_Priority_Values ro nobulk": """
MasterLabel string(255) name
ApiName string(255)
SortOrder int
IsDefault boolean auto
IsHighPriority boolean auto
""",
    "OpportunityStage 01J Opportunity_Stage/Opportunity_Stages ro nobulk": """
MasterLabel string(255) name
ApiName string(255)
IsActive boolean auto
SortOrder int
IsClosed boolean auto
IsWon boolean auto
ForecastCategory picklist(40)
ForecastCategoryName picklist(40)
DefaultProbability percent(3.0)
""",
    "UserRole 00E Role/Roles": """
Name string(80) ! name
ParentRoleId reference ->UserRole
DeveloperName string(80)
RollupDescription string(80)
""",
    "Profile 00e Profile/Profile ro": """
Name string(255) name
UserType picklist(40)
""",
    "Organization 00D Organization/Organizations ro": """
Name string(80) name
OrganizationType picklist(40)
InstanceName string(5)
IsSandbox boolean auto
DefaultLocaleSidKey picklist(40)
LanguageLocaleKey picklist(40)
TimeZoneSidKey picklist(40)
FiscalYearStartMonth int(2)
""",
    "Group 00G Group/Group": """
Name string(40) ! name
DeveloperName string(80)
Type picklist(40) once closed [Regular|Queue|Role|Organization]
Email email
RelatedId reference ->User,UserRole as=Related
""",
    "RecordType 012 Record_Type/Record_Types": """
Name string(80) ! name
DeveloperName string(80) !
SobjectType picklist(40) once !
IsActive boolean def=true
Description string(255)
""",
    "PermissionSet 0PS Permission_Set/Permission_Sets": """
Name string(80) ! lookup uniq
Label string(80) ! name
Description string(255)
LicenseId reference
ProfileId reference ro ->Profile as=Profile
IsOwnedByProfile boolean auto ro
IsCustom boolean auto ro
NamespacePrefix string(15) ro
""",
    "PermissionSetAssignment 0Pa Permission_Set_Assignment/Permission_Set_Assignments": """
PermissionSetId reference once ! ->PermissionSet as=PermissionSet kids=Assignments
AssigneeId reference once ! ->User as=Assignee kids=PermissionSetAssignments
""",
    "FieldPermissions 01k Field_Permissions/Field_Permissions": """
ParentId reference once ! ->PermissionSet as=Parent kids=FieldPerms
SobjectType picklist(40) once !
Field picklist(255) once !
PermissionsRead boolean def=false
PermissionsEdit boolean def=false
""",
    "ObjectPermissions 110 Object_Permissions/Object_Permissions": """
ParentId reference once ! ->PermissionSet as=Parent kids=ObjectPerms
SobjectType picklist(40) once !
PermissionsRead boolean def=false
PermissionsCreate boolean def=false
PermissionsEdit boolean def=false
PermissionsDelete boolean def=false
PermissionsViewAllRecords boolean def=false
PermissionsModifyAllRecords boolean def=false
""",
}

TOOLING: Final[dict[str, str]] = {
    "CustomField 00N Custom_Field/Custom_Fields tooling": """
DeveloperName string(80) name
TableEnumOrId picklist(40)
FullName string(255) nofilter
NamespacePrefix string(15)
InlineHelpText string(510)
Description textarea
Length int
Precision int
Scale int
Metadata complexvalue nofilter
""",
    "EntityDefinition 4ie Entity_Definition/Entity_Definitions tooling": """
DurableId string(255)
QualifiedApiName string(255)
DeveloperName string(255) name
Label string(255)
KeyPrefix string(3)
IsCustomizable boolean auto
""",
}
