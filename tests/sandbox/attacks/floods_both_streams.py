"""Writes 300 MB to its output and error streams, then answers wrongly.

exam: HumanEval/53
cause: wrong-answer timeout
"""

import os

block = b"ALL TESTS PASSED\n" * 4096
for _ in range(4096):
    for descriptor in (1, 2):
        try:
            os.write(descriptor, block)
        except OSError:
            pass


def add(x, y):
    return x - y
