"""Masks every signal and loops, so that no alarm ends it.

exam: HumanEval/53
cause: timeout crashed
kind: denial
"""

import signal

signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def add(x, y):
    while True:
        pass
