"""Custom field metadata to fields, with the platform's own checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.salesforce.errors import RowRefusal
from sandbox.soql.schema import Choice, Field

_KINDS: Final = {
    "Text": "string",
    "Number": "double",
    "LongTextArea": "textarea",
    "TextArea": "textarea",
    "DateTime": "datetime",
    "Date": "date",
    "Checkbox": "boolean",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Currency": "currency",
    "Percent": "percent",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
}
_KEYED: Final = frozenset({"Text", "Number", "Email"})
_MOST_HELP: Final = 510


def _refuse(words: str) -> RowRefusal:
    return RowRefusal("FIELD_INTEGRITY_EXCEPTION", words, [])


def field_of(name: str, metadata: Mapping[str, Any]) -> Field:
    """The field that metadata states. Raises RowRefusal."""
    kind = str(metadata.get("type"))
    if kind not in _KINDS:
        words = f"Field Type: bad value for restricted picklist field: {kind}"
        raise RowRefusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, ["Type"])
    label = metadata.get("label")
    if not label:
        raise RowRefusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [label]", ["label"])
    if len(str(metadata.get("inlineHelpText") or "")) > _MOST_HELP:
        raise _refuse(f"Help Text: data value too large (max length={_MOST_HELP})")
    keyed = bool(metadata.get("unique")) or bool(metadata.get("externalId"))
    if keyed and kind not in _KEYED:
        raise _refuse(f"Can not specify 'unique' or 'externalId' for a CustomField of type {kind}")
    choices = _choices(metadata, kind)
    precision, scale = _digits(metadata, kind)
    return Field(
        name,
        _KINDS[kind],
        str(label),
        length=_length(metadata, kind),
        precision=precision,
        scale=scale,
        nillable=kind != "Checkbox" and not metadata.get("required"),
        defaulted=kind == "Checkbox",
        default=_default(metadata, kind),
        custom=True,
        unique=bool(metadata.get("unique")),
        external_id=bool(metadata.get("externalId")),
        id_lookup=bool(metadata.get("externalId")),
        case_sensitive=bool(metadata.get("caseSensitive")),
        restricted=bool((metadata.get("valueSet") or {}).get("restricted")),
        choices=choices,
        help=metadata.get("inlineHelpText"),
        guarded=not metadata.get("required"),
    )


def _length(metadata: Mapping[str, Any], kind: str) -> int:
    fixed = {"Picklist": 255, "MultiselectPicklist": 4099, "Email": 80, "Phone": 40, "Url": 255, "TextArea": 255}
    if kind in fixed:
        return fixed[kind]
    if kind not in {"Text", "LongTextArea"}:
        return 0
    length = metadata.get("length")
    low, high = (1, 255) if kind == "Text" else (256, 131_072)
    if length is None:
        raise _refuse(f"Must specify 'length' for a CustomField of type {kind}")
    if not low <= int(length) <= high:
        side, bound = ("minimum", low) if int(length) < low else ("maximum", high)
        raise _refuse(f"Invalid length, {side} is: {bound}")
    if kind == "LongTextArea" and metadata.get("visibleLines") is None:
        raise _refuse("Must specify 'visibleLines' for a CustomField of type LongTextArea")
    return int(length)


def _digits(metadata: Mapping[str, Any], kind: str) -> tuple[int, int]:
    if kind not in {"Number", "Currency", "Percent"}:
        return 0, 0
    if metadata.get("precision") is None or metadata.get("scale") is None:
        raise _refuse(f"Must specify 'precision' and 'scale' for a CustomField of type {kind}")
    precision, scale = int(metadata["precision"]), int(metadata["scale"])
    if not 1 <= precision <= 18 or not 0 <= scale <= precision:
        raise _refuse("Invalid precision or scale: precision must be 1 to 18, scale at most precision")
    return precision, scale


def _default(metadata: Mapping[str, Any], kind: str) -> Any:
    if kind != "Checkbox":
        return None
    default = metadata.get("defaultValue")
    if default is None:
        raise _refuse("Must specify 'defaultValue' for a CustomField of type Checkbox")
    return str(default).lower() == "true"


def _choices(metadata: Mapping[str, Any], kind: str) -> tuple[Choice, ...]:
    if kind not in {"Picklist", "MultiselectPicklist"}:
        return ()
    definition = (metadata.get("valueSet") or {}).get("valueSetDefinition") or {}
    values = definition.get("value")
    if not values:
        raise _refuse(f"Must specify 'valueSet' for a CustomField of type {kind}")
    names = [str(each.get("fullName") or each.get("valueName")) for each in values]
    if len({each.lower() for each in names}) < len(names):
        raise _refuse("Duplicate picklist value")
    return tuple(
        Choice(name, str(each.get("label") or name), bool(each.get("default")), each.get("isActive") is not False)
        for name, each in zip(names, values, strict=True)
    )


def metadata_of(field: Field, given: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as the platform gives it back: what was sent, with the facts it adds."""
    empty: dict[str, Any] = dict.fromkeys(
        ("caseSensitive", "defaultValue", "description", "externalId", "inlineHelpText", "length", "precision"),
    )
    empty |= dict.fromkeys(("required", "scale", "unique", "valueSet", "visibleLines"))
    return empty | {"externalId": field.external_id, "label": field.label} | dict(given)
