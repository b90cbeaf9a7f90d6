"""What other people in the portal do between our calls: reps, admins and other tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.frame import BadOrderError
from sandbox.hubspot.errors import Problem
from sandbox.hubspot.kinds import (
    CALLS,
    COMPANIES,
    CONTACTS,
    DEALS,
    EMAILS,
    MEETINGS,
    TASKS,
    ObjectKind,
    kind_named,
)
from sandbox.hubspot.links import Pair
from sandbox.hubspot.moments import iso, ms_of
from sandbox.hubspot.portal import Author, Portal
from sandbox.hubspot.seed_activities import CONNECTED, NO_ANSWER
from sandbox.hubspot.table import Table
from sandbox.hubspot.values import Clean, clean_values

Order = Mapping[str, Any]
Done = dict[str, Any]
CALL: Final = {
    "call_connected": ("OUTBOUND", "COMPLETED", CONNECTED),
    "call_attempted": ("OUTBOUND", "NO_ANSWER", NO_ANSWER),
    "inbound_call": ("INBOUND", "COMPLETED", CONNECTED),
}
MEETING: Final = {"meeting_held": "COMPLETED", "meeting_no_show": "NO_SHOW", "meeting_scheduled": "SCHEDULED"}
EMAIL: Final = {"email_sent": "EMAIL", "email_reply": "INCOMING_EMAIL", "email_automated": "EMAIL"}
NEUTRAL: Final = {"accounts": "companies", "account": "companies", "opportunities": "deals", "opportunity": "deals"}


class Actors:
    """Carries out orders as somebody in the vendor's user interface."""

    def __init__(self, portal: Portal, keys: Callable[[], dict[str, dict[str, str]]]) -> None:
        self._portal = portal
        self._keys = keys

    def act(self, order: Order) -> Done:
        """Does one order; raises BadOrderError when it makes no sense here."""
        verbs: dict[str, Callable[[Order], Done]] = {
            "log_activity": self._log_activity,
            "set_field": self._set_field,
            "close_task": self._close_task,
            "delete_record": self._delete_record,
            "merge": self._merge,
            "deactivate_owner": self._deactivate_owner,
            "create_account": self._create_account,
            "add_token": self._add_token,
            "eat_budget": self._eat_budget,
        }
        verb = verbs.get(str(order.get("do")))
        if verb is None:
            raise BadOrderError(f"do: one of {', '.join(sorted(verbs))}, not {order.get('do')!r}")
        return verb(order)

    # ---- finding ----------------------------------------------------------------------------------------------------
    def _author(self, order: Order) -> Author:
        text = str(order.get("by") or "")
        text = self._keys().get("owners", {}).get(text, text)
        row = self._portal.owners.by_id.get(int(text)) if text.isdigit() else None
        if row is None:
            return Author.person(f"actor:{order.get('by') or 'somebody'}")
        return Author.person(f"actor:{row.first_name} {row.last_name}", row.user)

    def _named(self, table: str, given: Any, *, optional: bool = False) -> int | None:
        """A record id from a record id or a world key."""
        if given is None or given == "":
            if optional:
                return None
            raise BadOrderError(f"{table.removesuffix('s')}: a world key or a record id is needed")
        text = self._keys().get(table, {}).get(str(given), str(given))
        if not text.isdigit():
            raise BadOrderError(f"{table.removesuffix('s')}: nothing is known as {given!r}")
        return int(text)

    def _record(self, order: Order) -> tuple[Table, int]:
        name = str(order.get("object", "companies"))
        kind = kind_named(NEUTRAL.get(name.lower(), name))
        if kind is None:
            raise BadOrderError(f"object: no type is called {name!r}")
        table = self._portal.table(kind)
        keyed = {COMPANIES: "accounts", CONTACTS: "contacts", DEALS: "opportunities"}.get(kind, kind.plural)
        number = self._named(keyed, order.get("id", order.get("key"))) or 0
        number = table.resolve(number)
        if not table.live(number):
            raise BadOrderError(f"id: no live {kind.singular} {number}")
        return table, number

    def _clean(self, table: Table, given: Mapping[str, Any], number: int) -> Clean:
        def before(name: str) -> str | None:
            return table.value(number, name) if number else None

        clean, problems = clean_values(table.definitions, given, self._portal.owner_known, before)
        if problems:
            raise BadOrderError("; ".join(f"{problem.name}: {problem.message}" for problem in _first(problems)))
        return clean

    # ---- orders -----------------------------------------------------------------------------------------------------
    def _log_activity(self, order: Order) -> Done:
        """kind, account, contact, actor, at, subject, duration_s, done: logged now, happened at ``at``."""
        portal = self._portal
        contact = self._named("contacts", order.get("contact"), optional=True)
        account = self._named("accounts", order.get("account"), optional=True)
        if contact is not None and account is None:
            account = portal.associations.primary((CONTACTS.type_id, COMPANIES.type_id), contact)
        actor = self._named("owners", order.get("actor", order.get("by")), optional=True)
        kind, props = self._activity(order)
        if actor is not None:
            props["hubspot_owner_id"] = str(actor)
        links: list[tuple[Pair, int, list[int]]] = []
        for other, target in ((CONTACTS, contact), (COMPANIES, account)):
            if target is not None:
                if not portal.table(other).live(target):
                    raise BadOrderError(f"{other.singular}: no live record {target}")
                links.append(((kind.type_id, other.type_id), target, []))
        made = portal.create(portal.table(kind), props, self._author({**order, "by": order.get("by", actor)}), links)
        return {"object": kind.plural, "id": str(made.id)}

    def _activity(self, order: Order) -> tuple[ObjectKind, Clean]:
        name = str(order.get("kind"))
        at_ms = ms_of(str(order["at"])) if order.get("at") else self._portal.now_ms()
        if at_ms is None:
            raise BadOrderError(f"at: {order['at']!r} is no moment")
        subject = str(order.get("subject", name.replace("_", " ").capitalize()))
        when, length_ms = iso(at_ms), int(order.get("duration_s", 600)) * 1000
        if name in CALL:
            way, status, said = CALL[name]
            parts = {"hs_call_direction": way, "hs_call_status": status, "hs_call_disposition": said}
            return CALLS, {"hs_timestamp": when, "hs_call_title": subject, "hs_call_duration": str(length_ms), **parts}
        if name in EMAIL:
            parts = {"hs_email_direction": EMAIL[name], "hs_email_status": "SENT", "hs_email_subject": subject}
            return EMAILS, {"hs_timestamp": when, **parts, **self._addresses(order, name)}
        if name in MEETING:
            parts = {"hs_meeting_start_time": when, "hs_meeting_end_time": iso(at_ms + length_ms)}
            parts |= {"hs_meeting_title": subject, "hs_meeting_outcome": MEETING[name]}
            return MEETINGS, {"hs_timestamp": when, **parts}
        if name == "task":
            status = "COMPLETED" if order.get("done") else "NOT_STARTED"
            return TASKS, {"hs_timestamp": when, "hs_task_subject": subject, "hs_task_status": status}
        raise BadOrderError(f"kind: this CRM carries no {name!r}")

    def _addresses(self, order: Order, name: str) -> Clean:
        portal = self._portal
        contact = self._named("contacts", order.get("contact"), optional=True)
        theirs = portal.table(CONTACTS).value(contact, "email") if contact is not None else order.get("email")
        actor = self._named("owners", order.get("actor", order.get("by")), optional=True)
        row = portal.owners.by_id.get(actor) if actor is not None else None
        ours = row.email if row is not None else None
        sender, receiver = (theirs, ours) if name == "email_reply" else (ours, theirs)
        return {"hs_email_from_email": sender, "hs_email_to_email": receiver}

    def _set_field(self, order: Order) -> Done:
        """object, id or key, and field + value or a ``fields`` map."""
        table, number = self._record(order)
        given = order.get("fields") or {str(order.get("field")): order.get("value")}
        if given.get("hubspot_owner_id"):
            given = {**given, "hubspot_owner_id": str(self._named("owners", given["hubspot_owner_id"]))}
        clean = self._clean(table, given, number)
        self._portal.update(table, number, clean, self._author(order))
        return {"object": table.kind.plural, "id": str(number), "fields": clean}

    def _close_task(self, order: Order) -> Done:
        table, number = self._record({**order, "object": "tasks"})
        status = str(order.get("status", "COMPLETED"))
        clean = self._clean(table, {"hs_task_status": status}, number)
        self._portal.update(table, number, clean, self._author(order))
        return {"object": "tasks", "id": str(number), "status": status}

    def _delete_record(self, order: Order) -> Done:
        table, number = self._record(order)
        self._portal.archive(table, number, self._author(order))
        return {"object": table.kind.plural, "id": str(number)}

    def _merge(self, order: Order) -> Done:
        """object, winner, loser: a new id is made and both lead to it."""
        table, winner = self._record({**order, "id": order.get("winner", order.get("primary"))})
        _, loser = self._record({**order, "id": order.get("loser", order.get("other"))})
        if winner == loser:
            raise BadOrderError("loser: is the winner")
        made = self._portal.merge(table, winner, loser, self._author(order))
        return {"object": table.kind.plural, "id": str(made.id), "merged": [str(winner), str(loser)]}

    def _deactivate_owner(self, order: Order) -> Done:
        number = self._named("owners", order.get("owner", order.get("key", order.get("id"))))
        row = self._portal.owners.by_id.get(number or 0)
        if row is None:
            raise BadOrderError(f"owner: nobody has id {number}")
        row.archived = True
        row.updated_ms = self._portal.now_ms()
        author = self._author({**order, "by": order.get("by", "admin")})
        was, now = {"archived": False}, {"archived": True}
        self._portal.note(author, "update", "owners", str(row.id), was, now)
        return {"object": "owners", "id": str(row.id)}

    def _create_account(self, order: Order) -> Done:
        """name, domain, owner and further ``fields``."""
        table = self._portal.table(COMPANIES)
        given = {name: order[name] for name in ("name", "domain") if order.get(name)}
        if order.get("owner"):
            given["hubspot_owner_id"] = str(self._named("owners", order["owner"]))
        given |= order.get("fields") or {}
        if not given:
            raise BadOrderError("name: an account needs a name or a domain")
        made = self._portal.create(table, self._clean(table, given, 0), self._author(order), [])
        return {"object": "companies", "id": str(made.id)}

    def _add_token(self, order: Order) -> Done:
        """token, app, scopes, expires_in_s: a further app of the portal."""
        ends = order.get("expires_in_s")
        expires_ms = None if ends is None else self._portal.now_ms() + int(float(ends) * 1000)
        token, app = str(order.get("token", "")), str(order.get("app", "another-app"))
        if not token:
            raise BadOrderError("token: is needed")
        scopes = order.get("scopes")
        tokens = self._portal.tokens
        made = (
            tokens.add(token, app, expires_ms=expires_ms)
            if scopes is None
            else tokens.add(token, app, [str(scope) for scope in scopes], expires_ms=expires_ms)
        )
        return {"app": made.app, "app_id": made.app_id}

    def _eat_budget(self, order: Order) -> Done:
        calls = int(order.get("calls", 0))
        self._portal.limits.eat(calls, self._portal.now_ms())
        return {"used_today": self._portal.limits.used_today}


def _first(problems: list[Problem]) -> list[Problem]:
    return problems[:3]
