"""Migrations of the store, shipped with it; run by ``sync.store.database`` alone."""
