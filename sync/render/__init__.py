"""What people read of a plan, a run, a ledger: text for a terminal, and the words that all renderings share."""
