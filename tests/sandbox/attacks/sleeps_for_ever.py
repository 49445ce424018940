"""Sleeps instead of answering.

exam: HumanEval/53
cause: timeout
"""

import time


def add(x, y):
    time.sleep(1_000_000)
    return x + y
