"""One file a provider; each implements the `Model` port and makes one attempt at the wire per call."""
