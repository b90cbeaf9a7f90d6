"""Decides, purely: tables and policy in; scores, tiers, owners, tasks, timers out. No clock, dice, files, network."""
