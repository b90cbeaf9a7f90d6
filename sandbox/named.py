"""The named companies of every world: one of each kind, told by script, so that an example can be looked up by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sandbox.draft import SUBJECT_CODE, URL_CODE, Draft
from sandbox.world import DAY_S, LOST_STAGE, WON_STAGE

PERSON = tuple[str, str, str, str | None, str | None]  # first name, last name, title, role, seniority
TOUCH = tuple[float, str, int, str]  # days ago, kind, person (-1 = anonymous), page of a web touch or subject
NEWS = tuple[float, str, str, str, float | None]  # days ago, source, family, topic, strength


@dataclass(frozen=True, slots=True)
class Named:
    """One scripted company. Times are days before ``now``; ``renewal_days`` counts forward."""

    name: str
    website: str
    domain: str
    industry: str
    employees: int
    revenue: float
    country: str
    region: str | None
    tech: tuple[str, ...]
    people: tuple[PERSON, ...] = ()
    touches: tuple[TOUCH, ...] = ()
    news: tuple[NEWS, ...] = ()
    windows: tuple[tuple[float, float, float], ...] = ()  # began days ago, lasts days, height: as truth.py
    deals: tuple[tuple[float, float, str, float], ...] = ()  # made days ago, closed days ago, stage, amount
    lifecycle: str = "prospect"
    parent: str | None = None  # name of another named company
    job: str = "ae"  # of the owner
    arr: float | None = None
    health: float | None = None
    adoption: float | None = None
    renewal_days: int | None = None
    potential: float | None = None
    strategic: bool = False
    created_days: int = 900


ACME: Final = Named(
    name="Acme Corporation",
    website="https://www.acme.com",
    domain="acme.com",
    industry="Software",
    employees=800,
    revenue=60e6,
    country="US",
    region="California",
    tech=("Salesforce", "Snowflake"),
    people=(
        ("Dana", "Reyes", "VP Sales", "decision_maker", "vp"),
        ("Chris", "Vogel", "Revenue Operations Manager", "champion", "manager"),
        ("Uma", "Patel", "Account Executive", "user", "individual"),
        ("Lee", "Okafor", "CFO", "budget_holder", "c_level"),
    ),
    touches=(
        (260.2, "meeting_held", 0, "Intro call"),
        (64.3, "email_sent", 1, "Follow-up"),
        (41.1, "webinar_attended", 2, "/product"),
        (33.2, "content_download", 1, "/customers/northwind"),
        (26.3, "email_sent", 0, "Checking in"),
        (20.1, "email_reply", 1, "Re: Next steps"),
        (15.2, "meeting_held", 0, "Discovery"),
        (12.1, "web_visit", 2, "/docs/getting-started"),
        (9.2, "call_connected", 1, "Follow-up"),
        (8.1, "call_attempted", 0, "Follow-up"),
        (6.2, "email_reply", 0, "Re: Pricing"),
        (5.1, "web_visit", 0, "/pricing"),
        (4.2, "web_visit", 1, "/pricing/enterprise"),
        (4.1, "web_visit", 2, "/demo"),
        (3.2, "web_visit", 0, "/pricing"),
        (2.2, "email_reply", 1, "Re: Pricing"),
        (1.9, "web_visit", -1, "/customers/northwind"),
    ),
    news=(
        (210, "firmnews", "news", "funding", None),
        (17, "topicpulse", "topicpulse", "topic_core", 0.7),
        (9, "bidwatch", "bidwatch", "topic_core", 0.9),
        (6, "reviewhub", "reviews", "review_compare", 0.8),
        (3, "bidwatch", "bidwatch", "topic_adjacent", 0.8),
    ),
    windows=((70, 140, 2.2),),
)
LOUD_MISFIT: Final = Named(
    name="Bluefin Tattoo Studio",
    website="http://www.bluefintattoo.com.br/contato",
    domain="bluefintattoo.com.br",
    industry="Arts",
    employees=8,
    revenue=400_000,
    country="BR",
    region=None,
    tech=("Slack",),
    people=(("Rafa", "Lima", "Owner", "decision_maker", "c_level"), ("Bia", "Souza", "Artist", "user", "individual")),
    touches=(
        (18.3, "trial_start", 0, "/product"),
        (12.2, "web_visit", 0, "/pricing"),
        (11.1, "email_reply", 0, "Re: Next steps"),
        (8.2, "meeting_held", 0, "Discovery"),
        (6.1, "web_visit", 1, "/pricing"),
        (5.2, "email_reply", 1, "Re: Pricing"),
        (4.1, "web_visit", 0, "/demo"),
        (3.2, "web_visit", 0, "/pricing/enterprise"),
    ),
    news=((5, "bidwatch", "bidwatch", "topic_core", 0.9), (4, "topicpulse", "topicpulse", "topic_core", 0.8)),
    windows=((50, 120, 2.0),),
    created_days=400,
)
COLD_IDEAL: Final = Named(
    name="Northwind Analytics, Inc.",
    website="northwindanalytics.com",
    domain="northwindanalytics.com",
    industry="Software",
    employees=1200,
    revenue=140e6,
    country="US",
    region="Massachusetts",
    tech=("Salesforce", "HubSpot", "Snowflake"),
    people=(("Ada", "Stone", "VP Sales", "decision_maker", "vp"), ("Ned", "Price", "Sales Manager", "user", "manager")),
    touches=((120.2, "email_sent", 0, "Checking in"), (60.1, "call_attempted", 0, "Intro call")),
)
FADING: Final = Named(
    name="Halcyon Software Ltd",
    website="WWW.HALCYONSOFTWARE.CO.UK",
    domain="halcyonsoftware.co.uk",
    industry="Software",
    employees=650,
    revenue=80e6,
    country="GB",
    region="England",
    tech=("HubSpot", "Snowflake"),
    people=(
        ("Isla", "Hughes", "Chief Revenue Officer", "decision_maker", "c_level"),
        ("Tom", "Bennett", "Director of Sales Operations", "champion", "director"),
        ("Priya", "Khan", "SDR", "user", "individual"),
    ),
    touches=(
        (126.2, "demo_request", 1, "/demo"),
        (122.1, "meeting_held", 1, "Discovery"),
        (118.2, "email_reply", 0, "Re: Pricing"),
        (114.1, "meeting_held", 0, "Product walkthrough"),
        (110.2, "web_visit", 0, "/pricing"),
        (106.1, "web_visit", 2, "/docs/api"),
        (102.2, "email_reply", 1, "Re: Next steps"),
        (94.1, "call_connected", 1, "Next steps"),
        (88.2, "meeting_held", 0, "Pricing questions"),
        (40.1, "call_attempted", 1, "Checking in"),
        (25.2, "email_sent", 0, "Checking in"),
    ),
    news=((99, "bidwatch", "bidwatch", "topic_core", 0.9), (150, "jobradar", "jobs", "hiring", None)),
    windows=((150, 90, 2.2),),
)
DEFEND: Final = Named(
    name="Kestrel Payments GmbH",
    website="https://kestrelpayments.de/",
    domain="kestrelpayments.de",
    industry="Financial Services",
    employees=1500,
    revenue=210e6,
    country="DE",
    region="Berlin",
    tech=("Salesforce", "SAP"),
    people=(
        ("Jana", "Becker", "VP Sales", "decision_maker", "vp"),
        ("Max", "Fuchs", "Revenue Operations Manager", "champion", "manager"),
    ),
    touches=((140.2, "meeting_held", 1, "Quarterly review"), (101.1, "email_reply", 1, "Re: Next steps")),
    deals=((720, 640, WON_STAGE, 180_000.0),),
    lifecycle="customer",
    job="csm",
    arr=180_000.0,
    health=42.0,
    adoption=35.0,
    renewal_days=60,
    potential=20_000.0,
)
HAND_RAISE: Final = Named(
    name="Vantage Mills Manufacturing",
    website="https://vantagemills.com/",
    domain="vantagemills.com",
    industry="Manufacturing",
    employees=420,
    revenue=75e6,
    country="US",
    region="Illinois",
    tech=("HubSpot",),
    people=(
        ("Rosa", "Keller", "VP Sales", "decision_maker", "vp"),
        ("Ian", "Wolf", "IT Manager", "influencer", "manager"),
    ),
    touches=((9.2, "web_visit", 0, "/pricing"), (1.7, "inbound_call", 0, "Intro call")),
    news=((8, "topicpulse", "topicpulse", "topic_core", 0.6),),
    windows=((20, 90, 1.5),),
)
GROW: Final = Named(
    name="Orchard Business Services plc",
    website="https://www.orchardservices.co.uk",
    domain="orchardservices.co.uk",
    industry="Business Services",
    employees=2600,
    revenue=330e6,
    country="GB",
    region="England",
    tech=("Salesforce", "Marketo"),
    people=(
        ("Emma", "Clark", "Chief Revenue Officer", "decision_maker", "c_level"),
        ("Hugo", "Ruiz", "Director of Sales Operations", "champion", "director"),
    ),
    touches=((24.2, "meeting_held", 1, "Quarterly review"), (10.1, "call_connected", 0, "Checking in")),
    deals=((800, 700, WON_STAGE, 120_000.0),),
    lifecycle="customer",
    job="csm",
    arr=120_000.0,
    health=88.0,
    adoption=81.0,
    renewal_days=250,
    potential=90_000.0,
)
SURGING: Final = Named(
    name="Quillon Robotics SAS",
    website="https://quillonrobotics.fr",
    domain="quillonrobotics.fr",
    industry="Manufacturing",
    employees=900,
    revenue=110e6,
    country="FR",
    region="Occitanie",
    tech=("Salesforce",),
    people=(
        ("Lea", "Moreau", "Head of Revenue Operations", "decision_maker", "director"),
        ("Paul", "Blanc", "Sales Manager", "user", "manager"),
        ("Ines", "Dubois", "Analyst", None, "individual"),
    ),
    touches=(
        (6.2, "web_visit", 1, "/customers"),
        (5.1, "web_visit", 2, "/docs/api"),
        (4.9, "content_download", 1, "/customers/northwind"),
        (4.2, "web_visit", 0, "/pricing"),
        (3.1, "web_visit", 1, "/demo"),
        (2.9, "webinar_attended", 2, "/product"),
    ),
    news=((4, "bidwatch", "bidwatch", "topic_adjacent", 0.7),),
    windows=((8, 100, 1.6),),
)
STRATEGIC: Final = Named(
    name="Globex Holdings",
    website="globex-holdings.com",
    domain="globex-holdings.com",
    industry="Software",
    employees=6400,
    revenue=900e6,
    country="US",
    region="New York",
    tech=("Salesforce", "Snowflake"),
    people=(("Carl", "Hansen", "CFO", "budget_holder", "c_level"),),
    strategic=True,
)
SUBSIDIARY: Final = Named(
    name="Globex Cloud B.V.",
    website="https://www.globex-holdings.com/nl",
    domain="globex-holdings.com",
    industry="Software",
    employees=300,
    revenue=40e6,
    country="NL",
    region=None,
    tech=("HubSpot",),
    people=(("Mia", "Jansen", "Sales Manager", "user", "manager"),),
    touches=((14.1, "web_visit", 0, "/pricing"),),
    parent="Globex Holdings",
)
COMPETITOR: Final = Named(
    name="Rivalsoft Inc.",
    website="https://rivalsoft.io",
    domain="rivalsoft.io",
    industry="Software",
    employees=500,
    revenue=70e6,
    country="US",
    region="Texas",
    tech=("Salesforce",),
    people=(("Sam", "Gray", "Analyst", None, "individual"),),
    touches=((3.2, "web_visit", 0, "/pricing"), (2.1, "web_visit", 0, "/pricing/enterprise")),
    lifecycle="competitor",
)
LOST: Final = Named(
    name="Tamarind Health Systems",
    website="www.tamarindhealth.com",
    domain="tamarindhealth.com",
    industry="Healthcare",
    employees=1100,
    revenue=160e6,
    country="US",
    region="Texas",
    tech=("Salesforce", "Snowflake"),
    people=(("Nina", "Foster", "VP Sales", "decision_maker", "vp"), ("Raj", "Roy", "SDR", "user", "individual")),
    touches=((50.1, "meeting_held", 0, "Pricing questions"), (20.2, "email_reply", 0, "Re: Pricing")),
    deals=((110, 22, LOST_STAGE, 64_000.0),),
    windows=((160, 150, 1.4),),
)
NAMED: Final = (
    ACME, LOUD_MISFIT, COLD_IDEAL, FADING, DEFEND, HAND_RAISE, GROW, SURGING, STRATEGIC, SUBSIDIARY, COMPETITOR, LOST,
)  # fmt: skip


def play_scripts(draft: Draft, first_contact: np.ndarray, owner: np.ndarray, now: int) -> None:
    """Adds the touches of all named companies; they are the first accounts of the world."""
    for account, named in enumerate(NAMED):
        for days, kind, person, detail in named.touches:
            at = np.array([now - int(days * DAY_S)], np.int64)
            web = detail.startswith("/")
            draft.add(
                kind,
                at,
                account=account,
                contact=int(first_contact[account]) + person if person >= 0 else -1,
                actor=-1 if web else int(owner[account]),
                url=URL_CODE[detail] if web else -1,
                subject=-1 if web else SUBJECT_CODE[detail],
                duration_s=_duration(kind),
            )


def _duration(kind: str) -> int:
    if kind.startswith("meeting"):
        return 1800
    return 420 if kind in {"call_connected", "inbound_call"} else 0
