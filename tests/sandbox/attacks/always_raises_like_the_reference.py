"""Raises on every input what the reference raises on one.

exam: own/root
cause: raised wrong-answer
"""


def root(n):
    raise ValueError
