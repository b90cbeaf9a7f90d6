"""A pretend Salesforce and a pretend HubSpot over HTTP on loopback, with one seeded world loaded into either."""
