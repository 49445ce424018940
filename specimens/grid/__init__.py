"""The calibration laboratory: many small models whose truth was planted, and what they think of every text."""
