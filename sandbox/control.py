"""The control routes under ``/_sandbox/``: seed, reset, clock, journal, faults, limits, keys, actors."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from sandbox.actors import carry_out
from sandbox.faults import parse_fault
from sandbox.frame import BadOrderError
from sandbox.generate import SIZES

if TYPE_CHECKING:
    from sandbox.app import Sandbox

Order = dict[str, Any]
Handler = Callable[["Sandbox", Request, Order], object]
HELD_SIZES: Final = ("empty", *(name for name, size in SIZES.items() if size.chunks == 1))


def parse_time(text: object) -> datetime:
    """An aware moment from ISO 8601. Raises BadOrderError, also for text without a zone."""
    if not isinstance(text, str):
        raise BadOrderError("a time is ISO 8601 text, for example 2026-11-02T09:00:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadOrderError(f"{text!r} is no ISO 8601 time, for example 2026-11-02T09:00:00Z") from wrong
    if moment.tzinfo is None:
        raise BadOrderError(f"{text!r} has no time zone; write for example 2026-11-02T09:00:00Z")
    return moment.astimezone(UTC)


def routes(box: Sandbox) -> list[BaseRoute]:
    """All control routes, bound to one sandbox."""
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/_sandbox/", _state),
        ("POST", "/_sandbox/seed", _seed),
        ("POST", "/_sandbox/reset", _reset),
        ("GET", "/_sandbox/clock", _clock),
        ("POST", "/_sandbox/clock", _set_clock),
        ("GET", "/_sandbox/journal", _journal),
        ("GET", "/_sandbox/faults", _faults),
        ("POST", "/_sandbox/faults", _add_fault),
        ("DELETE", "/_sandbox/faults", _clear_faults),
        ("POST", "/_sandbox/limits", _limits),
        ("GET", "/_sandbox/keys", _keys),
        ("POST", "/_sandbox/act", _act),
    )
    return [Route(path, _endpoint(box, handler), methods=[method]) for method, path, handler in table]


def _endpoint(box: Sandbox, handler: Handler) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(handler(box, request, await _order(request)))
        except BadOrderError as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=400)

    return endpoint


async def _order(request: Request) -> Order:
    """The JSON object of the body; no body is an empty order."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        order = json.loads(raw)
    except ValueError as wrong:
        raise BadOrderError(f"the body is no JSON: {wrong}") from wrong
    if not isinstance(order, dict):
        raise BadOrderError("the body must be a JSON object")
    return order


def _only(order: Order, *known: str) -> None:
    unknown = [name for name in order if name not in known]
    if unknown:
        raise BadOrderError(f"unknown key {unknown[0]!r}; known here: {', '.join(known)}")


def _whole(order: Order, name: str, default: int) -> int:
    value = order.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadOrderError(f"{name!r} is a whole number")
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadOrderError(f"{name!r} is a number")
    return float(value)


def _flag(order: Order, name: str) -> bool:
    value = order[name]
    if not isinstance(value, bool):
        raise BadOrderError(f"{name!r} is true or false")
    return value


def _state(box: Sandbox, _request: Request, _order: Order) -> object:
    return box.state()


def _seed(box: Sandbox, _request: Request, order: Order) -> object:
    """Absent keys keep their present value; the clock goes to ``now`` of the new world."""
    _only(order, "size", "seed", "now")
    size = order.get("size", box.size)
    if size not in HELD_SIZES:
        raise BadOrderError(f"'size' is one of {', '.join(HELD_SIZES)}")
    now = parse_time(order["now"]) if "now" in order else box.start
    box.seed_world(size, _whole(order, "seed", box.seed), now)
    return box.state()


def _reset(box: Sandbox, _request: Request, order: Order) -> object:
    """Everything as it was after the last seeding: records, clock, journal, faults, limits."""
    _only(order)
    box.reset()
    return box.state()


def _clock(box: Sandbox, _request: Request, _order: Order) -> object:
    return {"now": _iso(box.clock.now()), "frozen": box.clock.frozen}


def _set_clock(box: Sandbox, request: Request, order: Order) -> object:
    _only(order, "now", "advance_s", "frozen")
    moment = parse_time(order["now"]) if "now" in order else None
    step = _number("advance_s", order["advance_s"]) if "advance_s" in order else 0.0
    frozen = _flag(order, "frozen") if "frozen" in order else None
    try:
        if moment is not None:
            box.clock.set(moment)
        box.clock.advance(step)
    except OverflowError as wrong:
        raise BadOrderError("'advance_s' leads out of the calendar") from wrong
    if frozen is not None:
        box.clock.freeze(frozen=frozen)
    return _clock(box, request, order)


def _journal(box: Sandbox, request: Request, _order: Order) -> object:
    since = request.query_params.get("since", "0")
    if not since.isdecimal():
        raise BadOrderError("'since' is the number of the last write you know")
    return {"writes": [write.as_json() for write in box.journal.since(int(since))], "last": len(box.journal)}


def _faults(box: Sandbox, _request: Request, _order: Order) -> object:
    return {
        "waiting": [fault.as_json() for fault in box.faults.waiting()],
        "spent": [fault.as_json() for fault in box.faults.spent()],
    }


def _add_fault(box: Sandbox, request: Request, order: Order) -> object:
    fault = parse_fault(order)
    if fault.do == "expire" and not box.can_expire():
        raise BadOrderError("no CRM here can expire sessions")
    box.faults.add(fault)
    return _faults(box, request, order)


def _clear_faults(box: Sandbox, request: Request, order: Order) -> object:
    box.faults.clear()
    return _faults(box, request, order)


def _limits(box: Sandbox, _request: Request, order: Order) -> object:
    """``on``, ``lag_s``, ``switches`` {name: value}; every other key is a limit by name, null = its default."""
    limits = {name: value for name, value in order.items() if name not in {"on", "lag_s", "switches"}}
    numbers = {name: None if value is None else _number(name, value) for name, value in limits.items()}
    lag_s = _number("lag_s", order.get("lag_s", box.options.lag_s))
    switches = order.get("switches", {})
    if not isinstance(switches, dict):
        raise BadOrderError("'switches' is an object of names and values")
    if "on" in order:
        box.options.limits_on = _flag(order, "on")
    box.options.lag_s = lag_s
    box.options.switches.update(switches)
    for name, number in numbers.items():
        if number is None:
            box.options.limits.pop(name, None)
        else:
            box.options.limits[name] = number
    return box.limits_state()


def _keys(box: Sandbox, _request: Request, _order: Order) -> object:
    return {name: crm.keys() for name, crm in box.crms.items()}


def _act(box: Sandbox, _request: Request, order: Order) -> object:
    return carry_out(box.crms, order)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
