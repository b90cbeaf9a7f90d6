"""Reads the compact text in which the standard objects are written down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from sandbox.soql.schema import Choice, Field, SObject

_LINE: Final = re.compile(
    r"(?P<name>\w+) (?P<type>[a-z]+)(?:\((?P<size>[\d.]+)\))?(?P<flags>(?: [^ |\[]+)*)(?: \[(?P<choices>[^\]]*)\])?"
)
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_FLAGS: Final[dict[str, dict[str, Any]]] = {
    "!": {"nillable": False},  # required
    "auto": {"nillable": False, "defaulted": True},
    "ro": {"createable": False, "updateable": False},
    "calc": {"createable": False, "updateable": False, "calculated": True},
    "once": {"updateable": False},
    "name": {"name_field": True},
    "lookup": {"id_lookup": True},
    "ext": {"external_id": True, "id_lookup": True},
    "uniq": {"unique": True},
    "closed": {"restricted": True},
    "nofilter": {"filterable": False},
    "cascade": {"cascade": True},
}
_SYSTEM: Final = """
Id id(18) auto ro lookup
IsDeleted boolean auto ro
CreatedDate datetime auto ro
CreatedById reference auto ro ->User as=CreatedBy
LastModifiedDate datetime auto ro
LastModifiedById reference auto ro ->User as=LastModifiedBy
SystemModstamp datetime auto ro
"""


def label_of(name: str) -> str:
    """A name in words: ``NumberOfEmployees`` is ``Number Of Employees``, ``OwnerId`` is ``Owner ID``."""
    words = _WORD.sub(" ", name.removesuffix("__c").replace("_", " "))
    return re.sub(r"\bId$", "ID", words)


def read_object(heading: str, body: str) -> SObject:
    """One object from its heading ``Name 001 Label/Plural flags`` and one line a field."""
    name, prefix, labels, *flags = heading.split(" ")
    label, _, plural = labels.replace("_", " ").partition("/")
    fields = [_field(line) for line in _lines(_SYSTEM)]
    fields[0] = replace(fields[0], label=f"{label} ID")
    fields += [_field(line) for line in _lines(body)]
    return make_object(
        name,
        label,
        plural or label + "s",
        prefix,
        fields,
        createable="ro" not in flags,
        updateable="ro" not in flags,
        deletable="ro" not in flags and "keep" not in flags,
        mergeable="merge" in flags,
        tooling="tooling" in flags,
        bulk="nobulk" not in flags,
    )


def make_object(name: str, label: str, plural: str, prefix: str, fields: list[Field], **facts: bool) -> SObject:
    """An object with its fields and parent relationships indexed by lower-case name."""
    by_name = {each.name.lower(): each for each in fields}
    relations = {each.relation.lower(): each for each in fields if each.relation}
    return SObject(name, label, plural, prefix, by_name, relations=relations, **facts)


def with_fields(entity: SObject, fields: list[Field]) -> SObject:
    """The same object with these fields added, or put in place of those with the same name."""
    merged = {**entity.fields, **{each.name.lower(): each for each in fields}}
    relations = {each.relation.lower(): each for each in merged.values() if each.relation}
    return replace(entity, fields=merged, relations=relations)


def without_field(entity: SObject, name: str) -> SObject:
    """The same object with one field less."""
    return replace(entity, fields={key: each for key, each in entity.fields.items() if key != name.lower()})


def _lines(body: str) -> Iterator[str]:
    return (line for line in body.strip().splitlines() if line.strip())


def _field(line: str) -> Field:
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"cannot read field line {line!r}")
    name = match["name"]
    facts: dict[str, Any] = {"label": label_of(name), "custom": name.endswith("__c")}
    facts |= _sized(match["type"], match["size"] or "")
    for flag in (match["flags"] or "").split():
        facts |= _flag(flag)
    if match["choices"] is not None:
        facts["choices"] = tuple(_choice(each) for each in match["choices"].split("|"))
    return Field(name, match["type"], **facts)


def _flag(flag: str) -> dict[str, Any]:
    if flag.startswith("->"):
        return {"refs": tuple(flag[2:].split(","))}
    key, _, value = flag.partition("=")
    if not value:
        return _FLAGS[flag]
    if key == "def":
        return {"default": {"true": True, "false": False}.get(value, value), "defaulted": True}
    named = {"as": "relation", "kids": "children", "label": "label", "of": "compound", "extra": "extra"}
    return {named[key]: value.replace("_", " ") if key == "label" else value}


def _choice(text: str) -> Choice:
    value = text.removeprefix("*")
    return Choice(value, value, default=text.startswith("*"))


def _sized(kind: str, size: str) -> dict[str, Any]:
    whole, _, scale = size.partition(".")
    if kind in {"double", "currency", "percent"}:
        return {"precision": int(whole or 18), "scale": int(scale or 0)}
    if kind == "int":
        return {"digits": int(whole or 9)}
    if kind in {"id", "reference"}:
        return {"length": 18}
    if kind in {"boolean", "date", "datetime", "address"}:
        return {}
    defaults = {"email": 80, "phone": 40, "url": 255, "picklist": 255, "multipicklist": 4099}
    return {"length": int(whole) if whole else defaults.get(kind, 255)}
