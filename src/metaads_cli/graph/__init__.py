"""The Graph / Marketing API: one client, its limits, and the simulator that stands in for Meta."""
