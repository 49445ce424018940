"""Raises the limit of recursion and recurses until the stack is gone.

exam: HumanEval/53
cause: crashed memory timeout raised
"""

import sys
import threading

sys.setrecursionlimit(10**6)
try:
    threading.stack_size(256 << 20)
except ValueError:
    pass


class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")


def add(x, y):
    return Deep().x
