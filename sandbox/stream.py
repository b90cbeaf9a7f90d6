"""Everything that happens between companies and us, driven by interest (the buyer) and by effort (our people)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sandbox.draft import SUBJECT_CODE, URL_CODE, Draft
from sandbox.firms import Firms, Ints
from sandbox.people import INTEGRATION
from sandbox.truth import WEEKS, Floats, Truth
from sandbox.world import CRM_KINDS, DAY_S, WEB_KINDS, Owner

# kind: (weekly rate at full interest for a company with four contacts, power of interest, how far it is left to the
# first people of the company: 1 = all alike)
BUYER_RATES: Final[dict[str, tuple[float, float, float]]] = {
    "web_visit": (5.5, 1.6, 1.8),
    "email_click": (0.9, 1.0, 1.5),
    "webinar_attended": (0.10, 1.2, 1.3),
    "content_download": (0.25, 1.2, 1.3),
    "form_submission": (0.12, 1.5, 1.8),
    "demo_request": (0.035, 2.5, 3.0),
    "trial_start": (0.012, 2.5, 1.5),
    "email_reply": (0.45, 1.6, 1.8),
    "call_connected": (0.30, 1.3, 1.5),
    "inbound_call": (0.02, 2.0, 2.0),
    "meeting_held": (0.33, 1.8, 1.8),
    "meeting_no_show": (0.03, 1.0, 1.5),
}
# Outbound work and idle traffic: what fills a world up to its size, as shares of the CRM's and of the files' part
EFFORT_SHARES: Final = {"email_automated": 0.42, "email_sent": 0.26, "call_attempted": 0.20, "task": 0.12}
IDLE_PAGES: Final = ("/", "/", "/", "/product", "/blog/forecasting", "/blog/pipeline", "/careers", "/careers/engineer")
CURIOUS_PAGES: Final = (
    "/",
    "/product",
    "/product",
    "/customers",
    "/customers/northwind",
    "/docs/api",
    "/legal/privacy",
)
KEEN_PAGES: Final = (
    "/pricing",
    "/pricing/enterprise",
    "/demo",
    "/customers/northwind",
    "/docs/getting-started",
    "/pricing",
)
ANONYMOUS_SHARE: Final = 0.30
CRM_SHARE: Final = 0.45


@dataclass(frozen=True, slots=True)
class Ground:
    """What all parts of the stream need."""

    firms: Firms
    truth: Truth
    quiet: NDArray[np.bool_]  # scripted companies: nothing is drawn for them
    first_contact: Ints  # index of each company's first contact
    owner: Ints  # index of each company's owner, or -1
    owners: list[Owner]
    now: int


def draw_activities(ground: Ground, draft: Draft, total: int, dice: np.random.Generator) -> None:
    """Fills the draft with about ``total`` rows: the buyers' own, oddities, and outbound work up to the total."""
    for kind in BUYER_RATES:
        _buyer(ground, draft, kind, dice)
    _scheduled(ground, draft, dice)
    _machines(ground, draft, total, dice)
    _internal(ground, draft, total, dice)
    _unknown_visitors(ground, draft, total, dice)
    crm = int(total * CRM_SHARE) - draft.rows(CRM_KINDS)
    idle = int(total * (1 - CRM_SHARE)) - draft.rows(WEB_KINDS)
    for kind, share in EFFORT_SHARES.items():
        _effort(ground, draft, kind, max(0, round(crm * share)), dice)
    _idle_visits(ground, draft, max(0, idle), dice)


def _moments(ground: Ground, week: Ints, dice: np.random.Generator) -> Ints:
    """A working moment within each week of the history, never after ``now``."""
    midnight = ground.now - ground.now % DAY_S
    day = dice.integers(0, 7, len(week))
    second = np.clip(dice.normal(13.0, 2.8, len(week)), 6.0, 20.0) * 3600
    at = midnight - (WEEKS - 1 - week) * 7 * DAY_S - day * DAY_S + second.astype(np.int64)
    weekend = ((at // DAY_S + 3) % 7 >= 5) & (dice.random(len(week)) < 0.9)
    at = np.where(weekend, at - 2 * DAY_S, at)
    return np.where(at > ground.now - 300, at - DAY_S, at).astype(np.int64)


def _spots(ground: Ground, rate: Floats, dice: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Poisson counts over [companies, weeks], unrolled to (company, week, moment)."""
    counts = dice.poisson(rate * ~ground.quiet[:, None]).ravel()
    spot = np.repeat(np.arange(rate.size), counts)
    company, week = spot // WEEKS, spot % WEEKS
    at = _moments(ground, week, dice)
    alive = at > ground.firms.created_at[company]
    return company[alive], week[alive], at[alive]


def _person(ground: Ground, company: Ints, lean: float, dice: np.random.Generator) -> NDArray[np.int32]:
    """Who it was: an index of a contact, or -1 for companies without people. A high ``lean`` favours the first ones."""
    people = ground.firms.people[company]
    place = np.floor(people * dice.random(len(company)) ** lean).astype(np.int64)
    return np.where(people > 0, ground.first_contact[company] + place, -1).astype(np.int32)


def _actor(ground: Ground, company: Ints, at: Ints, dice: np.random.Generator) -> NDArray[np.int32]:
    """Who on our side: the owner; a rep on duty where there is none, or where the owner has left since."""
    on_duty = np.array([row for row, who in enumerate(ground.owners) if who.active and who.job in {"ae", "sdr", "csm"}])
    active = np.array([who.active for who in ground.owners])
    owner = ground.owner[company]
    stands = (owner >= 0) & (active[owner] | (at < ground.now - 60 * DAY_S))
    return np.where(stands, owner, dice.choice(on_duty, len(company))).astype(np.int32)


def _logged(ground: Ground, at: Ints, late_share: float, dice: np.random.Generator) -> Ints:
    """Reps log within minutes, some only days later."""
    late = dice.random(len(at)) < late_share
    wait = np.where(late, dice.integers(DAY_S, 5 * DAY_S, len(at)), dice.integers(0, 900, len(at)))
    return np.minimum(at + wait, ground.now).astype(np.int64)


def _buyer(ground: Ground, draft: Draft, kind: str, dice: np.random.Generator) -> None:
    """What the buyer does, or what cannot happen without the buyer (meetings, answered calls)."""
    weekly, power, lean = BUYER_RATES[kind]
    head_count = np.sqrt(np.maximum(ground.firms.people, 1) / 4.0)
    rate = weekly * ground.truth.interest**power * head_count[:, None]
    company, week, at = _spots(ground, rate, dice)
    contact = _person(ground, company, lean, dice)
    if kind == "web_visit":
        hidden = dice.random(len(at)) < ANONYMOUS_SHARE
        keen = dice.random(len(at)) < 0.5 * ground.truth.interest[company, week]
        page = np.where(keen, _pages(KEEN_PAGES, len(at), dice), _pages(CURIOUS_PAGES, len(at), dice))
        draft.add(kind, at, account=company, contact=np.where(hidden, -1, contact).astype(np.int32), url=page)
        return
    known = contact >= 0
    company, at, contact = company[known], at[known], contact[known]
    if kind in WEB_KINDS:
        draft.add(kind, at, account=company, contact=contact, url=_pages(CURIOUS_PAGES, len(at), dice))
        return
    talk = kind in {"call_connected", "inbound_call", "meeting_held", "meeting_no_show"}
    length = dice.integers(2, 7, len(at)) * (600 if kind.startswith("meeting") else 120)
    draft.add(
        kind,
        at,
        account=company,
        contact=contact,
        actor=_actor(ground, company, at, dice),
        logged_at=_logged(ground, at, 0.04, dice) if talk else at,
        duration_s=length.astype(np.int32) if talk else 0,
        subject=_subjects(kind, len(at), dice),
    )


def _pages(pages: tuple[str, ...], count: int, dice: np.random.Generator) -> NDArray[np.int32]:
    return np.array([URL_CODE[page] for page in pages], np.int32)[dice.integers(0, len(pages), count)]


_SUBJECTS: Final = {
    "email_reply": ("Re: Next steps", "Re: Pricing"),
    "email_sent": ("Follow-up", "Checking in", "Next steps"),
    "email_automated": (
        "Newsletter: what is new",
        "Invitation: webinar on pipeline health",
        "Five ways to forecast better",
    ),
    "meeting_held": ("Discovery", "Product walkthrough", "Pricing questions"),
    "task": ("Send the deck", "Research the account", "Checking in"),
}


def _subjects(kind: str, count: int, dice: np.random.Generator) -> NDArray[np.int32]:
    choices = _SUBJECTS.get(kind, ("Intro call", "Follow-up", "Discovery"))
    return np.array([SUBJECT_CODE[name] for name in choices], np.int32)[dice.integers(0, len(choices), count)]


def _scheduled(ground: Ground, draft: Draft, dice: np.random.Generator) -> None:
    """Meetings in the diary for the coming two weeks, where interest is high now."""
    chance = 0.25 * ground.truth.interest[:, -1] ** 2
    company = np.flatnonzero((dice.random(len(chance)) < chance) & ~ground.quiet & (ground.firms.people > 0))
    midnight = ground.now - ground.now % DAY_S
    at = midnight + dice.integers(1, 14, len(company)) * DAY_S + dice.integers(18, 34, len(company)) * 1800
    logged = ground.now - dice.integers(3600, 6 * DAY_S, len(company))
    draft.add(
        "meeting_scheduled",
        at,
        logged_at=logged,
        account=company,
        contact=_person(ground, company, 1.8, dice),
        actor=_actor(ground, company, at, dice),
        done=0,
        duration_s=1800,
        subject=_subjects("meeting_held", len(at), dice),
    )


def _machines(ground: Ground, draft: Draft, total: int, dice: np.random.Generator) -> None:
    """Mail scanners: many clicks of one mail within seconds of its delivery."""
    staffed = np.flatnonzero((ground.firms.people > 0) & ~ground.quiet)
    company = dice.choice(staffed, max(2, total // 2500))
    week = dice.integers(0, WEEKS, len(company))
    at = _moments(ground, week, dice)
    contact = _person(ground, company, 1.0, dice)
    mail = _subjects("email_automated", len(at), dice)
    draft.add("email_automated", at, account=company, contact=contact, actor=INTEGRATION, subject=mail)
    clicks = dice.integers(6, 15, len(company))
    burst = np.repeat(np.arange(len(company)), clicks)
    draft.add(
        "email_click",
        at[burst] + 1 + dice.integers(0, 5, len(burst)),
        account=company[burst],
        contact=contact[burst],
        subject=mail[burst],
        url=_pages(CURIOUS_PAGES, len(burst), dice),
    )


def _internal(ground: Ground, draft: Draft, total: int, dice: np.random.Generator) -> None:
    """Our own people reading our own pages."""
    people = [who for who in ground.owners if who.job != "integration"]
    count = max(3, total // 400)
    who = dice.integers(0, len(people), count)
    codes = np.array([draft.visitor(person.email) for person in people], np.int32)[who]
    week = dice.integers(0, WEEKS, count)
    draft.add("web_visit", _moments(ground, week, dice), visitor=codes, url=_pages(KEEN_PAGES, count, dice))


def _unknown_visitors(ground: Ground, draft: Draft, total: int, dice: np.random.Generator) -> None:
    """Companies that are in the market but in no CRM: by domain, some with a person's address."""
    count = max(6, total // 250)
    strangers = [draft.visitor(f"unlisted{number}.example") for number in range(40)]
    strangers += [draft.visitor(f"buyer{number}@unlisted{number}.example") for number in range(20)]
    codes = np.array(strangers, np.int32)[dice.integers(0, len(strangers), count)]
    week = np.floor(WEEKS * dice.random(count) ** 0.5).astype(np.int64)
    draft.add("web_visit", _moments(ground, week, dice), visitor=codes, url=_pages(CURIOUS_PAGES, count, dice))


def _weighted(ground: Ground, weight: Floats, count: int, dice: np.random.Generator) -> tuple[Ints, Ints]:
    """(company, moment) spread over the history; half of what falls before a company existed comes later."""
    weight = weight * ~ground.quiet
    company = dice.choice(len(weight), count, p=weight / weight.sum())
    start = ground.firms.first_week(ground.now)[company]
    week = np.minimum(WEEKS - 1, np.floor(start + (WEEKS - start) * dice.random(count))).astype(np.int64)
    at = _moments(ground, week, dice)
    return company, np.clip(at, np.minimum(ground.firms.created_at[company] + 60, ground.now - 60), None)


def _effort(ground: Ground, draft: Draft, kind: str, count: int, dice: np.random.Generator) -> None:
    """Outbound work: it follows fit as reps see it, not interest, and scores nothing."""
    company, at = _weighted(ground, (0.25 + ground.truth.fit) * (ground.firms.people > 0), count, dice)
    contact = _person(ground, company, 1.2, dice)
    if kind == "task":
        _todos(ground, draft, company, contact, at, dice)
        return
    robot = kind == "email_automated"
    draft.add(
        kind,
        at,
        logged_at=_logged(ground, at, 0.02, dice) if kind == "call_attempted" else at,
        account=company,
        contact=contact,
        actor=INTEGRATION if robot else _actor(ground, company, at, dice),
        subject=_subjects(kind, len(at), dice),
    )


def _todos(
    ground: Ground, draft: Draft, company: Ints, contact: NDArray[np.int32], made: Ints, dice: np.random.Generator
) -> None:
    """Reps' own tasks, due at noon UTC one to ten days after they were made; recent ones are often open."""
    due = made - made % DAY_S + dice.integers(1, 11, len(made)) * DAY_S + DAY_S // 2
    is_open = (due > ground.now - 7 * DAY_S) & (dice.random(len(made)) < 0.6) | (due > ground.now)
    draft.add(
        "task",
        due.astype(np.int64),
        logged_at=made,
        account=company,
        contact=contact,
        actor=_actor(ground, company, made, dice),
        done=~is_open,
        subject=_subjects("task", len(made), dice),
    )


def _idle_visits(ground: Ground, draft: Draft, count: int, dice: np.random.Generator) -> None:
    """Traffic that means little: front page, blog, careers; mostly nobody in particular, and nobody special."""
    company, at = _weighted(ground, np.log1p(ground.firms.employees) + 0.5, count, dice)
    contact = np.where(dice.random(count) < 0.7, -1, _person(ground, company, 1.0, dice))
    draft.add("web_visit", at, account=company, contact=contact.astype(np.int32), url=_pages(IDLE_PAGES, count, dice))
