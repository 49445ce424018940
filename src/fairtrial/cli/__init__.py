"""Verbs: parse, call the lab, print, exit."""
