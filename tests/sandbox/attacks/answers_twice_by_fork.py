"""Forks and lets both processes answer the same request.

exam: HumanEval/53
cause: wrong-answer bad-reply
"""

import os


def add(x, y):
    os.fork()
    return x - y
