"""The outside world: models over HTTP, run folders, prices. Knows nouns and ports, nothing else."""
