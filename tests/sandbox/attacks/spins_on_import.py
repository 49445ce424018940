"""Computes for ever while it is being imported.

exam: HumanEval/53
cause: timeout
"""

number = 0
while True:
    number += 1


def add(x, y):
    return x + y
