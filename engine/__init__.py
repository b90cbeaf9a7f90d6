"""Decides, purely: tables and policy in; scores, tiers, owners, tasks and timers out. No clock, dice, files or network."""
