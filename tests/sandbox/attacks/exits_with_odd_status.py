"""Exits with a status that is text, huge or negative.

exam: HumanEval/53
cause: raised crashed
"""

import sys


def add(x, y):
    sys.exit(2**32 if x > y else "passed")
