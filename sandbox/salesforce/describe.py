"""What describes say about objects and fields, with every key that the vendor sends."""

from __future__ import annotations

from typing import Any, Final

from sandbox.salesforce.errors import not_found
from sandbox.salesforce.org import View
from sandbox.salesforce.web import Answer, Call, ok
from sandbox.soql.schema import Choice, Field, SObject

_SOAP: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_NEVER_GROUPED: Final = frozenset({"double", "currency", "percent", "datetime", "address", "multipicklist"})
_FIXED: Final[dict[str, Any]] = {
    "aiPredictionField": False,
    "autoNumber": False,
    "cascadeDelete": False,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "restrictedDelete": False,
    "calculatedFormula": None,
    "controllerName": None,
    "defaultValueFormula": None,
    "filteredLookupInfo": None,
    "mask": None,
    "maskType": None,
    "referenceTargetField": None,
    "relationshipOrder": None,
}
MASTER: Final = "012000000000000AAA"


def describe(call: Call) -> Answer:
    """``GET /sobjects/{type}/describe``."""
    entity = entity_of(call)
    return ok(describe_object(call, entity))


def describe_global(call: Call) -> Answer:
    """``GET /sobjects``."""
    rows = [_summary(call, each) for each in call.view.entities()]
    rows.sort(key=lambda row: row["name"])
    return ok({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": rows})


def describe_basic(call: Call) -> Answer:
    """``GET /sobjects/{type}``."""
    return ok({"objectDescribe": _summary(call, entity_of(call)), "recentItems": []})


def entity_of(call: Call) -> SObject:
    """The object that the path names. Raises Refusal NOT_FOUND."""
    entity = call.view.entity(call.args["type"])
    if entity is None:
        raise not_found()
    return entity


def _summary(call: Call, entity: SObject) -> dict[str, Any]:
    url = f"{call.root}/sobjects/{entity.name}"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": entity.createable,
        "custom": entity.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": entity.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": entity.mergeable,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": entity.prefix,
        "label": entity.label,
        "labelPlural": entity.plural,
        "layoutable": entity.createable,
        "mergeable": entity.mergeable,
        "mruEnabled": entity.createable,
        "name": entity.name,
        "queryable": True,
        "replicateable": entity.createable,
        "retrieveable": True,
        "searchable": entity.createable,
        "triggerable": entity.createable,
        "undeletable": entity.deletable,
        "updateable": entity.updateable,
        "urls": {
            "rowTemplate": url + "/{ID}",
            "describe": url + "/describe",
            "sobject": url,
        },
    }


def describe_object(call: Call, entity: SObject) -> dict[str, Any]:
    """The whole describe of an object as the user sees it."""
    url = f"{call.root}/sobjects/{entity.name}"
    summary = _summary(call, entity)
    links = {
        "compactLayouts": url + "/describe/compactLayouts",
        "approvalLayouts": url + "/describe/approvalLayouts",
        "listviews": url + "/listviews",
        "quickActions": url + "/quickActions",
        "layouts": url + "/describe/layouts",
        "uiDetailTemplate": call.base + "/{ID}",
        "uiEditTemplate": call.base + "/{ID}/e",
        "uiNewRecord": f"{call.base}/{entity.prefix}/e",
    }
    return summary | {
        "actionOverrides": [],
        "childRelationships": _children(call.view, entity),
        "compactLayoutable": entity.createable,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(each, call.view, entity) for each in call.view.fields(entity)],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [_master_record_type(url)],
        "searchLayoutable": entity.createable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": _scopes(entity),
        "urls": summary["urls"] | links,
    }


def _scopes(entity: SObject) -> list[dict[str, str]]:
    plural = entity.plural.lower()
    return [{"label": f"All {plural}", "name": "everything"}, {"label": f"My {plural}", "name": "mine"}]


def _master_record_type(url: str) -> dict[str, Any]:
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": MASTER,
        "urls": {"layout": f"{url}/describe/layouts/{MASTER}"},
    }


def _children(view: View, entity: SObject) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": field.cascade,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.children,
            "restrictedDelete": False,
        }
        for child, field in view.child_fields(entity)
    ]


def describe_field(field: Field, view: View, entity: SObject) -> dict[str, Any]:
    """One field with all keys."""
    writable = view.editable(entity, field)
    required_in_layout = not field.nillable and not field.defaulted
    return {
        **_plain(field),
        **_sizes(field),
        "createable": field.createable and writable,
        "updateable": field.updateable and writable,
        "permissionable": field.custom or (field.nillable and field.createable and not required_in_layout),
        "picklistValues": [_choice(each) for each in field.choices],
        "polymorphicForeignKey": field.polymorphic,
        "referenceTo": list(field.refs),
        "relationshipName": field.relation,
        "restrictedPicklist": field.restricted,
        "soapType": _SOAP.get(field.type, "xsd:string"),
        "sortable": field.type not in {"address", "multipicklist"} and not field.long_text,
        "type": field.type,
        "unique": field.unique,
        "writeRequiresMasterRead": False,
    }


def _sizes(field: Field) -> dict[str, Any]:
    width = 1 if field.is_id else 3
    return {
        "byteLength": field.length * width,
        "digits": field.digits,
        "length": field.length,
        "precision": field.precision,
        "scale": field.scale,
    }


def _plain(field: Field) -> dict[str, Any]:
    simple = not field.long_text and field.type != "address"
    return {
        **_FIXED,
        "aggregatable": simple and field.type not in {"boolean", "multipicklist"},
        "calculated": field.calculated,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "custom": field.custom,
        "defaultValue": field.default,
        "defaultedOnCreate": field.defaulted,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra or ("plaintextarea" if field.type == "textarea" else None),
        "filterable": field.filterable and not field.long_text,
        "groupable": simple and field.type not in _NEVER_GROUPED,
        "idLookup": field.id_lookup,
        "inlineHelpText": field.help,
        "label": field.label,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": field.polymorphic,
        "nillable": field.nillable,
        "queryByDistance": field.type == "address",
        "searchPrefilterable": field.type == "reference",
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "active": choice.active,
        "defaultValue": choice.default,
        "label": choice.label,
        "validFor": None,
        "value": choice.value,
    }
