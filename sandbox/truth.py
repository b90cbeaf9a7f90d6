"""The hidden truth of a world: why accounts act, open deals and win, stated so that scores can be proven right.

Nothing of this is in any CRM or file of evidence; a score sees only its traces.

**Latent fit** ``f`` of an account, constant, in [0, 1], from its *true* firmographics (the CRM may lack them):

    f = 0.30 size + 0.25 industry + 0.20 stack + 0.10 revenue + 0.15 region
    size     = exp(-0.5 * (ln(employees / 700) / 1.5) ** 2)
    revenue  = exp(-0.5 * (ln(annual revenue / 60e6) / 1.8) ** 2)
    industry = INDUSTRY_WORTH, region = REGION_WORTH by country
    stack    = 0.15 + 0.85 * (1 - product over technologies in use of (1 - STACK_WORTH))

**Latent interest** ``i(t)`` of an account in week ``t`` (0 = 78 weeks before ``now``), in [0, 1):

    i(t)  = 1 - exp(-(b + sum over buying windows of a * sin(pi * u ** 0.8)))      u = (t - s) / L while 0 <= u <= 1
    b     = 0.025 * exp(N(0, 0.6))
    number of windows ~ Poisson(0.10 + 3.00 f ** 2);  s ~ U(-12, 78) weeks;  L ~ U(8, 26) weeks;  a ~ Gamma(2, 0.8)

and 0 before the account was created. Interest drives everything the buyer does: the weekly rates in ``stream.py`` are
constants times ``i`` or a power of it, and the intent signals likewise (``intent.py``).

**Opportunities**: in each week an account without an open one, and not within 12 weeks of the last, opens one with

    P(open in week t) = 0.075 * f ** 1.5 * i(t) ** 1.5

It lasts ``7 * (5 + 16 * (1 - i(t))) * exp(N(0, 0.35))`` days and is won with

    P(win) = 1 / (1 + exp(3.8 - 3.2 f - 2.2 i(t)))

A prospect that wins one is a customer from that day. **Propensity** is P(open) * P(win): the chance that this week
starts a deal that will be won. So fit and interest both matter, neither alone is enough, and effort by our own people
(calls attempted, mails sent) appears nowhere in these formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WEEKS: Final = 78
HISTORY_S: Final = WEEKS * 7 * 86_400

INDUSTRY_WORTH: Final = {
    "Software": 1.0,
    "Financial Services": 0.8,
    "Business Services": 0.75,
    "Manufacturing": 0.55,
    "Healthcare": 0.55,
    "Retail": 0.3,
    "Education": 0.25,
    "Hospitality": 0.2,
    "Government": 0.15,
    "Arts": 0.1,
}
STACK_WORTH: Final = {"Salesforce": 0.7, "HubSpot": 0.7, "Marketo": 0.5, "Snowflake": 0.5}
REGION_WORTH: Final = {"US": 1.0, "CA": 1.0, "GB": 1.0, "DE": 0.9, "FR": 0.8}
OTHER_REGION: Final = 0.35

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Truth:
    """The latent values of each account, in the order of ``World.accounts``."""

    fit: Floats  # [accounts]
    interest: Floats  # [accounts, WEEKS]; the last column is the week that ends at ``now``

    def propensity(self) -> Floats:
        """Chance that a week starts a deal that will be won, by account and week."""
        return open_chance(self.fit[:, None], self.interest) * win_chance(self.fit[:, None], self.interest)


def bump(values: Floats, best: float, width: float) -> Floats:
    """1 at ``best``, falling off by the logarithm of the ratio."""
    return np.exp(-0.5 * (np.log(np.maximum(values, 1.0) / best) / width) ** 2)


def latent_fit(size: Floats, revenue: Floats, industry: Floats, stack: Floats, region: Floats) -> Floats:
    """The weighted worth of firmographics: head count and revenue raw, the others as worth in [0, 1]."""
    return (
        0.30 * bump(size, 700.0, 1.5)
        + 0.25 * industry
        + 0.20 * (0.15 + 0.85 * stack)
        + 0.10 * bump(revenue, 60e6, 1.8)
        + 0.15 * region
    )


def latent_interest(dice: np.random.Generator, fit: Floats, first_week: Floats) -> Floats:
    """Interest by account and week; ``first_week`` is when the account was created, in weeks of the history."""
    count = len(fit)
    level = np.repeat(0.025 * np.exp(dice.normal(0.0, 0.6, count))[:, None], WEEKS, axis=1)
    windows = dice.poisson(0.10 + 3.00 * fit**2)
    whose = np.repeat(np.arange(count), windows)
    start, length = dice.uniform(-12.0, WEEKS, len(whose)), dice.uniform(8.0, 26.0, len(whose))
    height = dice.gamma(2.0, 0.80, len(whose))
    weeks = np.arange(WEEKS, dtype=np.float64)
    along = (weeks[None, :] - start[:, None]) / length[:, None]
    inside = (along >= 0.0) & (along <= 1.0)
    shape = np.sin(np.pi * np.clip(along, 0.0, 1.0) ** 0.8) * inside * height[:, None]
    np.add.at(level, whose, shape)
    return (1.0 - np.exp(-level)) * (weeks[None, :] >= first_week[:, None])


def open_chance(fit: Floats, interest: Floats) -> Floats:
    """Chance that an opportunity opens in a week."""
    return 0.075 * fit**1.5 * interest**1.5


def win_chance(fit: Floats, interest: Floats) -> Floats:
    """Chance that an opportunity opened under this interest is won."""
    return 1.0 / (1.0 + np.exp(3.8 - 3.2 * fit - 2.2 * interest))
