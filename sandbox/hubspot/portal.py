"""One pretend portal: its tables, people, tokens and limits, and every way a record can change."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox.frame import Clock, Journal, Options
from sandbox.hubspot import effects, rollups, seed, seed_activities
from sandbox.hubspot.associations import Associations
from sandbox.hubspot.auth import Caller, Tokens
from sandbox.hubspot.definitions import Definitions
from sandbox.hubspot.errors import RefusalError, contact_exists, value_taken
from sandbox.hubspot.index import Index
from sandbox.hubspot.kinds import CALLS, COMPANIES, CONTACTS, DEALS, EMAILS, KINDS, MEETINGS, TASKS, USERS, ObjectKind
from sandbox.hubspot.limits import Limits
from sandbox.hubspot.links import Pair
from sandbox.hubspot.moments import iso
from sandbox.hubspot.owners import Owners
from sandbox.hubspot.switches import Switches, switches_from
from sandbox.hubspot.table import Entry, Record, Table
from sandbox.hubspot.values import Clean
from sandbox.world import World

NAME = "hubspot"
Note = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: the name in the journal, and what property history says."""

    name: str
    source_type: str
    source_id: str
    user_id: int | None

    @classmethod
    def app(cls, caller: Caller) -> Author:
        """The app behind a token."""
        return cls(caller.app, "INTEGRATION", str(caller.app_id), None)

    @classmethod
    def person(cls, name: str, user_id: int | None = None) -> Author:
        """Somebody in the vendor's user interface."""
        return cls(name, "CRM_UI", f"userId:{user_id}" if user_id is not None else "userId:0", user_id)


class Portal:
    """All state of one portal."""

    def __init__(self, clock: Clock, journal: Journal, options: Options) -> None:
        self.clock = clock
        self.journal = journal
        self.options = options
        self._switches: tuple[dict[str, Any], Switches] = ({}, Switches())
        self.tokens = Tokens()
        first = self.switches
        self.limits = Limits(options, first.portal_id, first.time_zone, lambda: self.switches.search_429)
        self.clear()

    @property
    def switches(self) -> Switches:
        """The switches as they stand; control routes may change them at any time."""
        given, made = self._switches
        if given != self.options.switches:
            given = dict(self.options.switches)
            made = switches_from(given)
            self._switches = (given, made)
        return made

    def now_ms(self) -> int:
        """The portal's time."""
        return int(self.clock.seconds() * 1000)

    def clear(self) -> None:
        """An empty portal: no records, standard properties, one token."""
        switches = self.switches
        self.tables: dict[str, Table] = {}
        for kind in KINDS:
            mine = (name.partition(".") for name in switches.read_only_values)
            locked = frozenset(name for plural, _, name in mine if plural == kind.plural)
            can_be_unique = kind is not TASKS or switches.unique_on_tasks
            self.tables[kind.type_id] = Table(kind, Definitions(kind, read_only=locked, can_be_unique=can_be_unique))
        self.associations = Associations()
        self.owners = Owners()
        self.index = Index(self.options)
        self.dice = random.Random(switches.portal_id)
        self.tokens.clear()
        self.limits.clear()

    def load(self, world: World) -> None:
        """Replaces all records by the world's."""
        self.clear()
        self.owners.load(world)
        self.table(COMPANIES).load(seed.companies(world))
        self.table(CONTACTS).load(seed.contacts(world))
        self.table(DEALS).load(seed.deals(world))
        self.table(USERS).load(seed.users(world))
        links = self.associations
        links.load((CONTACTS.type_id, COMPANIES.type_id), seed.contact_links(world))
        links.load((COMPANIES.type_id, COMPANIES.type_id), seed.parent_links(world))
        links.load((DEALS.type_id, COMPANIES.type_id), seed.deal_company_links(world))
        links.load((DEALS.type_id, CONTACTS.type_id), seed.deal_contact_links(world))
        for kind in (CALLS, EMAILS, MEETINGS, TASKS):
            self.table(kind).load(seed_activities.activities(world, kind))
            for pair, made in seed_activities.links(world, kind, links.types):
                links.load(pair, made)

    def table(self, kind: ObjectKind) -> Table:
        """The records of one type."""
        return self.tables[kind.type_id]

    def owner_known(self, text: str) -> bool:
        """Whether a record may be given to this owner id."""
        return self.owners.known(text, archived_ok=self.switches.archived_owner_ok)

    def note(self, author: Author, verb: str, name: str, record: str, before: Note, after: Note) -> None:
        """Puts one write into the journal."""
        self.journal.add(NAME, author.name, verb, name, record, before=before, after=after)

    # ---- writes -----------------------------------------------------------------------------------------------------
    def check_unique(self, table: Table, record_id: int, clean: Clean, *, named: bool) -> None:
        """A refusal when another live record has one of the unique values."""
        for name in self.unique_names(table):
            value = clean.get(name)
            holder = table.holder(name, value) if value is not None else None
            if holder is None and value is not None and name == "email":
                holder = table.further_holder(value)
            if value is None or holder is None or holder == record_id:
                continue
            raise self._taken(table, record_id, name, value, holder, named=named)

    def unique_names(self, table: Table) -> list[str]:
        """Unique properties of a type; the e-mail of contacts is one."""
        own = table.definitions.unique_names()
        return ["email", *own] if table.kind is CONTACTS else own

    def _taken(self, table: Table, mine: int, name: str, value: str, holder: int, *, named: bool) -> RefusalError:
        switches = self.switches
        if name == "email" and not switches.late_email_conflict:
            return contact_exists(str(holder), named=named)
        refusal = value_taken(switches.portal_id, table.kind.upper, name, value, str(mine), str(holder))
        if name != "email" and switches.unique_conflict == 409:
            refusal.status = 409
            refusal.body["category"] = "CONFLICT"
        return refusal

    def create(self, table: Table, clean: Clean, author: Author, links: list[tuple[Pair, int, list[int]]]) -> Record:
        """A new record with its links."""
        now_ms, kind = self.now_ms(), table.kind
        props = {name: value for name, value in clean.items() if value is not None}
        record = Record(table.new_id(), {}, now_ms, now_ms)
        props |= {kind.created: iso(now_ms), kind.modified: iso(now_ms), "hs_object_id": str(record.id)}
        props |= {"hs_object_source": author.source_type, "hs_object_source_id": author.source_id}
        props["hs_object_source_label"] = author.source_type
        props |= effects.of_create(kind, props, now_ms)
        record.props = props
        self._remember(record, props, author, now_ms)
        for name in self.unique_names(table):
            if name in props:
                table.hold(record, name, props[name], None)
        table.add(record)
        self.note(author, "create", kind.plural, str(record.id), None, dict(clean))
        for pair, target, codes in links:
            self.associate(pair, record.id, target, codes, author)
        self._mirror(table, record, clean, author)
        self.index.note(table, record, now_ms)
        self._follow(table, record, links, author)
        return record

    def _follow(self, table: Table, record: Record, links: list[tuple[Pair, int, list[int]]], author: Author) -> None:
        """What the vendor does by itself after a create: roll-ups, and a contact's company if the account wants it."""
        companies, switches = self.table(COMPANIES), self.switches
        if table.kind is CONTACTS and switches.auto_associate_company and not links:
            domain = record.props.get("hs_email_domain")
            rows = companies.source.where("domain", domain) if domain else []
            live = [
                number for number in companies.source.ids(np.array(rows, np.int64)).tolist() if companies.live(number)
            ]
            if live:
                self.associate((CONTACTS.type_id, COMPANIES.type_id), record.id, live[0], [], author)
        for pair, target, _ in links if switches.rollups else ():
            if pair[1] != COMPANIES.type_id:
                continue
            held = {name: companies.value(target, name) for name in (rollups.LAST, rollups.NEXT)}
            moved = rollups.moved_by(table.kind, record.props, held, record.created_ms)
            if moved:
                self._recalculate(companies, target, moved)

    def _recalculate(self, table: Table, record_id: int, values: dict[str, str]) -> None:
        """Sets calculated properties: history says CALCULATED, the journal of writes says nothing."""
        record, now_ms = table.record(record_id), self.now_ms()
        record.props = {**record.props, **values}
        self._remember(record, values, Author("Calculated", "CALCULATED", "RollupProperties", None), now_ms)
        table.touch(record, now_ms)
        self.index.note(table, record, now_ms)

    @staticmethod
    def _remember(record: Record, values: Mapping[str, str | None], author: Author, now_ms: int) -> None:
        for name, value in values.items():
            entry = Entry(value, now_ms, author.source_type, author.source_id, author.name, author.user_id)
            record.history.setdefault(name, []).insert(0, entry)

    def update(self, table: Table, record_id: int, clean: Clean, author: Author) -> Record:
        """The record with the values written; a write that changes nothing leaves no trace."""
        record, now_ms = table.record(record_id), self.now_ms()
        changes = {name: value for name, value in clean.items() if record.props.get(name) != value}
        changes = effects.forward_only(changes, record.props)
        if not changes:
            return record
        before = {name: record.props.get(name) for name in changes}
        changed = {**changes, **effects.of_update(table.kind, record.props, changes, now_ms)}
        merged = {**record.props, **changed}
        record.props = {name: value for name, value in merged.items() if value is not None}
        self._remember(record, changed, author, now_ms)
        for name in self.unique_names(table):
            if name in changes:
                table.hold(record, name, changes[name], before[name])
        table.touch(record, now_ms)
        self.note(author, "update", table.kind.plural, str(record_id), before, dict(changes))
        self._mirror(table, record, changes, author)
        self.index.note(table, record, now_ms)
        return record

    def _mirror(self, table: Table, record: Record, changes: Clean, author: Author) -> None:
        """A contact's primary company is a property and an association; either moves the other."""
        if table.kind is not CONTACTS or "associatedcompanyid" not in changes:
            return
        company, pair = changes["associatedcompanyid"], (CONTACTS.type_id, COMPANIES.type_id)
        if company is not None and company.isdigit() and self.table(COMPANIES).live(int(company)):
            self.associate(pair, record.id, int(company), [1], author)
        elif company is None:
            held = self.associations.primary(pair, record.id)
            if held is not None:
                self.set_link(pair, record.id, held, [279], author)

    # ---- links ------------------------------------------------------------------------------------------------------
    def associate(self, pair: Pair, from_id: int, to_id: int, codes: list[int], author: Author) -> None:
        """Adds association types between two records."""
        before = self.associations.targets(pair, from_id).get(to_id, ())
        self.associations.add(pair, from_id, to_id, codes)
        self._linked(pair, from_id, to_id, before, author)

    def set_link(self, pair: Pair, from_id: int, to_id: int, codes: list[int], author: Author) -> None:
        """Leaves exactly these association types between two records."""
        before = self.associations.targets(pair, from_id).get(to_id, ())
        self.associations.set(pair, from_id, to_id, codes)
        self._linked(pair, from_id, to_id, before, author)

    def _linked(self, pair: Pair, from_id: int, to_id: int, before: tuple[int, ...], author: Author) -> None:
        after = self.associations.targets(pair, from_id).get(to_id, ())
        if before == after:
            return
        kind = self.tables[pair[0]].kind
        verb = "associate" if len(after) > len(before) else "disassociate"
        was = {"to": str(to_id), "type": pair[1], "types": list(before)} if before else None
        now = {"to": str(to_id), "type": pair[1], "types": list(after)} if after else None
        self.note(author, verb, kind.plural, str(from_id), was, now)
        people = {(CONTACTS.type_id, COMPANIES.type_id): from_id, (COMPANIES.type_id, CONTACTS.type_id): to_id}
        if pair in people:
            self._show_primary(people[pair], author)

    def _show_primary(self, contact_id: int, author: Author) -> None:
        table, now_ms = self.table(CONTACTS), self.now_ms()
        held = self.associations.primary((CONTACTS.type_id, COMPANIES.type_id), contact_id)
        shown = str(held) if held is not None else None
        if table.value(contact_id, "associatedcompanyid") == shown:
            return
        record = table.record(contact_id)
        props = {**record.props, "associatedcompanyid": shown}
        record.props = {name: value for name, value in props.items() if value is not None}
        self._remember(record, {"associatedcompanyid": shown}, author, now_ms)
        table.touch(record, now_ms)
        self.index.note(table, record, now_ms)

    # ---- ends -------------------------------------------------------------------------------------------------------
    def archive(self, table: Table, record_id: int, author: Author, *, quietly: bool = False) -> None:
        """Puts a record into the recycle bin; it leaves searches at once."""
        record = table.record(record_id)
        record.archived_ms = self.now_ms()
        table.gone.add(record_id)
        for name in self.unique_names(table):
            table.hold(record, name, None, record.props.get(name))
        if not quietly:
            was = {"archived": False}
            self.note(author, "delete", table.kind.plural, str(record_id), was, {"archived": True})

    def purge(self, table: Table, record_id: int, author: Author) -> None:
        """Removes a record for good."""
        self.archive(table, record_id, author, quietly=True)
        table.purged.add(record_id)
        table.overlay[record_id].props = {}
        table.overlay[record_id].history = {}
        self.note(author, "purge", table.kind.plural, str(record_id), {"archived": False}, None)

    def merge(self, table: Table, primary_id: int, other_id: int, author: Author) -> Record:
        """One new record from two; both old ids lead to it."""
        winner, loser, now_ms = table.record(primary_id), table.record(other_id), self.now_ms()
        merged = (*winner.merged, *loser.merged, primary_id, other_id)
        made = Record(table.new_id(), {}, min(winner.created_ms, loser.created_ms), now_ms, merged=merged)
        props = {**loser.props, **winner.props, "hs_object_id": str(made.id)}
        props["hs_merged_object_ids"] = ";".join(str(item) for item in merged)
        if table.kind is CONTACTS:
            props |= self._addresses(table, winner, loser, made.id)
        made.props = props
        made.history = {name: list(table.history(primary_id, name)) for name in props}
        self._remember(made, {"hs_merged_object_ids": props["hs_merged_object_ids"]}, author, now_ms)
        for old in (primary_id, other_id):
            self.archive(table, old, author, quietly=True)
            table.merged_into[old] = made.id
        table.add(made)
        table.touch(made, now_ms)
        for name in self.unique_names(table):
            if name in props:
                table.hold(made, name, props[name], None)
        for pair in self.associations.pairs_of(table.kind.type_id):
            self._move_links(pair, (primary_id, other_id), made.id)
        self.index.note(table, made, now_ms)
        was = {"primary": str(primary_id), "other": str(other_id)}
        self.note(author, "merge", table.kind.plural, str(made.id), was, {"id": str(made.id)})
        return made

    @staticmethod
    def _addresses(table: Table, winner: Record, loser: Record, new_id: int) -> dict[str, str]:
        """The loser's addresses become further ones of the new contact."""
        found = [winner.props.get("hs_additional_emails"), loser.props.get("hs_additional_emails")]
        found.append(loser.props.get("email") if winner.props.get("email") else None)
        further = [part for text in found if text for part in text.split(";")]
        table.further.update({part.lower(): new_id for part in further})
        return {"hs_additional_emails": ";".join(further)} if further else {}

    def _move_links(self, pair: Pair, old: tuple[int, int], new_id: int) -> None:
        """The new record takes over both records' links; the primary's kinds of link win."""
        links = self.associations
        both = {**links.targets(pair, old[1]), **links.targets(pair, old[0])}
        kept_primary = links.primary(pair, old[0])
        for record_id in old:
            for target in list(links.targets(pair, record_id)):
                links.set(pair, record_id, target, ())
        for target, codes in both.items():
            if target in old:
                continue
            extra = kept_primary is not None and target != kept_primary
            kept = [code for code in codes if not (extra and links.types.by_code[code].label == "Primary")]
            links.set(pair, new_id, target, kept)
