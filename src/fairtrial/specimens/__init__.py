"""Bundled tiny models with planted truth: `honest`, and `cheat`, which saw the published items in training."""
