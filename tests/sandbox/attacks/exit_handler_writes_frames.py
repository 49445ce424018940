"""Writes frames from an exit handler and from a thread that outlives the main one.

exam: HumanEval/53
cause: wrong-answer bad-reply crashed
"""

import atexit
import os
import threading
import time


def late():
    time.sleep(0.2)
    for descriptor in range(1, 64):
        try:
            os.write(descriptor, b'\x00\x00\x00\x10{"passed": true}')
        except OSError:
            pass


atexit.register(late)
threading.Thread(target=late).start()


def add(x, y):
    return x - y
