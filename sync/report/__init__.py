"""One offline HTML page with charts: what the tiers look like, what moved, what this run changes."""
