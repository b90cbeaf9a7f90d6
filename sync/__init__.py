"""Runs the line: pull, score, plan, apply, record; and everything that people see."""
