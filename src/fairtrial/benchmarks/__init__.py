"""One file a public benchmark: source, licence, digest, prompt, scorer, one worked item."""
