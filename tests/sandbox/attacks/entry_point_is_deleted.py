"""Defines the right function and deletes it again.

exam: HumanEval/53
cause: no-function
"""


def add(x, y):
    return x + y


del add
