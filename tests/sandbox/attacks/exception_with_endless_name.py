"""Raises an exception whose class name has 20 million letters.

exam: HumanEval/53
cause: raised bad-reply flood
"""

Long = type("E" * 20_000_000, (Exception,), {})


def add(x, y):
    raise Long
