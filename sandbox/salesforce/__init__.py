"""A pretend Salesforce: one org over HTTP, wire-faithful where a client can tell."""

from __future__ import annotations

from sandbox.frame import Clock, Crm, Journal, Options
from sandbox.salesforce.crm import Salesforce


def make(clock: Clock, journal: Journal, options: Options) -> Crm:
    """A pretend Salesforce org with nobody in it but the integration users."""
    return Salesforce(clock, journal, options)
