"""Untrusted code: a program and its exam, each in a fresh sandbox of its own, and a parent that believes neither.

judge.py rules; backend.py is the port to what isolates (bubblewrap.py, container.py); guest/ holds the two
programs that run inside; values.py and frames.py are all that crosses.
"""
