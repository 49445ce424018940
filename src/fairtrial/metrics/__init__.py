"""Records in, estimates out: quality, latency, cost, and what two runs say about each other."""
