"""Raises where the reference does, but a class of its own with that name, and is wrong everywhere else.

exam: own/root
cause: wrong-answer
"""

Namesake = type("ValueError", (BaseException,), {})


def root(n):
    if n < 0:
        raise Namesake
    return -1
