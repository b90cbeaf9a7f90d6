"""Commented samples that ``tierline init`` copies and tests load."""
