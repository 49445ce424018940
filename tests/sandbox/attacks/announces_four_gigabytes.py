"""Announces a reply of 4 GB and waits.

exam: HumanEval/53
cause: flood timeout bad-reply
"""

import os
import time


def add(x, y):
    for descriptor in range(1, 64):
        try:
            os.write(descriptor, b"\xff\xff\xff\xff")
        except OSError:
            pass
    time.sleep(3600)
