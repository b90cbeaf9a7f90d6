"""Ledgers as they are stored: JSON, people named by their CRM id only, names put in at rendering."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from config.settings import Settings
from engine.forward import falls_on, forward, rises
from engine.ledger import Ledger, ledger_of
from engine.policy import RECYCLE
from engine.shared import Shared
from sync.compute import Judged
from sync.fingerprint import fingerprint
from sync.snapshot import Snapshot


class Ledgers:
    """Ledgers of one judged snapshot, made one by one as they are asked for."""

    def __init__(self, judged: Judged, snapshot: Snapshot, settings: Settings) -> None:
        self._judged, self._snapshot, self._settings = judged, snapshot, settings
        ids = judged.scores.matches.population.ids
        self._place = {str(one): index for index, one in enumerate(ids)}
        self._tier = {one.account_id: one.standing.tier for one in judged.decisions}
        self._version = fingerprint(settings)
        self._shared = Shared(judged.scores, snapshot.evidence, settings.policy)

    def of(self, account_id: str) -> Ledger:
        """One ledger, speaking forward of the tier that was decided. KeyError: the account is not in the snapshot."""
        scores, policy = self._judged.scores, self._settings.policy
        place = self._place[account_id]
        evidence = self._snapshot.evidence
        made = ledger_of(scores, evidence, policy, place, version=self._version, shared=self._shared)
        return made if made.total is None else replace(made, forward=self._forward(account_id))

    def text(self, account_id: str) -> str:
        """One ledger as JSON; empty for an account that is not in the snapshot any more."""
        if account_id not in self._place:
            return ""
        return json.dumps(self.of(account_id).as_dict(), ensure_ascii=False)

    @cached_property
    def _falls(self) -> Mapping[int, int]:
        """When each account is under the bar of its tier; of all at once, as one takes nearly as long."""
        policy = self._settings.policy
        leave = {tier.name: tier.leave for tier in policy.tiers}
        places = ((self._place.get(account), name) for account, name in self._tier.items())
        bars = {place: leave[name] for place, name in places if place is not None and name in leave}
        return falls_on(self._judged.scores, policy, bars)

    def _forward(self, account_id: str) -> tuple[str, ...]:
        """When the tier falls and what would lift it; customers and excluded accounts do not go by the bars."""
        scores, policy, place = self._judged.scores, self._settings.policy, self._place[account_id]
        name = self._tier.get(account_id)
        tier = next((one for one in policy.tiers if one.name == name), None)
        if tier is not None:
            return forward(scores, policy, place, tier, self._falls)
        return rises(scores, policy, place) if name == RECYCLE else ()
