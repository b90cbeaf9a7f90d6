"""Reads what an admin wrote: one strict tree of settings, each value with its origin, every problem at once."""
