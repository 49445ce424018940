"""Defines the right function first and a wrong one after it.

exam: HumanEval/53
cause: wrong-answer
"""


def add(x, y):
    return x + y


def add(x, y):
    return x - y
