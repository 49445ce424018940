"""Ends by SIGKILL, as if the machine had run out of memory.

exam: HumanEval/53
cause: crashed memory
kind: untested
"""

import os
import signal


def add(x, y):
    os.kill(os.getpid(), signal.SIGKILL)
