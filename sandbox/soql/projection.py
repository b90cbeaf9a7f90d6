"""The field list of a query: compiled once, then rows are rendered page by page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.soql import paths
from sandbox.soql.checks import Check
from sandbox.soql.data import Data
from sandbox.soql.datefuncs import part_of
from sandbox.soql.errors import SoqlError, no_such_children, no_such_column, no_such_parent, pointed
from sandbox.soql.filters import Filter, compile_filter
from sandbox.soql.grammar import AGGREGATES, DATE_PARTS
from sandbox.soql.ids import Positions
from sandbox.soql.nodes import Call, Children, FieldSet, Name, Query, Selected, TypeOf
from sandbox.soql.ordering import sort
from sandbox.soql.schema import Field, SObject

_FIELDS_LIMIT: Final = 200
_NAMED: Final = SObject("Name", "Name", "Names", "000", {})


@dataclass(slots=True)
class Tree:
    """What to show of one object: own fields, parents, children, in the order of the field list."""

    entity: SObject  # the pseudo-object Name where a reference is polymorphic
    keys: list[str] = field(default_factory=list)
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)  # shown name -> (field, function or "")
    parents: dict[str, tuple[Field, Tree]] = field(default_factory=dict)
    children: dict[str, ChildPlan] = field(default_factory=dict)
    typed: dict[str, tuple[Field, dict[str, Tree], Tree]] = field(default_factory=dict)

    def note(self, key: str) -> None:
        """Keeps the order in which things were first named."""
        if key not in self.keys:
            self.keys.append(key)


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """A subquery over the children of each row."""

    entity: SObject
    reference: Field
    tree: Tree
    query: Query
    keep: Filter | None


def compile_tree(data: Data, entity: SObject, query: Query) -> Tree:
    """The tree of a field list without aggregates. Raises SoqlError."""
    tree = Tree(entity)
    for item in query.select:
        _add(data, tree, item, query)
    return tree


def _add(data: Data, tree: Tree, item: Selected, query: Query) -> None:
    match item:
        case Name():
            _add_name(data, tree, item, query)
        case Call():
            _add_call(data, tree, item, query)
        case FieldSet():
            _add_field_set(data, tree, item, query)
        case Children(inner):
            _add_children(data, tree, inner)
        case TypeOf():
            _add_typeof(data, tree, item, query)


def _add_name(data: Data, tree: Tree, name: Name, query: Query) -> None:
    bound = paths.bind(data, tree.entity, name, query.text, query.alias)
    if name.alias is not None:
        raise pointed("MALFORMED_QUERY", query.text, name.at, "only aggregate expressions use field aliasing")
    here = tree
    for reference in bound.parents:
        key = reference.relation or reference.name
        here.note(key)
        if key not in here.parents:
            above = None if reference.polymorphic else data.entity(reference.refs[0])
            here.parents[key] = (reference, Tree(above or _NAMED))
        here = here.parents[key][1]
    if bound.field.name in here.columns:
        raise pointed("INVALID_FIELD", query.text, name.at, f"duplicate field selected: {bound.label}")
    here.note(bound.field.name)
    here.columns[bound.field.name] = (bound.field.name, "")


def _add_call(data: Data, tree: Tree, call: Call, query: Query) -> None:
    if call.function in DATE_PARTS or call.function in AGGREGATES or call.arg is None:
        raise pointed("MALFORMED_QUERY", query.text, call.at, f"unexpected token: '{call.function}'")
    bound = paths.bind(data, tree.entity, call.arg, query.text, query.alias)
    if bound.parents:
        _add_name(data, tree, call.arg, query)
        return
    key = call.alias or bound.field.name
    tree.note(key)
    tree.columns[key] = (bound.field.name, call.function)


def _add_field_set(data: Data, tree: Tree, item: FieldSet, query: Query) -> None:
    if item.which != "STANDARD" and (query.limit is None or query.limit > _FIELDS_LIMIT):
        words = f"The SOQL FIELDS function must have a LIMIT of at most {_FIELDS_LIMIT}"
        raise SoqlError("MALFORMED_QUERY", words)
    for each in data.fields(tree.entity):
        if item.which == "ALL" or each.custom == (item.which == "CUSTOM"):
            tree.note(each.name)
            tree.columns[each.name] = (each.name, "")


def _add_children(data: Data, tree: Tree, inner: Query) -> None:
    found = data.children(tree.entity, inner.entity)
    if found is None:
        raise no_such_children(inner.text, inner.entity_at, inner.entity)
    entity, reference = found
    keep = compile_filter(data, entity, inner.where, inner) if inner.where is not None else None
    key = reference.children or inner.entity
    tree.note(key)
    tree.children[key] = ChildPlan(entity, reference, compile_tree(data, entity, inner), inner, keep)


def _add_typeof(data: Data, tree: Tree, item: TypeOf, query: Query) -> None:
    reference = data.relation(tree.entity, item.relation)
    if reference is None or not reference.polymorphic:
        raise no_such_parent(query.text, item.at, item.relation)
    cases: dict[str, Tree] = {}
    for name, names in item.cases:
        entity = data.entity(name)
        if entity is None or entity.name not in reference.refs:
            raise no_such_column(query.text, item.at, name, tree.entity.name)
        cases[entity.name] = _leaf_tree(data, entity, names, query)
    key = reference.relation or reference.name
    tree.note(key)
    tree.typed[key] = (reference, cases, _leaf_tree(data, _NAMED, item.otherwise, query))


def _leaf_tree(data: Data, entity: SObject, names: tuple[Name, ...], query: Query) -> Tree:
    leaf = Tree(entity)
    for name in names:
        if entity is _NAMED:
            leaf.note(name.path[-1])
            leaf.columns[name.path[-1]] = (name.path[-1], "")
        else:
            _add_name(data, leaf, name, query)
    return leaf


# ---- rendering ------------------------------------------------------------------------------------------------------
def render(data: Data, tree: Tree, at: Positions, base: str) -> list[dict[str, Any]]:
    """Records as REST answers show them; ``base`` is the path up to and with ``sobjects/``."""
    return _records(data, tree, tree.entity, at, base)


def _records(data: Data, tree: Tree, entity: SObject, at: Positions, base: str) -> list[dict[str, Any]]:
    rows = data.rows(entity)
    ids = rows.take("Id", at)
    url = f"{base}{entity.name}/"
    shown = tree.entity.name
    columns = [_column(data, tree, entity, key, at, ids, base) for key in tree.keys]
    names = ("attributes", *tree.keys)
    attributes = [{"type": shown, "url": url + str(each)} for each in ids]
    return [dict(zip(names, values, strict=True)) for values in zip(attributes, *columns, strict=True)]


def _column(data: Data, tree: Tree, entity: SObject, key: str, at: Positions, ids: list[Any], base: str) -> list[Any]:
    if key in tree.columns:
        name, function = tree.columns[key]
        values = (
            paths.pointed_values(data, entity, name, at) if tree.entity is _NAMED else data.rows(entity).take(name, at)
        )
        zone = data.moment.zone
        return [part_of(function, each, zone) for each in values] if function in DATE_PARTS else values
    if key in tree.parents:
        reference, above = tree.parents[key]
        return _parent_column(data, reference, {}, above, data.rows(entity).take(reference.name, at), base)
    if key in tree.typed:
        reference, cases, otherwise = tree.typed[key]
        return _parent_column(data, reference, cases, otherwise, data.rows(entity).take(reference.name, at), base)
    return _child_column(data, tree.children[key], ids, base)


def _parent_column(
    data: Data, reference: Field, cases: dict[str, Tree], otherwise: Tree, ids: list[Any], base: str
) -> list[Any]:
    wanted = sorted({each for each in ids if each})
    shown: dict[str, Any] = {}
    for entity, members, at in paths.parents_of(data, reference, wanted):
        tree = cases.get(entity.name, otherwise)
        shown.update(zip(members, _records(data, tree, entity, at, base), strict=True))
    return [shown.get(each) for each in ids]


def _child_column(data: Data, plan: ChildPlan, ids: list[Any], base: str) -> list[Any]:
    rows = data.rows(plan.entity)
    at = rows.everything(deleted=False)
    at = at[rows.test(plan.reference.name, at, Check("in", frozenset(ids)))]
    if plan.keep is not None:
        at = at[plan.keep(at)]
    at = sort(data, plan.entity, plan.query, at)
    groups: dict[str, list[Any]] = {}
    records = _records(data, plan.tree, plan.entity, at, base)
    for parent, record in zip(rows.take(plan.reference.name, at), records, strict=True):
        groups.setdefault(parent, []).append(record)
    return [_child_answer(groups.get(each, []), plan.query) for each in ids]


def _child_answer(records: list[Any], query: Query) -> dict[str, Any] | None:
    end = None if query.limit is None else query.offset + query.limit
    kept = records[query.offset : end]
    return {"totalSize": len(kept), "done": True, "records": kept} if kept else None
