"""Fields that the platform works out from others whenever a record is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.salesforce.table import Computed, Table
from sandbox.soql.ids import Positions

_PARTS: Final = ("Street", "City", "State", "StateCode", "PostalCode", "Country", "CountryCode")


def _full_name(table: Table, at: Positions) -> list[Any]:
    firsts, lasts = table.take("FirstName", at), table.take("LastName", at)
    return [f"{first} {last}" if first else last for first, last in zip(firsts, lasts, strict=True)]


def _address(prefix: str, parts: tuple[str, ...]) -> Computed:
    def read(table: Table, at: Positions) -> list[Any]:
        columns = [table.take(prefix + part, at) for part in parts]
        keys = [part[0].lower() + part[1:] for part in parts]
        return [_compound(keys, values) for values in zip(*columns, strict=True)]

    return read


def _compound(keys: list[str], values: tuple[Any, ...]) -> dict[str, Any] | None:
    if not any(values):
        return None
    known: dict[str, Any] = {"geocodeAccuracy": None, "latitude": None, "longitude": None}
    return dict(sorted((known | dict(zip(keys, values, strict=True))).items()))


def _high(table: Table, at: Positions) -> list[Any]:
    return [each == "High" for each in table.take("Priority", at)]


def _expected(table: Table, at: Positions) -> list[Any]:
    amounts, chances = table.take("Amount", at), table.take("Probability", at)
    return [
        None if amount is None or chance is None else round(amount * chance / 100, 2)
        for amount, chance in zip(amounts, chances, strict=True)
    ]


_LEAD_PARTS: Final = tuple(part for part in _PARTS if not part.endswith("Code") or part == "PostalCode")

COMPUTED: Final[Mapping[str, Mapping[str, Computed]]] = {
    "Account": {"BillingAddress": _address("Billing", _PARTS), "ShippingAddress": _address("Shipping", _PARTS)},
    "Contact": {"Name": _full_name, "MailingAddress": _address("Mailing", _PARTS)},
    "Lead": {"Name": _full_name, "Address": _address("", _LEAD_PARTS)},
    "User": {"Name": _full_name},
    "Task": {"IsHighPriority": _high},
    "Opportunity": {"ExpectedRevenue": _expected},
}
