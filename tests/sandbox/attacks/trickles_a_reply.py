"""Announces a reply of 1,000 bytes and sends it one byte a second.

exam: HumanEval/53
cause: timeout bad-reply
"""

import os
import time


def add(x, y):
    for descriptor in range(1, 64):
        try:
            os.write(descriptor, b"\x00\x00\x03\xe8")
        except OSError:
            pass
    while True:
        for descriptor in range(1, 64):
            try:
                os.write(descriptor, b" ")
            except OSError:
                pass
        time.sleep(1)
