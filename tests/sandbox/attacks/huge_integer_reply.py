"""Replies with an integer of 200,000 digits.

exam: HumanEval/53
cause: bad-reply
kind: untested
"""

import sys


def add(x, y):
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    return 10**200_000
