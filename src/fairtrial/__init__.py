"""Fairtrial gives a model's score a fair trial."""
