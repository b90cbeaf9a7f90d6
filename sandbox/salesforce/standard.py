"""The standard objects that people sell with, and the custom fields of the pretend org."""

from __future__ import annotations

from typing import Final

INDUSTRIES: Final = (
    "Agriculture|Apparel|Banking|Biotechnology|Chemicals|Communications|Construction|Consulting|Education|Electronics|"
    "Energy|Engineering|Entertainment|Environmental|Finance|Food & Beverage|Government|Healthcare|Hospitality|"
    "Insurance|Machinery|Manufacturing|Media|Not For Profit|Recreation|Retail|Shipping|Technology|"
    "Telecommunications|Transportation|Utilities|Other"
)
_ADDRESS: Final = """
{0}Street textarea of={0}Address
{0}City string(40) of={0}Address
{0}State string(80) of={0}Address label={1}_State/Province
{0}PostalCode string(20) of={0}Address label={1}_Zip/Postal_Code
{0}Country string(80) of={0}Address
{0}CountryCode picklist(10) of={0}Address
{0}StateCode picklist(10) of={0}Address
{0}Address address ro
"""
_VIEWED: Final = """
LastViewedDate datetime ro
LastReferencedDate datetime ro
"""


def _address(prefix: str) -> str:
    return _ADDRESS.format(prefix, prefix)


STANDARD: Final[dict[str, str]] = {
    "Account 001 Account/Accounts merge": f"""
MasterRecordId reference ro ->Account as=MasterRecord
Name string(255) ! name label=Account_Name
Type picklist label=Account_Type [Prospect|Customer|Former Customer|Partner|Competitor|Other]
ParentId reference ->Account as=Parent kids=ChildAccounts label=Parent_Account_ID
{_address("Billing")}{_address("Shipping")}
Phone phone label=Account_Phone
Fax phone label=Account_Fax
AccountNumber string(40)
Website url
PhotoUrl url ro
Sic string(20) label=SIC_Code
Industry picklist [{INDUSTRIES}]
AnnualRevenue currency
NumberOfEmployees int(8) label=Employees
Ownership picklist [Public|Private|Subsidiary|Other]
TickerSymbol string(20)
Description textarea(32000) label=Account_Description
Rating picklist label=Account_Rating [Hot|Warm|Cold]
Site string(80) label=Account_Site
OwnerId reference auto ->User as=Owner
LastActivityDate date ro label=Last_Activity
{_VIEWED}
AccountSource picklist [Web|Phone Inquiry|Partner Referral|Purchased List|Other]
Additional_Domains__c string(255)
Tech_Stack__c string(255)
ARR__c currency(18.2)
Health__c double(5.2)
Adoption__c double(5.2)
Renewal_Date__c date
Potential__c currency(18.2)
Strategic__c boolean def=false
World_Key__c string(40) ext uniq
""",
    "Contact 003 Contact/Contacts merge": f"""
MasterRecordId reference ro ->Contact as=MasterRecord
AccountId reference ->Account as=Account kids=Contacts cascade
LastName string(80) !
FirstName string(40)
Salutation picklist(40) [Mr.|Ms.|Mrs.|Dr.|Prof.|Mx.]
Name string(121) auto ro name label=Full_Name
{_address("Mailing")}
Phone phone label=Business_Phone
MobilePhone phone
Email email lookup
Title string(128)
Department string(80)
ReportsToId reference ->Contact as=ReportsTo
LeadSource picklist [Web|Phone Inquiry|Partner Referral|Purchased List|Other]
Description textarea(32000) label=Contact_Description
OwnerId reference auto ->User as=Owner
HasOptedOutOfEmail boolean def=false label=Email_Opt_Out
DoNotCall boolean def=false
LastActivityDate date ro label=Last_Activity
{_VIEWED}
EmailBouncedReason string(255)
EmailBouncedDate datetime
Buying_Role__c picklist [Decision Maker|Champion|Budget Holder|Influencer|User|Blocker]
Seniority__c picklist [C-Level|VP|Director|Manager|Individual]
World_Key__c string(40) ext uniq
""",
    "Lead 00Q Lead/Leads merge": """
MasterRecordId reference ro ->Lead as=MasterRecord
LastName string(80) !
FirstName string(40)
Salutation picklist(40) [Mr.|Ms.|Mrs.|Dr.|Prof.|Mx.]
Name string(121) auto ro name label=Full_Name
Title string(128)
Company string(255) !
Street textarea of=Address
City string(40) of=Address
State string(80) of=Address
PostalCode string(20) of=Address
Country string(80) of=Address
Address address ro
Phone phone
MobilePhone phone
Email email lookup
Website url
LeadSource picklist [Web|Phone Inquiry|Partner Referral|Purchased List|Other]
Status picklist auto [*Open - Not Contacted|Working - Contacted|Closed - Converted|Closed - Not Converted]
Industry picklist [Technology|Finance|Healthcare|Manufacturing|Retail|Other]
Rating picklist [Hot|Warm|Cold]
AnnualRevenue currency
NumberOfEmployees int(8) label=Employees
Description textarea(32000)
OwnerId reference auto ->User,Group as=Owner
IsConverted boolean auto once label=Converted
ConvertedDate date ro
ConvertedAccountId reference ro ->Account as=ConvertedAccount
ConvertedContactId reference ro ->Contact as=ConvertedContact
ConvertedOpportunityId reference ro ->Opportunity as=ConvertedOpportunity
HasOptedOutOfEmail boolean def=false label=Email_Opt_Out
DoNotCall boolean def=false
LastActivityDate date ro
""",
    "User 005 User/Users keep": """
Username string(80) ! lookup uniq
LastName string(80) !
FirstName string(40)
Name string(121) auto ro name label=Full_Name
Email email !
Alias string(8) auto
Title string(80)
Department string(80)
CompanyName string(80)
IsActive boolean def=true label=Active
UserType picklist(40) auto ro closed [Standard|AutomatedProcess|CloudIntegrationUser]
ProfileId reference auto ->Profile as=Profile
UserRoleId reference ->UserRole as=UserRole
ManagerId reference ->User as=Manager
TimeZoneSidKey picklist(40) auto label=Time_Zone
LocaleSidKey picklist(40) auto label=Locale
LanguageLocaleKey picklist(40) auto label=Language
EmailEncodingKey picklist(40) auto label=Email_Encoding
FederationIdentifier string(512)
LastLoginDate datetime ro
World_Key__c string(40) ext uniq
Out_Of_Office_From__c datetime
Out_Of_Office_Until__c datetime
Work_Hours__c string(40)
""",
    "Opportunity 006 Opportunity/Opportunities": """
AccountId reference ->Account as=Account kids=Opportunities cascade
Name string(120) ! name
Description textarea(32000)
StageName picklist ! label=Stage [Qualification|Discovery|Proposal|Negotiation|Closed Won|Closed Lost]
Amount currency(18.2)
Probability percent(3.0)
ExpectedRevenue currency(18.2) ro
CloseDate date !
Type picklist [New Business|Existing Business]
NextStep string(255)
LeadSource picklist [Web|Phone Inquiry|Partner Referral|Purchased List|Other]
IsClosed boolean auto ro label=Closed
IsWon boolean auto ro label=Won
ForecastCategory picklist(40) auto ro closed [Omitted|Pipeline|BestCase|Forecast|Closed]
ForecastCategoryName picklist(40)
CampaignId reference ->Campaign as=Campaign
OwnerId reference auto ->User as=Owner
ContactId reference once ->Contact
LastActivityDate date ro
LastStageChangeDate datetime ro
FiscalYear int(4) ro
FiscalQuarter int(1) ro
World_Key__c string(40) ext uniq
""",
    "OpportunityContactRole 00K Opportunity_Contact_Role/Opportunity_Contact_Roles": """
OpportunityId reference once ! ->Opportunity as=Opportunity kids=OpportunityContactRoles cascade
ContactId reference ! ->Contact as=Contact kids=OpportunityContactRoles cascade
Role picklist(40) [Decision Maker|Champion|Budget Holder|Influencer|User|Blocker|Other]
IsPrimary boolean def=false
""",
    "AccountTeamMember 01M Account_Team_Member/Account_Team_Members": """
AccountId reference once ! ->Account as=Account kids=AccountTeamMembers cascade
UserId reference once ! ->User as=User
TeamMemberRole picklist(40) [Account Manager|Sales Rep|SDR|CSM|Executive Sponsor]
PhotoUrl url ro
Title string(80) ro
AccountAccessLevel picklist(40) auto closed [*Read|Edit|All]
OpportunityAccessLevel picklist(40) auto closed [*None|Read|Edit]
CaseAccessLevel picklist(40) auto closed [*None|Read|Edit]
ContactAccessLevel picklist(40) auto closed [*None|Read|Edit]
""",
    "Campaign 701 Campaign/Campaigns": """
Name string(80) ! name
Type picklist(40) [Conference|Webinar|Email|Advertisement|Other]
Status picklist(40) [Planned|In Progress|Completed|Aborted]
StartDate date
EndDate date
IsActive boolean def=false
OwnerId reference auto ->User as=Owner
""",
    "CampaignMember 00v Campaign_Member/Campaign_Members": """
CampaignId reference once ! ->Campaign as=Campaign kids=CampaignMembers cascade
LeadId reference once ->Lead as=Lead kids=CampaignMembers
ContactId reference once ->Contact as=Contact kids=CampaignMembers
Status picklist(40) [*Sent|Responded]
HasResponded boolean auto ro
FirstRespondedDate date ro
""",
}
