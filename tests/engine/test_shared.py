"""Ledgers made side by side are those made alone."""

import random
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ledger import ledger_of
from engine.score import score_population
from engine.shared import Shared
from tests.engine.random_worlds import random_policy, random_world


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_ledgers_that_share_their_look_ups_are_those_made_alone(seed: int, shards: int) -> None:
    dice = random.Random(seed)
    policy, world = random_policy(dice), random_world(dice)
    evidence = world.evidence()
    scores = score_population(evidence, policy, shards=shards)
    shared = Shared(scores, evidence, policy)

    for account in range(len(scores.matches.population)):
        assert ledger_of(scores, evidence, policy, account, shared=shared) == ledger_of(
            scores, evidence, policy, account
        )


def test_a_ledger_as_plain_data_is_what_dataclasses_make_of_it() -> None:
    dice = random.Random(3)
    policy, world = random_policy(dice), random_world(dice)
    evidence = world.evidence()
    ledger = ledger_of(score_population(evidence, policy), evidence, policy, 0)

    assert ledger.lines
    assert ledger.as_dict() == {**asdict(ledger), "parts": dict(ledger.parts), "shown": ledger.shown}
