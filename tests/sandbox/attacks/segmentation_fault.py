"""Reads address 0.

exam: HumanEval/53
cause: crashed
kind: denial
"""

import ctypes


def add(x, y):
    return ctypes.string_at(0)
