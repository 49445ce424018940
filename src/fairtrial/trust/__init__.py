"""Commit, draw, check: pure functions that a stranger can read and run offline. No network, no clock."""
