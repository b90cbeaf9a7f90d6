"""Objects API in batches: shuffled answers, 207 for partial success, all or nothing without trace ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.hubspot import answers
from sandbox.hubspot.call import Answer, Call, inputs_of, record_id, required
from sandbox.hubspot.errors import RefusalError, bad_values, invalid, some_missing
from sandbox.hubspot.objects_api import Links, by_property, must_be_unique, not_unique, prepared_create, prepared_update
from sandbox.hubspot.table import Table
from sandbox.hubspot.values import Clean, clean_values

Input = dict[str, Any]
Ready = TypeVar("Ready")


def _answer(call: Call, status: int, results: list[Any], errors: Sequence[dict[str, Any]], started: int) -> Answer:
    if call.portal.switches.shuffle:
        call.portal.dice.shuffle(results)
    body = answers.batch(results, errors, (started, call.portal.now_ms()))
    return Answer(207 if errors else status, body)


def _traced(inputs: Sequence[Input]) -> bool:
    return all(item.get("objectWriteTraceId") is not None for item in inputs)


def _trace(item: Input) -> str | None:
    value = item.get("objectWriteTraceId")
    return None if value is None else str(value)


def _kept(call: Call, inputs: list[Input]) -> list[Input]:
    """The inputs that this portal will look at: a switch makes it drop some without a word."""
    drop = min(call.portal.switches.silent_drop, len(inputs))
    if not drop:
        return inputs
    lost = set(call.portal.dice.sample(range(len(inputs)), drop))
    return [item for at, item in enumerate(inputs) if at not in lost]


def _no_doubles(inputs: Sequence[Input]) -> None:
    seen: set[str] = set()
    doubles: list[str] = []
    for item in inputs:
        folded = str(item.get("id")).lower()
        if folded in seen and str(item.get("id")) not in doubles:
            doubles.append(str(item.get("id")))
        seen.add(folded)
    if doubles:
        listed = ", ".join(doubles)
        message = f"Duplicate IDs found in batch input: [{listed}]. IDs must be unique"
        raise invalid(message, context={"ids": doubles})


def read_batch(call: Call) -> Answer:
    """POST batch/read: 200, or 207 when some ids are not there."""
    started, table, body = call.portal.now_ms(), call.table(), call.body()
    inputs, history = inputs_of(body), [str(name) for name in body.get("propertiesWithHistory") or []]
    if history and len(inputs) > 50:
        raise invalid("The maximum number of inputs supported in a batch request for property histories is 50")
    archived, id_property = call.flag("archived"), body.get("idProperty") or None
    found: dict[int, None] = {}
    missing: list[str] = []
    for item in inputs:
        text = str(required(item, "id"))
        number = by_property(call.portal, table, text, id_property, archived=archived)
        if number is None:
            missing.append(text)
        else:
            found[number] = None
    names = answers.wanted_names(table, [str(name) for name in body.get("properties") or []])
    shown = answers.records(call.portal, table, list(found), names)
    if history:
        for number, item in zip(found, shown, strict=True):
            answers.with_history(table, item, number, history)
    errors = [some_missing(table.kind.upper, missing)] if missing else []
    return _answer(call, 200, shown, errors, started)


def create_batch(call: Call) -> Answer:
    """POST batch/create: 201; 207 only when every input carries a trace id."""
    started, table = call.portal.now_ms(), call.table(write=True)
    inputs = inputs_of(call.body())
    traced = _traced(inputs)
    ready: list[tuple[Clean, Links]] = []
    errors: list[dict[str, Any]] = []
    if not traced:
        _all_values_good(call, table, inputs)
    results: list[Any] = []
    for item in _kept(call, inputs):
        try:
            clean, links = prepared_create(call, table, item)
            _unique_within(call, table, clean, ready if not traced else [])
            call.portal.check_unique(table, 0, clean, named=traced)
        except RefusalError as refusal:
            if not traced:
                raise
            errors.append(_row(refusal, _trace(item)))
            continue
        if traced:
            results.append(_create(call, table, clean, links, _trace(item)))
        else:
            ready.append((clean, links))
    results += [_create(call, table, clean, links, None) for clean, links in ready]
    return _answer(call, 201, results, errors, started)


def _create(call: Call, table: Table, clean: Clean, links: Links, trace: str | None) -> dict[str, Any]:
    made = call.portal.create(table, clean, call.author, links)
    shown = answers.whole(call.portal, table, made.id)
    return shown if trace is None else {**shown, "objectWriteTraceId": trace}


def _row(refusal: RefusalError, trace: str | None) -> dict[str, Any]:
    row = refusal.row(trace)
    _, _, holder = str(row["message"]).partition("Existing ID: ")
    if holder and trace is not None:
        row["context"]["existingId"] = [holder]
    return row


def _all_values_good(call: Call, table: Table, inputs: Sequence[Input]) -> None:
    """Without trace ids the bad values of all rows are told in one refusal."""
    problems = []
    for item in inputs:
        given = item.get("properties") or {}
        problems += clean_values(table.definitions, given, call.portal.owner_known, lambda _: None)[1]
    if problems:
        raise bad_values(problems, call.portal.switches.portal_id)


def _unique_within(call: Call, table: Table, clean: Clean, earlier: Sequence[tuple[Clean, Links]]) -> None:
    for name in call.portal.unique_names(table):
        value = clean.get(name)
        taken = {(other.get(name) or "").lower() for other, _ in earlier}
        if value is not None and value.lower() in taken:
            raise invalid(f"Duplicate {name} found in batch input: [{value}]. Values must be unique")


def _written(
    call: Call, inputs: list[Input], prepare: Callable[[Input], Ready], write: Callable[[Ready], dict[str, Any]]
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Writes each input; a refused one fails the whole call unless every input carries a trace id."""
    kept = _kept(call, inputs)
    if not _traced(inputs):
        ready = [(item, prepare(item)) for item in kept]  # all are checked before the first is written
        return [_with_trace(write(one), item) for item, one in ready], []
    results: list[Any] = []
    errors: list[dict[str, Any]] = []
    for item in kept:
        try:
            results.append(_with_trace(write(prepare(item)), item))
        except RefusalError as refusal:
            errors.append(_row(refusal, _trace(item)))
    return results, errors


def _with_trace(shown: dict[str, Any], item: Input) -> dict[str, Any]:
    trace = _trace(item)
    return shown if trace is None else {**shown, "objectWriteTraceId": trace}


def _target(call: Call, table: Table, item: Input) -> int | None:
    """The record that an update names. A merged-away id finds nothing here, other than on a single PATCH."""
    text, id_property = str(required(item, "id")), item.get("idProperty")
    if not id_property:
        number = record_id(text)
        return number if number is not None and table.live(number) else None
    if id_property == "email":
        raise not_unique(call.portal, table, id_property)
    return by_property(call.portal, table, text, id_property, archived=False)


def update_batch(call: Call) -> Answer:
    """POST batch/update: 200, or 207 when ids are missing or traced rows are refused."""
    started, table = call.portal.now_ms(), call.table(write=True)
    inputs = inputs_of(call.body())
    _no_doubles(inputs)
    targets = {str(item.get("id")): _target(call, table, item) for item in inputs}
    merged = {text for text in targets if (number := record_id(text)) is not None and number in table.merged_into}
    there = [item for item in inputs if targets[str(item.get("id"))] is not None]
    missing = [text for text, number in targets.items() if number is None and text not in merged]

    traced = _traced(inputs)

    def prepared(item: Input) -> tuple[int, Clean]:
        number = targets[str(item["id"])] or 0
        clean = prepared_update(call, table, number, item)
        call.portal.check_unique(table, number, clean, named=traced)
        return number, clean

    def write(ready: tuple[int, Clean]) -> dict[str, Any]:
        number, clean = ready
        call.portal.update(table, number, clean, call.author)
        return answers.echo(call.portal, table, number, clean)

    results, errors = _written(call, there, prepared, write) if there else ([], [])
    if missing:
        errors = [*errors, some_missing(table.kind.upper, missing)]
    return _answer(call, 200, results, errors, started)


def upsert_batch(call: Call) -> Answer:
    """POST batch/upsert by a unique property: 200, or 207 for traced rows that were refused."""
    started, table = call.portal.now_ms(), call.table(write=True)
    inputs = inputs_of(call.body())
    _no_doubles(inputs)

    traced = _traced(inputs)

    def prepared(item: Input) -> tuple[int | None, Clean, Links]:
        name, value = str(item.get("idProperty") or "hs_object_id"), str(required(item, "id"))
        must_be_unique(call.portal, table, name)
        number = by_property(call.portal, table, value, name, archived=False)
        given = {**(item.get("properties") or {}), name: value}
        if number is None:
            clean, links = prepared_create(call, table, {**item, "properties": given})
        else:
            clean, links = prepared_update(call, table, number, {"properties": given}), []
        call.portal.check_unique(table, number or 0, clean, named=traced)
        return number, clean, links

    def write(ready: tuple[int | None, Clean, Links]) -> dict[str, Any]:
        number, clean, links = ready
        if number is None:
            made = call.portal.create(table, clean, call.author, links)
            return {**answers.whole(call.portal, table, made.id), "new": True}
        call.portal.update(table, number, clean, call.author)
        return {**answers.echo(call.portal, table, number, clean), "new": False}

    results, errors = _written(call, inputs, prepared, write)
    return _answer(call, 200, results, errors, started)


def archive_batch(call: Call) -> Answer:
    """POST batch/archive: always 204."""
    table = call.table(write=True)
    for item in inputs_of(call.body()):
        number = record_id(str(required(item, "id")))
        if number is not None and table.live(number):
            call.portal.archive(table, number, call.author)
    return Answer(204)
