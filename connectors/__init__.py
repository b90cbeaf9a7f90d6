"""Talks to CRMs: pulls canonical tables, sends changes, reads back. Vendor shapes never leave this room."""
