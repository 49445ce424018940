"""How the bundled models were made: torch, never shipped. `make specimens`; README.md says more."""
