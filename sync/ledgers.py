"""Ledgers as they are stored: JSON, people named by their CRM id only, names put in at rendering."""

from __future__ import annotations

import json

from config.settings import Settings
from engine.ledger import Ledger, ledger_of
from engine.shared import Shared
from sync.compute import Judged
from sync.fingerprint import fingerprint
from sync.snapshot import Snapshot


def ledger(judged: Judged, snapshot: Snapshot, settings: Settings, account_id: str) -> Ledger:
    """The ledger of one account of a judged snapshot. KeyError when the account is not in it."""
    population = judged.scores.matches.population
    place = {str(one): index for index, one in enumerate(population.ids)}[account_id]
    return ledger_of(judged.scores, snapshot.evidence, settings.policy, place, version=fingerprint(settings))


class LedgerTexts:
    """Ledgers of one snapshot as JSON, made one by one as they are asked for."""

    def __init__(self, judged: Judged, snapshot: Snapshot, settings: Settings) -> None:
        self._judged, self._snapshot, self._settings = judged, snapshot, settings
        ids = judged.scores.matches.population.ids
        self._place = {str(one): index for index, one in enumerate(ids)}
        self._version = fingerprint(settings)
        self._shared = Shared(judged.scores, snapshot.evidence, settings.policy)

    def __call__(self, account_id: str) -> str:
        """One ledger; empty for an account that is not in the snapshot any more."""
        place = self._place.get(account_id)
        if place is None:
            return ""
        made = ledger_of(
            self._judged.scores,
            self._snapshot.evidence,
            self._settings.policy,
            place,
            version=self._version,
            shared=self._shared,
        )
        return json.dumps(made.as_dict(), ensure_ascii=False)
