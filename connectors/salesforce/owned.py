"""The fields that Tierline owns in Salesforce: names, types and the help text that a rep reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from config.settings import Mapping

Form = Literal["tier", "text", "note", "number", "time", "day", "choice"]

ASK: Final = "Questions: your revenue operations team."


@dataclass(frozen=True, slots=True)
class Owned:
    """One field of ours on Account. ``by_people``: filled in by people, read by us and never written."""

    name: str  # canonical
    suffix: str  # of the API name, after the prefix
    form: Form
    label: str
    help: str  # under 255 characters
    full: bool = False
    by_people: bool = False
    choices: tuple[str, ...] = ()


ACCOUNT: Final = (
    Owned("tier", "Tier", "tier", "Tier", f"How to work this account. Two bars and a minimum stay keep it calm. {ASK}"),
    Owned("tier_since", "Tier_Since", "time", "Tier since", "When the account came into its tier."),
    Owned(
        "treated_as", "Treated_As", "text", "Treated as", "Tier it is worked as for now, in a surge; ends by itself."
    ),
    Owned("score", "Score", "number", "Score", "0-100, fit and signals together. Moves in steps of 3 points or more."),
    Owned("why", "Why", "note", "Why", "The strongest reasons, best first, with their dates."),
    Owned("next_action", "Next_Action", "text", "Next action", "What to do next, and with whom."),
    Owned("sla_due", "SLA_Due", "time", "SLA due", "When the first touch is due, counted in working hours."),
    Owned("sla_status", "SLA_Status", "text", "SLA status", "On time, Due soon, Breached, Met or Met late."),
    Owned(
        "override_tier", "Override_Tier", "tier", "Override tier", "Yours to fill: the tier you want.", by_people=True
    ),
    Owned(
        "override_until",
        "Override_Until",
        "day",
        "Override until",
        "Yours to fill: the last day of the override; empty means 90 days.",
        by_people=True,
    ),
    Owned("override_by", "Override_By", "text", "Override by", "Yours to fill: who asked.", by_people=True),
    Owned(
        "override_reason",
        "Override_Reason",
        "text",
        "Override reason",
        "Yours to fill: why. An override needs a reason.",
        by_people=True,
    ),
    Owned("fit", "Fit", "number", "Fit", "0-100: how well the company matches whom we serve best.", full=True),
    Owned("signal", "Signal", "number", "Signal", "0-100: what its people did and others saw, decayed.", full=True),
    Owned("falls_on", "Falls_On", "time", "Falls on", "When the tier falls if nothing happens.", full=True),
    Owned("what_changed", "What_Changed", "text", "What changed", "What moved since the last tier.", full=True),
    Owned(
        "first_touch", "First_Touch", "time", "First touch", "When somebody first acted on the last task.", full=True
    ),
    Owned("play", "Play", "text", "Play", "The motion this account is in; sequences may enrol by it.", full=True),
    Owned(
        "wrong_tier",
        "Wrong_Tier",
        "choice",
        "Wrong tier?",
        "Yours to tick: kept as feedback.",
        full=True,
        by_people=True,
        choices=("Too high", "Too low"),
    ),
)
KEY_HELP: Final = "Written by Tierline; makes sure that no task is made twice. Installation {installation}."


@dataclass(frozen=True, slots=True)
class Names:
    """What our fields are called in one org."""

    prefix: str
    mapped: tuple[tuple[str, str], ...]
    full: bool

    @classmethod
    def of(cls, mapping: Mapping) -> Names:
        """Names under the mapping: an existing field where one is named, else prefix and suffix."""
        return cls(mapping.prefix, tuple(mapping.owned.items()), mapping.fields == "full")

    def wanted(self) -> tuple[Owned, ...]:
        """The fields in use: core, or all."""
        return tuple(owned for owned in ACCOUNT if self.full or not owned.full)

    def written(self) -> dict[str, str]:
        """Canonical name to API name of the fields that we write."""
        return {owned.name: self.field(owned) for owned in self.wanted() if not owned.by_people}

    def read_only(self) -> dict[str, str]:
        """Canonical name to API name of the fields that people fill in."""
        return {owned.name: self.field(owned) for owned in self.wanted() if owned.by_people}

    def field(self, owned: Owned) -> str:
        """The API name of a field on Account."""
        return dict(self.mapped).get(owned.name) or f"{self.prefix}_{owned.suffix}__c"

    def is_mapped(self, name: str) -> bool:
        """Whether an existing field of the org takes this canonical field's place."""
        return name in dict(self.mapped)

    @property
    def key(self) -> str:
        """The field on Task that holds the creation key."""
        return f"{self.prefix}_Key__c"


def metadata(owned: Owned, tiers: tuple[str, ...]) -> dict[str, Any]:
    """What the Tooling API takes to make the field."""
    return {"label": owned.label, "inlineHelpText": owned.help, "required": False, **_form(owned, tiers)}


def key_metadata(installation: str) -> dict[str, Any]:
    """The creation key on activities: unique, so that Salesforce itself refuses a second task of the same key."""
    return {
        "label": "Tierline key",
        "type": "Text",
        "length": 64,
        "required": False,
        "unique": True,
        "caseSensitive": False,
        "externalId": True,
        "inlineHelpText": KEY_HELP.format(installation=installation),
    }


def _form(owned: Owned, tiers: tuple[str, ...]) -> dict[str, Any]:
    match owned.form:
        case "tier" | "choice":
            return {"type": "Picklist", "valueSet": _values(owned.choices or tiers)}
        case "text":
            return {"type": "Text", "length": 255}
        case "note":
            # one long text only: from two on Salesforce answers at most 200 rows a page
            return {"type": "LongTextArea", "length": 4000, "visibleLines": 4}
        case "number":
            return {"type": "Number", "precision": 5, "scale": 0}
        case "time":
            return {"type": "DateTime"}
        case "day":
            return {"type": "Date"}


def _values(names: tuple[str, ...]) -> dict[str, Any]:
    value = [{"fullName": name, "label": name, "default": False} for name in names]
    return {"restricted": True, "valueSetDefinition": {"sorted": False, "value": value}}
