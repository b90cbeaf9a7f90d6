"""The properties that Tierline owns in HubSpot: names, types and the help a rep reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from config.settings import Mapping
from connectors.base import Value

Shape = Literal["tier", "text", "long_text", "number", "time", "date", "flag", "verdict"]
VERDICTS: Final = ("Too high", "Too low")
WITHDRAWN_SUBJECT: Final = "Withdrawn: "


@dataclass(frozen=True, slots=True)
class Owned:
    """One company property of ours. ``human``: filled in by people, read by us, never written."""

    name: str
    shape: Shape
    label: str
    help: str
    full: bool = False
    human: bool = False


_ASK = "Questions: your revenue operations team."
COMPANY: Final = (
    Owned(
        "tier", "tier", "Tier", f"How this account is to be worked. Moves rarely: two bars and a minimum stay. {_ASK}"
    ),
    Owned("tier_since", "time", "Tier since", "When the account came into its tier."),
    Owned("treated_as", "text", "Treated as", "Tier it is worked as for now, because of a surge; ends by itself."),
    Owned(
        "score", "number", "Score", "0-100: fit and buying signals together. Written when it moves by 3 points or more."
    ),
    Owned(
        "scored_at",
        "time",
        "Scored at",
        "When these values were last written. Older than 10 days: do not rely on them.",
    ),
    Owned("why", "long_text", "Why", "The strongest reasons, best first, with their dates."),
    Owned("next_action", "long_text", "Next action", "What to do next, and with whom."),
    Owned("sla_due", "time", "SLA due", "When the first touch is due, in working hours."),
    Owned("sla_status", "text", "SLA status", "On time, Due soon, Breached, Met or Met late."),
    Owned("override_tier", "tier", "Override tier", "Yours to fill: the tier you want instead.", human=True),
    Owned("override_until", "date", "Override until", "Yours to fill: last day; empty means 90 days.", human=True),
    Owned("override_by", "text", "Override by", "Yours to fill: who asked.", human=True),
    Owned("override_reason", "text", "Override reason", "Yours to fill: why. An override needs a reason.", human=True),
    Owned("fit", "number", "Fit", "0-100: how well the company matches whom we serve best.", full=True),
    Owned("signal", "number", "Signal", "0-100: what its people did and outside sources saw, decayed.", full=True),
    Owned("falls_on", "time", "Falls on", "When the tier falls if nothing happens.", full=True),
    Owned("what_changed", "long_text", "What changed", "What moved since the last change of tier.", full=True),
    Owned("first_touch", "time", "First touch", "When somebody first acted on the last task.", full=True),
    Owned("play", "text", "Play", "The motion this account is in; sequences may enrol by it.", full=True),
    Owned("wrong_tier", "verdict", "Wrong tier?", "Yours to tick: kept as feedback.", full=True, human=True),
)
BY_NAME: Final = {owned.name: owned for owned in COMPANY}


@dataclass(frozen=True, slots=True)
class Names:
    """What our properties are called in one portal."""

    prefix: str
    mapped: tuple[tuple[str, str], ...]
    full: bool

    @classmethod
    def of(cls, mapping: Mapping) -> Names:
        """Names under the mapping: an existing property where one is named, else prefix and canonical name."""
        return cls(mapping.prefix.lower(), tuple(mapping.owned.items()), mapping.fields == "full")

    def company(self, name: str) -> str:
        """The company property of a canonical owned field."""
        return dict(self.mapped).get(name) or f"{self.prefix}_{name}"

    def wanted(self) -> tuple[Owned, ...]:
        """The owned fields in use: core, or all."""
        return tuple(owned for owned in COMPANY if self.full or not owned.full)

    @property
    def group(self) -> str:
        """The property group."""
        return self.prefix

    @property
    def key(self) -> str:
        """The creation key on tasks, as first tried."""
        return f"{self.prefix}_key"

    @property
    def withdrawn(self) -> str:
        """The mark on tasks that we withdrew."""
        return f"{self.prefix}_withdrawn"


def to_wire(value: Value) -> str:
    """A value as HubSpot takes it: all text; nothing clears the property."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def iso(moment: datetime) -> str:
    """A moment as HubSpot writes it: UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_wire(shape: Shape, text: str | None) -> Value:
    """An owned property's value: a moment, a number, a flag or text; empty is None."""
    if text is None or text == "":
        return None
    if shape in ("time", "date"):
        return moment_of(text)
    if shape == "number":
        return number_of(text)
    if shape == "flag":
        return text == "true"
    return text


def moment_of(text: str) -> datetime | None:
    """ISO text, a date (its midnight in UTC) or epoch milliseconds as an aware moment."""
    try:
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def number_of(text: str) -> int | float | None:
    """A whole number where it is one."""
    try:
        number = float(text)
        return int(number) if number.is_integer() else number
    except (ValueError, OverflowError):
        return None
