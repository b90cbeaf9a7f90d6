"""How evidence reads: kinds, pages, roles, topics and days in a rep's words, always with absolute dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from engine.evidence import US_PER_DAY
from engine.facts import POINT

_EPOCH: Final = date(1970, 1, 1)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
KINDS: Final = {
    "demo_request": ("demo request", "demo requests"),
    "contact_sales": ("request to talk to sales", "requests to talk to sales"),
    "trial_start": ("trial started", "trials started"),
    "trial_active_day": ("day of trial use", "days of trial use"),
    "meeting_held": ("meeting held", "meetings held"),
    "inbound_call": ("call to us", "calls to us"),
    "call_connected": ("connected call", "connected calls"),
    "email_reply": ("e-mail reply", "e-mail replies"),
    "email_click": ("click in an e-mail", "clicks in e-mails"),
    "chat": ("chat", "chats"),
    "event_attended": ("event attended", "events attended"),
    "webinar_attended": ("webinar attended", "webinars attended"),
    "webinar_registered": ("webinar sign-up", "webinar sign-ups"),
    "form_submission": ("form sent", "forms sent"),
    "content_download": ("download", "downloads"),
    "ad_click": ("ad click", "ad clicks"),
    "web_visit": ("visit", "visits"),
}
TOPICS: Final = {
    "topic_core": "research on our core topic",
    "topic_adjacent": "research on a related topic",
    "review_compare": "compared us on a review site",
    "competitor_removed": "a competitor's product removed",
    "tech_installed": "related technology installed",
    "job_posting": "job posting in our field",
    "leadership_change": "change of leadership",
    "product_limit": "product limit reached",
}


def day_text(day: int) -> str:
    """``28 Oct 2026`` of a day number, in any locale."""
    told = _EPOCH + timedelta(days=int(day))
    return f"{told.day} {_MONTHS[told.month - 1]} {told.year}"


def noon(day: int, as_of: int) -> datetime:
    """Noon UTC of a day number, but not after the pass's time: touches know only their day."""
    return moment(min(int(day) * US_PER_DAY + US_PER_DAY // 2, as_of))


def midnight(day: int) -> datetime:
    """The first moment, UTC, of a day number."""
    return moment(int(day) * US_PER_DAY)


def moment(us: int) -> datetime:
    """Aware datetime of microseconds since 1970 UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(us))


def plain(name: str) -> str:
    """``decision_maker`` as words."""
    return name.replace("_", " ").replace("-", " ").strip()


def topic_text(topic: str) -> str:
    """A topic in words."""
    return TOPICS.get(topic, plain(topic))


def page_text(pattern: str) -> str:
    """``*/pricing*`` as ``pricing``; ``/`` is the home page."""
    return "home" if pattern == "/" else plain(pattern.strip("*/").replace("*", " ").replace("/", " "))


def acts_text(kind: str, page: str, n: int) -> str:
    """``3 visits to pricing pages``, ``demo request``."""
    one, many = KINDS.get(kind, (plain(kind), f"{plain(kind)} acts"))
    said = one if n == 1 else f"{n} {many}"
    if not page:
        return said
    where = page_text(page)
    return f"{said} to the {where} page" if n == 1 else f"{said} to {where} pages"


def by_text(role: str | None) -> str:
    """``by a decision maker``; nothing for a role that is not known."""
    if role in {None, "", "unknown"}:
        return ""
    words = plain(str(role))
    return f" by {'an' if words[0] in 'aeio' else 'a'} {words}"


def when_text(oldest: int, newest: int, n: int) -> str:
    """``on 28 Oct 2026``, or ``last on`` when there were more."""
    return f"on {day_text(newest)}" if n == 1 or oldest == newest else f"last on {day_text(newest)}"


def dated(said: str, when: str) -> str:
    """``demo request on 28 Oct 2026``, or ``3 replies, last on 28 Oct 2026``."""
    return f"{said}{', ' if when.startswith('last') else ' '}{when}"


def points_text(points: int) -> str:
    """Points with one decimal, cut off: never more than there is."""
    tenths = abs(points) * 10 // POINT
    return f"{'-' if points < 0 and tenths else ''}{tenths // 10}.{tenths % 10}"
