"""Leaves threads behind that write to every descriptor while the next request is made.

exam: HumanEval/53
cause: bad-reply wrong-answer crashed timeout
"""

import os
import threading


def noise():
    while True:
        for descriptor in range(1, 64):
            try:
                os.write(descriptor, b'\x00\x00\x00\x0b{"v": true}')
            except OSError:
                pass


def add(x, y):
    for _ in range(4):
        threading.Thread(target=noise).start()
    return x - y
