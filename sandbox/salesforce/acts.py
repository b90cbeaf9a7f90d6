"""Orders to the pretend Salesforce: what reps, admins and other tools do between two passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.frame import BadOrderError
from sandbox.salesforce.errors import RowRefusal
from sandbox.salesforce.merging import merge
from sandbox.salesforce.org import Org
from sandbox.salesforce.table import Table
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.writes import Writer
from sandbox.soql.dates import read_datetime, wire_datetime
from sandbox.soql.ids import is_id

Order = Mapping[str, Any]
_KEYED: Final = {"accounts": "Account", "contacts": "Contact", "owners": "User", "opportunities": "Opportunity"}
_NEUTRAL: Final = {
    "accounts": "Account",
    "companies": "Account",
    "contacts": "Contact",
    "opportunities": "Opportunity",
    "deals": "Opportunity",
    "tasks": "Task",
    "meetings": "Event",
    "emails": "EmailMessage",
    "owners": "User",
    "leads": "Lead",
}
_CALLS: Final = {
    "call_connected": ("Outbound", "Connected"),
    "call_attempted": ("Outbound", "No Answer"),
    "inbound_call": ("Inbound", "Connected"),
}
_MEETINGS: Final = {"meeting_held": "Held", "meeting_no_show": "No Show", "meeting_scheduled": "Scheduled"}
_MAILS: Final = ("email_sent", "email_reply", "email_automated")


def keys(org: Org) -> dict[str, dict[str, str]]:
    """World key to record id, by neutral table name."""
    return {name: _keys_of(org.table(entity)) for name, entity in _KEYED.items()}


def _keys_of(table: Table) -> dict[str, str]:
    at = table.everything(deleted=False)
    pairs = zip(table.take("World_Key__c", at), table.take("Id", at), strict=True)
    return {key: record_id for key, record_id in pairs if key}


def act(org: Org, usage: Usage, order: Order) -> dict[str, Any]:
    """Does one order; raises BadOrderError when it makes no sense here."""
    if order.get("do") == "eat_budget":
        usage.spend(int(order.get("calls", 1_000)))
        return {"used": usage.used}
    verbs: dict[str, Callable[[Actor, Order], dict[str, Any]]] = {
        "log_activity": Actor.log_activity,
        "set_field": Actor.set_field,
        "close_task": Actor.close_task,
        "delete_record": Actor.delete_record,
        "undelete": Actor.undelete,
        "merge": Actor.merge,
        "deactivate_owner": Actor.deactivate_owner,
        "create_account": Actor.create_account,
    }
    verb = verbs.get(str(order.get("do")))
    if verb is None:
        raise BadOrderError(f"do: one of {', '.join(sorted(verbs))}, not {order.get('do')!r}")
    actor = Actor(org, order)
    try:
        done = verb(actor, order)
    except RowRefusal as refusal:
        actor.writer.back_to()
        raise BadOrderError(f"{refusal.code}: {refusal.message}") from None
    actor.writer.commit()
    return done


class Actor:
    """Somebody at work in the org, with all rights; ``by`` in the order says who."""

    def __init__(self, org: Org, order: Order) -> None:
        self._org = org
        given = order.get("by") or order.get("actor")
        user_id = self._find("User", given) if given else None
        who = f"actor:{org.username(user_id)}" if user_id else f"actor:{given or 'somebody'}"
        self.writer = Writer(
            org.view(user_id or org.table("User").record_id(0), whole=True), auto_assign=False, who=who
        )

    def _find(self, entity: str, given: Any) -> str | None:
        """A record id from a record id or a world key."""
        table = self._org.table(entity)
        if is_id(given) and table.position(given) >= 0:
            return table.record_id(table.position(given))
        if "world_key__c" not in table.entity.fields:
            return None
        position = table.holder("World_Key__c", given)
        return table.record_id(position) if position >= 0 else None

    def _named(self, entity: str, given: Any, *, optional: bool = False) -> str | None:
        if given in {None, ""} and optional:
            return None
        found = self._find(entity, given)
        if found is None:
            raise BadOrderError(f"{entity}: nothing is known as {given!r}")
        return found

    def _record(self, order: Order, given: Any = None) -> tuple[Table, str]:
        name = str(order.get("object", "accounts"))
        entity = self.writer.view.entity(_NEUTRAL.get(name.lower(), name))
        if entity is None:
            raise BadOrderError(f"object: no type is called {name!r}")
        record_id = self._named(entity.name, given or order.get("id", order.get("key")))
        return self._org.table(entity.name), str(record_id)

    # ---- orders -----------------------------------------------------------------------------------------------------
    def log_activity(self, order: Order) -> dict[str, Any]:
        """kind, account, contact, actor, at, subject, duration_s, done: logged now, happened at ``at``."""
        kind = str(order.get("kind"))
        at = _moment(order.get("at"), self._org.clock.now())
        if kind in _MAILS:
            entity, body, fixed = self._mail(order, kind, at)
        elif kind in _MEETINGS:
            entity, body, fixed = self._meeting(order, kind, at)
        elif kind in _CALLS or kind == "task":
            entity, body, fixed = self._task(order, kind, at)
        else:
            raise BadOrderError(f"kind: this CRM carries no {kind!r}")
        body = {"Subject": order.get("subject", kind.replace("_", " ").capitalize()), **body}
        record_id = self.writer.create(self._org.table(entity).entity, body)
        table = self._org.table(entity)
        table.patch(table.position(record_id), fixed)
        return {"object": entity, "id": record_id}

    def _linked(self, order: Order) -> dict[str, Any]:
        account = self._named("Account", order.get("account"), optional=True)
        contact = self._named("Contact", order.get("contact"), optional=True)
        owner = self._named("User", order.get("actor", order.get("by")), optional=True)
        linked = {"WhatId": account, "WhoId": contact, "OwnerId": owner}
        return {name: value for name, value in linked.items() if value is not None}

    def _task(self, order: Order, kind: str, at: datetime) -> tuple[str, dict[str, Any], dict[str, Any]]:
        body = self._linked(order) | {"ActivityDate": at.date().isoformat()}
        if kind == "task":
            closed = bool(order.get("done"))
            body |= {"TaskSubtype": "Task", "Status": self._status(closed=closed)}
            return "Task", body, {}
        way, said = _CALLS[kind]
        call = {"CallType": way, "CallDisposition": said, "CallDurationInSeconds": int(order.get("duration_s", 600))}
        body |= call | {"TaskSubtype": "Call", "Type": "Call", "Status": self._status(closed=True)}
        return "Task", body, {"CompletedDateTime": wire_datetime(at.replace(microsecond=0))}

    def _meeting(self, order: Order, kind: str, at: datetime) -> tuple[str, dict[str, Any], dict[str, Any]]:
        ends = at + timedelta(seconds=int(order.get("duration_s", 1_800)))
        body = self._linked(order) | {"StartDateTime": wire_datetime(at), "EndDateTime": wire_datetime(ends)}
        return "Event", body | {"Meeting_Outcome__c": _MEETINGS[kind], "Type": "Meeting"}, {}

    def _mail(self, order: Order, kind: str, at: datetime) -> tuple[str, dict[str, Any], dict[str, Any]]:
        linked = self._linked(order)
        incoming = kind == "email_reply"
        theirs = self._value("Contact", linked.get("WhoId"), "Email") or order.get("email")
        account = linked.get("WhatId") or self._value("Contact", linked.get("WhoId"), "AccountId")
        ours = self._value("User", linked.get("OwnerId") or self.writer.view.user_id, "Email")
        body = {
            "MessageDate": wire_datetime(at),
            "Incoming": incoming,
            "Status": "1" if incoming else "3",
            "FromAddress": theirs if incoming else ours,
            "ToAddress": ours if incoming else theirs,
            "RelatedToId": account,
        }
        return "EmailMessage", body, {}

    def _value(self, entity: str, record_id: str | None, field: str) -> Any:
        table = self._org.table(entity)
        return table.value(table.position(record_id), field) if record_id else None

    def _status(self, *, closed: bool) -> str:
        table = self._org.table("TaskStatus")
        at = table.everything(deleted=False)
        pairs = zip(table.take("MasterLabel", at), table.take("IsClosed", at), strict=True)
        return next(str(label) for label, closes in pairs if bool(closes) == closed)

    def set_field(self, order: Order) -> dict[str, Any]:
        """Sets object, id or key, and field + value or a ``fields`` map; owners may be named by world key."""
        table, record_id = self._record(order)
        given = dict(order.get("fields") or {str(order.get("field")): order.get("value")})
        for name, value in given.items():
            known = table.entity.fields.get(name.lower())
            if known is not None and known.refs and value:
                given[name] = self._find(known.refs[0], value) or value
        self.writer.update(table.entity, record_id, given)
        return {"object": table.entity.name, "id": record_id, "fields": given}

    def close_task(self, order: Order) -> dict[str, Any]:
        """id, status: the first closed status of the org unless one is named."""
        table, record_id = self._record({**order, "object": "Task"})
        status = str(order.get("status") or self._status(closed=True))
        self.writer.update(table.entity, record_id, {"Status": status})
        return {"object": "Task", "id": record_id, "status": status}

    def delete_record(self, order: Order) -> dict[str, Any]:
        """Puts it (object, id or key) into the recycle bin, with what hangs on it."""
        table, record_id = self._record(order)
        self.writer.delete(table.entity, record_id)
        return {"object": table.entity.name, "id": record_id}

    def undelete(self, order: Order) -> dict[str, Any]:
        """Object and id: out of the recycle bin."""
        table, record_id = self._record(order)
        self.writer.undelete(table.entity, record_id)
        return {"object": table.entity.name, "id": record_id}

    def merge(self, order: Order) -> dict[str, Any]:
        """object, winner, loser (or losers): the losers' children move to the winner."""
        table, winner = self._record(order, order.get("winner", order.get("primary")))
        losers = order.get("losers") or [order.get("loser", order.get("other"))]
        found = [self._record(order, each)[1] for each in losers]
        if winner in found:
            raise BadOrderError("loser: is the winner")
        merge(self.writer, table.entity, winner, found)
        return {"object": table.entity.name, "id": winner, "merged": found}

    def deactivate_owner(self, order: Order) -> dict[str, Any]:
        """owner: the user can no longer log in or be given records; what he owns stays his."""
        user_id = self._named("User", order.get("owner", order.get("key", order.get("id"))))
        self.writer.update(self._org.table("User").entity, str(user_id), {"IsActive": False})
        return {"object": "User", "id": user_id}

    def create_account(self, order: Order) -> dict[str, Any]:
        """name, domain, owner and further ``fields``."""
        body = {"Name": order.get("name") or order.get("domain"), "Website": order.get("domain")}
        if order.get("owner"):
            body["OwnerId"] = self._named("User", order["owner"])
        body |= order.get("fields") or {}
        return {"object": "Account", "id": self.writer.create(self._org.table("Account").entity, body)}


def _moment(given: Any, now: datetime) -> datetime:
    if not given:
        return now
    try:
        return read_datetime(str(given))
    except ValueError:
        raise BadOrderError(f"at: {given!r} is no moment with an offset") from None
