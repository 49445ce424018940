"""Stops its own process, so that it neither answers nor ends.

exam: HumanEval/53
cause: timeout
"""

import os
import signal


def add(x, y):
    os.kill(os.getpid(), signal.SIGSTOP)
    return x - y
